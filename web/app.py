"""The application."""

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware

from core.settings import settings
from web import errors
from web.api import health
from web.assets import PREFIX, STATIC, VersionedFiles
from web.lifetime import lifetime
from web.limits import BodyLimit
from web.pages import (
    account,
    analytics,
    articles,
    audit,
    callers,
    categories,
    desk,
    home,
    imports,
    knowledge,
    knowledge_effect,
    knowledge_feedback,
    knowledge_gaps,
    knowledge_publications,
    knowledge_versions,
    lab,
    lab_comparisons,
    lab_configurations,
    lab_queries,
    lexicon,
    lexicon_files,
    lexicon_history,
    lexicon_suggestions,
    reveals,
    scopes,
    sign_in,
    staff,
    subscribers,
    system,
)
from web.security import Headers, refuse_forgery
from web.timing import Timing

PAGES = (
    home,
    desk,
    callers,
    reveals,  # before the addresses of customers
    subscribers,
    articles,
    analytics,
    sign_in,
    account,
    staff,
    audit,
    scopes,
    system,
    lab,
    lab_queries,
    lab_comparisons,
    lab_configurations,
    categories,
    imports,
    lexicon,
    lexicon_history,
    lexicon_suggestions,
    lexicon_files,
    knowledge_feedback,
    knowledge_gaps,
    knowledge_versions,
    knowledge_publications,
    knowledge_effect,
    knowledge,  # the last: its addresses hold any word where an article's code stands
)


def create_app() -> FastAPI:
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifetime,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        dependencies=[Depends(refuse_forgery)],
        middleware=[
            Middleware(Timing),
            Middleware(Headers),
            Middleware(errors.Unexpected),
            Middleware(BodyLimit, megabytes=settings().upload_limit_mb),
        ],
    )
    errors.install(app)
    app.mount(PREFIX, VersionedFiles(directory=STATIC), name="static")
    app.include_router(health.router)
    for page in PAGES:
        app.include_router(page.router)
    return app
