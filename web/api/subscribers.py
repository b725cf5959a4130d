"""Subscriber data from other systems over HTTPS: many rows at once, one row, and how a load stands."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from core import database
from core.api_clients import ApiClient, ApiScope
from core.errors import Invalid
from subscribers.entities import entity as entity_named
from subscribers.loading import turning
from subscribers.loading.advancing import advance
from subscribers.loading.alone import LoadUnderWay
from subscribers.loading.layouts import HEAD
from subscribers.loading.models import Load, LoadKind, LoadState, QuarantinedRow
from subscribers.loading.turning import id_of
from subscribers.steering import going_on
from subscribers.steering.arriving import Sending, receive_lines, refuse_strange, row_of, rows_of_json
from web.api.authenticating import client_with
from web.dependencies import Now, ReadDb

HERE = "/api/v1/subscribers"
IN_MEMORY = 1 << 20
HEAD_START = timedelta(seconds=5)  # of the request before the worker: whoever takes the row knows its result
MOST_PROBLEMS = 100
COUNTS = (
    *("rows", "staged", "inserted", "updated", "unchanged", "stale", "superseded"),
    *("removed", "absent", "bad", "orphans"),
)
router = APIRouter(prefix=HERE)
Client = Annotated[ApiClient, client_with(ApiScope.SUBSCRIBERS_WRITE)]


class How(BaseModel):
    """What the address says of the rows in the body."""

    model_config = ConfigDict(extra="forbid")

    source: str
    kind: LoadKind = LoadKind.DELTA
    sequence: int = Field(default=0, ge=0, le=999_999_999)
    previous: int = Field(default=0, ge=0, le=999_999_999)
    business_day: date | None = None
    encoding: str = Field(default="utf-8", pattern="^(utf-8|gb18030)$")
    layout: str = Field(default="delimited", pattern="^(delimited|fixed)$")
    columns: str = ""


class NotAnObject(Invalid):
    message = "正文应为一个 JSON 对象：字段名和值。"


async def _arrived(request: Request) -> AsyncIterator[IO[bytes]]:
    """Take the body as it comes, beyond a megabyte on disk."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
        async for part in request.stream():
            body.write(part)
        body.seek(0)
        yield body


Body = Annotated[IO[bytes], Depends(_arrived)]


@router.post("/{entity}/loads", name="api.subscribers.send")
def send(
    request: Request, entity: str, how: Annotated[How, Query()], client: Client, body: Body, now: Now
) -> Response:
    """Take NDJSON, or the rows of a .dat; the same content again is the same load while it still holds."""
    client.require_source(how.source)
    sending = _sending(entity, how)
    is_json = request.headers.get("Content-Type", "").startswith(("application/x-ndjson", "application/json"))
    lines = rows_of_json(sending.entity, body) if is_json else iter(body)
    received = receive_lines(sending, lines, client_id=client.id, at=now)
    with database.unit_of_work() as session:
        going_on.go_on(session, id_of(received.load), at=now)
    return JSONResponse(_state(received.load), 200 if received.is_replay else 202)


@router.put("/{entity}/{key}", name="api.subscribers.put")
def put(entity: str, key: str, source: str, client: Client, body: Body, now: Now) -> Response:
    """Take one row at once: it is in the copy when the answer says so."""
    client.require_source(source)
    named = entity_named(entity)
    said = _object(body)
    refuse_strange(1, said, {*HEAD, *(one.name for one in named.fields)} - {"key"})
    sending = Sending(source=source, entity=named)
    received = receive_lines(sending, [row_of(named, {**said, "key": key})], client_id=client.id, at=now)
    load_id = id_of(received.load)
    with database.unit_of_work() as session:
        going_on.go_on(session, load_id, at=now, wait=HEAD_START)  # should this process die on the way
    with suppress(LoadUnderWay):  # then the answer says how far it is
        advance(load_id, at=now)
    with database.reading() as session:
        load = turning.find(session, load_id)
        return JSONResponse({**_state(load), "problems": _problems(session, load)}, _status(load))


@router.get("/loads/{load_id}", name="api.subscribers.load")
def show(db: ReadDb, load_id: int, client: Client) -> Response:
    load = turning.find(db, load_id)
    client.require_source(load.source)
    return JSONResponse({**_state(load), "problems": _problems(db, load)})


def _sending(entity: str, how: How) -> Sending:
    named = entity_named(entity)
    columns = tuple(filter(None, how.columns.split(",")))
    strange = set(columns) - {one.name for one in named.fields}
    if strange:
        raise Invalid(f"columns 里有不认识的字段：{'、'.join(sorted(strange))}。")
    return Sending(
        source=how.source,
        entity=named,
        kind=how.kind,
        sequence=how.sequence,
        previous=how.previous,
        business_day=how.business_day,
        encoding=how.encoding,
        layout=how.layout,
        columns=columns,
    )


def _object(body: IO[bytes]) -> dict[str, Any]:
    try:
        said = json.load(body)
    except ValueError as error:
        raise NotAnObject from error
    if not isinstance(said, dict):
        raise NotAnObject
    return said


def _status(load: Load) -> int:
    """Return what became of one row: taken, older than what is here, or put aside."""
    if load.bad or load.orphans:
        return 422
    if load.stale:
        return 409
    if load.state != LoadState.ACKNOWLEDGED:
        return 202
    return 201 if load.inserted else 200


def _state(load: Load) -> dict[str, Any]:
    return {
        "load": load.id,
        "name": load.name,
        "entity": load.entity,
        "source": load.source,
        "kind": load.kind,
        "state": load.state,
        "label": LoadState(load.state).label,
        "reason": load.reason,
        "sha256": load.sha256,
        "href": f"{HERE}/loads/{load.id}",
        **{name: getattr(load, name) for name in COUNTS},
    }


def _problems(session: Session, load: Load) -> list[dict[str, Any]]:
    """Return why rows were put aside, without what they say."""
    mine = select(QuarantinedRow).where(QuarantinedRow.load_id == load.id)
    rows = session.exec(mine.order_by(col(QuarantinedRow.row_number)).limit(MOST_PROBLEMS))
    return [{"row": row.row_number, "key": row.key, **problem} for row in rows for problem in row.problems]
