"""What a route may ask for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlmodel import Session

from core import clock, database, sign_in
from core.errors import NotAllowed
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.rights import worklist
from web.frame import STAFF_HEADER
from web.htmx import wants_fragment
from web.returning import NotSignedIn
from web.security import SESSION_COOKIE


class PasswordMustChange(NotAllowed):
    message = "这是一次性密码。请先设置自己的新密码，再继续使用。"


def _unit_of_work() -> Iterator[Session]:
    with database.unit_of_work() as session:
        yield session


def _reading() -> Iterator[Session]:
    with database.reading() as session:
        yield session


async def _now() -> datetime:
    return clock.now()


# scope="function": the commit happens before the response leaves, so the next request sees it.
Db = Annotated[Session, Depends(_unit_of_work, scope="function")]
ReadDb = Annotated[Session, Depends(_reading, scope="function")]
Now = Annotated[datetime, Depends(_now)]


def recognise(request: Request, at: datetime) -> Actor | None:
    """Note in the request who sent it, if somebody who is signed in did."""
    # A session of its own, given back at once: a request must never hold one connection and wait for another.
    token = request.cookies.get(SESSION_COOKIE)
    with database.reading() as session:
        actor = sign_in.actor_by_token(session, token, at) if token else None
        request.state.late_rights = (
            worklist.late(session, actor, at=at) if actor and not wants_fragment(request) else None
        )
    request.state.actor = actor
    return actor


def _signed_in(request: Request, now: Now) -> Actor:
    actor = recognise(request, now)
    drawn_for = request.headers.get(STAFF_HEADER)
    if actor is None or drawn_for not in {None, str(actor.staff_id)}:
        raise NotSignedIn
    return actor


SignedIn = Annotated[Actor, Depends(_signed_in)]


async def _settled_in(actor: SignedIn) -> Actor:
    if actor.must_change_password:
        raise PasswordMustChange
    return actor


CurrentActor = Annotated[Actor, Depends(_settled_in)]


def allowed(permission: Permission) -> Any:
    """Let a route begin only for those who may; stands in its `dependencies=[...]`."""

    async def check(actor: CurrentActor) -> None:
        require(actor, permission)

    return Depends(check)
