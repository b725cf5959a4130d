"""What is kept of calls, of what agents noted and saw, and of files: the day on which each goes."""

import os
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from core import database
from core.identity import Actor
from core.model import Record
from core.settings import settings
from subscribers.calls.models import Call, CallEvent, CallLeg, CallUse, Phase, WrapUp
from subscribers.loading.models import Load, QuarantinedRow
from subscribers.quick_profile import QuickProfile
from subscribers.restrictions import restrict
from subscribers.revealing import Reveal
from subscribers.rights.retention import months_before
from subscribers.verifying import Verification
from tests.conftest import MONDAY_MORNING
from tests.subscribers.rights.one_person import NEIGHBOURS, NUMBER, make_whole
from tests.subscribers.rights.test_retention import run

pytestmark = pytest.mark.usefixtures("each_database")
A_SECOND = timedelta(seconds=1)


def _call(customer_id: int | None, rang_at: datetime, agent: Actor, *, phase: Phase = Phase.ENDED) -> Call:
    """A call with all that hangs on it."""
    call = Call(
        switch="t",
        key=str(uuid4()),
        caller=NUMBER,
        phase=phase,
        rang_at=rang_at,
        heard_at=rang_at,
        customer_id=customer_id,
        created_at=rang_at,
    )
    mine = {"call_id": call.id, "created_at": rang_at}
    who = mine | {"staff_id": agent.staff_id}
    with database.unit_of_work() as session:
        session.add(call)
        session.flush()
        session.add_all(
            [
                CallEvent(switch="t", event_id=str(uuid4()), kind="ended", at=rang_at, **mine),
                CallLeg(rang_at=rang_at, **who),
                CallUse(kind="searched", subject="x", text="资费", **who),
                WrapUp(note="问资费", changed_at=rang_at, **who),
            ]
        )
        return call


def test_old_calls_go_with_everything_about_them(agent_chen: Actor, supervisor_he: Actor) -> None:
    chen_id, held_id = make_whole(), make_whole(NEIGHBOURS, "李四")
    limit = months_before(MONDAY_MORNING, 24)
    _call(chen_id, limit - A_SECOND, agent_chen)
    _call(None, limit - A_SECOND, agent_chen)
    stay = {
        _call(chen_id, limit, agent_chen).id,
        _call(held_id, limit - A_SECOND, agent_chen).id,
        _call(chen_id, limit - A_SECOND, agent_chen, phase=Phase.TALKING).id,
    }
    with database.unit_of_work() as session:
        restrict(session, held_id, reason="有争议", actor=supervisor_he, at=MONDAY_MORNING)

    assert run(dry=True)["call"] == run()["call"] == 2

    with database.reading() as session:
        assert set(session.exec(select(Call.id))) == stay
        for table in (CallEvent, CallLeg, CallUse, WrapUp):
            assert set(session.exec(select(table.call_id))) == stay


@pytest.mark.parametrize(("what", "months"), [("profile", 12), ("verification", 36), ("reveal", 60)])
def test_what_was_noted_of_callers_goes_in_time_but_for_the_restricted(
    what: str, months: int, agent_chen: Actor, supervisor_he: Actor
) -> None:
    chen_id, held_id = make_whole(), make_whole(NEIGHBOURS, "李四")
    limit = months_before(MONDAY_MORNING, months)

    def made(customer_id: int, number: str, at: datetime) -> Record:
        if what == "profile":
            return QuickProfile(
                number=number, name="陈", staff_id=agent_chen.staff_id, changed_at=at, created_at=at
            )
        who = {"customer_id": customer_id, "staff_id": agent_chen.staff_id, "created_at": at}
        if what == "verification":
            return Verification(method="certificate", passed=True, valid_until=at, **who)
        return Reveal(entity="customer", row_id=customer_id, field="phone", reason="caller", **who)

    goes = made(chen_id, NUMBER, limit - A_SECOND)
    stay = [made(held_id, NEIGHBOURS, limit - A_SECOND), made(chen_id, "13500000000", limit)]
    kept = {one.id for one in stay}
    with database.unit_of_work() as session:
        session.add_all([goes, *stay])
        restrict(session, held_id, reason="有争议", actor=supervisor_he, at=MONDAY_MORNING)

    assert run(dry=True)[what] == run()[what] == 1
    with database.reading() as session:
        assert set(session.exec(select(type(goes).id))) == kept


def test_rows_put_aside_go_in_time_unless_their_load_is_under_way(admin_wu: Actor) -> None:
    limit = months_before(MONDAY_MORNING, 6)
    with database.unit_of_work() as session:
        for n, (seen_at, state) in enumerate(
            ((limit - A_SECOND, "acknowledged"), (limit, "acknowledged"), (limit - A_SECOND, "held"))
        ):
            loaded = Load(
                source="crm",
                entity="event",
                kind="delta",
                via="folder",
                name=f"F{n}",
                state=state,
                state_since=seen_at,
                seen_at=seen_at,
            )
            session.add(loaded)
            session.flush()
            mine = {"load_id": loaded.id, "source": "crm", "entity": "event"}
            session.add(QuarantinedRow(row_number=1, key=f"E{n}", raw="x", **mine))

    assert run(dry=True)["aside"] == run()["aside"] == 1
    with database.reading() as session:
        assert set(session.exec(select(QuarantinedRow.key))) == {"E1", "E2"}


def test_files_that_are_done_with_go_in_time_and_what_is_yet_to_be_taken_stays() -> None:
    limit = months_before(MONDAY_MORNING, 3).timestamp()
    for part in ("in", "arch", "err", "ack", "out"):
        for name, written in (("old.dat", limit - 1), ("new.dat", limit)):
            file = settings().drop / "crm" / part / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("C1|陈婉清", "utf-8")
            os.utime(file, (written, written))

    assert run(dry=True)["file"] == 4
    assert len(list(settings().drop.glob("crm/*/*"))) == 10
    assert run()["file"] == 4
    assert {file.name for file in settings().drop.glob("crm/*/*")} == {"new.dat", "old.dat"}
    assert [file.parent.name for file in settings().drop.glob("crm/*/old.dat")] == ["in"]
