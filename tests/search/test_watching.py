"""The watched queries: which they are, and that their scores are kept through kills and changes."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from core import database, jobs
from core.identity import SYSTEM, Actor
from search import configuration, engines, reasking, understanding, watched, watching
from search.configuration import Configuration
from search.golden import GoldenQuery
from search.query_log import Action, AskedQuery, DocumentUse
from search.watched import WatchedQuery
from tests.conftest import MONDAY_MORNING
from tests.makers import make_article, make_indexed
from tests.search.library import fill, make_document
from tests.search.logged import log_search

YESTERDAY = MONDAY_MORNING - timedelta(days=1)


def make_golden(text: str) -> None:
    with database.unit_of_work() as session:
        session.add(GoldenQuery(text=text, kind="汉字", created_by=SYSTEM.staff_id))


def ask(text: str, by: Actor, *, at: datetime = YESTERDAY, found: int = 3) -> UUID:
    with database.unit_of_work() as session:
        query = AskedQuery(
            staff_id=by.staff_id,
            text=text,
            kind="hanzi",
            at=at,
            result_count=found,
            duration_ms=9,
            settled_by="enter",
        )
        session.add(query)
        return query.id


def copy(query_id: UUID, document: str, by: Actor) -> None:
    with database.unit_of_work() as session:
        session.add(
            DocumentUse(
                query_id=query_id,
                staff_id=by.staff_id,
                source="kb",
                document_id=document,
                action=Action.COPIED,
                position=1,
                at=YESTERDAY,
            )
        )


def rows() -> dict[str, WatchedQuery]:
    with database.reading() as session:
        return {row.text: row for row in session.exec(select(WatchedQuery))}


def gather() -> None:
    with database.unit_of_work() as session:
        watched.gather(session, at=MONDAY_MORNING)


def waiting() -> int:
    with database.reading() as session:
        return watched.standing(session, watching.stamp_of(understanding.current())).waiting


class TestWhichAreWatched:
    def test_the_golden_and_what_was_asked_last_month(self, each_database: str, agent_chen: Actor) -> None:
        make_golden("漫游收费")
        for _ in range(3):
            ask("宽带移机", agent_chen)
        copy(ask("宽带移机", agent_chen), "a", agent_chen)
        ask("很久以前", agent_chen, at=MONDAY_MORNING - timedelta(days=31))
        ask("号码 13*****88 的套餐", agent_chen)

        gather()

        assert {text: row.times for text, row in rows().items()} == {"漫游收费": 0, "宽带移机": 4}
        assert rows()["宽带移机"].copied == ["kb/a"]

    def test_what_was_asked_for_another_day_is_not_watched(
        self, each_database: str, agent_chen: Actor
    ) -> None:
        for number in range(3):
            with database.unit_of_work() as session:
                query_id = log_search(
                    session,
                    agent_chen,
                    "去年的资费",
                    at=YESTERDAY + timedelta(hours=number),
                    of_another_day=True,
                )
            copy(query_id, "a", agent_chen)

        gather()

        assert rows() == {}

    def test_what_was_asked_in_vain_counts_once_it_is_asked_again(
        self, each_database: str, agent_chen: Actor
    ) -> None:
        for text in ("手滑了", "真想知道", "真想知道"):
            ask(text, agent_chen, found=0)

        gather()

        assert set(rows()) == {"真想知道"}

    def test_no_more_than_the_most_and_those_asked_most(
        self, each_database: str, agent_chen: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watched, "MOST", 2)
        make_golden("标准")
        for text in ("常问", "常问", "少问"):
            ask(text, agent_chen)

        gather()

        assert set(rows()) == {"标准", "常问"}

    def test_one_that_nobody_asks_any_more_goes(self, each_database: str, agent_chen: Actor) -> None:
        ask("宽带移机", agent_chen)
        gather()

        with database.unit_of_work() as session:
            watched.gather(session, at=MONDAY_MORNING + timedelta(days=40))

        assert rows() == {}


class TestTheirScores:
    @pytest.fixture(autouse=True)
    def some(self, each_database: str) -> None:
        fill(engines.engine(), make_document("a", "国际漫游"), make_document("b", "宽带移机"))
        for number in range(60):
            make_golden(f"漫游第{number}问")
        gather()

    def run_one_job(self) -> None:
        watching.ensure(at=MONDAY_MORNING)
        jobs.run_due(MONDAY_MORNING)

    def test_are_kept_a_few_at_a_time_and_go_on_where_a_killed_process_stopped(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.run_one_job()
        assert waiting() == 60 - watching.AT_ONCE
        kept = {text: row.kept_at for text, row in rows().items() if row.kept_at}

        class Killed(BaseException):
            pass

        def die(*_: object) -> None:
            raise Killed

        monkeypatch.setattr(watched, "pack", die)
        with pytest.raises(Killed):
            jobs.run_due(MONDAY_MORNING)
        monkeypatch.undo()
        later = MONDAY_MORNING + timedelta(minutes=5)
        jobs.run_all_due(later)

        assert waiting() == 0
        assert {text: row.kept_at for text, row in rows().items() if text in kept} == kept

    def test_are_stale_once_the_weights_change(self, editor_lin: Actor) -> None:
        watching.ensure(at=MONDAY_MORNING)
        jobs.run_all_due(MONDAY_MORNING)
        assert waiting() == 0

        with database.unit_of_work() as session:
            configuration.put_in_force(
                session, Configuration(synonym=0.1), evidence={}, actor=editor_lin, at=MONDAY_MORNING
            )
        understanding.refresh()

        assert waiting() == 60

    def test_are_made_again_the_next_night(self) -> None:
        watching.ensure(at=MONDAY_MORNING)
        jobs.run_all_due(MONDAY_MORNING)

        tomorrow = MONDAY_MORNING + timedelta(days=1)
        watching.ensure(at=tomorrow)
        jobs.run_all_due(tomorrow)

        assert {row.kept_at for row in rows().values()} == {tomorrow}
        assert {row.counted_at for row in rows().values()} == {tomorrow}


def test_after_a_publication_only_what_it_touches_is_asked_again(centre: Path) -> None:
    make_golden("宽带移机")
    make_golden("国际漫游")
    make_indexed("宽带移机怎么办")
    make_indexed("国际漫游收费")
    gather()
    watching.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    a_minute_later = MONDAY_MORNING + reasking.UNTIL_ENCODED
    make_article("宽带移机要几天", at=a_minute_later)
    jobs.run_all_due(a_minute_later)
    jobs.run_all_due(a_minute_later + 2 * reasking.UNTIL_ENCODED)

    kept = {text: row.kept_at for text, row in rows().items()}
    assert kept["宽带移机"] > MONDAY_MORNING
    assert kept["国际漫游"] == MONDAY_MORNING
