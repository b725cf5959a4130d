"""Bringing knowledge in from files: upload, columns, dry run, import, publication."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.datastructures import UploadFile

from core import database, paging, staff
from core.errors import Invalid
from core.permissions import Permission
from core.settings import settings
from kb.importing import batches, queueing, refused_rows, releasing
from kb.importing.headings import Meaning
from kb.importing.models import BatchState, ImportBatch
from kb.importing.receiving import SUFFIXES, Upload, prepare
from kb.importing.releasing import Release
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import page_or_fragment

HERE = "/knowledge/imports"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.IMPORT_ARTICLES)])
published_by = [allowed(Permission.PUBLISH_ARTICLE)]


F = TypeVar("F", bound=BaseModel)


@dataclass(frozen=True)
class Column:
    """A column of the files: what it is taken for, and how some of its cells begin."""

    number: int
    heading: str
    meaning: Meaning | None
    samples: tuple[str, ...]


class Source(BaseModel):
    source: str = ""


class Nothing(BaseModel):
    """A form of one button."""


@router.get("", name="imports")
def listing(request: Request, db: ReadDb, page: int = 1) -> Response:
    return _list(request, db, blank(), page)


@router.post("", name="imports.receive")
def receive(request: Request, db: ReadDb, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Source)
    files = [file for file in request.state.posted.getlist("files") if isinstance(file, UploadFile)]
    uploads = [Upload(file.filename, file.file) for file in files if file.filename]
    try:
        batch_id = prepare(uploads, source=str(form.values["source"]), actor=actor, at=now)
    except Invalid as error:
        form.refuse(error)
        return _list(request, db, form)
    return RedirectResponse(f"{HERE}/{batch_id}", 303)


@router.get("/{batch_id}", name="imports.batch")
def show(request: Request, db: ReadDb, batch_id: UUID, now: Now, page: int = 1) -> Response:
    return _show(request, db, batches.find(db, batch_id), blank(), at=now, page=page)


@router.post("/{batch_id}/check", name="imports.check")
def check(request: Request, db: Db, batch_id: UUID, actor: CurrentActor, now: Now) -> Response:
    def act(said: Source) -> None:
        mapping = _chosen(request, batches.find(db, batch_id))
        queueing.ask_check(db, batch_id, mapping, source=said.source, actor=actor, at=now)

    return _carry_out(request, db, batch_id, Source, act, now)


@router.post("/{batch_id}/import", name="imports.carry_out")
def carry_out(request: Request, db: Db, batch_id: UUID, actor: CurrentActor, now: Now) -> Response:
    def act(_said: Nothing) -> None:
        queueing.ask_import(db, batch_id, actor=actor, at=now)

    return _carry_out(request, db, batch_id, Nothing, act, now)


@router.post("/{batch_id}/publication", name="imports.publish", dependencies=published_by)
def publish(request: Request, db: Db, batch_id: UUID, actor: CurrentActor, now: Now) -> Response:
    def act(_said: Nothing) -> None:
        queueing.ask_publish(db, batch_id, actor=actor, at=now)

    return _carry_out(request, db, batch_id, Nothing, act, now)


@router.get("/{batch_id}/refused.csv", name="imports.refused")
def download(db: ReadDb, batch_id: UUID) -> Response:
    batch = batches.find(db, batch_id)
    name = quote(f"被拒行 {batch.names[:60]}.csv", safe="")
    headers = {"Content-Disposition": f"attachment; filename=\"refused.csv\"; filename*=UTF-8''{name}"}
    return StreamingResponse(_pieces(batch_id), media_type="text/csv; charset=utf-8", headers=headers)


def _pieces(batch_id: UUID) -> Iterator[str]:
    """The request's own session is gone when the answer flows."""
    with database.reading() as session:
        yield from refused_rows.as_csv(session, batches.find(session, batch_id))


def _chosen(request: Request, batch: ImportBatch) -> dict[str, Meaning]:
    said = {heading: request.state.posted.get(f"column-{n}") for n, heading in enumerate(batch.headings)}
    return {heading: Meaning(value) for heading, value in said.items() if value in set(Meaning)}


def _columns(request: Request, batch: ImportBatch, form: Form[F]) -> list[Column]:
    mapping = _chosen(request, batch) if form.errors else batches.mapping_of(batch)
    return [
        Column(number, heading, mapping.get(heading), tuple(batch.sample.get(heading, ())))
        for number, heading in enumerate(batch.headings)
    ]


def _carry_out(
    request: Request, db: Session, batch_id: UUID, shape: type[F], act: Callable[[F], None], at: datetime
) -> Response:
    """Do it and show the batch; a refusal stands on it, and the columns as they were chosen."""
    form = read_form(request, shape)
    form.carry_out(db, act)
    if not form.errors:
        return RedirectResponse(f"{HERE}/{batch_id}", 303)
    return _show(request, db, batches.find(db, batch_id), form, at=at)


def _list(request: Request, db: Session, form: Form[Source], page: int = 1) -> Response:
    found = paging.page_of(db, batches.listed(), page)
    return page_or_fragment(
        request,
        page="imports/page.html",
        fragment="imports/_list.html",
        status_code=form.status if form.errors else 200,
        batches=found,
        names=staff.names_of(db, [batch.staff_id for batch in found.rows]),
        form=form,
        accepted=",".join(sorted(SUFFIXES)),
        limit=settings().upload_limit_mb,
    )


def _show(
    request: Request, db: Session, batch: ImportBatch, form: Form[F], *, at: datetime, page: int = 1
) -> Response:
    plan = releasing.planned(db, batch.id, at=at)
    done, total = _progress(batch, plan)
    return page_or_fragment(
        request,
        page="imports/batch.html",
        fragment="imports/_batch.html",
        status_code=form.status if form.errors else 200,
        batch=batch,
        form=form,
        columns=_columns(request, batch, form),
        meanings=list(Meaning),
        refusals=paging.page_of(db, batches.refusals(batch.id), page),
        plan=plan,
        done=done,
        total=total,
    )


def _progress(batch: ImportBatch, plan: Release) -> tuple[int, int]:
    """Return how far it is and how far it goes; 0: not known before the end."""
    if batch.stage is BatchState.PUBLISHING:
        return batch.published, batch.published + plan.drafts
    return batch.read, batch.total if batch.stage is BatchState.IMPORTING else 0
