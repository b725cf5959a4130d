"""Keeping the golden queries: adding, changing and removing them, and judging what answers them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select

from core import audit
from core.errors import Invalid, NotFound
from core.identity import Actor
from core.permissions import Permission, require
from search.document import DocumentKey
from search.golden import NO_ANSWER, GoldenQuery, Grade, Judgement
from search.query import LONGEST_QUERY

FROM_USE = "实际查询"
LONGEST_KIND = 20
HELD_OUT_ONE_IN = 3


class NoSuchGolden(NotFound):
    message = "这条标准问题已被删除。请返回列表重新选择。"


class GoldenUnusable(Invalid):
    message = "请填写查询内容。"


class GoldenTwice(Invalid):
    message = "已在标准问题里。请打开它补充判断，或换一种说法。"


class NoAnswerHasAnswer(Invalid):
    message = "标为“无答案”的问题不能有相关的知识。请先改类别，或先取消判断。"


@dataclass(frozen=True)
class Wording:
    """A golden query as it is written down."""

    text: str
    kind: str = FROM_USE
    held_out: bool = False

    def tidied(self) -> "Wording":
        """
        :raises GoldenUnusable: if nothing is asked, or too much
        """
        text, kind = " ".join(self.text.split()), self.kind.strip() or FROM_USE
        if not text:
            raise GoldenUnusable(field="text")
        if len(text) > LONGEST_QUERY:
            raise GoldenUnusable(f"查询最多 {LONGEST_QUERY} 个字，请缩短。", field="text")
        if len(kind) > LONGEST_KIND:
            raise GoldenUnusable(f"类别最多 {LONGEST_KIND} 个字，请缩短。", field="kind")
        return Wording(text, kind, self.held_out)


@dataclass(frozen=True)
class Written:
    """A golden query with its judgements, as a file brings it."""

    wording: Wording
    grades: Mapping[DocumentKey, Grade] = field(default_factory=dict)


def is_held_out_by_lot(text: str) -> bool:
    """Tell whether the lot puts a query among the third that is never tuned with; the same at every draw."""
    drawn = blake2b(text.casefold().encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") % HELD_OUT_ONE_IN == 0


def golden_query(session: Session, query_id: UUID) -> GoldenQuery:
    """
    :raises NoSuchGolden: if it was removed
    """
    query = session.get(GoldenQuery, query_id)
    if query is None:
        raise NoSuchGolden
    return query


def add(session: Session, wording: Wording, *, actor: Actor, at: datetime, origin: str = "") -> GoldenQuery:
    """Take a query into the golden set; `origin` says which page it comes from.

    :raises GoldenUnusable: if it cannot be asked
    :raises GoldenTwice: if it is there already
    """
    require(actor, Permission.JUDGE_SEARCH)
    query = _written_down(session, wording, actor, at)
    details = _said(query) | ({"from": origin} if origin else {})
    _record(session, "added", query.id, details, actor=actor, at=at)
    return query


def add_many(session: Session, many: Iterable[Written], *, actor: Actor, at: datetime) -> int:
    """Take in all whose text is not there yet, with their judgements; return how many."""
    require(actor, Permission.JUDGE_SEARCH)
    known = set(session.exec(select(GoldenQuery.text)))
    added = 0
    for one in many:
        if one.wording.tidied().text in known:
            continue
        query = _written_down(session, one.wording, actor, at)
        known.add(query.text)
        for key, grade in one.grades.items():
            _refuse_contradiction(query.kind, grade)
            session.add(_judgement(query.id, key, grade, actor, at))
        added += 1
    session.flush()
    if added:
        _record(session, "imported", "", {"count": added}, actor=actor, at=at)
    return added


def change(session: Session, query_id: UUID, wording: Wording, *, actor: Actor, at: datetime) -> GoldenQuery:
    """
    :raises NoSuchGolden: if it was removed
    :raises GoldenUnusable: if it cannot be asked
    :raises GoldenTwice: if another has this text
    :raises NoAnswerHasAnswer: if it shall have no answer, but one is judged to be
    """
    require(actor, Permission.JUDGE_SEARCH)
    query, wanted = golden_query(session, query_id), wording.tidied()
    before = _said(query)
    if wanted.text != query.text:
        _refuse_twice(session, wanted.text)
    if wanted.kind == NO_ANSWER and any(grade > Grade.WRONG for grade in _grades(session, query_id)):
        raise NoAnswerHasAnswer(field="kind")
    query.text, query.kind, query.held_out = wanted.text, wanted.kind, wanted.held_out
    session.add(query)
    changed = {name: value for name, value in _said(query).items() if value != before[name]}
    if changed:
        _record(session, "changed", query.id, changed, actor=actor, at=at)
    return query


def remove(session: Session, query_id: UUID, *, actor: Actor, at: datetime) -> None:
    """
    :raises NoSuchGolden: if it was removed
    """
    require(actor, Permission.JUDGE_SEARCH)
    query = golden_query(session, query_id)
    session.exec(delete(Judgement).where(col(Judgement.query_id) == query_id))
    session.delete(query)
    session.flush()
    _record(session, "removed", query_id, _said(query), actor=actor, at=at)


def judge(
    session: Session, query_id: UUID, key: DocumentKey, grade: Grade, *, actor: Actor, at: datetime
) -> None:
    """Say how well a document answers; a later word replaces an earlier one.

    :raises NoSuchGolden: if the query was removed
    :raises NoAnswerHasAnswer: if the query is kept as one that has no answer
    """
    require(actor, Permission.JUDGE_SEARCH)
    _refuse_contradiction(golden_query(session, query_id).kind, grade)
    session.merge(_judgement(query_id, key, grade, actor, at))
    session.flush()
    _record(session, "judged", query_id, {"document": str(key), "grade": grade.label}, actor=actor, at=at)


def unjudge(session: Session, query_id: UUID, key: DocumentKey, *, actor: Actor, at: datetime) -> None:
    """Take back what was said about a document, if anything was.

    :raises NoSuchGolden: if the query was removed
    """
    require(actor, Permission.JUDGE_SEARCH)
    golden_query(session, query_id)
    judgement = session.get(Judgement, (query_id, key.source, key.id))
    if judgement is not None:
        session.delete(judgement)
        session.flush()
        _record(session, "unjudged", query_id, {"document": str(key)}, actor=actor, at=at)


def _written_down(session: Session, wording: Wording, actor: Actor, at: datetime) -> GoldenQuery:
    wanted = wording.tidied()
    _refuse_twice(session, wanted.text)
    query = GoldenQuery(
        text=wanted.text,
        kind=wanted.kind,
        held_out=wanted.held_out,
        created_by=actor.staff_id,
        created_at=at,
    )
    try:
        with session.begin_nested():
            session.add(query)
    except IntegrityError as error:  # somebody was quicker
        raise _twice(wanted.text) from error
    return query


def _judgement(query_id: UUID, key: DocumentKey, grade: Grade, actor: Actor, at: datetime) -> Judgement:
    return Judgement(
        query_id=query_id,
        source=key.source,
        document_id=key.id,
        grade=grade,
        judged_by=actor.staff_id,
        judged_at=at,
    )


def _grades(session: Session, query_id: UUID) -> Iterable[int]:
    return session.exec(select(Judgement.grade).where(Judgement.query_id == query_id))


def _refuse_twice(session: Session, text: str) -> None:
    if session.exec(select(GoldenQuery.id).where(GoldenQuery.text == text)).first():
        raise _twice(text)


def _twice(text: str) -> GoldenTwice:
    return GoldenTwice(f"“{text}”已在标准问题里。请打开它补充判断，或换一种说法。", field="text")


def _refuse_contradiction(kind: str, grade: Grade) -> None:
    if kind == NO_ANSWER and grade > Grade.WRONG:
        raise NoAnswerHasAnswer


def _said(query: GoldenQuery) -> dict[str, object]:
    return {"text": query.text, "kind": query.kind, "held_out": query.held_out}


def _record(
    session: Session, deed: str, subject: object, details: dict[str, object], *, actor: Actor, at: datetime
) -> None:
    action = f"search.golden.{deed}"
    audit.record(session, actor=actor, action=action, subject_id=subject, at=at, details=dict(details))
