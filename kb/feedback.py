"""What agents say of an answer: useful, useless, or what is wrong with it; and what editors reply."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, delete, select

from core import audit, staff
from core.errors import Conflict, Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from kb.answers import Answer
from kb.models import Article, ArticleVersion, Feedback, Verdict, code_of

LONGEST_COMMENT = 500
COMPLAINTS = (Verdict.USELESS, Verdict.CORRECTION)  # praise asks nothing of an editor


class CommentMissing(Invalid):
    message = "请写明哪里有误（500 字以内），编辑才能改对。"


class CommentTooLong(Invalid):
    message = "内容超过 500 字，请精简后再提交。"


class NoSuchFeedback(NotFound):
    message = "没有这条反馈，请刷新列表。"


class AlreadyAnswered(Conflict):
    message = "这条反馈已有人处理过。请刷新列表查看处理结果。"


@dataclass(frozen=True)
class FeedbackCard:
    """A piece of feedback with the answer that it is about beside it."""

    id: UUID
    verdict: Verdict
    comment: str
    who: str
    given_at: datetime
    code: str
    title: str
    answer: str
    version_number: int
    answered_by: str
    answered_at: datetime | None
    reply: str


def give(  # noqa: PLR0913 - an opinion has these parts
    session: Session,
    answer: Answer,
    verdict: Verdict,
    *,
    comment: str = "",
    search_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Record an opinion of what was read. A second vote on the same version replaces the first.

    :raises CommentMissing: if a correction does not say what is wrong
    """
    require(actor, Permission.READ_KNOWLEDGE)
    comment = _tidy(comment)
    if verdict is Verdict.CORRECTION and not comment:
        raise CommentMissing(field="comment")
    if verdict is not Verdict.CORRECTION:
        _take_back_vote(session, answer.card.version_id, actor)
    session.add(
        Feedback(
            article_id=answer.card.article_id,
            version_id=answer.card.version_id,
            staff_id=actor.staff_id,
            verdict=verdict,
            comment=comment,
            search_id=search_id,
            created_at=at,
        )
    )


def own_vote(session: Session, version_id: UUID, actor: Actor) -> Verdict | None:
    whose = {"version_id": version_id, "staff_id": actor.staff_id}
    found = session.execute(_own_vote(), whose).scalar()
    return Verdict(found) if found else None


@cache
def _own_vote() -> Any:
    """Put together once: it is asked with every answer that is shown."""
    return select(Feedback.verdict).where(
        col(Feedback.version_id) == bindparam("version_id"),
        col(Feedback.staff_id) == bindparam("staff_id"),
        col(Feedback.verdict) != Verdict.CORRECTION,
    )


def reply(session: Session, feedback_id: UUID, text: str, *, actor: Actor, at: datetime) -> None:
    """Close a piece of feedback with what was done about it.

    :raises AlreadyAnswered: if another editor was first
    """
    require(actor, Permission.ANSWER_FEEDBACK)
    found = session.get(Feedback, feedback_id)
    if found is None:
        raise NoSuchFeedback
    if found.answered_at:
        raise AlreadyAnswered
    found.reply, found.answered_by, found.answered_at = _tidy(text), actor.staff_id, at
    session.add(found)
    audit.record(session, actor=actor, action="kb.feedback.answered", subject_id=feedback_id, at=at)


def listed(
    *,
    answered: bool,
    verdicts: Collection[Verdict] = tuple(Verdict),
    article_id: UUID | None = None,
) -> Any:
    """Return the select of feedback, newest first, for `paging.page_of`."""
    done = col(Feedback.answered_at).is_not(None)
    statement = select(Feedback).where(done if answered else ~done, col(Feedback.verdict).in_(verdicts))
    if article_id:
        statement = statement.where(Feedback.article_id == article_id)
    return statement.order_by(col(Feedback.created_at).desc())


def awaiting(session: Session, article_id: UUID | None = None) -> int:
    """Return how much feedback waits for an editor, of one article or of all."""
    waiting = listed(answered=False, verdicts=COMPLAINTS, article_id=article_id)
    return session.exec(select(func.count()).select_from(waiting.order_by(None).subquery())).one()


def cards(session: Session, feedback: Iterable[Feedback]) -> list[FeedbackCard]:
    feedback = list(feedback)
    about = (
        select(ArticleVersion, Article.number)
        .join(Article, col(Article.id) == ArticleVersion.article_id)
        .where(col(ArticleVersion.id).in_([one.version_id for one in feedback]))
    )
    versions = {version.id: (version, number) for version, number in session.exec(about)}
    people = [one.staff_id for one in feedback] + [one.answered_by for one in feedback if one.answered_by]
    names = staff.names_of(session, people)
    return [_card(one, *versions[one.version_id], names) for one in feedback]


def _card(one: Feedback, version: ArticleVersion, number: int, names: dict[UUID, str]) -> FeedbackCard:
    return FeedbackCard(
        id=one.id,
        verdict=Verdict(one.verdict),
        comment=one.comment,
        who=names.get(one.staff_id, ""),
        given_at=one.created_at,
        code=code_of(number),
        title=version.title,
        answer=version.answer,
        version_number=version.number,
        answered_by=names.get(one.answered_by, "") if one.answered_by else "",
        answered_at=one.answered_at,
        reply=one.reply,
    )


def _tidy(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if len(text) > LONGEST_COMMENT:
        raise CommentTooLong(field="comment")
    return text


def _take_back_vote(session: Session, version_id: UUID, actor: Actor) -> None:
    mine = (col(Feedback.version_id) == version_id) & (col(Feedback.staff_id) == actor.staff_id)
    session.exec(delete(Feedback).where(mine, col(Feedback.verdict) != Verdict.CORRECTION))
