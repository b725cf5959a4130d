"""How long each answer took, and the number by which it is found in the log."""

import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Timing:
    """Numbers every request, and says in `Server-Timing` how many milliseconds the answer took to begin."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        number = secrets.token_hex(4)
        scope.setdefault("state", {})["request_id"] = number

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Server-Timing"] = f"app;dur={(time.perf_counter() - began) * 1000:.2f}"
                headers["X-Request-Id"] = number
            await send(message)

        await self.app(scope, receive, send_timed)
