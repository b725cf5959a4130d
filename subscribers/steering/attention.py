"""What asks for a person: loads that fail or wait, refused files, rows put aside, copies that disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from subscribers.as_of import IN_EFFECT, Freshness
from subscribers.entities import ENTITIES
from subscribers.loading.failing import Untaken, untaken
from subscribers.loading.models import Load, LoadState, QuarantinedRow, RowState
from subscribers.loading.reconciling import Reconciliation

LOOKED_BACK = timedelta(days=7)
MOST = 20


@dataclass(frozen=True)
class PutAside:
    """Rows of one load that wait for somebody."""

    load_id: int
    entity: str
    load_name: str
    rows: int

    @property
    def label(self) -> str:
        return ENTITIES[self.entity].label


@dataclass(frozen=True)
class Attention:
    failing: Sequence[Load]
    untaken: Sequence[Untaken]
    held: Sequence[Load]
    refused: Sequence[Load]
    put_aside: Sequence[PutAside]
    disagreeing: Sequence[tuple[Load, int]]  # with how many keys nothing explains
    late: Sequence[Freshness]

    @property
    def count(self) -> int:
        matters = (self.failing, self.untaken, self.held, self.refused, self.put_aside, self.disagreeing)
        return sum(map(len, matters)) + bool(self.late)


def attention(session: Session, known: Sequence[Freshness], *, at: datetime) -> Attention:
    """Return what asks for a person now; refused files and disagreements of the last week only."""
    held = select(Load).where(Load.state == LoadState.HELD).order_by(col(Load.id)).limit(MOST)
    return Attention(
        failing=_failing(session),
        untaken=untaken(session),
        held=session.exec(held).all(),
        refused=_refused(session, at - LOOKED_BACK),
        put_aside=_put_aside(session),
        disagreeing=_disagreeing(session, at - LOOKED_BACK),
        late=[one for one in known if one.is_late(at)],
    )


def _failing(session: Session) -> Sequence[Load]:
    """Return the loads that could not go on when they were last tried; a held one waits for other reasons."""
    tried = col(Load.state).not_in([LoadState.HELD, *(state for state in LoadState if state.is_over)])
    stuck = select(Load).where(Load.failure != "", tried)
    return session.exec(stuck.order_by(col(Load.id)).limit(MOST)).all()


def _refused(session: Session, since: datetime) -> Sequence[Load]:
    """Return the files that were refused and not sent again since."""
    newest = {
        (entity, source): number
        for entity, source, number in session.exec(
            select(Load.entity, Load.source, func.max(Load.id))
            .where(col(Load.state).in_(IN_EFFECT))
            .group_by(Load.entity, Load.source)
        )
    }
    refused = select(Load).where(Load.state == LoadState.REJECTED, Load.state_since >= since)
    found = session.exec(refused.order_by(col(Load.id).desc()).limit(MOST)).all()
    return [load for load in found if (load.id or 0) > (newest.get((load.entity, load.source)) or 0)]


def _put_aside(session: Session) -> list[PutAside]:
    waiting = (
        select(Load.id, Load.entity, Load.name, func.count())
        .join(QuarantinedRow, col(QuarantinedRow.load_id) == col(Load.id))
        .where(QuarantinedRow.state == RowState.WAITING)
        .group_by(col(Load.id), Load.entity, Load.name)
        .order_by(col(Load.id).desc())
        .limit(MOST)
    )
    return [PutAside(*row) for row in session.exec(waiting).all()]


def _disagreeing(session: Session, since: datetime) -> list[tuple[Load, int]]:
    unexplained = Reconciliation.missing + Reconciliation.extra + Reconciliation.differing
    found = (
        select(Load, unexplained)
        .join(Reconciliation, col(Reconciliation.load_id) == col(Load.id))
        .where(unexplained > 0, Reconciliation.at >= since, col(Load.state).in_(IN_EFFECT))
        .order_by(col(Load.id).desc())
        .limit(MOST)
    )
    return [(load, number) for load, number in session.exec(found).all()]
