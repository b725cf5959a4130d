"""How the system is doing: the index, the jobs that wait, the jobs that failed."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from core import jobs, paging
from core.permissions import Permission
from search import drift, engines, indexing, meaning, rebuilds, reranking
from search.degraded import A_DAY, JUST_NOW, degraded_since
from search.engines.base import EngineDown
from search.floor import is_fitted_for
from search.rebuild import changes_model
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.templating import page_or_fragment

router = APIRouter(prefix="/system")
seen_by = [allowed(Permission.SEE_SYSTEM)]
run_by = [allowed(Permission.RUN_SYSTEM)]


@router.get("", name="system", dependencies=seen_by)
def state(request: Request, db: ReadDb, now: Now, page: int = 1) -> Response:
    index, failure = indexing.status_if_any()
    dead = paging.page_of(db, jobs.dead(), page)
    return page_or_fragment(
        request,
        page="system/page.html",
        fragment="system/_state.html",
        index=index,
        failure=failure,
        is_away=isinstance(failure, EngineDown),
        trouble=meaning.trouble(index),
        next_model=index.preparing if index and changes_model(index) else None,
        is_judged=bool(index and is_fitted_for(index.recipe)),
        encoding=meaning.encoding(index.recipe) if index and index.recipe else None,
        reranker=reranking.reranker(),
        engine=engines.name(),
        checked=drift.latest(db),
        rebuild=rebuilds.latest(db),
        lately=degraded_since(db, now - JUST_NOW, at=now),
        today=degraded_since(db, now - A_DAY, at=now),
        waiting={jobs.label_of(kind): count for kind, count in jobs.waiting(db).items()},
        held_up={jobs.label_of(kind): why for kind, why in jobs.held_up(db).items()},
        failed=dead.of([(job, jobs.label_of(job.kind)) for job in dead.rows]),
    )


@router.post("/index", name="system.index.rebuild", dependencies=run_by)
def rebuild_index(db: Db, actor: CurrentActor, now: Now) -> Response:
    rebuilds.ask(db, actor=actor, at=now)
    return RedirectResponse("/system", 303)


@router.post("/index/pause", name="system.index.pause", dependencies=run_by)
def pause_rebuild(db: Db, actor: CurrentActor, now: Now) -> Response:
    rebuilds.pause(db, actor=actor, at=now)
    return RedirectResponse("/system", 303)


@router.post("/index/abandon", name="system.index.abandon", dependencies=run_by)
def abandon_rebuild(db: Db, actor: CurrentActor, now: Now) -> Response:
    rebuilds.abandon(db, actor=actor, at=now)
    return RedirectResponse("/system", 303)


@router.post("/jobs/{job_id}/rerun", name="system.job.rerun", dependencies=run_by)
def rerun(db: Db, job_id: UUID, actor: CurrentActor, now: Now) -> Response:
    jobs.rerun(db, job_id, actor=actor, at=now)
    return RedirectResponse("/system", 303)
