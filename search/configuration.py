"""What can be turned in the ranking: every weight and switch, in one place, and which are in force."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, SQLModel, col, func, select

from core import audit
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission, require
from search.live import Live


@dataclass(frozen=True)
class Configuration:
    """How much each signal, each other wording and each prior counts, and what is switched on.

    Signals are brought to 0..1 before they are weighed. `synonym`, `expansion` and `correction` are what a
    word of another wording counts beside one that was said. The priors are added to the sum: `adoption` for
    what agents copy and call useful, `freshness` for what is new, `closeness` for what was written for just
    this caller or has words for their tier, `promotion` for what an editor promotes. docs/decisions has the
    figures.
    """

    words: float = 0.1
    grams: float = 0.4
    pinyin: float = 0.1
    meaning: float = 0.5
    codes: float = 1.2
    synonym: float = 0.6
    expansion: float = 0.4
    correction: float = 0.8
    adoption: float = 0.05
    freshness: float = 0.01
    closeness: float = 0.05
    promotion: float = 0.3
    floor: float = -0.7
    with_meaning: bool = True
    with_synonyms: bool = True
    with_pinyin: bool = True
    with_corrections: bool = True
    with_priors: bool = True
    with_reranker: bool = True


DEFAULT = Configuration()
FARTHEST = 10.0
_NAMES = frozenset(field.name for field in fields(Configuration))


class ConfigurationUnusable(Invalid):
    message = "权重须是 -10 到 10 之间的数字。请改正后再保存。"


class KeptConfiguration(SQLModel, table=True):
    """A configuration that was put in force; the one with the highest number is. `evidence` says why."""

    __tablename__ = "search_configuration"

    number: int | None = Field(default=None, primary_key=True)
    values: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    evidence: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    staff_id: UUID
    at: datetime


def in_force() -> Configuration:
    """Return what this process ranks by now."""
    return _live.latest()


def put_in_force(
    session: Session, chosen: Configuration, *, evidence: Mapping[str, Any], actor: Actor, at: datetime
) -> None:
    """Let every process rank by this configuration within a second.

    :raises ConfigurationUnusable: if a weight is no sensible number
    """
    require(actor, Permission.JUDGE_SEARCH)
    refuse_unusable(chosen)
    values = asdict(chosen)
    kept = KeptConfiguration(values=values, evidence=dict(evidence), staff_id=actor.staff_id, at=at)
    session.add(kept)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="search.configuration.changed",
        subject_id=str(kept.number),
        at=at,
        details={name: value for name, value in values.items() if value != getattr(DEFAULT, name)},
    )


def refuse_unusable(chosen: Configuration) -> None:
    """
    :raises ConfigurationUnusable: if a weight is no sensible number
    """
    if not all(isinstance(value, bool) or abs(value) <= FARTHEST for value in asdict(chosen).values()):
        raise ConfigurationUnusable


def history(session: Session, *, limit: int = 20) -> list[KeptConfiguration]:
    """Return what was put in force, newest first."""
    newest = select(KeptConfiguration).order_by(col(KeptConfiguration.number).desc())
    return list(session.exec(newest.limit(limit)))


def configuration_from(values: Mapping[str, Any]) -> Configuration:
    """Return a configuration of kept values; a weight that was unknown then has its default."""
    return Configuration(**{name: value for name, value in values.items() if name in _NAMES})


def _load(session: Session) -> Configuration:
    newest = history(session, limit=1)
    return configuration_from(newest[0].values) if newest else DEFAULT


def _version(session: Session) -> object:
    return session.exec(select(func.max(KeptConfiguration.number))).one()


_live = Live(_version, _load)
tend = _live.tend
