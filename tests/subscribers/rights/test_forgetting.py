"""What agents said of a person is in their copy, and goes when they are erased."""

from pathlib import Path

from sqlmodel import select

from core import database
from core.identity import Actor
from subscribers.correcting.models import Correction, CorrectionStep
from subscribers.models import Status, Subscription
from subscribers.quick_profile import ProfileText, QuickProfile, keep_profile
from subscribers.rights import erasing, person_copy
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
