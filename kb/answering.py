"""The answer for one caller and one day: which version, which words first, and whether it is for them."""

from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from core.clock import day_of
from core.errors import NotFound
from core.identity import Actor
from kb.answers import Answer, AsOf, Standing, answer_for
from kb.other_days import another_day, moment_of
from kb.reading import cards_for
from kb.search_context import SearchContext, reasons, scope_of


class NotHeldThen(NotFound):
    message = "这篇知识在那一天没有生效的版本。请换一个日期，或查看现行版本。"


def answer_in(session: Session, actor: Actor, code: str, context: SearchContext, *, at: datetime) -> Answer:
    """
    :raises NoSuchArticle: if there is none, or this person may not read it
    :raises NotHeldThen: if nothing of it was in force on the day that is asked for
    """
    day = another_day(context.as_of, at)
    answer = answer_for(session, actor, code, at=moment_of(day) if day else at)
    if day:
        answer = _of_day(session, actor, answer, day, at)
    version_id = answer.card.version_id
    why = reasons(session, [version_id], scope_of(session, context)).get(version_id, "")
    return replace(answer, tier_code=context.tier, not_for=why)


def _of_day(session: Session, actor: Actor, answer: Answer, day: date, at: datetime) -> Answer:
    if answer.standing is not Standing.IN_FORCE:  # it was answered for that day
        raise NotHeldThen
    id_ = answer.card.article_id
    current = cards_for(session, actor, [id_], at=at).get(id_)
    as_of = AsOf(day, current.version_number if current else None)
    if current and current.version_id == answer.card.version_id:
        return replace(answer, as_of=as_of)
    standing = Standing.SCHEDULED if day > day_of(at) else Standing.HELD_THEN
    return replace(answer, standing=standing, as_of=as_of)
