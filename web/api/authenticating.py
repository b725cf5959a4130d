"""Which other system sends a request: by its signature, or by its token where that is enough."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlmodel import Session

from core import api_clients, database
from core.api_clients import ApiClient, ApiScope, NotRecognised, Signed
from web.dependencies import Now

KEY_HEADER = "X-Zhida-Key"
TIMESTAMP_HEADER = "X-Zhida-Timestamp"
SIGNATURE_HEADER = "X-Zhida-Signature"


async def _body_if_signed(request: Request) -> bytes:
    """A bulk file is not read here: it comes with a token, and its route reads it as it arrives."""
    return await request.body() if SIGNATURE_HEADER in request.headers else b""


def client_with(scope: ApiScope) -> Any:
    """Let a route begin only for a client that has this scope; the route gets the `ApiClient`."""

    def recognise(request: Request, now: Now, body: Annotated[bytes, Depends(_body_if_signed)]) -> ApiClient:
        with database.reading() as session:
            client = _who_sent(session, request, body, scope, now)
        api_clients.note_use(client, now)
        return client

    return Depends(recognise)


def _who_sent(session: Session, request: Request, body: bytes, scope: ApiScope, at: datetime) -> ApiClient:
    if SIGNATURE_HEADER in request.headers:
        return api_clients.by_signature(session, _signed(request, body), scope, at=at)
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise api_clients.NotSigned if scope.is_signed else NotRecognised
    return api_clients.by_token(session, token.strip(), scope)


def _signed(request: Request, body: bytes) -> Signed:
    query = f"?{request.url.query}" if request.url.query else ""
    return Signed(
        key_id=request.headers.get(KEY_HEADER, ""),
        timestamp=request.headers.get(TIMESTAMP_HEADER, ""),
        signature=request.headers.get(SIGNATURE_HEADER, ""),
        method=request.method,
        target=request.scope["path"] + query,
        body=body,
    )
