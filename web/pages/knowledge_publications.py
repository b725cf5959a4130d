"""Publish a draft, take an article away, discard a draft: each is done to what the editor had on screen."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from core.permissions import Permission
from kb import editing, publishing, writing
from kb.models import Article
from web.dependencies import CurrentActor, Db, Now, allowed
from web.editing import ArticleInPath, SeenByEditor, form_of, show_editor
from web.forms import read_form

router = APIRouter(prefix="/knowledge/{code}")
published_by = [allowed(Permission.PUBLISH_ARTICLE)]
written_by = [allowed(Permission.WRITE_ARTICLE)]


@router.post("/publication", name="knowledge.publish", dependencies=published_by)
def publish(request: Request, db: Db, article: ArticleInPath, actor: CurrentActor, now: Now) -> Response:
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
        shown = form_of(db, writing.latest_version(db, article.id))
        shown.errors, shown.status = form.errors, form.status
        return show_editor(request, db, article, shown, at=at)
    remains = db.get(Article, article.id) is not None
    return RedirectResponse(f"/knowledge/{article.code}" if remains else "/knowledge", 303)
