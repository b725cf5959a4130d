"""One name for every way in which an Elasticsearch fails, and a pause after it hung."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elasticsearch import ApiError, ConnectionTimeout, TransportError

from search.engines.base import EngineDown, EngineUnavailable, IndexMissing

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 8.0


class EngineSlow(EngineDown):
    message = "检索服务器没有及时响应，正在等它恢复。"


class EngineUnreachable(EngineDown):
    message = "连不上检索服务器，正在重试。请检查 ZHIDA_ELASTICSEARCH_URL 和网络。"


class EngineBusy(EngineDown):
    message = "检索服务器太忙，暂时不接受请求，稍后自动重试。"


class EngineRefusesUs(EngineDown):
    message = "检索服务器拒绝了登录。请检查 ZHIDA_ELASTICSEARCH_API_KEY，或用户名和密码。"


class EngineForbids(EngineDown):
    message = "检索服务器上的账号权限不够。请给它建、删、读、写直答的索引和别名的权限。"


class IndexReadOnly(EngineDown):
    message = "检索索引被设成只读（常因磁盘将满），新内容暂时进不了索引。请在检索服务器上解除。"


@contextmanager
def said_as_unavailable() -> Iterator[None]:
    try:
        yield
    except ConnectionTimeout as error:
        raise EngineSlow from error
    except TransportError as error:
        raise EngineUnreachable from error
    except ApiError as error:
        raise named(error.status_code, error.body) from error


def named(status: int, body: Any) -> EngineUnavailable:
    """Return the failure that an answer of the server tells of."""
    kind, reason = kind_of(body)
    if kind == "index_not_found_exception":
        return IndexMissing()
    if is_read_only(status, body):
        return IndexReadOnly()
    by_status = {401: EngineRefusesUs, 403: EngineForbids, 429: EngineBusy, 503: EngineBusy}
    if status in by_status:
        return by_status[status]()
    return EngineDown(f"{EngineDown.message}（{kind}：{reason}）" if kind else None)


def is_read_only(status: int, body: Any) -> bool:
    """Tell it from a cluster that has no master for the moment, which gives 503, and from a busy one."""
    return kind_of(body)[0] == "cluster_block_exception" and status != 503


def kind_of(body: Any) -> tuple[str, str]:
    """Return the type and the reason of an error as the server gives them."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return "", str(error or "")
    return str(error.get("type", "")), str(error.get("reason", ""))


class Pause:
    """Keeps a server that hangs from holding up every query: after each wait in vain, a longer pause."""

    def __init__(self) -> None:
        self._failures, self._until = 0, 0.0
        self._failed: type[EngineDown] = EngineSlow

    @contextmanager
    def kept(self) -> Iterator[None]:
        """
        :raises EngineDown: at once, while the pause lasts, the one that brought it about
        """
        if (began := time.monotonic()) < self._until:
            raise self._failed
        try:
            yield
        except (EngineSlow, EngineUnreachable) as error:
            if began >= self._until:  # else another that was asked beside this one has said so already
                self._lengthen(type(error))
            raise
        self._failures = 0

    def _lengthen(self, failed: type[EngineDown]) -> None:
        self._failures, self._failed = self._failures + 1, failed
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** (self._failures - 1), LONGEST_PAUSE_SECONDS)
        self._until = time.monotonic() + pause
