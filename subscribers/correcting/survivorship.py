"""Which of two values people see, and what the source's next word means for a correction: pure rules."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from subscribers.entities import Survives

MOST_CONTRADICTIONS = (
    2  # a source that says otherwise twice, later each time, is believed until a person decides
)


class Verdict(StrEnum):
    """What the source's present value means for an open correction."""

    CONFIRMED = "confirmed"
    UNAPPLIED = "unapplied"
    CONFLICT = "conflict"
    SUPERSEDED = "superseded"
    GONE = "gone"


@dataclass(frozen=True)
class Stated:
    """What the source says of a field. `changed_at`: of its row, as far as the source told."""

    value: str
    changed_at: datetime | None = None
    is_gone: bool = False


@dataclass(frozen=True)
class Claim:
    """What an agent says of a field.

    `base` is the source's value when it was said, `met` the one that was last compared with it. `affirmed_at`
    is the latest moment at which a person stood by it.
    """

    proposed: str
    affirmed_at: datetime
    base: str = ""
    met: str = ""
    contradictions: int = 0


@dataclass(frozen=True)
class Survivor:
    value: str
    is_agents: bool


def is_same(one: str, other: str) -> bool:
    """Tell whether two values say the same: spaces and the case of letters are the writer's."""
    return _plain(one) == _plain(other)


def _plain(value: str) -> str:
    return value.replace(" ", "").lower()


def survivor(rule: Survives, source: Stated, claim: Claim | None) -> Survivor:
    """Return the value that people see."""
    if claim is not None and _agent_wins(rule, source, claim):
        return Survivor(claim.proposed, is_agents=True)
    return Survivor(source.value, is_agents=False)


def _agent_wins(rule: Survives, source: Stated, claim: Claim) -> bool:
    if rule is Survives.AGENT_UNTIL_CONFIRMED:
        return claim.contradictions < MOST_CONTRADICTIONS
    if rule is Survives.FILL_EMPTY:
        return not source.value
    return rule is Survives.NEWEST and not _speaks_anew(source, claim)


def verdict(rule: Survives, source: Stated, claim: Claim) -> Verdict:
    """Compare a correction with what the source says now. `meeting` says the same in SQL."""
    if source.is_gone:
        return Verdict.GONE
    if is_same(source.value, claim.proposed):
        return Verdict.CONFIRMED
    if is_same(source.value, claim.met) or not _speaks_anew(source, claim):
        return Verdict.UNAPPLIED
    return Verdict.CONFLICT if rule is Survives.AGENT_UNTIL_CONFIRMED else Verdict.SUPERSEDED


def _speaks_anew(source: Stated, claim: Claim) -> bool:
    """Tell whether the source has found out something since: its old value, or none, is no news.

    A row without a moment of change counts as changed now.
    """
    if not source.value or is_same(source.value, claim.base):
        return False
    return source.changed_at is None or source.changed_at > claim.affirmed_at
