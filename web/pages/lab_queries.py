"""One golden query: what is found for it now, and how well each article answers it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission
from kb import editing
from kb.finding import FoundArticles, Wish, find_articles
from kb.reading import ArticleCard, cards_for
from kb.result_rows import FoundArticle
from kb.search_source import SOURCE, key_of
from search import golden_keeping, golden_list
from search.document import DocumentKey
from search.finder import Mode
from search.golden import GoldenQuery, Grade, grades_of
from search.golden_keeping import Wording
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, blank, read_form
from web.lab_wording import SIGNALS
from web.templating import page_or_fragment
from web.wording import why

router = APIRouter(prefix="/lab/golden", dependencies=[allowed(Permission.JUDGE_SEARCH)])
SHOWN = 10


class Judged(BaseModel):
    """A grade of an article; without one, what was said is taken back."""

    code: str
    grade: OrAll[Grade] = None


class Reworded(BaseModel):
    text: str = ""
    kind: str = ""
    held_out: bool = False

    @property
    def wording(self) -> Wording:
        return Wording(self.text, self.kind, self.held_out)


class Nothing(BaseModel):
    """A form of one button."""


@dataclass(frozen=True)
class Candidate:
    """An article that was found, with what was judged of it."""

    place: int
    row: FoundArticle
    grade: Grade | None


@dataclass(frozen=True)
class Missed:
    """An article that was judged and is not among the first; `card` is None if nobody can read it now."""

    key: DocumentKey
    card: ArticleCard | None
    place: int | None
    grade: Grade


@router.get("/{query_id}", name="lab.golden")
def show(request: Request, db: ReadDb, query_id: UUID, actor: CurrentActor, now: Now) -> Response:
    return _show(request, db, golden_keeping.golden_query(db, query_id), actor, now)


@router.post("/{query_id}", name="lab.golden.change")
def change(request: Request, db: Db, query_id: UUID, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Reworded)
    form.carry_out(db, lambda said: golden_keeping.change(db, query_id, said.wording, actor=actor, at=now))
    if form.errors:
        query = golden_keeping.golden_query(db, query_id)
        return _show(request, db, query, actor, now, rewording=form)
    return RedirectResponse(f"/lab/golden/{query_id}", 303)


@router.post("/{query_id}/judgements", name="lab.golden.judge")
def judge(request: Request, db: Db, query_id: UUID, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Judged)
    form.carry_out(db, lambda said: _judge(db, query_id, said, actor, now))
    if form.errors:
        query = golden_keeping.golden_query(db, query_id)
        return _show(request, db, query, actor, now, judging=form)
    return RedirectResponse(f"/lab/golden/{query_id}", 303)


@router.post("/{query_id}/removal", name="lab.golden.remove")
def remove(db: Db, query_id: UUID, actor: CurrentActor, now: Now) -> Response:
    golden_keeping.remove(db, query_id, actor=actor, at=now)
    return RedirectResponse("/lab", 303)


def _judge(db: Session, query_id: UUID, said: Judged, actor: Actor, at: datetime) -> None:
    key = key_of(editing.article_by_code(db, said.code.strip()).id)
    if said.grade is None:
        golden_keeping.unjudge(db, query_id, key, actor=actor, at=at)
    else:
        golden_keeping.judge(db, query_id, key, said.grade, actor=actor, at=at)


def _show(  # noqa: PLR0913 - the two forms of the page, by name
    request: Request,
    db: Session,
    query: GoldenQuery,
    actor: Actor,
    at: datetime,
    *,
    rewording: Form[Reworded] | None = None,
    judging: Form[Judged] | None = None,
) -> Response:
    refused = rewording or judging
    said = blank(text=query.text, kind=query.kind, held_out=query.held_out)
    return page_or_fragment(
        request,
        page="lab/golden.html",
        fragment="lab/_judging.html",
        status_code=refused.status if refused else 200,
        query=query,
        rewording=rewording or said,
        judging=judging or blank(grade=str(Grade.ANSWERS.value)),
        kinds=golden_list.kinds(db),
        next_open=golden_list.next_open(db, query),
        **_found(db, query, actor, at),
    )


def _found(db: Session, query: GoldenQuery, actor: Actor, at: datetime) -> dict[str, Any]:
    found = find_articles(db, actor, Wish(query.text), mode=Mode.HYBRID, at=at)
    grades = grades_of(db, query.id)
    candidates = [
        Candidate(place, row, grades.get(key_of(row.card.article_id)))
        for place, row in enumerate(found.rows[:SHOWN], start=1)
    ]
    best = next((one.place for one in candidates if one.grade), None)
    return {
        "found": found,
        "candidates": candidates,
        "best": best,
        "missed": _missed(db, found, grades, actor, at),
        "signals": SIGNALS,
        "grades": sorted(Grade, reverse=True),
        "why": why,
    }


def _missed(
    db: Session, found: FoundArticles, grades: dict[DocumentKey, Grade], actor: Actor, at: datetime
) -> list[Missed]:
    places = {key_of(row.card.article_id): place for place, row in enumerate(found.rows, start=1)}
    keys = [key for key in grades if places.get(key, SHOWN + 1) > SHOWN and key.source == SOURCE]
    cards = cards_for(db, actor, [UUID(key.id) for key in keys], at=at)
    missed = [Missed(key, cards.get(UUID(key.id)), places.get(key), grades[key]) for key in keys]
    return sorted(missed, key=lambda one: (-one.grade, one.key))
