"""How long things are kept: a rule for each kind of row, and the round that removes what is older."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, false, func
from sqlmodel import Session, col, delete, select

from core import audit, clock, database, jobs
from core.errors import Invalid, NotFound
from core.identity import SYSTEM, Actor
from core.jobs import Handler, Payload
from core.permissions import Permission, require
from subscribers.loading.progress import breathe
from subscribers.rights.models import RetentionRule, RetentionRun
from subscribers.rights.person_file import drop_expired

RUN = "subscribers.retention"
EVERY = timedelta(days=1)
BATCH = 2000
LONGEST = 600
FOR_EVER = 0

Remove = Callable[[Session, Sequence[Any], ColumnElement[bool], datetime], int]
Sweep = Callable[[datetime, bool], int]


class NoSuchRule(NotFound):
    message = "没有这一项保留期限。"


class TooShort(Invalid):
    message = "这一项不能保留得这么短。"


class TooLong(Invalid):
    message = f"最多 {LONGEST} 个月；长期保留请填 0。"


def _nothing(_before: datetime) -> ColumnElement[bool]:
    return false()


@dataclass(frozen=True)
class Kept:
    """A kind of row: after `usual` months (0: never) it goes, and never before `least`.

    `old` gives, for a moment, the condition of rows that ended before it; `key` numbers them for batches.
    What is no row has a `sweep` instead, which removes what is older than a moment, or only counts it.
    """

    what: str
    label: str
    since: str  # from what the months are counted, as the screen says it
    usual: int
    least: int
    key: Any = None
    old: Callable[[datetime], ColumnElement[bool]] = _nothing
    remove: Remove | None = None
    sweep: Sweep | None = None


@dataclass(frozen=True)
class Rule:
    kept: Kept
    months: int


_introduced: dict[str, Kept] = {}


def introduce(kinds: Iterable[Kept]) -> None:
    for kept in kinds:
        _introduced[kept.what] = kept


def handler() -> Handler:
    return Handler(RUN, _run_each, label="清理到期资料", lane="slow")


def rules(session: Session) -> list[Rule]:
    chosen = {row.what: row.months for row in session.exec(select(RetentionRule))}
    return [Rule(kept, chosen.get(kept.what, kept.usual)) for kept in _introduced.values()]


def choose(session: Session, what: str, months: int, *, actor: Actor, at: datetime) -> None:
    """Keep a kind of row for so many months from now on; 0 keeps it for ever.

    :raises NoSuchRule: if there is no such kind
    :raises TooShort: if law or the house needs it longer
    :raises TooLong: if it is a slip of the finger
    """
    require(actor, Permission.KEEP_RETENTION)
    kept = _introduced.get(what)
    if kept is None:
        raise NoSuchRule
    if months != FOR_EVER and months < kept.least:
        raise TooShort(f"“{kept.label}”至少保留 {kept.least} 个月。", field="months")
    if months > LONGEST:
        raise TooLong(field="months")
    before = next(rule.months for rule in rules(session) if rule.kept is kept)
    session.merge(RetentionRule(what=what, months=months))
    audit.record(
        session,
        actor=actor,
        action="subscribers.retention.changed",
        subject_id=what,
        at=at,
        details={"name": kept.label, "before": before, "months": months},
    )


def ask(session: Session, *, dry: bool, actor: Actor, at: datetime) -> None:
    """Have a round made in the background; a dry one counts only."""
    require(actor, Permission.KEEP_RETENTION)
    payload = {"dry": dry, "staff_id": str(actor.staff_id)}
    jobs.enqueue(session, RUN, payload, at=at, only_once_key=f"{RUN}:{dry}")
    action = "subscribers.retention.tried" if dry else "subscribers.retention.asked"
    audit.record(session, actor=actor, action=action, subject_id=RUN, at=at)


def is_waiting(session: Session) -> bool:
    """Tell whether a round is under way or about to be."""
    return RUN in jobs.waiting(session)


def latest(session: Session, *, count: int) -> list[RetentionRun]:
    return list(session.exec(select(RetentionRun).order_by(col(RetentionRun.at).desc()).limit(count)))


def run(*, dry: bool, staff_id: UUID = SYSTEM.staff_id, at: datetime) -> UUID:
    """Remove what is over its time, or count it; return the number of the report.

    Each batch is one transaction with its count: a round that is cut short has lost nothing, and the next
    one goes on from there.
    """
    with database.unit_of_work() as session:
        begun = RetentionRun(is_dry=dry, staff_id=staff_id, at=at, created_at=at)
        session.add(begun)
        standing = rules(session)
        if not dry:
            drop_expired(session, at=at)
    for rule in standing:
        if rule.months != FOR_EVER:
            _round(begun.id, rule, dry=dry, at=at)
    with database.unit_of_work() as session:
        _finish(session, _the(session, begun.id), at)
    return begun.id


def months_before(moment: datetime, months: int) -> datetime:
    """Return when, in the centre, that day of so many months ago began; in a shorter month, its last."""
    day = clock.day_of(moment)
    count = day.year * 12 + day.month - 1 - months
    year, month = count // 12, count % 12 + 1
    return clock.start_of(date(year, month, min(day.day, monthrange(year, month)[1])))


def _run_each(payloads: Sequence[Payload], at: datetime) -> None:
    for payload in payloads:
        staff_id = UUID(payload["staff_id"]) if "staff_id" in payload else SYSTEM.staff_id
        run(dry=bool(payload.get("dry", False)), staff_id=staff_id, at=at)


def _round(run_id: UUID, rule: Rule, *, dry: bool, at: datetime) -> None:
    before = months_before(at, rule.months)
    if rule.kept.sweep is not None:
        swept = rule.kept.sweep(before, dry)
        with database.unit_of_work() as session:
            _count(session, run_id, rule.kept.what, swept)
        return
    old = rule.kept.old(before)
    if dry:
        with database.reading() as session:
            counted = session.exec(select(func.count()).select_from(rule.kept.key.class_).where(old)).one()
        with database.unit_of_work() as session:
            _count(session, run_id, rule.kept.what, counted)
        return
    last, more = None, True
    while more:
        with database.reading() as session:  # however long it looks, nobody who writes waits for it
            found = _next(session, rule.kept, old, last)
        more = len(found) == BATCH
        if found:
            last = found[-1]
            with database.unit_of_work() as session:
                keys = session.exec(
                    select(rule.kept.key).where(old, rule.kept.key.in_(found)).distinct()
                ).all()
                removed = (rule.kept.remove or _delete(rule.kept))(session, keys, old, at)
                _count(session, run_id, rule.kept.what, removed)
            breathe()


def _next(session: Session, kept: Kept, old: ColumnElement[bool], last: Any) -> Sequence[Any]:
    """Return the next keys in their order: one walk through the table, however much goes."""
    following = select(kept.key).where(old).distinct().order_by(kept.key).limit(BATCH)
    if last is not None:
        following = following.where(kept.key > last)
    return session.exec(following).all()


def _delete(kept: Kept) -> Remove:
    def remove(session: Session, keys: Sequence[Any], old: ColumnElement[bool], _at: datetime) -> int:
        gone = delete(kept.key.class_).where(kept.key.in_(keys), old)
        done = session.execute(gone, execution_options={"synchronize_session": False})
        return cast("CursorResult[Any]", done).rowcount

    return remove


def _count(session: Session, run_id: UUID, what: str, rows: int) -> None:
    report = _the(session, run_id)
    report.counts = report.counts | {what: report.counts.get(what, 0) + rows}
    session.add(report)


def _the(session: Session, run_id: UUID) -> RetentionRun:
    return session.exec(select(RetentionRun).where(RetentionRun.id == run_id)).one()


def _finish(session: Session, report: RetentionRun, at: datetime) -> None:
    report.finished_at = at
    session.add(report)
    if not report.is_dry and any(report.counts.values()):
        actor = Actor(report.staff_id, "保留期限")
        audit.record(
            session,
            actor=actor,
            action="subscribers.retention.run",
            subject_id=report.id,
            at=at,
            details={"count": sum(report.counts.values())},
        )
