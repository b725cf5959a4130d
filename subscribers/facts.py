"""What the months say of a subscription: average bills, how long it has been here, arrears, complaints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Date, Integer, case, cast, extract, func, literal, or_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ColumnElement, Subquery
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as find

from core import database, jobs
from core.clock import day_of, start_of
from subscribers.loading.progress import breathe
from subscribers.models import Account, Bill, MonthlyFact, ServiceEvent, Subscription

RECKON = "subscribers.reckon_facts"
EVERY = timedelta(days=1)
SETTLES = timedelta(minutes=2)  # loads come one after the other: reckon once for all of them
AT_ONCE = 20_000
COMPLAINT = "投诉"
YEAR = 12
_LOOKS_BACK = 24  # a bill that was not paid for two years is in arrears all the same
_FACTS = ("arpu_3", "arpu_6", "arpu_12", "tenure_months", "arrears_days", "complaints")


@dataclass(frozen=True)
class Month:
    """A calendar month, counted from the year nought."""

    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year * 12 + day.month - 1)

    @classmethod
    def read(cls, code: int) -> "Month":
        return cls(code // 100 * 12 + code % 100 - 1)

    @property
    def code(self) -> int:
        return self.number // 12 * 100 + self.number % 12 + 1

    @property
    def first_day(self) -> date:
        return date(self.number // 12, self.number % 12 + 1, 1)

    def back(self, months: int) -> "Month":
        return Month(self.number - months)


def handlers() -> tuple[jobs.Handler, ...]:
    return (jobs.Handler(RECKON, _run, label="计算用户月度指标", lane="slow"),)


def note_load(news: dict[str, Any], at: datetime) -> None:
    """Reckon again, soon, if a load or its undoing changed what the facts are made of."""
    if news["entity"] in {"subscription", "account", "bill", "event"}:
        with database.unit_of_work() as session:
            jobs.enqueue(session, RECKON, {}, at=at, run_at=at + SETTLES, only_once_key=RECKON)


def latest_month(session: Session, at: datetime) -> Month:
    """Return the last month that is over and has bills; without any bill, the month that is over."""
    over = Month.of(day_of(at)).back(1)
    billed = session.exec(find(func.max(Bill.month)).where(col(Bill.month) <= over.code)).one()
    return Month.read(billed) if billed else over


def reckon(month: Month) -> int:
    """Write the facts of a month where they changed, some thousand subscriptions a transaction; return how
    many were written."""
    with database.reading() as session:
        last = session.exec(find(func.max(Subscription.id))).one() or 0
    written = 0
    for first in range(0, last, AT_ONCE):
        with database.unit_of_work() as session:
            written += _reckon_some(session, month, first, first + AT_ONCE)
        breathe()
    return written


def _run(_payloads: Sequence[jobs.Payload], at: datetime) -> None:
    with database.reading() as session:
        month = latest_month(session, at)
    reckon(month)


def _reckon_some(session: Session, month: Month, after: int, up_to: int) -> int:
    """Those whose number is greater than `after`."""
    reckoned = _facts(session, month, after, up_to)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = SQLModel.metadata.tables[str(MonthlyFact.__tablename__)]
    statement: Any = insert(table).from_select(["subscription_id", "month", *_FACTS], reckoned)
    changed = or_(*(table.c[name] != statement.excluded[name] for name in _FACTS))
    result = session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["subscription_id", "month"],
            set_={name: statement.excluded[name] for name in _FACTS},
            where=changed,
        ),
        execution_options={"preserve_rowcount": True},
    )
    return result.rowcount


def _facts(session: Session, month: Month, after: int, up_to: int) -> Any:
    """Select the facts of each subscription that was there in the month."""
    end = month.back(-1).first_day
    some = _Some(after, up_to)
    bills, complaints = _billed(month, some), _complaints(month, some)
    overdue = _overdue(session, month, some)
    opened = col(Subscription.opened_on)
    lived = month.number - _number(opened) + 1  # months in which there could be a bill
    return (
        select(
            col(Subscription.id),
            literal(month.code),
            *(_average(bills.c[f"of_{n}"], lived, n) for n in (3, 6, YEAR)),
            func.coalesce(lived - case((extract("day", opened) > 1, 1), else_=0), 0),
            func.coalesce(overdue.c.days, 0),
            func.coalesce(complaints.c.count, 0),
        )
        .outerjoin(bills, bills.c.subscription_id == Subscription.id)
        .outerjoin(complaints, complaints.c.subscription_id == Subscription.id)
        .outerjoin(overdue, overdue.c.subscription_id == Subscription.id)
        .where(some.of(Subscription.id), col(Subscription.gone_at).is_(None))
        .where(or_(opened.is_(None), opened < end))
        .where(or_(col(Subscription.closed_on).is_(None), col(Subscription.closed_on) >= month.first_day))
    )


@dataclass(frozen=True)
class _Some:
    after: int
    up_to: int

    def of(self, id_: Any) -> Any:
        return (id_ > self.after) & (id_ <= self.up_to)


def _number(day: Any) -> ColumnElement[int]:
    return cast(extract("year", day) * 12 + extract("month", day) - 1, Integer)


def _average(total: Any, lived: Any, months: int) -> ColumnElement[int]:
    """Round to a cent; who came a month ago is not divided by twelve."""
    divided_by = case((lived < 1, 1), (lived < months, lived), else_=months)
    return (2 * cast(func.coalesce(total, 0), BigInteger) + divided_by) // (2 * divided_by)


def _billed(month: Month, some: _Some) -> Subquery:
    def since(months: int) -> Any:
        recent = case((col(Bill.month) >= month.back(months - 1).code, Bill.total), else_=0)
        return func.sum(recent).label(f"of_{months}")

    return (
        select(col(Bill.subscription_id), *(since(n) for n in (3, 6, YEAR)))
        .where(some.of(Bill.subscription_id), col(Bill.gone_at).is_(None))
        .where(col(Bill.month) >= month.back(YEAR - 1).code, col(Bill.month) <= month.code)
        .group_by(col(Bill.subscription_id))
        .subquery("billed")
    )


def _complaints(month: Month, some: _Some) -> Subquery:
    first, end = start_of(month.back(YEAR - 1).first_day), start_of(month.back(-1).first_day)
    return (
        select(col(ServiceEvent.subscription_id), func.count().label("count"))
        .where(some.of(ServiceEvent.subscription_id), col(ServiceEvent.gone_at).is_(None))
        .where(col(ServiceEvent.kind) == COMPLAINT, col(ServiceEvent.at) >= first, col(ServiceEvent.at) < end)
        .group_by(col(ServiceEvent.subscription_id))
        .subquery("complaints")
    )


def _overdue(session: Session, month: Month, some: _Some) -> Subquery:
    """Count the days of the year on which a bill or the account was overdue, each day once."""
    first, end = month.back(YEAR - 1).first_day, month.back(-1).first_day
    spans = union_all(*_spans(month, some, first, end)).subquery("spans")
    before = func.max(spans.c.until).over(
        partition_by=spans.c.subscription_id, order_by=(spans.c.since, spans.c.until), rows=(None, -1)
    )
    told = select(spans, before.label("told_until")).subquery("told")
    begins = case((told.c.told_until > told.c.since, told.c.told_until), else_=told.c.since)
    days = _days_between(session, told.c.until, begins)
    return (
        select(told.c.subscription_id, func.sum(case((days > 0, days), else_=0)).label("days"))
        .group_by(told.c.subscription_id)
        .subquery("overdue")
    )


def _spans(month: Month, some: _Some, first: date, end: date) -> Iterator[Any]:
    """Yield when something was overdue: a bill is, once the month after its own is over."""
    due = {month.back(n).code: month.back(n - 2).first_day for n in range(2, _LOOKS_BACK)}
    since = case({code: literal(max(day, first), Date) for code, day in due.items()}, value=col(Bill.month))
    yield (
        select(col(Bill.subscription_id), since.label("since"), _at_most(end, col(Bill.paid_on), "until"))
        .where(some.of(Bill.subscription_id), col(Bill.gone_at).is_(None), col(Bill.total) > 0)
        .where(col(Bill.month) >= min(due), col(Bill.month) <= max(due))
        .where(or_(col(Bill.paid_on).is_(None), col(Bill.paid_on) > first))
    )
    owed_since = case((col(Account.arrears_since) > first, Account.arrears_since), else_=literal(first, Date))
    yield (
        select(col(Subscription.id), owed_since, literal(end, Date))
        .join(Account, col(Account.id) == Subscription.account_id)
        .where(some.of(Subscription.id), col(Account.arrears) > 0, col(Account.arrears_since) < end)
        .where(col(Account.gone_at).is_(None))
    )


def _at_most(end: date, day: Any, name: str) -> Any:
    return case((or_(day.is_(None), day > end), literal(end, Date)), else_=day).label(name)


def _days_between(session: Session, later: Any, earlier: Any) -> ColumnElement[int]:
    if session.get_bind().dialect.name == "postgresql":
        return cast(later - earlier, Integer)
    return cast(func.julianday(later) - func.julianday(earlier), Integer)
