"""One person whom the sources know twice: found, made one, and parted again."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from core import database
from core.errors import NotAllowed
from core.identity import Actor
from core.sealing import hash_now
from subscribers import duplicates, joining
from subscribers.correcting.models import Correction, Duplicate, DuplicateState, Merge
from subscribers.correcting.overlaying import overlaid
from subscribers.duplicates import AlreadyJudged
from subscribers.joining import AlreadyOne, NotStanding, NotTakeable
from subscribers.models import Customer
from tests.conftest import MONDAY_MORNING
from tests.makers import make_subscriber
from tests.subscribers.correcting.people_and_values import customer_of, kept, says, seen_of, source_sends

ADDRESS = "浙江省杭州市西湖区文三路 99 号"
LATER = MONDAY_MORNING + timedelta(days=1)


def find(at: Any = MONDAY_MORNING) -> list[tuple[int, int, int]]:
    duplicates.find(at=at)
    with database.reading() as session:
        found = session.exec(duplicates.listed(DuplicateState.WAITING)).all()
        return [(one.first_id, one.second_id, one.score) for one in found]


def make_one(actor: Actor, first: int, second: int, *take: str) -> Merge:
    with database.unit_of_work() as session:
        return joining.merge(session, first, second, take=take, actor=actor, at=MONDAY_MORNING)


def part(actor: Actor, bond: Merge) -> None:
    with database.unit_of_work() as session:
        joining.undo(session, bond.id, actor=actor, at=LATER)


def group_of(customer: int) -> list[int]:
    with database.reading() as session:
        return joining.everyone(session, customer)


def customer(number: str, name: str = "陈婉清", **said: Any) -> int:
    return make_subscriber(number, name, **said).customer_id


@pytest.fixture
def two(each_database: str, centre: object) -> tuple[int, int]:
    """One person in two sources: the second knows an address and a birthday in another way."""
    same = {"certificate_hash": hash_now("330106198506010021", "certificate")}
    first = customer("13800006207", address="旧址", **same)
    second = customer("13800006208", address=ADDRESS, gender="女", **same)
    return first, second


def test_what_two_customers_share_makes_them_a_pair_the_surest_first(
    each_database: str, centre: object
) -> None:
    certificate = customer("13800000001", certificate_hash="h", address="甲地", phone="1")
    both = customer("13800000002", certificate_hash="h", address="乙地", phone="2")
    homophone = customer("13800000003", "陈婉青", phone="2")
    neighbour = customer("13800000004", address="甲地")
    customer("13800000005", "李四", phone="2")  # the same phone alone is a family

    assert find() == [(certificate, both, 6), (certificate, neighbour, 3), (both, homophone, 2)]


def test_a_pair_found_by_two_keys_is_one_and_surer(each_database: str, centre: object) -> None:
    first = customer("13800000001", certificate_hash="h", address=ADDRESS, phone="1")
    second = customer("13800000002", certificate_hash="h", address=ADDRESS, phone="1")

    assert find() == [(first, second, 11)]
    assert find(LATER) == [(first, second, 11)]


def test_a_pair_that_ceased_to_match_goes_and_the_gone_are_no_pair(two: tuple[int, int]) -> None:
    assert find() == [(*two, 6)]
    source_sends(customer_of(two[0]), LATER, certificate_hash="")
    assert find(LATER) == []

    source_sends(customer_of(two[0]), LATER, certificate_hash=customer_of(two[1]).certificate_hash)
    source_sends(customer_of(two[1]), LATER, gone_at=LATER)
    assert find(LATER + timedelta(days=1)) == []


def test_what_more_than_twenty_share_is_a_dummy(centre: object) -> None:
    for number in range(duplicates.MOST_IN_A_BLOCK + 1):
        customer(f"138000{number:05}", phone="10086")

    assert find() == []


def test_two_told_apart_are_not_proposed_again(two: tuple[int, int], supervisor_he: Actor) -> None:
    find()

    def tell_apart() -> None:
        with database.unit_of_work() as session:
            duplicates.tell_apart(session, *two, actor=supervisor_he, at=MONDAY_MORNING)

    tell_apart()
    with pytest.raises(AlreadyJudged):
        tell_apart()
    assert find(LATER) == []


def test_made_one_they_are_found_by_either_and_take_what_is_wanted(
    two: tuple[int, int], supervisor_he: Actor
) -> None:
    find()
    make_one(supervisor_he, *two, "address", "gender")

    assert group_of(two[0]) == group_of(two[1]) == list(two)
    assert seen_of(two[0], "address").value == ADDRESS
    assert seen_of(two[0], "gender").value == "女"
    assert find(LATER) == []
    with pytest.raises(AlreadyOne):
        make_one(supervisor_he, two[1], two[0])


def test_an_agents_correction_is_not_overridden_by_a_merge(
    two: tuple[int, int], agent_chen: Actor, supervisor_he: Actor
) -> None:
    said = says(agent_chen, two[0], "address", "天目山路 5 号", at=MONDAY_MORNING)

    with pytest.raises(NotTakeable):
        make_one(supervisor_he, *two, "address")
    make_one(supervisor_he, *two)

    assert kept(said).is_open
    assert seen_of(two[0], "address").value == "天目山路 5 号"


def test_parted_again_what_agents_said_since_stays(
    two: tuple[int, int], agent_chen: Actor, supervisor_he: Actor
) -> None:
    find()
    bond = make_one(supervisor_he, *two, "address", "gender")
    says(agent_chen, two[0], "address", "天目山路 5 号", at=LATER)

    part(supervisor_he, bond)

    assert seen_of(two[0], "address").value == "天目山路 5 号"
    assert seen_of(two[0], "gender").value == ""
    assert group_of(two[0]) == [two[0]]
    assert find(LATER) == [(*two, 6)]
    with pytest.raises(NotStanding):
        part(supervisor_he, bond)


def test_an_agent_makes_nobody_one(two: tuple[int, int], agent_chen: Actor) -> None:
    with pytest.raises(NotAllowed):
        make_one(agent_chen, *two)


def everything() -> list[Any]:
    """Return what people see of everybody: groups, values, open corrections, pairs."""
    with database.reading() as session:
        people = session.exec(select(Customer).order_by(col(Customer.id))).all()
        groups = [joining.everyone(session, one.id) for one in people if one.id is not None]
        seen = overlaid(session, "customer", people)
        values = [{name: field.value for name, field in seen[number].items()} for number in sorted(seen)]
        said = session.exec(select(Correction.id).where(col(Correction.is_open))).all()
        found = session.exec(select(Duplicate).order_by(col(Duplicate.first_id), col(Duplicate.second_id)))
        pairs = [(one.first_id, one.second_id, one.state, one.decided_at) for one in found]
        return [groups, values, sorted(said), pairs]


PEOPLE = 5
Wish = tuple[int, int, bool]


@given(st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1), st.booleans()), max_size=4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_merged_and_parted_everything_is_as_before(
    each_database: str, supervisor_he: Actor, wishes: list[Wish]
) -> None:
    """Any merges one upon the other, undone from the last to the first, each leave what was before it."""
    with database.reading() as session:
        people = [one.id or 0 for one in session.exec(select(Customer).order_by(col(Customer.id)))]
    if not people:
        same = {"certificate_hash": "h", "birthday": None}
        people = [customer(f"1380000000{n}", address=f"{n} 号", **same) for n in range(PEOPLE)]
        find()
    undone: list[tuple[Merge, list[Any]]] = []
    for first, second, takes in wishes:
        before = everything()
        try:
            take = ["address"] if takes else []
            bond = make_one(supervisor_he, people[first], people[second], *take)
        except (AlreadyOne, NotTakeable):
            assert everything() == before
            continue
        assert people[second] in group_of(people[first])
        undone.append((bond, before))
    for bond, before in reversed(undone):
        part(supervisor_he, bond)
        assert everything() == before
