"""What an article says as agents see it: an old version, or what is being typed."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from core.permissions import Permission
from kb import versions, writing
from kb.previewing import as_agents_see
from web.dependencies import Now, ReadDb, allowed
from web.editing import ArticleInPath, TypedArticle
from web.errors import show
from web.forms import read_form
from web.noting import Trail
from web.templating import page_or_fragment

router = APIRouter(prefix="/knowledge", dependencies=[allowed(Permission.WRITE_ARTICLE)])


@router.post("/preview", name="knowledge.preview")
def preview(request: Request, db: ReadDb, now: Now) -> Response:
    form = read_form(request, TypedArticle)
    if form.data is None:
        return show(request, 422, "还不能预览：" + "".join(form.errors.values()))
    answer = as_agents_see(db, form.data, code="", number=0, at=now)
    return page_or_fragment(
        request,
        page="knowledge/preview.html",
        fragment="knowledge/_preview.html",
        answer=answer,
        trail=Trail(),
    )


@router.get("/{code}/versions/{number}", name="knowledge.version")
def version(request: Request, db: ReadDb, article: ArticleInPath, number: int, now: Now) -> Response:
    held = versions.version_numbered(db, article.id, number)
    answer = as_agents_see(db, writing.draft_of(db, held), code=article.code, number=number, at=now)
    card = next(one for one in versions.versions_of(db, article.id, at=now) if one.id == held.id)
    return page_or_fragment(
        request,
        page="knowledge/version.html",
        fragment="knowledge/_preview.html",
        answer=answer,
        trail=Trail(),
        version=card,
    )
