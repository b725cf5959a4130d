"""How much a request may bring."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DRAINED = (
    4  # times the limit that is still read and thrown away: an early answer would look like a broken line
)


class BodyLimit:
    def __init__(self, app: ASGIApp, megabytes: int) -> None:
        self.app, self.limit = app, megabytes * 1024 * 1024

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = int(Headers(scope=scope).get("content-length", "0"))
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if max(announced, taken) > self.limit:
                await _drain(receive, message, self.limit * DRAINED - taken)
                raise HTTPException(413)
            return message

        await self.app(scope, receive_limited, send)


async def _drain(receive: Receive, message: Message, left: int) -> None:
    while message.get("more_body", False) and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
