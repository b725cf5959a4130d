"""A call is the sum of its events: the same however they came, and sensible however many were lost."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from subscribers.calls.folding import Course, Fact, fold
from subscribers.calls.models import EventKind, Phase
from tests.conftest import MONDAY_MORNING as AT


def facts(*steps: tuple[int, str, str]) -> list[Fact]:
    return [
        Fact(f"e{number}", EventKind(kind), AT + timedelta(seconds=second), number, agent)
        for number, (second, kind, agent) in enumerate(steps)
    ]


def moment(seconds: int) -> Any:
    return AT + timedelta(seconds=seconds)


ORDINARY = facts(
    (0, "ringing", "chen"),
    (5, "answered", "chen"),
    (60, "held", "chen"),
    (80, "resumed", "chen"),
    (200, "ended", ""),
)


def test_an_ordinary_call() -> None:
    course = fold(ORDINARY)

    assert course.phase is Phase.ENDED
    assert course.held_seconds == 20
    assert course.legs["chen"].answered_at == moment(5)
    assert course.legs["chen"].left_at == moment(200)


def test_a_call_that_nobody_answered() -> None:
    course = fold(facts((0, "ringing", "chen"), (30, "ended", "")))

    assert (course.answered_at, course.legs["chen"].answered_at) == (None, None)
    assert course.legs["chen"].left_at == moment(30)


def test_a_transfer_to_oneself_changes_nothing() -> None:
    sent = [*ORDINARY[:3], Fact("t", EventKind.TRANSFERRED, moment(70), 9, "chen", to="chen")]

    assert fold(sent) == fold(ORDINARY[:3])


def test_who_left_the_call_before_it_ended_did_not_answer_it_afterwards() -> None:
    sent = facts((0, "ringing", "chen"), (5, "answered", "lin"), (60, "ended", ""), (60, "answered", "chen"))

    chen = fold(sent).legs["chen"]

    assert (chen.answered_at, chen.left_at) == (moment(5), moment(5))


def test_a_transfer_ends_the_first_agents_part() -> None:
    sent = facts((0, "ringing", "chen"), (5, "answered", "chen"))
    sent.append(Fact("t", EventKind.TRANSFERRED, moment(60), 9, "chen", to="lin"))

    course = fold(sent)

    assert (course.phase, course.agent) == (Phase.RINGING, "lin")
    assert course.legs["chen"].transferred_to == "lin"
    assert course.legs["lin"].left_at is None


def test_a_transfer_whose_announcement_was_lost_is_seen_by_who_answers() -> None:
    course = fold(facts((0, "answered", "chen"), (50, "ringing", "lin"), (60, "answered", "lin")))

    assert course.agent == "lin"
    assert course.legs["chen"].left_at == moment(60)


def test_a_call_that_comes_back_is_the_first_agents_again() -> None:
    sent = facts((0, "answered", "chen"), (70, "answered", "lin"), (90, "answered", "chen"))

    course = fold(sent)

    assert course.agent == "chen"
    assert course.legs["chen"].left_at is None
    assert course.legs["lin"].left_at == moment(90)


def test_who_holds_had_answered() -> None:
    course = fold(facts((0, "ringing", "chen"), (60, "held", "chen")))

    assert course.phase is Phase.HELD
    assert course.answered_at == moment(60)


def test_whoever_else_was_rung_is_left_alone_once_one_answers() -> None:
    course = fold(facts((0, "ringing", "chen"), (0, "ringing", "lin"), (4, "answered", "chen")))

    assert course.legs["lin"].left_at == moment(4)


def test_a_queue_that_tries_the_next_desk_rings_no_more_at_the_one_before() -> None:
    course = fold(facts((0, "ringing", "chen"), (20, "ringing", "lin")))

    assert (course.legs["chen"].left_at, course.legs["chen"].answered_at) == (moment(20), None)
    assert course.legs["lin"].left_at is None
    assert (course.phase, course.agent) == (Phase.RINGING, "lin")


def test_a_queue_that_comes_round_rings_anew_at_the_first_desk() -> None:
    course = fold(facts((0, "ringing", "chen"), (20, "ringing", "lin"), (40, "ringing", "chen")))

    assert (course.legs["chen"].rang_at, course.legs["chen"].left_at) == (moment(40), None)
    assert course.legs["lin"].left_at == moment(40)


def test_a_queue_that_rings_at_all_desks_rings_at_all_of_them_each_time() -> None:
    first = ((0, "ringing", "chen"), (3, "ringing", "lin"), (6, "ringing", "he"))
    again = ((26, "ringing", "chen"), (27, "ringing", "lin"))

    once, twice = fold(facts(*first)), fold(facts(*first, *again))

    assert not [who for who, leg in once.legs.items() if leg.left_at]
    assert [who for who, leg in twice.legs.items() if leg.left_at] == ["he"]


def test_a_colleague_who_is_asked_during_a_call_does_not_end_it() -> None:
    course = fold(facts((0, "answered", "chen"), (60, "ringing", "lin"), (90, "ringing", "he")))

    assert (course.phase, course.agent) == (Phase.TALKING, "chen")
    assert course.legs["lin"].left_at == moment(90)
    assert course.legs["chen"].left_at is None


def test_the_ringing_at_one_desk_may_be_over_while_it_goes_on_at_another() -> None:
    ringing = facts((0, "ringing", "chen"), (2, "ringing", "lin"))
    missed = Fact("lost", EventKind.LOST, moment(10), 5, "lin")

    course = fold([*ringing, missed])

    assert (course.phase, course.agent) == (Phase.RINGING, "chen")
    assert (course.legs["lin"].left_at, course.legs["chen"].left_at) == (moment(10), None)
    elsewhere = Fact("a", EventKind.ANSWERED, moment(15), 6, "chen")
    assert fold([*ringing, missed, elsewhere]).legs["lin"].left_at == moment(10)
    here = Fact("a", EventKind.ANSWERED, moment(15), 6, "lin")
    assert fold([*ringing, missed, here]).agent == "lin"


def test_what_the_switch_says_later_stands_against_our_guess_that_the_call_is_over() -> None:
    talking = facts((0, "answered", "chen"))
    guess = Fact("lost", EventKind.LOST, moment(20_000))

    assert fold([*talking, guess]).phase is Phase.ENDED
    held = Fact("held", EventKind.HELD, moment(21_000), 5, "chen")
    assert fold([*talking, guess, held]).phase is Phase.HELD
    ended = Fact("ended", EventKind.ENDED, moment(600), 6)
    assert fold([*talking, guess, ended]).ended_at == moment(600)


AGENTS = st.sampled_from(["chen", "lin", "he"])
KINDS = st.sampled_from(list(EventKind))


@st.composite
def any_events(draw: st.DrawFn) -> list[Fact]:
    """Return events in whatever order of moments, several at the same one, of agents that come and go."""
    count = draw(st.integers(1, 9))
    return [
        Fact(
            f"e{number}",
            draw(KINDS),
            moment(draw(st.sampled_from([0, 1, 2, 3, 9, 20, 40]))),
            draw(st.integers(0, 3)),
            draw(st.one_of(st.just(""), AGENTS)),
            to=draw(AGENTS),
            caller=draw(st.sampled_from(["", "13800006207"])),
        )
        for number in range(count)
    ]


@given(st.data(), any_events())
def test_order_and_repetition_change_nothing(data: st.DataObject, sent: list[Fact]) -> None:
    again = data.draw(st.lists(st.sampled_from(sent), max_size=6))
    shuffled = data.draw(st.permutations([*sent, *again]))

    assert fold(shuffled) == fold(sent)


@given(any_events())
def test_whatever_is_lost_what_is_left_makes_sense(sent: list[Fact]) -> None:
    course = fold(sent)

    assert_sensible(course)


@given(st.data())
def test_an_ordinary_call_ends_when_its_end_came_through_and_only_then(data: st.DataObject) -> None:
    came = data.draw(st.lists(st.sampled_from(ORDINARY), min_size=1, unique=True))

    course = fold(came)

    ended = any(fact.kind is EventKind.ENDED for fact in came)
    assert (course.phase is Phase.ENDED) == ended
    assert (course.ended_at == moment(200)) == ended
    if any(fact.agent for fact in came):
        assert course.agent == "chen"


def assert_sensible(course: Course) -> None:
    is_over = course.phase is Phase.ENDED
    assert is_over == (course.ended_at is not None)
    assert (course.held_at is not None) == (course.phase is Phase.HELD)
    assert course.held_seconds >= 0
    for who, leg in course.legs.items():
        assert (
            leg.rang_at <= (leg.answered_at or leg.rang_at) <= (leg.left_at or leg.answered_at or leg.rang_at)
        )
        assert leg.left_at is not None or not is_over, who
    talking = [who for who, leg in course.legs.items() if leg.answered_at and not leg.left_at]
    if course.phase in {Phase.TALKING, Phase.HELD} and course.agent:
        assert course.agent in talking
