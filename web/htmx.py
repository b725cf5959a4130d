"""The few things that are particular to htmx."""

import json

from anyio import from_thread
from fastapi import Request
from fastapi.responses import Response


def wants_fragment(request: Request) -> bool:
    """Tell whether htmx asked for a part of the page. When it restores history it needs the whole page."""
    return "HX-Request" in request.headers and not is_restored(request)


def is_restored(request: Request) -> bool:
    """Tell whether the person came back to a page instead of asking for it."""
    return "HX-History-Restore-Request" in request.headers


def is_settled(request: Request) -> bool:
    """Tell whether a search may take its time: after a pause or Enter, or for a whole page."""
    return not wants_fragment(request) or "X-Settled" in request.headers


def is_given_up(request: Request) -> bool:
    """Tell whether the browser has hung up, as it does once the next letter is typed.

    For a route, which runs in a thread: it may have waited for its turn.
    """
    return from_thread.run(request.is_disconnected)


def toast(response: Response, text: str, kind: str = "ok", *, also: str = "") -> Response:
    """Let a short note appear. The header is ASCII, or the server could not send it.

    `also` names an event that other parts of the page listen for.
    """
    events: dict[str, dict[str, str]] = {"toast": {"text": text, "kind": kind}}
    if also:
        events[also] = {}
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


def redirect(request: Request, path: str) -> Response:
    """Send the person on: a page by 303, htmx by its own header, since it would swap the new page in."""
    if wants_fragment(request):
        return Response(status_code=204, headers={"HX-Redirect": path})
    return Response(status_code=303, headers={"Location": path})
