"""From a failure to what the person sees: a page, or a fragment in its place."""

import logging

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import clock
from core.api_clients import NotRecognised
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Unavailable
from core.settings import settings
from web.dependencies import PasswordMustChange, recognise
from web.htmx import redirect
from web.returning import NotSignedIn, ask_to_sign_in
from web.security import API
from web.templating import page_or_fragment

log = logging.getLogger(__name__)

STATUS: dict[type[DomainError], int] = {
    NotRecognised: 401,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    Unavailable: 503,
}
RETRY_SECONDS = 3
REASONS = {
    404: "没有这个页面。地址可能输错了，或内容已被移走。请回到首页重新进入。",
    405: "这个地址不支持这种操作。请返回上一页，从页面上的按钮操作。",
}
NOT_UNDERSTOOD = "请求不完整，系统没有执行。请返回上一页，刷新后重试。"
UNEXPECTED = "系统出错了，刚才的操作没有保存。请重试；如再次出现，请把错误号告诉管理员。"
NO_DATABASE = "数据库暂时连接不上，刚才的操作没有保存。请稍等几秒再试。"
CLASHED = "刚才的内容与别人同时提交的内容冲突，没有保存。请刷新页面核对后重新提交。"


def status_of(error: DomainError) -> int:
    return next(STATUS[family] for family in type(error).__mro__ if family in STATUS)


def install(app: FastAPI) -> None:
    app.exception_handler(DomainError)(_anticipated)
    app.exception_handler(PasswordMustChange)(_password_first)
    app.exception_handler(NotSignedIn)(ask_to_sign_in)
    app.exception_handler(HTTPException)(_refused)
    app.exception_handler(RequestValidationError)(_not_understood)
    app.exception_handler(IntegrityError)(_clashed)
    for silence in (OperationalError, InterfaceError, PoolExhausted):
        app.exception_handler(silence)(_no_database)


def show(request: Request, status: int, message: str) -> Response:
    response = _said_to_system(request, status, message) or page_or_fragment(
        request,
        page="error.html",
        fragment="_error.html",
        status_code=status,
        message=message,
        request_id=request.state.request_id if status >= 500 else "",
    )
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _said_to_system(request: Request, status: int, message: str) -> Response | None:
    """Another system gets JSON, with the number by which the log knows the request."""
    if not request.url.path.startswith(API):
        return None
    return JSONResponse({"error": message, "request": request.state.request_id}, status)


def _anticipated(request: Request, error: DomainError) -> Response:
    return show(request, status_of(error), str(error))


def _password_first(request: Request, _error: PasswordMustChange) -> Response:
    return redirect(request, "/account/password")


def _refused(request: Request, error: HTTPException) -> Response:
    too_large = f"内容超过 {settings().upload_limit_mb} MB 的上限，没有上传。请拆成较小的文件后重试。"
    recognise(request, clock.now())
    message = too_large if error.status_code == 413 else REASONS.get(error.status_code, NOT_UNDERSTOOD)
    response = show(request, error.status_code, message)
    response.headers.update(error.headers or {})
    return response


def _not_understood(request: Request, error: RequestValidationError) -> Response:
    """An address that names no possible record is a page that does not exist."""
    in_path = any(problem["loc"][0] == "path" for problem in error.errors())
    if request.url.path.startswith(API) and not in_path:
        return show(request, 422, f"请求不合约定，没有执行：{_faults(error)}。")
    return show(request, 404, REASONS[404]) if in_path else show(request, 422, NOT_UNDERSTOOD)


def _faults(error: RequestValidationError) -> str:
    """Return which parts of the message are wrong, without what they held: it may be somebody's number."""
    places = [".".join(str(step) for step in problem["loc"][1:]) for problem in error.errors()]
    faults = zip(places, error.errors(), strict=True)
    return "；".join(f"{place or '正文'}（{problem['type']}）" for place, problem in faults)


def _clashed(request: Request, error: IntegrityError) -> Response:
    log.warning("request %s clashed: %s", request.state.request_id, error.orig)
    return show(request, 409, CLASHED)


def _no_database(request: Request, error: Exception) -> Response:
    log.error("request %s found no database: %s", request.state.request_id, error)
    return show(request, 503, NO_DATABASE)


class Unexpected:
    """The last resort: whatever nobody anticipated is logged and shown with the number of its request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception:
            request = Request(scope, receive)
            log.exception("request %s %s %s", request.state.request_id, request.method, request.url.path)
            if begun:
                raise
            response = await run_in_threadpool(show, request, 500, UNEXPECTED)
            await response(scope, receive, send)
