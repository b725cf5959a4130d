"""From which state a request may go to which, and the step that is noted each time."""

from datetime import datetime

from sqlmodel import Session, col, select

from core import audit
from core.errors import Conflict, NotFound
from core.identity import Actor
from subscribers.masking import masked_text
from subscribers.rights.models import RightsKind, RightsRequest, RightsState, RightsStep

S = RightsState
_MOVES: dict[RightsState, frozenset[RightsState]] = {
    S.RECEIVED: frozenset({S.VERIFIED, S.REFUSED, S.WITHDRAWN}),
    S.VERIFIED: frozenset({S.DONE, S.REFUSED, S.WITHDRAWN}),
    S.WORKING: frozenset({S.DONE}),
}


class NoSuchRequest(NotFound):
    message = "没有这条权利请求，请核对编号。"


class MoveNotOpen(Conflict):
    message = "这条权利请求的状态已经变了，刚才的操作没有生效。请核对后再办理。"


def moves_from(kind: RightsKind, state: RightsState) -> frozenset[RightsState]:
    """Return where a request may go: a copy takes time to make, and refusing offers needs no identity."""
    moves = _MOVES.get(state, frozenset())
    if kind is RightsKind.COPY and state is S.VERIFIED:
        return moves - {S.DONE} | {S.WORKING}
    if kind is RightsKind.REFUSE_MARKETING and state is S.RECEIVED:
        return moves | {S.DONE}
    return moves


def find(session: Session, number: int) -> RightsRequest:
    """Return the request, held against others until the transaction ends.

    :raises NoSuchRequest: if there is none of that number
    """
    wanted = select(RightsRequest).where(RightsRequest.number == number)
    found = session.exec(wanted.with_for_update()).first()
    if found is None:
        raise NoSuchRequest
    return found


def require_move(request: RightsRequest, to: RightsState) -> None:
    """
    :raises MoveNotOpen: if the request may not go there from where it is
    """
    if to not in moves_from(RightsKind(request.kind), RightsState(request.state)):
        raise MoveNotOpen


def move(  # noqa: PLR0913 - what the step says, by name
    session: Session,
    request: RightsRequest,
    to: RightsState,
    *,
    note: str = "",
    proof: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Take the request one step on.

    :raises MoveNotOpen: if it may not go there from where it is
    """
    require_move(request, to)
    request.state = to
    request.closed_at = None if moves_from(RightsKind(request.kind), to) else at
    session.add(request)
    note_step(session, request, note=note, proof=proof, actor=actor, at=at)
    record(session, request, to, actor=actor, at=at)


def note_step(
    session: Session, request: RightsRequest, *, note: str = "", proof: str = "", actor: Actor, at: datetime
) -> None:
    """Note what was done in the state that the request is in; numbers of people in it are masked."""
    session.add(
        RightsStep(
            request_id=request.id,
            state=request.state,
            at=at,
            staff_id=actor.staff_id,
            note=masked_text(note.strip()),
            proof=masked_text(proof.strip()),
            created_at=at,
        )
    )
    session.flush()


def record(session: Session, request: RightsRequest, what: str, *, actor: Actor, at: datetime) -> None:
    """Write it into the trail, without a word of the person's."""
    audit.record(
        session,
        actor=actor,
        action=f"subscribers.rights.{what}",
        subject_id=request.code,
        at=at,
        details={"kind": RightsKind(request.kind).label},
    )


def steps_of(session: Session, request: RightsRequest) -> list[RightsStep]:
    theirs = select(RightsStep).where(RightsStep.request_id == request.id)
    return list(session.exec(theirs.order_by(col(RightsStep.at), col(RightsStep.created_at))))
