"""The stream of news for whoever is signed in. It answers 401, never with a sign-in page."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response, StreamingResponse

from core import clock, database, news
from core.identity import Actor
from core.permissions import Permission, may
from web.call_bar import bar_html
from web.dependencies import Now, recognise
from web.live_events import Present, SessionOver, stream

router = APIRouter(prefix="/events")
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("", name="events")
def events(
    request: Request,
    now: Now,
    staff: UUID | None = None,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """`staff` is for whom the page was drawn: somebody else may have signed in since."""
    actor = _listening(request, now, staff)
    if actor is None:
        return Response(status_code=401)
    staff_id = actor.staff_id
    last = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else None

    def look(seen: int | None) -> Present | None:
        at = clock.now()
        here = _listening(request, at, staff_id)
        if here is None:
            raise SessionOver
        with database.reading() as session:
            number = news.numbers(session, [staff_id])[staff_id]
            if number == seen:
                return None
            return Present(number, bar_html(request, session, here, at))

    return StreamingResponse(stream(staff_id, last, look), media_type="text/event-stream", headers=HEADERS)


@router.get("/open", name="events.open")
def may_listen(request: Request, now: Now, staff: UUID | None = None) -> Response:
    """Tell a browser whose stream was refused whether signing in would help."""
    return Response(status_code=204 if _listening(request, now, staff) else 401)


def _listening(request: Request, at: Now, staff: UUID | None) -> Actor | None:
    actor = recognise(request, at)
    if actor is None or not may(actor, Permission.TAKE_CALLS) or staff not in {None, actor.staff_id}:
        return None
    return actor
