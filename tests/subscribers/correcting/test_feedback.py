"""The sources are told what agents heard, answer, or stay silent."""

import hashlib
import re
import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from core import database
from core.identity import Actor
from subscribers.correcting import ageing, answers, feedback_files, settling
from subscribers.correcting.models import (
    Correction,
    CorrectionState,
    CorrectionStep,
    FeedbackFile,
    FeedbackState,
)
from subscribers.correcting.settling import Decision
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber
from tests.people import hire
from tests.subscribers.correcting.people_and_values import (
    customer_of,
    kept,
    says,
    seen_of,
    source_sends,
    steps_of,
)

OLD, NEW = "文三路 1 号", "文三路 99 号|后门"
DAY = timedelta(days=1)
TUESDAY = MONDAY_MORNING + DAY


@pytest.fixture
def caller(each_database: str, centre: object) -> int:
    return make_subscriber(address=OLD).customer_id


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    return tmp_path / "drop"


def answer(drop: Path, name: str, *lines: str, rows: int | None = None, source: str = "crm") -> Path:
    folder = drop / source / "in"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.ack"
    count = len(lines) if rows is None else rows
    file.write_text("\n".join(["version=1", f"file={name}", f"rows={count}", *lines, "end", ""]), "utf-8")
    return file


def test_what_agents_heard_stands_in_the_sources_out_folder(
    caller: int, agent_chen: Actor, drop: Path
) -> None:
    correction = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))

    (file,) = feedback_files.send(drop, at=TUESDAY)

    data = drop / "crm/out/CRM_FEEDBACK_202603030900_001.dat"
    said = "|".join(
        [
            correction.id.hex,
            "customer",
            "C13800006207",
            "address",
            "文三路 1 号",
            "文三路 99 号\\|后门",
            "said",
            "chen",
            "2026-03-02 09:00:00",
        ]
    )
    assert data.read_text("utf-8") == said + "\n"
    manifest = data.with_suffix(".chk").read_text("utf-8").splitlines()
    assert f"sha256={hashlib.sha256(data.read_bytes()).hexdigest()}" in manifest
    assert {"rows=1", "sequence=1", "previous=0", "end"} <= set(manifest)
    assert file.state == FeedbackState.WRITTEN
    assert kept(correction).state == CorrectionState.SENT
    assert steps_of(correction) == ["open", "sent"]


def test_it_is_told_once(caller: int, agent_chen: Actor, drop: Path) -> None:
    says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING)
    feedback_files.send(drop, at=TUESDAY)

    assert feedback_files.send(drop, at=TUESDAY + DAY) == []
    says(agent_chen, caller, "phone", "13900001111", at=TUESDAY + DAY)
    (second,) = feedback_files.send(drop, at=TUESDAY + DAY)
    assert (second.sequence, second.rows) == (2, 1)


def test_a_process_killed_before_the_file_stood_is_made_up_for(
    caller: int, agent_chen: Actor, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING)

    def killed(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(feedback_files, "_manifest", killed)
        with pytest.raises(KeyboardInterrupt):
            feedback_files.send(drop, at=TUESDAY)
    assert not list(drop.rglob("*.chk"))

    (file,) = feedback_files.send(drop, at=TUESDAY + DAY)

    assert (file.sequence, file.rows, file.state) == (1, 1, FeedbackState.WRITTEN)
    assert [one.name for one in drop.rglob("*.chk")] == ["CRM_FEEDBACK_202603030900_001.chk"]


def test_the_source_answers_each_line(caller: int, agent_chen: Actor, drop: Path) -> None:
    address = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))
    phone = kept(says(agent_chen, caller, "phone", "13900001111", at=MONDAY_MORNING))
    email = kept(says(agent_chen, caller, "email", "chen@qq.com", at=MONDAY_MORNING))
    (file,) = feedback_files.send(drop, at=TUESDAY)
    lines = (
        f"{address.id.hex}|accepted||",
        f"{phone.id.hex}|rejected|E03|号码不在网",
        f"{email.id.hex}|later||等系统升级",
    )
    sent = answer(drop, file.name, *lines)

    assert answers.receive(drop, at=TUESDAY + DAY) == 1

    assert kept(address).state == CorrectionState.ACCEPTED
    assert (kept(phone).state, kept(phone).answer) == (CorrectionState.REJECTED, "E03 号码不在网")
    assert kept(email).state == CorrectionState.LATER
    assert seen_of(caller, "phone").value == "13900001111"  # until a person decides
    assert not sent.exists()
    assert (drop / "crm/arch" / sent.name).exists()


def test_the_same_answer_twice_changes_nothing_and_a_later_one_does(
    caller: int, agent_chen: Actor, drop: Path
) -> None:
    correction = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))
    (file,) = feedback_files.send(drop, at=TUESDAY)
    for hour in range(2):
        answer(drop, file.name, f"{correction.id.hex}|later||")
        answers.receive(drop, at=TUESDAY + timedelta(hours=hour))
    assert steps_of(correction) == ["open", "sent", "later"]

    answer(drop, file.name, f"{correction.id.hex}|accepted||")
    answers.receive(drop, at=TUESDAY + DAY)

    assert kept(correction).state == CorrectionState.ACCEPTED
    with database.reading() as session:
        counted = session.get_one(FeedbackFile, file.id)
    assert (counted.later, counted.accepted, counted.rejected) == (1, 1, 0)


def test_an_answer_to_what_is_over_or_was_sent_on_again_counts_as_late(
    caller: int, agent_chen: Actor, supervisor_he: Actor, drop: Path
) -> None:
    correction = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))
    (file,) = feedback_files.send(drop, at=TUESDAY)
    answer(drop, file.name, f"{correction.id.hex}|rejected|E03|")
    answers.receive(drop, at=TUESDAY)
    with database.unit_of_work() as session:
        decided = {"version": kept(correction).version, "actor": supervisor_he, "at": TUESDAY}
        settling.settle(session, correction.id, Decision.KEEP, **decided)

    answer(drop, file.name, f"{correction.id.hex}|rejected|E03|", f"{'0' * 32}|accepted||")
    answers.receive(drop, at=TUESDAY + DAY)

    assert kept(correction).state == CorrectionState.OPEN
    with database.reading() as session:
        assert session.get_one(FeedbackFile, file.id).stale == 2
    (again,) = feedback_files.send(drop, at=TUESDAY + 2 * DAY)
    assert (again.sequence, again.rows) == (2, 1)


@pytest.mark.parametrize(
    ("lines", "rows", "what"),
    [
        (["{id}|accepted||"], 2, "没有传完"),
        (["{id}|accepted"], 1, "第 4 行"),
        (["{id}|perhaps||"], 1, "不认识"),
        (["{id}|rejected||不行"], 1, "原因代码"),
        (["{id}|accepted||", "xyz|accepted||"], 2, "第 5 行"),
    ],
)
def test_an_answer_with_one_wrong_line_is_refused_whole_with_the_reason_beside_it(
    caller: int, agent_chen: Actor, drop: Path, lines: list[str], rows: int, what: str
) -> None:
    correction = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))
    (file,) = feedback_files.send(drop, at=TUESDAY)
    answer(drop, file.name, *(line.format(id=correction.id.hex) for line in lines), rows=rows)

    assert answers.receive(drop, at=TUESDAY) == 0

    assert kept(correction).state == CorrectionState.SENT
    assert what in (drop / f"crm/err/{file.name}.ack.reason.txt").read_text("utf-8")


def test_a_source_answers_only_what_it_was_sent(caller: int, agent_chen: Actor, drop: Path) -> None:
    correction = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))
    (file,) = feedback_files.send(drop, at=TUESDAY)
    answer(drop, file.name, f"{correction.id.hex}|accepted||", source="billing")

    assert answers.receive(drop, at=TUESDAY) == 0
    assert kept(correction).state == CorrectionState.SENT


def test_accepted_but_never_applied_grows_old_and_comes_before_the_supervisor(
    caller: int, agent_chen: Actor, drop: Path
) -> None:
    correction = kept(says(agent_chen, caller, "address", NEW, at=MONDAY_MORNING))
    (file,) = feedback_files.send(drop, at=TUESDAY)
    answer(drop, file.name, f"{correction.id.hex}|accepted||")
    answers.receive(drop, at=TUESDAY)
    source_sends(customer_of(caller), MONDAY_MORNING + 2 * DAY, name="陈婉青")  # the old address again

    levels, escalated = [], []
    for day in (2, 3, 6, 7, 14, 15, 16):
        with database.unit_of_work() as session:
            escalated.append(ageing.age(session, at=MONDAY_MORNING + day * DAY))
        levels.append(kept(correction).age_level)

    assert levels == [0, 1, 1, 2, 2, 3, 3]
    assert escalated == [0, 0, 0, 1, 0, 1, 0]
    assert kept(correction).state == CorrectionState.ACCEPTED
    assert kept(correction).met_at == MONDAY_MORNING + 2 * DAY
    assert seen_of(caller, "address").value == NEW
    assert steps_of(correction) == ["open", "sent", "accepted", "accepted", "accepted", "accepted"]


SAMPLES = Path(__file__).parents[3] / "docs/interfaces/samples/feedback"


def test_the_samples_of_the_contract_are_what_is_written_and_read(
    caller: int, agent_chen: Actor, drop: Path
) -> None:
    """The first line of the sample is written again from what it says, and its answer is taken."""
    (data,) = SAMPLES.glob("*.dat")
    lines = data.read_text("utf-8").splitlines()
    number, _entity, _key, field, base, proposed, *_rest = re.split(r"(?<!\\)\|", lines[0])
    source_sends(customer_of(caller), MONDAY_MORNING - DAY, address=base)
    said = says(
        hire("8001", "李思远", "agent"), caller, field, proposed.replace("\\|", "|"), at=MONDAY_MORNING
    )
    with database.unit_of_work() as session:
        session.execute(delete(CorrectionStep))
        renamed = update(Correction).where(col(Correction.id) == kept(said).id)
        session.execute(renamed.values(id=UUID(hex=number)))

    (file,) = feedback_files.send(drop, at=TUESDAY)

    made = drop / "crm/out" / data.name
    assert made.read_text("utf-8").splitlines() == lines[:1]
    manifest, sample = (one.with_suffix(".chk").read_text("utf-8").splitlines() for one in (made, data))
    assert [line.partition("=")[0] for line in manifest] == [line.partition("=")[0] for line in sample]
    assert f"sha256={hashlib.sha256(data.read_bytes()).hexdigest()}" in sample
    (drop / "crm/in").mkdir()
    shutil.copy(data.with_suffix(".ack"), drop / "crm/in")
    assert answers.receive(drop, at=TUESDAY) == 1
    with database.reading() as session:
        answered = session.get_one(FeedbackFile, file.id)
    assert (answered.accepted, answered.rejected, answered.later, answered.stale) == (1, 0, 0, 2)
