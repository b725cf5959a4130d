"""What a draft will do to search: beside the editor, or as a page of its own."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from core.permissions import Permission
from kb import publishing, writing
from kb.curating import Stage, stage_of
from kb.search_effect import effect_of_draft
from web.dependencies import Now, ReadDb, allowed
from web.editing import ArticleInPath
from web.templating import page_or_fragment
from web.wording import signal_name

router = APIRouter(prefix="/knowledge/{code}", dependencies=[allowed(Permission.WRITE_ARTICLE)])
MOST_LISTED = 50


@router.get("/effect", name="knowledge.effect")
def effect(request: Request, db: ReadDb, article: ArticleInPath, now: Now) -> Response:
    version = writing.latest_version(db, article.id)
    stage = stage_of(version, publishing.publications_of(db, article.id), now)
    is_open = stage in {Stage.DRAFT, Stage.SCHEDULED}
    return page_or_fragment(
        request,
        page="knowledge/effect.html",
        fragment="knowledge/_effect_reply.html",
        article=article,
        version=version,
        stage=stage,
        found=effect_of_draft(db, article, writing.draft_of(db, version), at=now) if is_open else None,
        most=MOST_LISTED,
        signal_name=signal_name,
    )
