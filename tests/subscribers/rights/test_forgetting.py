"""What agents said of a person is in their copy, and goes when they are erased."""

from pathlib import Path
from typing import Any

from sqlmodel import SQLModel, select

from core import database
from core.identity import Actor
from subscribers.calls.models import Call, CallUse, UseKind
from subscribers.correcting.models import Correction, CorrectionStep
from subscribers.models import Status, Subscription
from subscribers.quick_profile import ProfileText, QuickProfile, keep_profile
from subscribers.restrictions import lift, restrict
from subscribers.revealing import Place, Reason, Reveal, reveal
from subscribers.rights import erasing, person_copy
from subscribers.rights.models import RightsChannel, RightsKind, RightsStep
from subscribers.rights.moving import note_step
from subscribers.rights.receiving import Asking, receive
from subscribers.suppressions import SuppressionSource, suppress
from subscribers.verifying import Contact
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber
from tests.subscribers.correcting.people_and_values import says


def test_the_copy_of_a_person_holds_what_agents_corrected(centre: Path, agent_chen: Actor) -> None:
    caller = make_subscriber(address="旧址").customer_id
    says(agent_chen, caller, "address", "新址", at=MONDAY_MORNING)

    with database.reading() as session:
        blocks = {block.name: block.rows for block in person_copy.held(session, caller, at=MONDAY_MORNING)}

    assert [(row["field"], row["proposed"]) for row in blocks["corrections"]] == [("联系地址", "新址")]


def test_an_erased_person_leaves_no_correction(centre: Path, agent_chen: Actor, supervisor_he: Actor) -> None:
    line = make_subscriber(address="旧址")
    says(agent_chen, line.customer_id, "address", "新址", at=MONDAY_MORNING)

    with database.unit_of_work() as session:
        session.get_one(Subscription, line.id).status = Status.GONE
        session.flush()
        erasing.erase(session, line.customer_id, reason="本人要求", actor=supervisor_he, at=MONDAY_MORNING)

    with database.reading() as session:
        assert session.exec(select(Correction)).all() == []
        assert session.exec(select(CorrectionStep)).all() == []


def test_what_was_noted_of_a_number_goes_with_whose_it_is(
    centre: Path, agent_chen: Actor, supervisor_he: Actor
) -> None:
    line = make_subscriber("13800006207", phone="13377778888")
    with database.unit_of_work() as session:
        for number in ("13800006207", "13377778888", "13911112222"):
            keep_profile(session, number, ProfileText("陈女士"), actor=agent_chen, at=MONDAY_MORNING)
        session.get_one(Subscription, line.id).status = Status.GONE
        session.flush()
        erasing.erase(session, line.customer_id, reason="本人要求", actor=supervisor_he, at=MONDAY_MORNING)

    with database.reading() as session:
        assert session.exec(select(QuickProfile.number)).all() == ["13911112222"]


def test_no_word_that_was_typed_of_an_erased_person_is_left(centre: Path, supervisor_he: Actor) -> None:
    """Whoever saw or did what, when, and by which reason of the list stays."""
    said = "她姐姐赵玉兰来问"
    line = make_subscriber("13800006207", address="西湖区")
    by_he: Any = {"actor": supervisor_he, "at": MONDAY_MORNING}
    with database.unit_of_work() as session:
        place = Place(line.customer_id, "customer", line.customer_id, "address")
        reveal(
            session,
            place,
            reason=Reason.OTHER,
            note=said,
            contact=Contact(supervisor_he),
            at=MONDAY_MORNING,
        )
        asking = Asking(RightsKind.REFUSE_MARKETING, said, RightsChannel.CALL, "13800006207")
        request = receive(session, line.customer_id, asking, **by_he)
        note_step(session, request, note=said, proof=said, **by_he)
        of_call = SuppressionSource.CALL
        suppress(session, customer_id=line.customer_id, source=of_call, proof=said, **by_he)
        restrict(session, line.customer_id, reason=request.code, **by_he)
        lift(session, line.customer_id, reason=said, **by_he)
        session.add_all(searched_in_a_call(line, said, supervisor_he))
        session.get_one(Subscription, line.id).status = Status.GONE
        session.flush()
        erasing.erase(session, line.customer_id, reason=request.code, **by_he)

    with database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            for row in session.execute(select(*table.columns)):
                assert "赵玉兰" not in str(row), table.name
                assert "13800006207" not in str(row) or set(row._mapping) >= {"source", "version"}, table.name
        [seen] = session.exec(select(Reveal)).all()
        kept = (seen.staff_id, seen.field, seen.reason, seen.note)
        assert kept == (supervisor_he.staff_id, "address", Reason.OTHER, "")
        assert session.exec(select(RightsStep.staff_id)).all() == [supervisor_he.staff_id] * 2


def searched_in_a_call(line: Subscription, said: str, actor: Actor) -> list[SQLModel]:
    call = Call(switch="s", key="1", customer_id=line.customer_id, rang_at=MONDAY_MORNING)
    call.heard_at = call.created_at = MONDAY_MORNING
    use = CallUse(call_id=call.id, staff_id=actor.staff_id, kind=UseKind.SEARCHED, subject="1", text=said)
    use.created_at = MONDAY_MORNING
    return [call, use]
