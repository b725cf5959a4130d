"""Corrections meet what the source says now: set-based, by the same rules as `survivorship.verdict`."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, insert, literal, or_, select, update
from sqlalchemy import Select as Selected
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from core import database
from subscribers.correcting.models import Correction, CorrectionState, CorrectionStep
from subscribers.correcting.rules import CORRECTABLE, Rule, rules_of
from subscribers.correcting.survivorship import Verdict
from subscribers.entities import ENTITIES, Survives

_BECOMES = {
    Verdict.CONFIRMED: CorrectionState.CONFIRMED,
    Verdict.CONFLICT: CorrectionState.CONFLICT,
    Verdict.SUPERSEDED: CorrectionState.SUPERSEDED,
    Verdict.GONE: CorrectionState.GONE,
}
NOTES = {
    CorrectionState.CONFIRMED: "来源送来同样的值",
    CorrectionState.CONFLICT: "来源送来更新的、不同的值",
    CorrectionState.SUPERSEDED: "来源送来更新的值，按规则以它为准",
    CorrectionState.GONE: "来源删除了这条资料",
}
_BACK = "来源又送来这条资料"


@dataclass(frozen=True)
class Met:
    """How many corrections came out how."""

    confirmed: int = 0
    unapplied: int = 0
    conflicts: int = 0
    superseded: int = 0
    gone: int = 0
    revived: int = 0


def meet_merged(payload: dict[str, Any], at: datetime) -> None:
    """Hear of a load: what agents said of its entity meets what it brought. Harmless to hear twice."""
    with database.unit_of_work() as session:
        meet(session, payload["entity"], payload["source"], at=at)


def meet(session: Session, entity: str, source: str, *, at: datetime) -> Met:
    """Let the open corrections of an entity from a source meet its rows as they are now."""
    fields = session.scalars(select(col(Correction.field)).where(of_source(entity, source)).distinct()).all()
    rules = rules_of(session)
    counts: Counter[str] = Counter()
    for name in fields:
        if name in CORRECTABLE.get(entity, ()):
            counts["revived"] += _revive(session, entity, source, name, at)
            counts.update(_meet_field(session, rules[entity, name], source, at))
    session.expire_all()  # what was read of them is no longer so
    return Met(
        confirmed=counts[Verdict.CONFIRMED],
        unapplied=counts[Verdict.UNAPPLIED],
        conflicts=counts[Verdict.CONFLICT],
        superseded=counts[Verdict.SUPERSEDED],
        gone=counts[Verdict.GONE],
        revived=counts["revived"],
    )


def _meet_field(session: Session, rule: Rule, source: str, at: datetime) -> dict[str, int]:
    """Three statements: change, leave a step for each change, and count."""
    found = _verdicts(rule, source).subquery()
    changes = found.c.verdict != Verdict.UNAPPLIED
    becomes = case(*((found.c.verdict == each, state) for each, state in _BECOMES.items()))
    over = [Verdict.CONFIRMED, Verdict.SUPERSEDED, Verdict.GONE]
    values = {
        "state": case((changes, becomes), else_=Correction.state),
        "state_since": case((changes, literal(at, UTCDateTime())), else_=Correction.state_since),
        "is_open": found.c.verdict.not_in(over),
        "version": Correction.version + case((changes, 1), else_=0),
        "contradictions": Correction.contradictions + case((found.c.verdict == Verdict.CONFLICT, 1), else_=0),
        "met": found.c.says,
        "met_at": at,
    }
    _update(session, col(Correction.id) == found.c.id, values)
    just_met = of_source(rule.entity, source) & (col(Correction.field) == rule.field.name)
    just_met &= col(Correction.met_at) == at
    _leave_steps(session, just_met & (col(Correction.state_since) == at), at)
    changed = (col(Correction.state_since) == at) & col(Correction.state).in_(list(NOTES))
    state = case((changed, col(Correction.state)), else_=Verdict.UNAPPLIED)
    return dict(session.execute(select(state, func.count()).where(just_met).group_by(state)).all())


def _leave_steps(session: Session, which: ColumnElement[bool], at: datetime) -> None:
    """Leave a step of each that changed, once, however often this is heard."""
    note = case(*((col(Correction.state) == state, note) for state, note in NOTES.items()))
    same = (col(CorrectionStep.correction_id) == col(Correction.id)) & (col(CorrectionStep.at) == at)
    same &= col(CorrectionStep.state) == col(Correction.state)
    noted = select(col(CorrectionStep.id)).where(same).exists()
    chosen = (col(Correction.id), literal(at, UTCDateTime()), col(Correction.state), note)
    changed = select(*chosen).where(which, col(Correction.state).in_(list(NOTES)), ~noted)
    session.execute(insert(CorrectionStep).from_select(["correction_id", "at", "state", "note"], changed))


def _update(session: Session, which: ColumnElement[bool], values: dict[str, Any]) -> None:
    changed = update(Correction).where(which).values(**values)
    session.execute(changed.execution_options(synchronize_session=False))


def of_source(entity: str, source: str) -> ColumnElement[bool]:
    return (col(Correction.entity) == entity) & (col(Correction.source) == source)


def plain(value: Any) -> Any:
    """Say `survivorship.is_same` in SQL."""
    return func.lower(func.replace(value, " ", ""))


def _verdicts(rule: Rule, source: str) -> Selected[Any]:
    """Return each open correction of the field with what the source says and what that means."""
    table = ENTITIES[rule.entity].table
    column = getattr(table, rule.field.name)
    says = func.coalesce(cast(column, String), "")
    is_news = and_(
        says != "",
        plain(says) != plain(col(Correction.base)),
        or_(col(table.changed_at).is_(None), col(table.changed_at) > col(Correction.affirmed_at)),
    )
    agents = rule.survives is Survives.AGENT_UNTIL_CONFIRMED
    verdict = case(
        (col(table.gone_at).is_not(None), Verdict.GONE),
        (plain(says) == plain(col(Correction.proposed)), Verdict.CONFIRMED),
        (or_(plain(says) == plain(col(Correction.met)), ~is_news), Verdict.UNAPPLIED),
        else_=Verdict.CONFLICT if agents else Verdict.SUPERSEDED,
    )
    met = col(Correction.row_id) == col(table.id)
    about = (
        of_source(rule.entity, source) & (col(Correction.field) == rule.field.name) & col(Correction.is_open)
    )
    chosen: tuple[Any, ...] = (col(Correction.id).label("id"), says.label("says"), verdict.label("verdict"))
    return select(*chosen).join_from(Correction, table, met).where(about)


def _revive(session: Session, entity: str, source: str, name: str, at: datetime) -> int:
    """Open again what ended because its row was gone, where the row is back and nobody corrected it anew."""
    table = ENTITIES[entity].table
    again, newer = of_source(entity, source), Correction.__table__.alias()  # type: ignore[attr-defined]
    again &= (col(Correction.field) == name) & (col(Correction.state) == CorrectionState.GONE)
    rival = select(newer.c.id).where(
        newer.c.entity == Correction.entity,
        newer.c.row_id == Correction.row_id,
        newer.c.field == Correction.field,
        or_(newer.c.is_open, newer.c.created_at > Correction.created_at),
    )
    living = select(col(table.id)).where(
        col(table.id) == col(Correction.row_id), col(table.gone_at).is_(None)
    )
    back = select(col(Correction.id)).where(again, living.exists(), ~rival.exists())
    ids = session.scalars(back).all()
    if ids:
        steps = [
            {"correction_id": one, "at": at, "state": CorrectionState.OPEN, "note": _BACK} for one in ids
        ]
        session.execute(insert(CorrectionStep), steps)
        state = {"state": CorrectionState.OPEN, "state_since": at, "is_open": True, "affirmed_at": at}
        _update(session, col(Correction.id).in_(ids), state)
    return len(ids)
