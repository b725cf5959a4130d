"""Two configurations tried on all golden queries: what each found, kept to be looked at."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, SQLModel, col, delete, func, select, update

from core import audit, jobs
from core.errors import Invalid, NotFound
from core.identity import Actor
from core.model import Record
from core.permissions import Permission, require
from search.comparing import Answered, Seen
from search.configuration import Configuration, configuration_from, in_force, refuse_unusable
from search.hits import Signal

KIND = "search.compare"
MOST_KEPT = 30


class NoSuchComparison(NotFound):
    message = "这次对比已被清理。请返回列表，或重新运行一次。"


class NothingToCompare(Invalid):
    message = "两边的配置完全相同。请换一个再比。"


class Side(StrEnum):
    BEFORE = "before"
    AFTER = "after"

    @property
    def label(self) -> str:
        return {Side.BEFORE: "A", Side.AFTER: "B"}[self]


def _json(default: Any) -> Any:
    return Field(default_factory=default, sa_column=Column(JSON, nullable=False))


class Comparison(Record, table=True):
    """`finished_at` is empty while it waits or runs; `error` says what it waits for."""

    __tablename__ = "search_comparison"

    staff_id: UUID
    done: int = 0
    total: int = 0
    error: str = ""
    finished_at: datetime | None = None


class Trial(Record, table=True):
    """One side of a comparison. `was_in_force`: it is what everybody's searches were ranked by then."""

    __tablename__ = "search_trial"

    comparison_id: UUID = Field(foreign_key="search_comparison.id", index=True)
    side: str
    name: str
    values: dict[str, Any] = _json(dict)
    was_in_force: bool = False

    @property
    def configuration(self) -> Configuration:
        return configuration_from(self.values)


class TrialAnswer(SQLModel, table=True):
    """What was found for a query, with its wording and judgements as they were then.

    `best_rank` is empty if no answer was among what was shown, of which there were `shown`.
    """

    __tablename__ = "search_trial_answer"

    trial_id: UUID = Field(foreign_key="search_trial.id", primary_key=True)
    query_id: UUID = Field(primary_key=True)
    text: str
    kind: str
    held_out: bool
    relevant: list[str] = _json(list)
    ranked: list[dict[str, Any]] = _json(list)
    read_as: list[str] = _json(list)
    best_rank: int | None = None
    shown: int = 0
    degraded: bool = False


def ask_comparison(
    session: Session,
    before: tuple[str, Configuration],
    after: tuple[str, Configuration],
    *,
    actor: Actor,
    at: datetime,
) -> Comparison:
    """Have all golden queries run through both of these named configurations.

    :raises NothingToCompare: if they are the same
    :raises ConfigurationUnusable: if a weight is no sensible number
    """
    require(actor, Permission.JUDGE_SEARCH)
    if before[1] == after[1]:
        raise NothingToCompare
    comparison = Comparison(staff_id=actor.staff_id, created_at=at)
    session.add(comparison)
    session.flush()
    for side, (name, chosen) in zip(Side, (before, after), strict=True):
        session.add(_trial(comparison.id, side, name, chosen, at))
    _drop_the_oldest(session)
    jobs.enqueue(session, KIND, {"comparison": str(comparison.id)}, at=at)
    audit.record(
        session,
        actor=actor,
        action="search.comparison.asked",
        subject_id=comparison.id,
        at=at,
        details={"from": before[0], "name": after[0]},
    )
    return comparison


def _trial(comparison_id: UUID, side: Side, name: str, chosen: Configuration, at: datetime) -> Trial:
    refuse_unusable(chosen)
    return Trial(
        comparison_id=comparison_id,
        side=side,
        name=name,
        values=asdict(chosen),
        was_in_force=chosen == in_force(),
        created_at=at,
    )


def comparison(session: Session, comparison_id: UUID) -> Comparison:
    """
    :raises NoSuchComparison: if there is none (any more)
    """
    found = session.get(Comparison, comparison_id)
    if found is None:
        raise NoSuchComparison
    return found


def listed() -> Any:
    """Return the select of comparisons, newest first."""
    return select(Comparison).order_by(col(Comparison.created_at).desc(), col(Comparison.id))


def sides_of(session: Session, comparison_id: UUID) -> dict[Side, Trial]:
    trials = session.exec(select(Trial).where(Trial.comparison_id == comparison_id))
    by_side = {Side(trial.side): trial for trial in trials}
    return {side: by_side[side] for side in Side}


def keep_answer(session: Session, trial_id: UUID, found: Answered, *, degraded: bool) -> None:
    """Keep what one side found for a query; a second time changes nothing but the answer."""
    session.merge(
        TrialAnswer(
            trial_id=trial_id,
            query_id=UUID(found.query_id),
            text=found.text,
            kind=found.kind,
            held_out=found.held_out,
            relevant=sorted(found.relevant),
            ranked=[asdict(seen) for seen in found.ranked],
            read_as=list(found.read_as),
            best_rank=found.best_rank,
            shown=len(found.ranked),
            degraded=degraded,
        )
    )


def already_asked(session: Session, trial_id: UUID) -> set[UUID]:
    return set(session.exec(select(TrialAnswer.query_id).where(TrialAnswer.trial_id == trial_id)))


def note_progress(session: Session, comparison_id: UUID, *, done: int, total: int) -> None:
    values = {"done": done, "total": total, "error": ""}
    session.exec(update(Comparison).where(col(Comparison.id) == comparison_id).values(**values))


def answers_of(session: Session, trial_id: UUID) -> dict[UUID, Answered]:
    rows = session.exec(select(TrialAnswer).where(TrialAnswer.trial_id == trial_id))
    return {row.query_id: _answered(row) for row in rows}


def degraded_in(session: Session, trial_id: UUID) -> int:
    """Return how many queries could not be asked with all that the search has."""
    counted = select(func.count()).where(
        TrialAnswer.trial_id == trial_id, col(TrialAnswer.degraded).is_(True)
    )
    return session.exec(counted).one()


def latest_in_force(session: Session) -> Trial | None:
    """Return the last whole trial of what was in force."""
    newest = (
        select(Trial)
        .join(Comparison, col(Comparison.id) == Trial.comparison_id)
        .where(col(Trial.was_in_force).is_(True), col(Comparison.finished_at).is_not(None))
        .order_by(col(Comparison.finished_at).desc())
    )
    return session.exec(newest.limit(1)).first()


def _answered(row: TrialAnswer) -> Answered:
    return Answered(
        query_id=str(row.query_id),
        text=row.text,
        kind=row.kind,
        held_out=row.held_out,
        relevant=frozenset(row.relevant),
        ranked=tuple(_seen(each) for each in row.ranked),
        read_as=tuple(row.read_as),
    )


def _seen(kept: Mapping[str, Any]) -> Seen:
    why, parts = (
        {Signal(name): float(value) for name, value in kept[part].items()} for part in ("why", "parts")
    )
    return Seen(kept["key"], kept["name"], kept["title"], kept["score"], why, parts)


def _drop_the_oldest(session: Session) -> None:
    """The rankings of a comparison take a megabyte or two: only the latest are kept."""
    kept = select(Comparison.id).order_by(col(Comparison.created_at).desc()).limit(MOST_KEPT)
    keep = list(session.exec(kept))
    gone = list(session.exec(select(Comparison.id).where(col(Comparison.id).not_in(keep))))
    trials = select(Trial.id).where(col(Trial.comparison_id).in_(gone))
    session.exec(delete(TrialAnswer).where(col(TrialAnswer.trial_id).in_(trials)))
    session.exec(delete(Trial).where(col(Trial.comparison_id).in_(gone)))
    session.exec(delete(Comparison).where(col(Comparison.id).in_(gone)))
