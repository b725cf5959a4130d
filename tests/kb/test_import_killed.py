"""An import in a process of its own, killed without warning, goes on and ends as if nothing had happened."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import col, select

from core import database
from core.identity import Actor
from kb.importing.carrying_out import carry_out
from kb.importing.models import BatchState
from kb.models import Article, ArticleVersion
from tests.conftest import MONDAY_MORNING
from tests.kb.import_desk import batch_of, checked, jsonl_file

PROGRAM = """
import sys
from uuid import UUID
from core import clock
from core.identity import Actor, Role
from kb.importing.carrying_out import carry_out
from operations import tables, wiring
tables.known()
wiring.introduce()
editor = Actor(UUID(sys.argv[2]), "林悦", roles=frozenset({Role.EDITOR}))
def tell(read, total):
    print(read, flush=True)
carry_out(UUID(sys.argv[1]), actor=editor, at=clock.now(), progress=tell)
"""


def killed_after(lines: int, batch_id: object, actor: Actor) -> None:
    """Run the import in another process and kill it once it has told so many times how far it is."""
    command = [sys.executable, "-c", PROGRAM, str(batch_id), str(actor.staff_id)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL


def everything_is_there_once(rows: int) -> None:
    with database.reading() as session:
        titles = session.exec(select(ArticleVersion.title).order_by(col(ArticleVersion.title))).all()
        numbers = session.exec(select(Article.number).order_by(col(Article.number))).all()
    assert titles == sorted(f"问题 {n:05d}" for n in range(rows))
    assert len(numbers) == len(set(numbers)) == rows


@pytest.mark.parametrize(
    ("rows", "kills"),
    [(3_000, [2]), pytest.param(20_000, [0, 1, 1, 2, 1, 3, 1], marks=pytest.mark.fault)],
    ids=["once", "again and again"],
)
def test_an_import_killed_half_way_goes_on_where_it_stopped(
    editor_lin: Actor, rows: int, kills: list[int]
) -> None:
    questions = [{"id": n, "question": f"问题 {n:05d}", "answer": "打热线"} for n in range(rows)]
    batch = checked(jsonl_file(*questions), actor=editor_lin)

    for lines in kills:
        killed_after(lines, batch.id, editor_lin)
    left = batch_of(batch.id)
    finished = carry_out(batch.id, actor=editor_lin, at=MONDAY_MORNING)

    assert 0 < left.read < rows
    assert left.started == left.read
    assert (finished.state, finished.started) == (BatchState.IMPORTED, rows)
    everything_is_there_once(rows)


def test_the_environment_of_the_other_process_is_that_of_the_test(centre: Path) -> None:
    assert os.environ["ZHIDA_DATA_DIR"] == str(centre)  # noqa: TID251 - or the kill would hit a real centre
