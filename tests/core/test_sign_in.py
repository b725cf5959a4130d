"""Signing in: the right person, for a shift, and nobody by guessing."""

from datetime import timedelta

import pytest

from core import database, sign_in, staff
from core.errors import NotAllowed
from core.identity import Actor, Role
from core.settings import settings
from core.sign_in import TooManyAttempts, WeakPassword, WrongPassword
from core.staff import LastAdmin, LoginTaken, StaffChanged, StaffDetails, StaffIncomplete
from tests.conftest import MONDAY_MORNING
from tests.people import PASSWORD


def enter(
    login: str, password: str = PASSWORD, *, address: str = "10.0.0.7", after: timedelta = timedelta()
) -> str | None:
    with database.unit_of_work() as session:
        return sign_in.sign_in(
            session, login, password, address=address, browser="test", at=MONDAY_MORNING + after
        )


def holder(token: str, *, after: timedelta = timedelta()) -> Actor | None:
    with database.reading() as session:
        return sign_in.actor_by_token(session, token, MONDAY_MORNING + after)


def test_a_session_lasts_a_shift_and_no_longer(each_database: str, agent_chen: Actor) -> None:
    shift = timedelta(hours=settings().session_hours)

    token = enter("chen")

    assert token
    assert holder(token, after=shift - timedelta(seconds=1)) == agent_chen
    assert holder(token, after=shift) is None


def test_the_login_may_be_typed_in_capitals_and_with_spaces(each_database: str, agent_chen: Actor) -> None:
    assert enter("  CHEN ")


@pytest.mark.parametrize(
    ("login", "password"), [("chen", "wrong"), ("nobody", PASSWORD), ("", ""), ("chen", "x" * 10_000)]
)
def test_a_wrong_name_or_password_opens_nothing(
    each_database: str, agent_chen: Actor, login: str, password: str
) -> None:
    assert enter(login, password) is None


def test_guessing_is_stopped_and_the_right_password_works_again_later(
    each_database: str, agent_chen: Actor
) -> None:
    for _ in range(sign_in.ATTEMPTS_PER_LOGIN):
        enter("chen", "wrong")

    with pytest.raises(TooManyAttempts) as refusal:
        enter("chen")
    assert refusal.value.minutes == 10
    assert enter("chen", after=sign_in.WINDOW + timedelta(seconds=1))


def test_guessing_many_names_from_one_address_is_stopped(each_database: str, agent_chen: Actor) -> None:
    for number in range(sign_in.ATTEMPTS_PER_ADDRESS):
        enter(f"somebody{number}", "wrong")

    with pytest.raises(TooManyAttempts):
        enter("chen")
    assert enter("chen", address="10.0.0.8")


def test_a_disabled_person_is_out_at_once(each_database: str, agent_chen: Actor, admin_wu: Actor) -> None:
    token = enter("chen")

    with database.unit_of_work() as session:
        staff.disable(session, agent_chen.staff_id, actor=admin_wu, at=MONDAY_MORNING)

    assert token
    assert holder(token) is None
    assert enter("chen") is None


def test_a_reset_password_works_once_and_must_be_changed(
    each_database: str, agent_chen: Actor, admin_wu: Actor
) -> None:
    with database.unit_of_work() as session:
        password = staff.reset_password(session, agent_chen.staff_id, actor=admin_wu, at=MONDAY_MORNING)

    token = enter("chen", password)

    assert enter("chen") is None
    assert token
    held = holder(token)
    assert held
    assert held.must_change_password


def test_changing_the_password_ends_the_other_sessions(each_database: str, agent_chen: Actor) -> None:
    here, elsewhere = enter("chen"), enter("chen")
    assert here
    assert elsewhere

    with database.unit_of_work() as session:
        sign_in.change_own_password(
            session, old=PASSWORD, new="brand-new-2026", keep_token=here, actor=agent_chen, at=MONDAY_MORNING
        )

    assert holder(here)
    assert holder(elsewhere) is None
    assert enter("chen", "brand-new-2026")


def test_the_old_password_is_asked_for(each_database: str, agent_chen: Actor) -> None:
    with pytest.raises(WrongPassword), database.unit_of_work() as session:
        sign_in.change_own_password(
            session, old="wrong", new="brand-new-2026", keep_token="", actor=agent_chen, at=MONDAY_MORNING
        )


def test_the_old_password_cannot_be_guessed_from_an_open_session(
    each_database: str, agent_chen: Actor
) -> None:
    for _ in range(sign_in.ATTEMPTS_PER_LOGIN):
        with database.unit_of_work() as session:
            sign_in.note_failure(session, "chen", address="", at=MONDAY_MORNING)

    with pytest.raises(TooManyAttempts), database.unit_of_work() as session:
        sign_in.change_own_password(
            session, old=PASSWORD, new="brand-new-2026", keep_token="", actor=agent_chen, at=MONDAY_MORNING
        )


@pytest.mark.parametrize("password", ["short1", "onlyletters", "1234567890", "agent8001", "x1" * 200])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        sign_in.hash_password(password, "agent8001")


DETAILS = StaffDetails("新人", None, frozenset({Role.AGENT}))


def test_only_an_administrator_hires(each_database: str, agent_chen: Actor, supervisor_he: Actor) -> None:
    for actor in (agent_chen, supervisor_he):
        with pytest.raises(NotAllowed), database.unit_of_work() as session:
            staff.add_staff(session, "new", DETAILS, actor=actor, at=MONDAY_MORNING)


def test_a_newcomer_signs_in_with_the_one_time_password(each_database: str, admin_wu: Actor) -> None:
    with database.unit_of_work() as session:
        _, password = staff.add_staff(session, "New.Comer", DETAILS, actor=admin_wu, at=MONDAY_MORNING)

    assert enter("new.comer", password)


@pytest.mark.parametrize(
    ("login", "details"),
    [
        ("x", DETAILS),
        ("工号", DETAILS),
        ("ok1", StaffDetails(" ", None, frozenset({Role.AGENT}))),
        ("ok2", StaffDetails("无角色", None, frozenset())),
    ],
)
def test_an_incomplete_newcomer_is_refused(
    each_database: str, admin_wu: Actor, login: str, details: StaffDetails
) -> None:
    with pytest.raises(StaffIncomplete), database.unit_of_work() as session:
        staff.add_staff(session, login, details, actor=admin_wu, at=MONDAY_MORNING)


def test_a_login_is_given_once(each_database: str, admin_wu: Actor) -> None:
    with pytest.raises(LoginTaken), database.unit_of_work() as session:
        staff.add_staff(session, "wu", DETAILS, actor=admin_wu, at=MONDAY_MORNING)


def test_the_last_administrator_can_neither_be_disabled_nor_demoted(
    each_database: str, admin_wu: Actor
) -> None:
    with pytest.raises(LastAdmin), database.unit_of_work() as session:
        staff.disable(session, admin_wu.staff_id, actor=admin_wu, at=MONDAY_MORNING)
    with pytest.raises(LastAdmin), database.unit_of_work() as session:
        staff.change_staff(session, admin_wu.staff_id, DETAILS, revision=0, actor=admin_wu, at=MONDAY_MORNING)


def test_two_people_editing_one_record_are_told(
    each_database: str, admin_wu: Actor, agent_chen: Actor
) -> None:
    with database.unit_of_work() as session:
        staff.change_staff(
            session, agent_chen.staff_id, DETAILS, revision=0, actor=admin_wu, at=MONDAY_MORNING
        )

    with pytest.raises(StaffChanged), database.unit_of_work() as session:
        staff.change_staff(
            session, agent_chen.staff_id, DETAILS, revision=0, actor=admin_wu, at=MONDAY_MORNING
        )
