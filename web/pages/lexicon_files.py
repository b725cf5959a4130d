"""The lexicon as a file: download it, upload one, look at what each row would do, take it in."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.datastructures import UploadFile

from core import database
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission
from kb import lexicon_files
from kb.lexicon_effect import MOST_MOVES, Verdict, effect_of
from kb.lexicon_files import Outcome
from search.lexicon import changing, listing
from search.lexicon.models import Kind
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import page_or_fragment, render

HERE = "/lexicon/files"
MOST_SHOWN = 200
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.KEEP_LEXICON)])


class Brought(BaseModel):
    """`kind` is that of rows which say none."""

    kind: Kind = Kind.WORD


@router.get("", name="lexicon.files")
def files(request: Request, db: ReadDb) -> Response:
    return _show(request, db, blank())


@router.get("/lexicon.csv", name="lexicon.export")
def export(actor: CurrentActor, now: Now) -> Response:
    headers = {
        "Content-Disposition": "attachment; filename=\"lexicon.csv\"; filename*=UTF-8''%E8%AF%8D%E5%BA%93.csv"
    }
    return StreamingResponse(_pieces(actor, now), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("", name="lexicon.upload")
def upload(request: Request, db: ReadDb, now: Now) -> Response:
    form = read_form(request, Brought)
    file = request.state.posted.get("file")
    content, name = (
        (file.file, file.filename or "未选择") if isinstance(file, UploadFile) else (BytesIO(), "未选择")
    )
    try:
        token = lexicon_files.keep_upload(content, name, at=now)
    except Invalid as error:
        form.refuse(error)
        return _show(request, db, form)
    return RedirectResponse(f"{HERE}/{token}?kind={form.values['kind'] or Kind.WORD}", 303)


@router.get("/{token}", name="lexicon.checked")
def checked(request: Request, db: ReadDb, token: UUID, kind: Kind = Kind.WORD) -> Response:
    found = lexicon_files.check(db, token, kind)
    return render(
        request,
        "lexicon/checked.html",
        checked=found,
        outcomes=list(Outcome),
        shown=[*found.refused, *(row for row in found.rows if row.move)][:MOST_SHOWN],
        token=token,
        kind=kind,
        most=MOST_MOVES,
    )


@router.get("/{token}/effect", name="lexicon.files_effect")
def effect(
    request: Request, db: ReadDb, actor: CurrentActor, now: Now, token: UUID, kind: Kind = Kind.WORD
) -> Response:
    moves = lexicon_files.check(db, token, kind).moves[:MOST_MOVES]
    return page_or_fragment(
        request,
        page="lexicon/file_effect.html",
        fragment="lexicon/_moved.html",
        effect=effect_of(db, moves, actor=actor, at=now),
        verdicts=list(Verdict),
        done="导入",
        token=token,
        kind=kind,
    )


@router.post("/{token}", name="lexicon.import")
def carry_out(request: Request, db: Db, actor: CurrentActor, now: Now, token: UUID) -> Response:
    kind = read_form(request, Brought).data or Brought()
    moves = lexicon_files.check(db, token, kind.kind).moves
    if moves:
        changing.keep_all(db, moves, actor=actor, at=now)
    database.after_commit(db, lambda: lexicon_files.forget_upload(token))
    return RedirectResponse("/lexicon/history", 303)


def _pieces(actor: Actor, at: datetime) -> Iterator[str]:
    """The request's own session is gone when the answer flows."""
    with database.reading() as session:
        yield from lexicon_files.export(session, actor=actor, at=at)


def _show(request: Request, db: Session, form: Form[Brought]) -> Response:
    return render(
        request,
        "lexicon/files.html",
        form.status if form.errors else 200,
        form=form,
        kinds=[(kind.value, kind.label) for kind in Kind],
        counts=listing.counts(db),
        headings=lexicon_files.HEADINGS,
    )
