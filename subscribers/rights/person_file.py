"""The file with one person's data: made by a job, sealed, taken by name, and gone after seven days."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from core import database, sealing
from core.errors import NotFound
from core.identity import SYSTEM, Actor
from core.jobs import Handler, Payload
from core.permissions import Permission, require
from subscribers.rights.carrying_out import MAKE_FILE
from subscribers.rights.models import PersonFile, RightsRequest, RightsState
from subscribers.rights.moving import find, move, note_step, record
from subscribers.rights.person_copy import held, packed

PURPOSE = "copy of a person"
KEPT = timedelta(days=7)


class FileGone(NotFound):
    message = "这份资料副本已过 7 天有效期并删除。如客户仍需要，请重新受理一条请求。"


def handler() -> Handler:
    return Handler(MAKE_FILE, _make_each, label="制作个人资料副本", lane="slow")


def _make_each(payloads: Sequence[Payload], at: datetime) -> None:
    for payload in payloads:
        with database.unit_of_work() as session:
            make(session, int(payload["number"]), at=at)


def make(session: Session, number: int, *, at: datetime) -> None:
    """Make the file of a request and close it. Harmless to do twice: what is made stays."""
    request = find(session, number)
    if request.state != RightsState.WORKING:
        return
    content = packed(held(session, request.customer_id, at=at), at=at)
    session.add(
        PersonFile(
            request_id=request.id,
            content_sealed=sealing.seal(base64.b64encode(content).decode(), PURPOSE),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            expires_at=at + KEPT,
            created_at=at,
        )
    )
    move(session, request, RightsState.DONE, note="资料副本已制作", actor=SYSTEM, at=at)


def file_of(session: Session, request: RightsRequest, *, at: datetime) -> PersonFile | None:
    theirs = select(PersonFile).where(PersonFile.request_id == request.id, col(PersonFile.expires_at) > at)
    return session.exec(theirs).first()


def take(session: Session, number: int, *, actor: Actor, at: datetime) -> bytes:
    """Return the zip, and note who took it.

    :raises FileGone: if it expired
    """
    require(actor, Permission.SERVE_PERSONAL_RIGHTS)
    request = find(session, number)
    file = file_of(session, request, at=at)
    if file is None:
        raise FileGone
    note_step(session, request, note="下载资料副本", proof=f"sha256 {file.sha256[:16]}", actor=actor, at=at)
    record(session, request, "file_taken", actor=actor, at=at)
    return base64.b64decode(sealing.unseal(file.content_sealed, PURPOSE))


def drop_expired(session: Session, *, at: datetime) -> None:
    session.exec(delete(PersonFile).where(col(PersonFile.expires_at) <= at))
