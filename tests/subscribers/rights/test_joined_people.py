"""A person whom the sources know as two customers asks once, whichever of the two the request names."""

from collections.abc import Iterable
from functools import partial

import pytest
from sqlmodel import Session, select

from core import database
from core.identity import Actor
from subscribers import joining
from subscribers.models import Status, Subscription
from subscribers.restrictions import restricted_among
from subscribers.rights import carrying_out, erasing, person_copy, receiving
from subscribers.rights.erasing import NAME_OF_THE_ERASED
from subscribers.rights.models import RightsChannel, RightsKind, RightsState
from subscribers.rights.receiving import Asking
from subscribers.suppressions import NotSuppressed, is_suppressed
from tests.conftest import MONDAY_MORNING
from tests.subscribers.rights.one_person import NEIGHBOURS, customer_of, make_whole
from tests.subscribers.rights.test_erasing import CLOSED

pytestmark = pytest.mark.usefixtures("each_database")
OTHERS = "13800006208"


@pytest.fixture(params=["the kept one is named", "the joined one is named"])
def people(request: pytest.FixtureRequest, each_database: str, supervisor_he: Actor) -> tuple[int, int, int]:
    """Return the customer that the request names, the other who is the same person, and a neighbour."""
    kept, joined = make_whole(closed_on=CLOSED), make_whole(OTHERS, "陈婉清", closed_on=CLOSED)
    neighbour = make_whole(NEIGHBOURS, "李四", closed_on=CLOSED)
    with database.unit_of_work() as session:
        joining.merge(session, kept, joined, actor=supervisor_he, at=MONDAY_MORNING)
    return (kept, joined, neighbour) if request.param.startswith("the kept") else (joined, kept, neighbour)


def carried_out(customer_id: int, kind: RightsKind, actor: Actor) -> int:
    said = {"actor": actor, "at": MONDAY_MORNING}
    with database.unit_of_work() as session:
        request = receiving.receive(
            session, customer_id, Asking(kind, "按规定办理", RightsChannel.CALL), **said
        )
        if request.state == RightsState.RECEIVED:
            receiving.verify(session, request.number, proof="服务密码正确", **said)
        carrying_out.carry_out(session, request.number, note="", agreed=True, **said)
        return request.number


def test_deleting_deletes_both_as_the_prospect_said(
    people: tuple[int, int, int], supervisor_he: Actor
) -> None:
    with database.reading() as session:
        prospect = {part.label: rows for part, rows in erasing.prospect(session, people[0])}
    assert (prospect["客户"], prospect["账单"]) == (2, 10)

    carried_out(people[0], RightsKind.DELETE, supervisor_he)

    with database.reading() as session:
        erased, other, neighbour = (customer_of(session, one) for one in people)
        assert erased.name == other.name == NAME_OF_THE_ERASED != neighbour.name
        assert restricted_among(session, people) == set(people[:2])


def test_a_line_that_the_other_still_has_keeps_both(
    people: tuple[int, int, int], supervisor_he: Actor
) -> None:
    with database.unit_of_work() as session:
        theirs = select(Subscription).where(Subscription.customer_id == people[1])
        session.exec(theirs).one().status = Status.ACTIVE

    with database.reading() as session:
        assert "还有没销户的业务" in erasing.obstacle(session, people[0])
    with pytest.raises(erasing.StillServed):
        carried_out(people[0], RightsKind.DELETE, supervisor_he)


def test_restricting_hides_both_and_lifting_shows_both(
    people: tuple[int, int, int], supervisor_he: Actor
) -> None:
    number = carried_out(people[0], RightsKind.RESTRICT, supervisor_he)
    with database.reading() as session:
        assert restricted_among(session, people) == set(people[:2])

    with database.unit_of_work() as session:
        carrying_out.lift_restriction(
            session, number, reason="客户要求", actor=supervisor_he, at=MONDAY_MORNING
        )
    with database.reading() as session:
        assert not restricted_among(session, people)


def test_refusing_offers_covers_both_until_a_new_consent(
    people: tuple[int, int, int], supervisor_he: Actor
) -> None:
    number = carried_out(people[0], RightsKind.REFUSE_MARKETING, supervisor_he)
    with database.reading() as session:
        assert refusing(session, people) == [True, True, False]

    again = partial(
        carrying_out.agree_again, number=number, proof="录音-1", actor=supervisor_he, at=MONDAY_MORNING
    )
    with database.unit_of_work() as session:
        again(session)
    with database.unit_of_work() as session:
        assert not any(refusing(session, people))
        with pytest.raises(NotSuppressed):
            again(session)


@pytest.mark.parametrize("who_refused", [0, 1])
def test_a_refusal_of_before_covers_who_is_joined_later_and_stays_when_they_are_parted(
    each_database: str, supervisor_he: Actor, who_refused: int
) -> None:
    people = make_whole(), make_whole(OTHERS, "陈婉清"), make_whole(NEIGHBOURS, "李四")
    carried_out(people[who_refused], RightsKind.REFUSE_MARKETING, supervisor_he)

    with database.unit_of_work() as session:
        bond = joining.merge(session, people[0], people[1], actor=supervisor_he, at=MONDAY_MORNING).id
    with database.reading() as session:
        assert refusing(session, people) == [True, True, False]

    with database.unit_of_work() as session:
        joining.undo(session, bond, actor=supervisor_he, at=MONDAY_MORNING)
    with database.reading() as session:
        assert refusing(session, people) == [True, True, False]


def refusing(session: Session, people: Iterable[int]) -> list[bool]:
    return [is_suppressed(session, one, OTHERS, at=MONDAY_MORNING) for one in people]


def test_the_copy_holds_both(people: tuple[int, int, int]) -> None:
    with database.reading() as session:
        blocks = {block.name: block.rows for block in person_copy.held(session, people[0], at=MONDAY_MORNING)}
    assert (len(blocks["customer"]), len(blocks["number"]), len(blocks["bill"])) == (2, 2, 10)
