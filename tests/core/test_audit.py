"""The audit trail: what was said stays said."""

from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from core import audit, database
from core.identity import Actor
from operations import migrating
from tests.conftest import MONDAY_MORNING


def note(actor: Actor, *subjects: str) -> None:
    for subject in subjects:
        with database.unit_of_work() as session:
            audit.record(session, actor=actor, action="kb.tried", subject_id=subject, at=MONDAY_MORNING)


def verified() -> audit.ChainReport:
    with database.reading() as session:
        return audit.verify(session)


def test_an_untouched_trail_is_sound(each_database: str, agent_chen: Actor) -> None:
    note(agent_chen, "a", "b", "c")

    report = verified()

    assert (report.entries, report.broken_at) == (3, None)


@pytest.mark.parametrize(
    ("tampering", "noticed_at"),
    [
        ("UPDATE core_audit_entry SET staff_name = '别人' WHERE number = 2", 2),
        ("UPDATE core_audit_entry SET subject_id = 'z' WHERE number = 1", 1),
        ("DELETE FROM core_audit_entry WHERE number = 2", 3),
    ],
)
def test_tampering_is_noticed_and_placed(
    each_database: str, agent_chen: Actor, tampering: str, noticed_at: int
) -> None:
    note(agent_chen, "a", "b", "c")
    with database.unit_of_work() as session:
        session.execute(text(tampering))

    assert verified().broken_at == noticed_at


@pytest.mark.parametrize(
    "change", ["UPDATE core_audit_entry SET staff_name = '别人'", "DELETE FROM core_audit_entry"]
)
def test_the_migrated_database_itself_refuses_to_change_an_entry(
    each_database: str, agent_chen: Actor, change: str
) -> None:
    migrating.protect_audit()
    note(agent_chen, "a")

    with pytest.raises(DBAPIError, match="append-only"), database.unit_of_work() as session:
        session.execute(text(change))


def test_entries_made_at_the_same_time_stand_in_one_chain(each_database: str, agent_chen: Actor) -> None:
    writers = [Thread(target=note, args=(agent_chen, *"abcde")) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert verified() == audit.ChainReport(20, None, verified().head)


def test_entries_are_found_by_person_action_and_subject(
    each_database: str, agent_chen: Actor, editor_lin: Actor
) -> None:
    note(agent_chen, "a", "b")
    note(editor_lin, "a")

    with database.reading() as session:
        by_both = session.exec(audit.entries(staff_id=agent_chen.staff_id, subject_id="a")).all()
        none = session.exec(audit.entries(action="core.")).all()
        everything = session.exec(select(audit.AuditEntry)).all()

    assert [entry.subject_id for entry in by_both] == ["a"]
    assert none == []
    assert len(everything) == 3


def test_the_newest_of_some_actions_grows_with_each_of_them_and_with_nothing_else(
    each_database: str, agent_chen: Actor
) -> None:
    seen = []
    for action in ("kb.tried", "kb.other", "core.signed_in", "kb.tried"):
        with database.unit_of_work() as session:
            audit.record(session, actor=agent_chen, action=action, subject_id="a", at=MONDAY_MORNING)
            seen.append(audit.newest_of(session, ("kb.tried", "kb.other", "kb.never")))

    with database.reading() as session:
        assert seen == [1, 2, 2, 4]
        assert audit.newest_of(session, ("kb.never",)) == 0
