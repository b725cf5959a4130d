"""How the system is doing: jobs that wait, jobs that failed."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from core import jobs, paging
from core.permissions import Permission
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.templating import page_or_fragment

router = APIRouter(prefix="/system")


@router.get("", name="system", dependencies=[allowed(Permission.SEE_SYSTEM)])
def state(request: Request, db: ReadDb, page: int = 1) -> Response:
    waiting = {jobs.label_of(kind): count for kind, count in jobs.waiting(db).items()}
    dead = paging.page_of(db, jobs.dead(), page)
    failed = dead.of([(job, jobs.label_of(job.kind)) for job in dead.rows])
    return page_or_fragment(
        request, page="system/page.html", fragment="system/_state.html", waiting=waiting, failed=failed
    )


@router.post("/jobs/{job_id}/rerun", name="system.job.rerun", dependencies=[allowed(Permission.RUN_SYSTEM)])
def rerun(db: Db, job_id: UUID, actor: CurrentActor, now: Now) -> Response:
    jobs.rerun(db, job_id, actor=actor, at=now)
    return RedirectResponse("/system", 303)
