"""The application."""

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware

from core.settings import settings
from web import errors
from web.api import calls as calls_api
from web.api import health
from web.api import subscribers as subscriber_data
from web.assets import PREFIX, STATIC, VersionedFiles
from web.lifetime import lifetime
from web.limits import BodyLimit
from web.pages import (
    account,
    analytics,
    api_clients,
    articles,
    audit,
    call_handling,
    callers,
    calls,
    categories,
    conflicts,
    corrections,
    desk,
    duplicates,
    events,
    field_rules,
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
    loads,
    loads_lags,
    loads_rows,
    retention,
    reveals,
    rights,
    scopes,
    sign_in,
    staff,
    subscribers,
    system,
    wrap_ups,
)
from web.security import Headers, refuse_forgery
from web.timing import Timing

PAGES = (
    home,
    desk,
    events,
    call_handling,
    wrap_ups,
    calls,  # after those whose addresses stand where the number of a call does
    callers,
    reveals,
    articles,
    analytics,
    sign_in,
    account,
    staff,
    audit,
    scopes,
    system,
    conflicts,
    field_rules,
    duplicates,
    corrections,
    api_clients,
    loads_lags,
    loads_rows,
    loads,
    lab,
    lab_queries,
    lab_comparisons,
    lab_configurations,
    categories,
    imports,
    rights,
    retention,
    lexicon,
    lexicon_history,
    lexicon_suggestions,
    lexicon_files,
    knowledge_feedback,
    knowledge_gaps,
    knowledge_versions,
    knowledge_publications,
    knowledge_effect,
    subscribers,  # near the last: its addresses hold any word where a customer's number stands
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
    app.include_router(calls_api.router)
    app.include_router(subscriber_data.router)
    for page in PAGES:
        app.include_router(page.router)
    return app
