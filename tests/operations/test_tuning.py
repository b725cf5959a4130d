"""Tuning on a centre: what it learns from, and that it applies only what wins."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner

from core import database
from core.identity import Actor
from kb.search_source import key_of
from operations import judging, tuning
from operations.__main__ import app
from operations.tuning import ADOPTED, NothingHeldOut
from search import configuration, golden_keeping, live, understanding
from search.configuration import DEFAULT, KeptConfiguration
from search.golden import Grade
from search.golden_keeping import Wording
from search.query_log import Action, Outcome, SettledBy, note_query, note_use
from search.tuning import Collected
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_indexed
from tests.search.library import make_query


def golden(text: str, article_id: UUID, *, held_out: bool = False) -> None:
    with database.unit_of_work() as session:
        wording = Wording(text, "汉字", held_out)
        query = golden_keeping.add(session, wording, actor=LIBRARIAN, at=MONDAY_MORNING)
        key = key_of(article_id)
        golden_keeping.judge(session, query.id, key, Grade.ANSWERS, actor=LIBRARIAN, at=MONDAY_MORNING)


def copied(text: str, article_id: UUID, agent: Actor) -> None:
    with database.unit_of_work() as session:
        outcome = Outcome(1, 5, frozenset(), SettledBy.ENTER)
        query = make_query(text)
        asked = note_query(session, query, outcome, staff_id=agent.staff_id, at=MONDAY_MORNING)
        note_use(
            session,
            asked,
            key_of(article_id),
            Action.COPIED,
            position=1,
            staff_id=agent.staff_id,
            at=MONDAY_MORNING,
        )


@pytest.fixture
def moving(centre: Path) -> UUID:
    make_indexed("积分兑换", answer="积分可以换话费")
    return make_indexed("宽带移机", answer="同城移机一百元").article_id


def collect() -> dict[str, Collected]:
    reading = understanding.current()
    found = tuning.collect(reading, at=MONDAY_MORNING, progress=lambda _done, _all: None)
    return {one.text: one for one in found}


def test_it_learns_from_golden_queries_and_from_what_agents_copied(moving: UUID, agent_chen: Actor) -> None:
    golden("宽带移机", moving)
    copied("搬家宽带", moving, agent_chen)

    found = collect()

    assert {text: one.kind for text, one in found.items()} == {"宽带移机": "汉字", "搬家宽带": ADOPTED}
    assert found["搬家宽带"].relevant == {key_of(moving)}
    assert key_of(moving) in found["搬家宽带"].shares


def test_a_held_out_query_does_not_come_in_by_the_log(moving: UUID, agent_chen: Actor) -> None:
    golden("宽带移机", moving, held_out=True)
    copied("寬帶 移機", moving, agent_chen)

    found = collect()

    assert list(found) == ["宽带移机"]
    assert found["宽带移机"].held_out


def test_without_anything_held_out_nothing_can_be_judged(moving: UUID) -> None:
    golden("宽带移机", moving)

    with pytest.raises(NothingHeldOut, match="三分之一"):
        tuning.tune(at=MONDAY_MORNING)


def test_what_is_good_already_stays(moving: UUID) -> None:
    golden("宽带移机", moving)
    golden("移机", moving, held_out=True)

    proposal = tuning.tune(at=MONDAY_MORNING)

    assert not proposal.is_new
    assert not proposal.wins


@pytest.fixture
def known_world(centre: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of asking: queries of which one signal knows the answer and the other does not."""
    from tests.search.test_tuning import DEAF, world

    with database.unit_of_work() as session:
        configuration.put_in_force(
            session, replace(DEAF, floor=-10.0), evidence={}, actor=LIBRARIAN, at=MONDAY_MORNING
        )
    live.forget()
    monkeypatch.setattr(tuning, "collect", lambda *_args, **_more: world(meaning_knows=True))


def zhida(*words: str) -> str:
    result = CliRunner().invoke(app, words, terminal_width=200)
    assert result.exit_code == 0, result.output
    return str(result.output)


def kept() -> list[KeptConfiguration]:
    with database.reading() as session:
        return list(session.exec(select(KeptConfiguration).order_by(KeptConfiguration.number)))  # type: ignore[arg-type]


def test_what_wins_is_shown_and_applied_only_when_asked(known_world: None) -> None:
    make_indexed()

    shown = zhida("search", "tune")
    assert "胜出" in shown
    assert re.search(r"nDCG@10 .*0\.\d{3} .*\+0\.\d{3} 至 \+0\.\d{3}", shown)
    assert len(kept()) == 1

    assert "已启用" in zhida("search", "tune", "--apply")
    latest = kept()[-1]
    assert latest.values["meaning"] > 2 * latest.values["words"]
    assert latest.evidence["by"] == "tuned"
    assert latest.evidence["interval"][0] > 0


def test_what_does_not_win_is_not_applied_even_when_asked(
    centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.search.test_tuning import world

    make_indexed()
    monkeypatch.setattr(tuning, "collect", lambda *_args, **_more: world(meaning_knows=False))

    said = zhida("search", "tune", "--apply")

    assert "没有胜出" in said or "没有找到更好的权重" in said
    assert kept() == []


def test_golden_queries_travel_as_a_file(moving: UUID, tmp_path: Path) -> None:
    golden("宽带移机", moving, held_out=True)
    file = tmp_path / "golden.jsonl"

    assert "已导出 1 条" in zhida("search", "golden", "export", str(file))
    assert '"relevant":["KB-00002"]' in file.read_text("utf-8")
    assert "新增 0 条，已有 1 条" in zhida("search", "golden", "import", str(file))

    file.write_text('{"query": "换号", "relevant": ["KB-00099"]}\n', "utf-8")
    assert "KB-00099" in zhida("search", "golden", "import", str(file))


def test_the_centre_is_evaluated_on_its_own_golden_queries(moving: UUID, session: Session) -> None:
    golden("宽带移机", moving)

    assert "标准问题 · 全部" in zhida("search", "evaluate")
    assert judging.golden_to_ask()[0].text == "宽带移机"
    assert configuration.in_force() == DEFAULT
