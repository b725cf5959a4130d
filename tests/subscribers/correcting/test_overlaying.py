"""What the next agent sees of a customer whom another agent corrected."""

from datetime import timedelta
from pathlib import Path

from sqlmodel import Session

from core import database
from core.identity import Actor
from subscribers.completeness import completeness
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.correcting.overlaying import overlaid
from subscribers.models import Customer
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber


def correct(customer_id: int, actor: Actor, field: str, proposed: str, **said: object) -> Correction:
    with database.unit_of_work() as session:
        parts = {"base": "", "met": "", "source": "crm", "evidence": "本人来电"} | said
        correction = Correction(
            entity="customer",
            row_id=customer_id,
            customer_id=customer_id,
            field=field,
            proposed=proposed,
            staff_id=actor.staff_id,
            affirmed_at=MONDAY_MORNING,
            state_since=MONDAY_MORNING,
            **parts,
        )
        session.add(correction)
        return correction


def test_a_corrected_address_is_seen_at_once_and_the_rest_stays_the_sources(
    each_database: str, session: Session, agent_chen: Actor
) -> None:
    given = make_subscriber(address="浙江省杭州市西湖区文三路 1 号", email="old@qq.com")
    correct(given.customer_id, agent_chen, "address", "浙江省杭州市西湖区文三路 99 号")

    seen = overlaid(session, "customer", [session.get_one(Customer, given.customer_id)])

    address = seen[given.customer_id]["address"]
    assert (address.value, address.source) == (
        "浙江省杭州市西湖区文三路 99 号",
        "浙江省杭州市西湖区文三路 1 号",
    )
    assert address.is_corrected
    assert seen[given.customer_id]["email"].value == "old@qq.com"
    assert "certificate" not in seen[given.customer_id]


def test_a_closed_correction_is_laid_over_nothing(session: Session, agent_chen: Actor) -> None:
    given = make_subscriber(address="旧址")
    closed = {"is_open": False, "state": CorrectionState.WITHDRAWN}
    correct(given.customer_id, agent_chen, "address", "新址", **closed)

    seen = overlaid(session, "customer", [session.get_one(Customer, given.customer_id)])

    assert seen[given.customer_id]["address"].value == "旧址"


def test_what_fills_a_gap_counts_as_known(centre: Path, agent_chen: Actor) -> None:
    given = make_subscriber(phone="13800006207")
    weights = {"phone": 3, "birthday": 1}

    def known() -> tuple[int, tuple[str, ...]]:
        with database.reading() as session:
            customer = session.get_one(Customer, given.customer_id)
            seen = overlaid(session, "customer", [customer])[given.customer_id]
        score = completeness({name: one.value for name, one in seen.items()}, weights)
        return score.percent, score.asks

    assert known() == (75, ("birthday",))
    correct(given.customer_id, agent_chen, "birthday", "1985-06-01")
    assert known() == (100, ())


def test_the_source_that_changed_after_the_agent_spoke_wins_where_the_newest_does(
    session: Session, agent_chen: Actor
) -> None:
    later = MONDAY_MORNING + timedelta(days=1)
    given = make_subscriber(email="new@qq.com", changed_at=later)
    correct(given.customer_id, agent_chen, "email", "agent@qq.com", base="old@qq.com", met="old@qq.com")

    seen = overlaid(session, "customer", [session.get_one(Customer, given.customer_id)])

    assert seen[given.customer_id]["email"].value == "new@qq.com"
    assert not seen[given.customer_id]["email"].is_corrected
