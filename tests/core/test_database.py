"""Transactions: all or nothing, and a busy database says so."""

import sqlite3
from pathlib import Path
from threading import Thread

import pytest
from sqlmodel import select

from core import database, numbering, signing
from core.database import DatabaseBusy
from core.identity import Team


def teams() -> list[str]:
    with database.reading() as session:
        return sorted(team.name for team in session.exec(select(Team)))


def test_raising_leaves_nothing_behind(each_database: str) -> None:
    with pytest.raises(RuntimeError), database.unit_of_work() as session:
        session.add(Team(code="a", name="甲"))
        session.flush()
        raise RuntimeError

    assert teams() == []


def test_a_reading_session_keeps_nothing(each_database: str) -> None:
    with database.reading() as session:
        session.add(Team(code="a", name="甲"))
        session.flush()

    assert teams() == []


def test_numbers_are_never_given_twice(each_database: str) -> None:
    given: list[int] = []

    def take_some() -> None:
        for _ in range(10):
            with database.unit_of_work() as session:
                given.append(numbering.take(session, "kb.article"))

    with database.unit_of_work() as session:
        numbering.reserve(session, "kb.article", 100)
    people = [Thread(target=take_some) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(given) == list(range(101, 141))


def test_reserving_never_goes_back(each_database: str) -> None:
    with database.unit_of_work() as session:
        numbering.reserve(session, "kb.article", 100)
        numbering.reserve(session, "kb.article", 5)

        assert numbering.take(session, "kb.article", 10) == 101


def test_a_database_that_another_program_holds_is_named(
    centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    database.engine().dispose()
    database.engine.cache_clear()
    other = sqlite3.connect(centre / "zhida.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseBusy), database.unit_of_work() as session:
        session.add(Team(code="a", name="甲"))

    other.close()


def test_readers_go_on_while_somebody_writes(centre: Path) -> None:
    with database.unit_of_work() as session:
        session.add(Team(code="a", name="甲"))
        session.flush()

        assert teams() == []


def test_sqlite_keeps_foreign_keys(centre: Path) -> None:
    with database.engine().connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_all_processes_share_one_signing_key(each_database: str) -> None:
    first = signing.signing_key()
    signing.signing_key.cache_clear()

    assert signing.signing_key() == first
    assert len(first) == 32
