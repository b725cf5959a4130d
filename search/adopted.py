"""Adoptions in the query log: what somebody asked, and the document whose words they then used."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from search.document import DocumentKey
from search.query_log import Action, AskedQuery, DocumentUse, can_be_asked_again, of_today
from search.text import normalise

MOST_ROWS = 20_000


@dataclass(frozen=True)
class Adopted:
    """A question as people ask it; `times` counts how often one of the documents was copied for it."""

    text: str
    documents: frozenset[DocumentKey]
    times: int


def adopted_answers(session: Session, *, since: datetime, limit: int) -> list[Adopted]:
    """Return each question once, however it was spelt, the most often answered first.

    What had to be masked when it was kept cannot be asked again and is left out.
    """
    copies = func.count()
    counted = (
        select(AskedQuery.text, DocumentUse.source, DocumentUse.document_id, copies)
        .join(AskedQuery, col(AskedQuery.id) == DocumentUse.query_id)
        .where(DocumentUse.action == Action.COPIED, col(DocumentUse.at) >= since, of_today())
        .group_by(AskedQuery.text, DocumentUse.source, DocumentUse.document_id)
        .order_by(copies.desc(), AskedQuery.text)
        .limit(MOST_ROWS)
    )
    texts: dict[str, str] = {}
    documents: dict[str, set[DocumentKey]] = defaultdict(set)
    times: dict[str, int] = defaultdict(int)
    for text, source, document_id, count in session.exec(counted):
        if not can_be_asked_again(text):
            continue
        same = same_question(text)
        texts.setdefault(same, text)
        documents[same].add(DocumentKey(source, document_id))
        times[same] += count
    found = [Adopted(text, frozenset(documents[same]), times[same]) for same, text in texts.items()]
    return sorted(found, key=lambda one: (-one.times, one.text))[:limit]


def same_question(text: str) -> str:
    """Return what is equal for two spellings of one question."""
    return "".join(normalise(text).split())
