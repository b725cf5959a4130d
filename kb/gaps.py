"""Questions that had no answer: reported by agents with what they asked and for whom, closed by editors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, func
from sqlmodel import Field, Session, col, select

from core import audit, staff
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from core.model import Record
from core.permissions import Permission, require
from kb.finding import COUNTED
from search.query_log import AskedQuery, without_numbers

LONGEST_QUESTION, LONGEST_NOTE = 200, 500


class GapEmpty(Invalid):
    message = "请写明客户问的是什么（200 字以内），编辑才知道要补什么。"


class GapTooLong(Invalid):
    message = "写的内容超过 500 字，请精简后再提交。"


class NoSuchGap(NotFound):
    message = "没有这条知识缺口，请刷新列表。"


class GapClosed(Conflict):
    message = "这条缺口已有人处理过，处理结果写在这一条里。"


class KnowledgeGap(Record, table=True):
    """Long numbers are masked. `context`: what the search was narrowed to, by name."""

    __tablename__ = "kb_gap"
    __table_args__ = (Index("ix_kb_gap_open", "closed_at", "created_at"),)

    question: str
    note: str = ""
    context: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    search_id: UUID | None = None
    reported_by: UUID = Field(foreign_key="core_staff.id")
    closed_by: UUID | None = Field(default=None, foreign_key="core_staff.id")
    closed_at: datetime | None = None
    outcome: str = ""


@dataclass(frozen=True)
class GapCard:
    """A gap as editors see it, with the names of who reported and closed it.

    `found` is how many answers the search had, if it is still known.
    """

    id: UUID
    question: str
    note: str
    context: Mapping[str, str]
    who: str
    reported_at: datetime
    closed_by: str
    closed_at: datetime | None
    outcome: str
    found: int | None = None

    @property
    def found_said(self) -> str:
        return f"{self.found}{'+' if self.found and self.found >= COUNTED else ''}"


def report(  # noqa: PLR0913 - a gap has these parts
    session: Session,
    question: str,
    *,
    note: str = "",
    context: Mapping[str, str] | None = None,
    search_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Tell the editors that there is no answer. The same person reporting it twice counts once.

    :raises GapEmpty: if the question is missing or too long
    :raises GapTooLong: if the note is
    """
    require(actor, Permission.READ_KNOWLEDGE)
    question, note = without_numbers(" ".join(question.split())), without_numbers(note.strip())
    if not question or len(question) > LONGEST_QUESTION:
        raise GapEmpty(field="question")
    if len(note) > LONGEST_NOTE:
        raise GapTooLong(field="note")
    gap = _own_open(session, question, actor) or KnowledgeGap(
        question=question, reported_by=actor.staff_id, created_at=at
    )
    gap.note, gap.context, gap.search_id = note or gap.note, dict(context or {}), search_id
    session.add(gap)


def close(session: Session, gap_id: UUID, outcome: str, *, actor: Actor, at: datetime) -> None:
    """Note what was done about it.

    :raises GapClosed: if another editor was first
    :raises GapTooLong: if there is too much to note
    """
    require(actor, Permission.ANSWER_FEEDBACK)
    gap = session.get(KnowledgeGap, gap_id)
    if gap is None:
        raise NoSuchGap
    if gap.closed_at:
        raise GapClosed
    if len(outcome.strip()) > LONGEST_NOTE:
        raise GapTooLong(field="outcome")
    gap.closed_by, gap.closed_at, gap.outcome = actor.staff_id, at, outcome.strip()
    session.add(gap)
    audit.record(session, actor=actor, action="kb.gap.closed", subject_id=gap_id, at=at)


def listed(*, closed: bool) -> Any:
    """Return the select of gaps, newest first, for `paging.page_of`."""
    ended = col(KnowledgeGap.closed_at)
    wanted = ended.is_not(None) if closed else ended.is_(None)
    return select(KnowledgeGap).where(wanted).order_by(col(KnowledgeGap.created_at).desc())


def waiting(session: Session) -> int:
    """Count the gaps that nobody has dealt with."""
    still = select(func.count()).select_from(KnowledgeGap).where(col(KnowledgeGap.closed_at).is_(None))
    return session.exec(still).one()


def card(session: Session, gap_id: UUID) -> GapCard:
    """
    :raises NoSuchGap: if there is none
    """
    gap = session.get(KnowledgeGap, gap_id)
    if gap is None:
        raise NoSuchGap
    return cards(session, [gap])[0]


def cards(session: Session, gaps: Iterable[KnowledgeGap]) -> list[GapCard]:
    gaps = list(gaps)
    people = {gap.reported_by for gap in gaps} | {gap.closed_by for gap in gaps if gap.closed_by}
    names = staff.names_of(session, list(people))
    found = _found_by(session, [gap.search_id for gap in gaps if gap.search_id])
    return [
        GapCard(
            id=gap.id,
            question=gap.question,
            note=gap.note,
            context=gap.context,
            who=names.get(gap.reported_by, "系统"),
            reported_at=gap.created_at,
            closed_by=names.get(gap.closed_by, "") if gap.closed_by else "",
            closed_at=gap.closed_at,
            outcome=gap.outcome,
            found=found.get(gap.search_id) if gap.search_id else None,
        )
        for gap in gaps
    ]


def _found_by(session: Session, search_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many answers each search had; one that went on as another is not there any more."""
    counted = select(AskedQuery.id, AskedQuery.result_count).where(col(AskedQuery.id).in_(search_ids))
    return dict(session.exec(counted).all())


def _own_open(session: Session, question: str, actor: Actor) -> KnowledgeGap | None:
    same = select(KnowledgeGap).where(
        KnowledgeGap.question == question, KnowledgeGap.reported_by == actor.staff_id
    )
    return session.exec(same.where(col(KnowledgeGap.closed_at).is_(None))).first()
