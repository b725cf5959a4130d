"""The editors' knowledge: the list, and one article to write."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from core import paging
from core.identity import Actor
from core.permissions import Permission
from kb import categories, curating, editing, feedback, writing
from kb.curating import Shelf, Stage
from kb.forms import LONGEST_TITLE
from kb.models import Article, Audience, Kind, Publication
from kb.search_effect import SearchEffect
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.editing import Act, ArticleInPath, TypedArticle, form_of, show_editor, show_saved
from web.forms import Form, OrAll, blank, read_form
from web.htmx import redirect
from web.losing import unseen_loss
from web.templating import local_time, page_or_fragment

router = APIRouter(prefix="/knowledge", dependencies=[allowed(Permission.WRITE_ARTICLE)])


class Wanted(BaseModel):
    """Which articles the list shows."""

    text: str = Field("", max_length=60)
    stage: OrAll[Stage] = None
    kind: OrAll[Kind] = None
    category: OrAll[UUID] = None
    mine: bool = False
    page: int = 1

    def shelf(self, actor: Actor) -> Shelf:
        author_id = actor.staff_id if self.mine else None
        return Shelf(self.text, self.stage, self.kind, self.category, author_id)


@router.get("", name="knowledge")
def listing(
    request: Request, db: ReadDb, wanted: Annotated[Wanted, Query()], actor: CurrentActor, now: Now
) -> Response:
    found = paging.page_of(db, curating.listed(db, wanted.shelf(actor), at=now), wanted.page)
    return page_or_fragment(
        request,
        page="knowledge/page.html",
        fragment="knowledge/_list.html",
        articles=found.of(curating.cards(db, found.rows, at=now)),
        wanted=wanted,
        stages=list(Stage),
        kinds=list(Kind),
        categories=categories.tree(db),
        waiting=feedback.awaiting(db),
    )


@router.get("/new", name="knowledge.new")
def ask_for_new(request: Request, db: ReadDb, now: Now, title: str = "") -> Response:
    begun = blank(kind=Kind.FAQ, audience=Audience.CUSTOMERS, title=title[:LONGEST_TITLE])
    return show_editor(request, db, None, begun, at=now)


@router.post("", name="knowledge.start")
def start(request: Request, read: ReadDb, db: Db, actor: CurrentActor, now: Now) -> Response:
    form: Form[TypedArticle] = read_form(request, TypedArticle)
    loss = _loss(read, None, form, now)
    article_id = None if loss else form.carry_out(db, lambda typed: _start(db, typed, actor, now))
    if article_id is None:
        return show_editor(request, db, None, form, at=now, loss=loss)
    return redirect(request, f"/knowledge/{db.get_one(Article, article_id).code}")


@router.get("/{code}", name="knowledge.article")
def ask_for_change(request: Request, db: ReadDb, article: ArticleInPath, now: Now) -> Response:
    return show_editor(request, db, article, form_of(db, writing.latest_version(db, article.id)), at=now)


@router.post("/{code}", name="knowledge.save")
def save(
    request: Request, read: ReadDb, db: Db, article: ArticleInPath, actor: CurrentActor, now: Now
) -> Response:
    form: Form[TypedArticle] = read_form(request, TypedArticle)
    loss = _loss(read, article, form, now)
    said = None if loss else form.carry_out(db, lambda typed: _save(db, article.id, typed, actor, now))
    if said is None:
        return show_editor(request, db, article, form, at=now, loss=loss)
    return show_saved(request, db, article, said, at=now)


def _loss(
    read: Session, article: Article | None, form: Form[TypedArticle], at: datetime
) -> SearchEffect | None:
    typed = form.data
    is_published = typed is not None and typed.act is Act.PUBLISH
    return unseen_loss(read, article, typed, form, at=at) if typed and is_published else None


def _start(db: Session, typed: TypedArticle, actor: Actor, at: datetime) -> UUID:
    if typed.act is Act.PUBLISH:
        return editing.start_and_publish(db, typed, actor=actor, at=at).article_id
    return writing.start_article(db, typed, actor=actor, at=at).article_id


def _save(db: Session, article_id: UUID, typed: TypedArticle, actor: Actor, at: datetime) -> str:
    """Return what to tell the editor."""
    if typed.act is Act.PUBLISH:
        published = editing.save_and_publish(db, article_id, typed, seen=typed.seen, actor=actor, at=at)
        return _outlook(published, at)
    editing.save(db, article_id, typed, seen=typed.seen, actor=actor, at=at)
    return "草稿已保存"


def _outlook(publication: Publication, at: datetime) -> str:
    if publication.effective_from > at:
        return f"已排期，{local_time(publication.effective_from)} 起座席可查到"
    return "已发布，座席马上就能查到"
