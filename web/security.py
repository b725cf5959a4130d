"""Cookies, forged requests and what a browser may load."""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import FormData, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import NotAllowed
from core.settings import settings
from core.signing import signing_key
from web.assets import PREFIX

SESSION_COOKIE = "zhida_session"
CSRF_COOKIE = "zhida_csrf"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
API = "/api/"  # of other systems: known by a key in a header, which no page can make a browser send
LONGEST_FIELD = 8 * 1024 * 1024  # an article with its tables, as the editor posts it

POLICY = {
    "default-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
EDITOR_POLICY = POLICY | {"style-src-attr": "'unsafe-inline'", "img-src": "'self' data: blob:"}


class ForgedRequest(NotAllowed):
    message = "页面已过期或请求来自别处，没有执行。请刷新页面后重试。"


def policy_header(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


class Headers:
    """Adds to every answer what makes a browser careful. An answer may have set a policy of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.added = {
            "Content-Security-Policy": policy_header(POLICY),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }
        if settings().secure_cookies:
            self.added["Strict-Transport-Security"] = "max-age=31536000"
            self.added["Cross-Origin-Opener-Policy"] = "same-origin"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.added.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(f"{PREFIX}/"):
                    headers.setdefault("Cache-Control", "no-store")
                    headers.add_vary_header("HX-Request")
            await send(message)

        await self.app(scope, receive, send_careful)


def keep_session(response: Response, token: str) -> None:
    _set_cookie(response, SESSION_COOKIE, token)


def forget_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE)


def _set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, httponly=True, samesite="lax", secure=settings().secure_cookies)


def csrf_token(request: Request) -> str:
    """Return the browser's token, or a fresh one that `keep_csrf` gives it. It outlives sessions."""
    held: str = request.cookies.get(CSRF_COOKIE, "")
    if not _is_ours(held):
        nonce = secrets.token_urlsafe(24)
        held = getattr(request.state, "fresh_csrf", f"{nonce}.{_signature(nonce)}")
        request.state.fresh_csrf = held
    return held


def keep_csrf(request: Request, response: Response) -> None:
    fresh = getattr(request.state, "fresh_csrf", None)
    if fresh:
        _set_cookie(response, CSRF_COOKIE, fresh)


def _signature(nonce: str) -> str:
    return hmac.new(signing_key(), nonce.encode(), hashlib.sha256).hexdigest()


def _is_ours(token: str) -> bool:
    nonce, _, signature = token.partition(".")
    return bool(nonce) and hmac.compare_digest(signature.encode(), _signature(nonce).encode())


async def refuse_forgery(request: Request) -> AsyncIterator[None]:
    """Let an unsafe request pass only if our own page sent it; its form is then `request.state.posted`.

    :raises ForgedRequest: if it came from elsewhere
    """
    if request.method in SAFE_METHODS or request.url.path.startswith(API):
        yield
        return
    if not _comes_from_here(request):
        raise ForgedRequest
    async with request.form(max_part_size=LONGEST_FIELD) as posted:
        if not await run_in_threadpool(_carries_token, request, posted):
            raise ForgedRequest
        request.state.posted = posted
        yield


def _comes_from_here(request: Request) -> bool:
    """Browsers say it in Sec-Fetch-Site, except on plain http in a local network: there Origin says it."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host")


def _carries_token(request: Request, posted: FormData) -> bool:
    kept = request.cookies.get(CSRF_COOKIE, "")
    shown = request.headers.get(CSRF_HEADER) or posted.get(CSRF_FIELD)
    return isinstance(shown, str) and hmac.compare_digest(shown.encode(), kept.encode()) and _is_ours(kept)
