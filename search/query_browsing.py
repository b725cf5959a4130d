"""The searches behind a figure, one by one, with what was used of each and where it stood."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from search.document import DocumentKey
from search.hard_queries import Ending, asked_in_a_row
from search.query_log import Action, AskedQuery, DocumentUse
from search.search_analysis import Looked


@dataclass(frozen=True)
class Wanted:
    """Which of the searches looked at are listed: those of a text, or of one that was then put so."""

    text: str = ""
    then: tuple[str, ...] = ()
    ending: Ending | None = None


@dataclass(frozen=True)
class UsedDocument:
    key: DocumentKey
    position: int
    was_copied: bool


def asked(session: Session, looked: Looked, wanted: Wanted) -> Any:
    """Return the select of the searches, the latest first, for `paging.page_of`."""
    statement = select(AskedQuery).order_by(col(AskedQuery.at).desc(), col(AskedQuery.id))
    if wanted.then:
        chains = asked_in_a_row(session, looked, [wanted.text, *wanted.then])
        return statement.where(col(AskedQuery.id).in_(chains))
    statement = statement.where(*looked.conditions())
    if wanted.text:
        statement = statement.where(AskedQuery.text == wanted.text)
    return statement.where(wanted.ending.condition()) if wanted.ending else statement


def used_of(session: Session, query_ids: Iterable[UUID]) -> dict[UUID, list[UsedDocument]]:
    """Return what was used of each search, the place nearest to the top first."""
    theirs = select(DocumentUse).where(col(DocumentUse.query_id).in_(list(query_ids)))
    by_key: dict[tuple[UUID, DocumentKey], list[DocumentUse]] = defaultdict(list)
    for use in session.exec(theirs.order_by(col(DocumentUse.position), col(DocumentUse.number))):
        if use.query_id:
            by_key[use.query_id, DocumentKey(use.source, use.document_id)].append(use)
    used: dict[UUID, list[UsedDocument]] = defaultdict(list)
    for (query_id, key), uses in by_key.items():
        was_copied = any(use.action == Action.COPIED for use in uses)
        used[query_id].append(UsedDocument(key, uses[0].position, was_copied))
    return dict(used)
