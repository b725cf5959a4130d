"""How long things are kept: the day on which each goes, what never goes, and rounds that are cut short."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core import audit, database, jobs, regular
from core.errors import NotAllowed
from core.identity import Actor
from subscribers.correcting import settling
from subscribers.correcting.models import Correction, CorrectionStep
from subscribers.models import Account, Bill, Payment, Product, ServiceEvent, SubscriptionNumber
from subscribers.restrictions import restrict, restricted_among
from subscribers.rights import erasing, receiving, retention
from subscribers.rights.models import RetentionRun, RightsChannel, RightsKind, RightsRequest
from subscribers.rights.receiving import Asking
from subscribers.rights.retention import NoSuchRule, TooLong, TooShort, months_before
from tests.conftest import MONDAY_MORNING
from tests.subscribers.correcting.people_and_values import says
from tests.subscribers.rights.one_person import NEIGHBOURS, customer_of, everything, make_whole

pytestmark = pytest.mark.usefixtures("each_database")


def keep(what: str, months: int, actor: Actor) -> None:
    with database.unit_of_work() as session:
        retention.choose(session, what, months, actor=actor, at=MONDAY_MORNING)


def run(at: datetime = MONDAY_MORNING, *, dry: bool = False) -> dict[str, int]:
    run_id = retention.run(dry=dry, at=at)
    with database.reading() as session:
        report = session.exec(select(RetentionRun).where(RetentionRun.id == run_id)).one()
    assert report.finished_at == at
    return {what: count for what, count in report.counts.items() if count}


@pytest.mark.parametrize(
    ("moment", "months", "beginning"),
    [
        (datetime(2026, 3, 2, 1, 0, tzinfo=UTC), 6, date(2025, 9, 2)),
        (datetime(2026, 3, 1, 16, 30, tzinfo=UTC), 1, date(2026, 2, 2)),  # already the second in the centre
        (datetime(2026, 3, 31, 4, 0, tzinfo=UTC), 1, date(2026, 2, 28)),
        (datetime(2024, 3, 31, 4, 0, tzinfo=UTC), 1, date(2024, 2, 29)),
        (datetime(2026, 1, 15, 4, 0, tzinfo=UTC), 1, date(2025, 12, 15)),
        (datetime(2026, 1, 15, 4, 0, tzinfo=UTC), 25, date(2023, 12, 15)),
    ],
)
def test_months_are_those_of_the_calendar(moment: datetime, months: int, beginning: date) -> None:
    from core import clock

    assert months_before(moment, months) == clock.start_of(beginning)


LIMIT = months_before(MONDAY_MORNING, 6)
A_SECOND, A_DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("what", "inside", "outside"),
    [
        ("payment", {"paid_at": LIMIT}, {"paid_at": LIMIT - A_SECOND}),
        ("event", {"at": LIMIT}, {"at": LIMIT - A_SECOND}),
        ("bill", {"month": 202509}, {"month": 202508}),
        ("product", {"ends_on": date(2025, 9, 2)}, {"ends_on": date(2025, 9, 1)}),
        ("product", {"ends_on": None}, {"ends_on": date(2020, 1, 1)}),
        ("number", {"valid_until": LIMIT}, {"valid_until": LIMIT - A_SECOND}),
        ("number", {"valid_until": None}, {"valid_until": LIMIT - A_DAY}),
    ],
)
def test_a_row_goes_on_its_day_and_not_before(
    admin_wu: Actor, what: str, inside: dict[str, object], outside: dict[str, object]
) -> None:
    tables = {
        "payment": Payment,
        "event": ServiceEvent,
        "bill": Bill,
        "product": Product,
        "number": SubscriptionNumber,
    }
    customer_id = make_whole()
    keep(what, 6, admin_wu)
    with database.unit_of_work() as session:
        first = session.exec(select(tables[what]).order_by(col(tables[what].id)).limit(1)).one()
        own = {"id", "key", *outside}
        kept = first.model_dump(exclude=own)
        session.add_all([tables[what](key=f"{what}-in", **kept, **inside)])
        session.add_all([tables[what](key=f"{what}-out", **kept, **outside)])
    with database.reading() as session:
        before = [row["key"] for row in everything(session, customer_id)[what]]

    assert run(dry=True) == {what: 1}
    with database.reading() as session:
        assert [row["key"] for row in everything(session, customer_id)[what]] == before
    assert run() == {what: 1}

    with database.reading() as session:
        left = [row["key"] for row in everything(session, customer_id)[what]]
    assert left == [key for key in before if key != f"{what}-out"]
    assert run() == {}


def test_of_a_restricted_person_nothing_goes(admin_wu: Actor) -> None:
    held_id, other_id = make_whole(), make_whole(NEIGHBOURS, "李四")
    for what in ("bill", "payment", "event"):
        keep(what, 6, admin_wu)
    in_a_year = MONDAY_MORNING + timedelta(days=365)
    with database.unit_of_work() as session:
        restrict(session, held_id, reason="有争议", actor=admin_wu, at=MONDAY_MORNING)
        before = everything(session, held_id)

    assert run(in_a_year) == {"bill": 5, "payment": 5, "event": 5}

    with database.reading() as session:
        assert everything(session, held_id) == before
        assert everything(session, other_id)["bill"] == []


def test_zero_months_is_for_ever(admin_wu: Actor) -> None:
    make_whole()
    for rule in ("bill", "payment", "event", "fact"):
        keep(rule, 0, admin_wu)

    assert run(MONDAY_MORNING + timedelta(days=365 * 40)) == {}


def _owe(session: Session, customer_id: int) -> None:
    session.exec(select(Account).where(Account.customer_id == customer_id)).one().arrears = 5


def _hold(session: Session, customer_id: int) -> None:
    from core.identity import SYSTEM

    restrict(session, customer_id, reason="有争议", actor=SYSTEM, at=MONDAY_MORNING)


@pytest.mark.parametrize(
    ("closed_on", "happened", "goes"),
    [
        (date(2025, 9, 1), None, True),
        (date(2025, 9, 2), None, False),
        (None, None, False),
        (date(2025, 9, 1), _owe, False),
        (date(2025, 9, 1), _hold, False),
    ],
    ids=["long closed", "closed on the day", "in use", "money is open", "restricted"],
)
def test_a_closed_customer_loses_the_name_in_time(
    admin_wu: Actor, closed_on: date | None, happened: object, goes: bool
) -> None:
    customer_id = make_whole(closed_on=closed_on)
    keep("customer", 6, admin_wu)
    if callable(happened):
        with database.unit_of_work() as session:
            happened(session, customer_id)

    assert run(dry=True) == run() == ({"customer": 1} if goes else {})

    with database.reading() as session:
        erased = customer_of(session, customer_id).name == erasing.NAME_OF_THE_ERASED
        assert erased is goes
        if goes:
            assert restricted_among(session, [customer_id]) == {customer_id}
    assert run() == {}


def test_somebody_who_asks_about_the_data_keeps_them_until_answered(
    admin_wu: Actor, supervisor_he: Actor
) -> None:
    customer_id = make_whole(closed_on=date(2020, 1, 1))
    keep("customer", 6, admin_wu)
    said = {"actor": supervisor_he, "at": MONDAY_MORNING}
    with database.unit_of_work() as session:
        asking = Asking(RightsKind.COPY, "查资料", RightsChannel.CALL)
        number = receiving.receive(session, customer_id, asking, **said).number

    assert run() == {}
    with database.unit_of_work() as session:
        receiving.withdraw(session, number, reason="不查了", **said)
    assert run() == {"customer": 1}


def test_closed_requests_go_with_their_steps_after_three_years(supervisor_he: Actor) -> None:
    customer_id = make_whole()
    said = {"actor": supervisor_he, "at": MONDAY_MORNING}
    with database.unit_of_work() as session:
        for _ in range(2):
            asking = Asking(RightsKind.COPY, "查资料", RightsChannel.CALL)
            number = receiving.receive(session, customer_id, asking, **said).number
        receiving.withdraw(session, number, reason="不查了", **said)

    later = MONDAY_MORNING + timedelta(days=365 * 3 + 3)
    counted = run(later)

    assert counted["request"] == 1
    with database.reading() as session:
        assert [request.number for request in session.exec(select(RightsRequest))] == [1]


def test_closed_corrections_go_with_their_steps_after_two_years_and_open_ones_never(
    supervisor_he: Actor,
) -> None:
    customer_id, said = make_whole(), {"actor": supervisor_he, "at": MONDAY_MORNING}
    first = says(supervisor_he, customer_id, "email", "new.box@example.com", at=MONDAY_MORNING)
    assert first
    says(supervisor_he, customer_id, "gender", "男", at=MONDAY_MORNING)
    with database.unit_of_work() as session:
        settling.withdraw(session, first.id, of=first.customer_id, version=first.version, **said)

    assert "correction" not in run(months_after(MONDAY_MORNING, 24))
    assert run(months_after(MONDAY_MORNING, 24) + A_DAY)["correction"] == 1
    with database.reading() as session:
        assert [one.field for one in session.exec(select(Correction))] == ["gender"]
        assert {one.correction_id for one in session.exec(select(CorrectionStep))} == {
            one.id for one in session.exec(select(Correction))
        }


def months_after(moment: datetime, months: int) -> datetime:
    return moment.replace(year=moment.year + months // 12)


def test_a_round_that_is_cut_short_goes_on_the_next_time(
    admin_wu: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_whole()
    keep("event", 6, admin_wu)
    monkeypatch.setattr(retention, "BATCH", 2)
    in_a_year, counted = MONDAY_MORNING + timedelta(days=365), retention._count

    def die(session: Session, run_id: object, what: str, rows: int) -> None:
        counted(session, run_id, what, rows)  # type: ignore[arg-type]
        if what == "event" and session.exec(select(ServiceEvent.id)).all().__len__() <= 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(retention, "_count", die)
    with pytest.raises(KeyboardInterrupt):
        run(in_a_year)
    with database.reading() as session:
        (cut,) = session.exec(select(RetentionRun))
        assert (cut.finished_at, cut.counts["event"]) == (None, 2)
        assert len(session.exec(select(ServiceEvent.id)).all()) == 3

    monkeypatch.setattr(retention, "_count", counted)
    assert run(in_a_year)["event"] == 3


@pytest.mark.parametrize(
    ("what", "months", "refusal"),
    [
        ("bill", 5, TooShort),
        ("bill", 6, None),
        ("bill", 0, None),
        ("request", 35, TooShort),
        ("bill", 601, TooLong),
        ("bill", -1, TooShort),
        ("nothing", 12, NoSuchRule),
    ],
)
def test_what_may_be_chosen(admin_wu: Actor, what: str, months: int, refusal: type[Exception] | None) -> None:
    if refusal:
        with pytest.raises(refusal):
            keep(what, months, admin_wu)
        return
    keep(what, months, admin_wu)
    with database.reading() as session:
        assert {rule.kept.what: rule.months for rule in retention.rules(session)}[what] == months
        (entry,) = session.exec(audit.entries(action="subscribers.retention.changed"))
    assert entry.details == {"name": "账单", "before": 60, "months": months}


def test_only_an_administrator_chooses(supervisor_he: Actor) -> None:
    with pytest.raises(NotAllowed):
        keep("bill", 12, supervisor_he)
    with database.unit_of_work() as session, pytest.raises(NotAllowed):
        retention.ask(session, dry=True, actor=supervisor_he, at=MONDAY_MORNING)


def test_it_comes_round_every_day_and_a_trial_changes_nothing(admin_wu: Actor) -> None:
    make_whole()
    keep("event", 6, admin_wu)
    in_a_year = MONDAY_MORNING + timedelta(days=365)
    with database.unit_of_work() as session:
        for _ in range(2):
            retention.ask(session, dry=True, actor=admin_wu, at=in_a_year)
    jobs.run_all_due(in_a_year)
    with database.reading() as session:
        (tried,) = retention.latest(session, count=5)
        assert (tried.is_dry, tried.staff_id, tried.counts["event"]) == (True, admin_wu.staff_id, 5)

    regular.enqueue_due(in_a_year)
    jobs.run_all_due(in_a_year)
    with database.reading() as session:
        done = next(one for one in retention.latest(session, count=5) if not one.is_dry)
        assert done.counts["event"] == 5
        assert session.exec(select(ServiceEvent.id)).all() == []
