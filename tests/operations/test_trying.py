"""A comparison: every golden query through two configurations, resumed where a process died."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core import database, jobs
from core.errors import NotAllowed
from core.identity import Actor
from core.jobs import Job
from kb.search_source import key_of
from operations import judging, trying
from operations.judging import NoGolden
from search import engines, golden_keeping, trials
from search.configuration import DEFAULT, Configuration, ConfigurationUnusable
from search.engines.base import EngineUnavailable
from search.golden import NO_ANSWER, Grade
from search.golden_keeping import Wording
from search.trials import Comparison, NothingToCompare, Side
from search.variants import Variant
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_indexed

IN_FORCE = ("现行", DEFAULT)
DEAF = ("不用拼音", Variant.WITHOUT_PINYIN.of(DEFAULT))


@pytest.fixture
def golden(centre: object) -> dict[str, UUID]:
    """Two articles and three queries: in Hanzi, in pinyin, and one that has no answer."""
    moving = make_indexed("宽带移机", answer="同城移机一百元", keywords=["移机"])
    make_indexed("积分兑换", answer="积分可以换话费", keywords=["积分"])
    with database.unit_of_work() as session:
        texts = (("宽带移机", "汉字"), ("yiji", "全拼"), ("量子力学", NO_ANSWER))
        added = {
            text: golden_keeping.add(session, Wording(text, kind), actor=LIBRARIAN, at=MONDAY_MORNING).id
            for text, kind in texts
        }
        for text in ("宽带移机", "yiji"):
            golden_keeping.judge(
                session,
                added[text],
                key_of(moving.article_id),
                Grade.ANSWERS,
                actor=LIBRARIAN,
                at=MONDAY_MORNING,
            )
    return added


def compare(
    actor: Actor = LIBRARIAN, after: tuple[str, Configuration] = DEAF, at: datetime = MONDAY_MORNING
) -> UUID:
    with database.unit_of_work() as session:
        return trials.ask_comparison(session, IN_FORCE, after, actor=actor, at=at).id


def results(comparison_id: UUID) -> dict[Side, dict[str, int | None]]:
    with database.reading() as session:
        return {
            side: {one.text: one.best_rank for one in trials.answers_of(session, trial.id).values()}
            for side, trial in trials.sides_of(session, comparison_id).items()
        }


def held(comparison_id: UUID) -> Comparison:
    with database.reading() as session:
        return trials.comparison(session, comparison_id)


def test_both_sides_are_asked_and_kept(each_database: str, golden: dict[str, UUID]) -> None:
    comparison = compare()

    jobs.run_all_due(MONDAY_MORNING)

    found = results(comparison)
    assert found[Side.BEFORE] == {"宽带移机": 1, "yiji": 1, "量子力学": None}
    assert found[Side.AFTER] == {"宽带移机": 1, "yiji": None, "量子力学": None}
    finished = held(comparison)
    assert (finished.done, finished.total, finished.finished_at) == (6, 6, MONDAY_MORNING)


def test_what_was_asked_before_a_process_died_is_not_asked_again(
    golden: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = compare()
    monkeypatch.setattr(trying, "AT_ONCE", 2)
    asked: list[str] = []
    ask = judging.ask

    def dying(text: str, *rest: object, **more: object) -> object:
        asked.append(text)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return ask(text, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(judging, "ask", dying)
    with pytest.raises(KeyboardInterrupt):
        trying.carry_out(comparison, at=MONDAY_MORNING)
    assert (held(comparison).done, held(comparison).finished_at) == (2, None)

    trying.carry_out(comparison, at=MONDAY_MORNING)
    trying.carry_out(comparison, at=MONDAY_MORNING)

    assert len(asked) == 4 + 4
    assert held(comparison).finished_at


def test_without_an_index_it_waits_and_says_so(
    golden: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = compare()

    def down(*_: object, **__: object) -> None:
        raise EngineUnavailable

    monkeypatch.setattr(type(engines.engine()), "match_words", down)
    jobs.run_all_due(MONDAY_MORNING)

    assert "检索引擎暂时没有响应" in held(comparison).error
    with database.reading() as session:
        assert session.exec(select(Job.state).where(Job.kind == trials.KIND)).all() == ["waiting"]


def test_the_last_trial_of_what_is_in_force_is_remembered(golden: dict[str, UUID]) -> None:
    comparison = compare()
    with database.reading() as session:
        assert trials.latest_in_force(session) is None

    jobs.run_all_due(MONDAY_MORNING)

    with database.reading() as session:
        latest = trials.latest_in_force(session)
        assert latest is not None
        assert (latest.comparison_id, latest.side) == (comparison, Side.BEFORE)


def test_only_the_latest_comparisons_are_kept(
    each_database: str, golden: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "MOST_KEPT", 1)
    old = compare()
    jobs.run_all_due(MONDAY_MORNING)

    new = compare(at=MONDAY_MORNING + timedelta(minutes=1))

    with database.reading() as session:
        assert [one.id for one in session.exec(trials.listed())] == [new]
    with pytest.raises(trials.NoSuchComparison):
        held(old)
    jobs.run_all_due(MONDAY_MORNING + timedelta(minutes=1))
    assert held(new).finished_at


def test_what_cannot_be_compared_is_refused(golden: dict[str, UUID], agent_chen: Actor) -> None:
    with pytest.raises(NothingToCompare):
        compare(after=("也是现行", DEFAULT))
    with pytest.raises(ConfigurationUnusable):
        compare(after=("太重", replace(DEFAULT, words=99.0)))
    with pytest.raises(NotAllowed):
        compare(actor=agent_chen)


def test_the_centre_judges_itself_by_its_own_golden_queries(golden: dict[str, UUID]) -> None:
    reports = judging.judge_golden(at=MONDAY_MORNING)

    assert reports["全部"].overall.queries == 2
    assert reports["全部"].overall.success_at_1 == 1.0
    assert reports["全部"].no_answer.recall == 1.0


def test_a_centre_without_golden_queries_is_told_what_to_do(centre: object) -> None:
    with pytest.raises(NoGolden, match="检索评测"):
        judging.judge_golden(at=MONDAY_MORNING)
