"""Checking, importing and publishing as jobs, so that a page only asks for them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core import database, jobs, sign_in
from core.errors import DomainError, Unavailable
from core.identity import Actor, Staff
from core.jobs import Handler, Payload
from core.permissions import Permission, require
from kb.importing.batches import held
from kb.importing.carrying_out import begin_import, carry_out
from kb.importing.checking import check
from kb.importing.headings import Meaning
from kb.importing.models import BatchState
from kb.importing.receiving import remap
from kb.importing.releasing import PUBLISHABLE, publish_batch

log = logging.getLogger(__name__)

CHECK, IMPORT, PUBLISH = "kb.import.check", "kb.import", "kb.publish_batch"


def handlers() -> tuple[Handler, ...]:
    return (
        _handler(CHECK, check, "试运行导入"),
        _handler(IMPORT, carry_out, "导入知识"),
        _handler(PUBLISH, publish_batch, "发布导入的一批"),
    )


def ask_check(
    session: Session,
    batch_id: UUID,
    mapping: Mapping[str, Meaning],
    *,
    source: str,
    actor: Actor,
    at: datetime,
) -> None:
    """Have the batch checked with these columns.

    :raises BatchElsewhere: if it is at work or was imported
    :raises MappingIncomplete: if no column is the question
    :raises MappingAmbiguous: if two columns are what only one can be
    """
    batch = remap(session, batch_id, mapping, source=source, actor=actor, at=at)
    batch.state, batch.read = BatchState.CHECKING, 0
    session.add(batch)
    jobs.enqueue(session, CHECK, _payload(batch_id, actor), at=at)


def ask_import(session: Session, batch_id: UUID, *, actor: Actor, at: datetime) -> None:
    """
    :raises BatchElsewhere: if it was not checked, or is imported already
    """
    begin_import(session, batch_id, actor=actor, at=at)
    jobs.enqueue(session, IMPORT, _payload(batch_id, actor), at=at)


def ask_publish(session: Session, batch_id: UUID, *, actor: Actor, at: datetime) -> None:
    """
    :raises BatchElsewhere: if it was not imported to the end
    """
    require(actor, Permission.PUBLISH_ARTICLE)
    batch = held(session, batch_id, PUBLISHABLE - {BatchState.PUBLISHING})
    batch.state, batch.error = BatchState.PUBLISHING, ""
    session.add(batch)
    jobs.enqueue(session, PUBLISH, _payload(batch_id, actor), at=at)


def _payload(batch_id: UUID, actor: Actor) -> Payload:
    return {"batch": str(batch_id), "staff": str(actor.staff_id)}


def _handler(kind: str, act: Callable[..., Any], label: str) -> Handler:
    def run(payloads: Sequence[Payload], at: datetime) -> None:
        for payload in payloads:
            _run(act, payload, at)

    return Handler(kind, run, label=label, lane="slow")


def _run(act: Callable[..., Any], payload: Payload, at: datetime) -> None:
    """Do it in the name of whoever asked, with the rights that they have now."""
    try:
        act(UUID(payload["batch"]), actor=_actor(UUID(payload["staff"])), at=at)
    except Unavailable:
        raise
    except DomainError as error:  # stands on the batch for the editor to see: trying again would not mend it
        log.warning("batch %s: %s", payload["batch"], error)


def _actor(staff_id: UUID) -> Actor:
    with database.reading() as session:
        staff = session.get_one(Staff, staff_id)
        return (
            Actor(staff.id, staff.name, staff.login) if staff.disabled else sign_in.actor_of(session, staff)
        )
