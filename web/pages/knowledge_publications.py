"""Publish a draft, take an article away, discard a draft: each is done to what the editor had on screen."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from core.permissions import Permission
from kb import editing, publishing, writing
from kb.models import Article
from kb.search_effect import SearchEffect
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.editing import ArticleInPath, SeenByEditor, form_of, show_editor
from web.forms import Form, read_form
from web.losing import unseen_loss

router = APIRouter(prefix="/knowledge/{code}")
published_by = [allowed(Permission.PUBLISH_ARTICLE)]
written_by = [allowed(Permission.WRITE_ARTICLE)]


@router.post("/publication", name="knowledge.publish", dependencies=published_by)
def publish(
    request: Request, read: ReadDb, db: Db, article: ArticleInPath, actor: CurrentActor, now: Now
) -> Response:
    saved = writing.draft_of(read, writing.latest_version(read, article.id))
    form = read_form(request, SeenByEditor)
    loss = unseen_loss(read, article, saved, form, at=now)
    if loss:
        return _refused(request, db, article, form, now, loss)

    def act(said: SeenByEditor) -> object:
        return editing.publish(db, article.id, seen=said.seen, actor=actor, at=now)

    return _carry_out(request, db, article, act, now)


@router.post("/withdrawal", name="knowledge.withdraw", dependencies=published_by)
def withdraw(request: Request, db: Db, article: ArticleInPath, actor: CurrentActor, now: Now) -> Response:
    def act(_said: SeenByEditor) -> None:
        publishing.withdraw(db, article.id, actor=actor, at=now)

    return _carry_out(request, db, article, act, now)


@router.post("/draft/removal", name="knowledge.discard", dependencies=written_by)
def discard(request: Request, db: Db, article: ArticleInPath, actor: CurrentActor, now: Now) -> Response:
    def act(said: SeenByEditor) -> object:
        return editing.discard(db, article.id, seen=said.seen, actor=actor, at=now)

    return _carry_out(request, db, article, act, now)


def _carry_out(
    request: Request, db: Session, article: Article, act: Callable[[SeenByEditor], object], at: datetime
) -> Response:
    """Do it and go back to the article, or to the list if it is gone; a refusal shows it as it is."""
    form = read_form(request, SeenByEditor)
    form.carry_out(db, act)
    if form.errors:
        return _refused(request, db, article, form, at)
    remains = db.get(Article, article.id) is not None
    return RedirectResponse(f"/knowledge/{article.code}" if remains else "/knowledge", 303)


def _refused(
    request: Request,
    db: Session,
    article: Article,
    form: Form[SeenByEditor],
    at: datetime,
    loss: SearchEffect | None = None,
) -> Response:
    shown = form_of(db, writing.latest_version(db, article.id))
    shown.errors, shown.status = form.errors, form.status
    return show_editor(request, db, article, shown, at=at, loss=loss)
