"""How the system is doing: the index, the jobs that wait, the jobs that failed."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from core import audit, jobs, paging
from core.permissions import Permission
from search import indexing, meaning, reranking
from search.engines.base import EngineStatus, EngineUnavailable
from search.rebuild import changes_model
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.templating import page_or_fragment

router = APIRouter(prefix="/system")
seen_by = [allowed(Permission.SEE_SYSTEM)]
run_by = [allowed(Permission.RUN_SYSTEM)]


@router.get("", name="system", dependencies=seen_by)
def state(request: Request, db: ReadDb, page: int = 1) -> Response:
    index = _index_if_any()
    dead = paging.page_of(db, jobs.dead(), page)
    return page_or_fragment(
        request,
        page="system/page.html",
        fragment="system/_state.html",
        index=index,
        trouble=meaning.trouble(index),
        next_model=index.preparing if index and changes_model(index) else None,
        reranker=reranking.reranker(),
        waiting={jobs.label_of(kind): count for kind, count in jobs.waiting(db).items()},
        failed=dead.of([(job, jobs.label_of(job.kind)) for job in dead.rows]),
    )


@router.post("/index", name="system.index.rebuild", dependencies=run_by)
def rebuild_index(db: Db, actor: CurrentActor, now: Now) -> Response:
    indexing.schedule_rebuild(db, at=now)
    audit.record(db, actor=actor, action="search.rebuild.asked", subject_id="index", at=now)
    return RedirectResponse("/system", 303)


@router.post("/jobs/{job_id}/rerun", name="system.job.rerun", dependencies=run_by)
def rerun(db: Db, job_id: UUID, actor: CurrentActor, now: Now) -> Response:
    jobs.rerun(db, job_id, actor=actor, at=now)
    return RedirectResponse("/system", 303)


def _index_if_any() -> EngineStatus | None:
    try:
        return indexing.status()
    except EngineUnavailable:
        return None
