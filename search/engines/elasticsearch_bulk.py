"""Many changes in a few requests, at the pace that the server bears; what it refuses is said one by one."""

import json
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError, ConnectionTimeout
from elasticsearch import ConnectionError as NoConnection

from core.errors import Invalid
from search.engines.base import IndexMissing
from search.engines.elasticsearch_cluster import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    PATIENCE_SECONDS,
    Cluster,
)
from search.engines.elasticsearch_failures import (
    EngineBusy,
    EngineSlow,
    IndexReadOnly,
    is_read_only,
    kind_of,
    said_as_unavailable,
)

MOST_BYTES = 4_000_000
PASSES = frozenset({429, 502, 503, 504})
TOO_LARGE = 413  # a proxy before the server takes less at once than the server itself


TOO_LARGE_MESSAGE = "比检索服务器（或它前面的代理）一次肯收的还大，请调大代理的上传限制"


class ChangesRefused(Invalid):
    """`reasons`: by id, why the server does not take it. Everything else was written."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        first, reason = next(iter(reasons.items()))
        super().__init__(f"有 {len(reasons)} 条内容没有写进索引，第一条 {first}：{reason}")
        self.reasons = reasons


@dataclass(frozen=True)
class Change:
    """One line of a bulk request, or two."""

    id: str
    lines: bytes


def put(index: str, id_: str, entry: Mapping[str, Any]) -> Change:
    return _change("index", index, id_, entry)


def update(index: str, id_: str, part: Mapping[str, Any], *, otherwise: Mapping[str, Any]) -> Change:
    """Change a part of an entry, or put it `otherwise` if it is not there."""
    return _change("update", index, id_, {"doc": part, "upsert": otherwise})


def remove(index: str, id_: str) -> Change:
    return _change("delete", index, id_, None)


def _change(what: str, index: str, id_: str, body: Mapping[str, Any] | None) -> Change:
    # An alias is required, so that no write brings a deleted index back, without its mapping.
    head = {what: {"_index": index, "_id": id_, "require_alias": True}}
    parts = [head] if body is None else [head, body]
    return Change(id_, b"".join(json.dumps(part, ensure_ascii=False).encode() + b"\n" for part in parts))


def send(cluster: Cluster, changes: Iterable[Change]) -> dict[str, str]:
    """Make the changes, any of which may be made twice; return, by id, why some can never be made.

    A busy server gets smaller requests after longer pauses. One that is read-only is not asked again.

    :raises IndexReadOnly: if none can be made now
    :raises EngineBusy: if the server stays too busy for a minute
    """
    waiting, pace, refused = deque(changes), _Pace(), dict[str, str]()
    while waiting:
        batch = list(_taken(waiting, pace.bytes))
        later = _sent(cluster, batch, refused)
        waiting.extendleft(reversed(later))
        pace.adapt(batch, later)
    return refused


class _Pace:
    """How much at once, and how long to wait when that was too much."""

    def __init__(self) -> None:
        self.bytes = MOST_BYTES
        self._pause, self._deadline = FIRST_PAUSE_SECONDS, time.monotonic() + PATIENCE_SECONDS

    def adapt(self, batch: list[Change], later: list[Change]) -> None:
        if len(later) < len(batch):
            self._pause, self._deadline = FIRST_PAUSE_SECONDS, time.monotonic() + PATIENCE_SECONDS
        if not later:
            self.bytes = min(MOST_BYTES, 2 * self.bytes)
            return
        if time.monotonic() > self._deadline:
            raise EngineBusy
        self.bytes = sum(len(change.lines) for change in batch) // 2
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)


def _taken(waiting: deque[Change], most: int) -> Iterator[Change]:
    size = 0
    while waiting and (size == 0 or size + len(waiting[0].lines) <= most):
        size += len(waiting[0].lines)
        yield waiting.popleft()


def _sent(cluster: Cluster, batch: list[Change], refused: dict[str, str]) -> list[Change]:
    """Return what has to be sent again; note what never can be."""
    lines: list[Any] = [change.lines for change in batch]  # the client takes what is written out as it is
    try:
        items = cluster.patient.bulk(operations=lines)["items"]
    except ConnectionTimeout as error:
        raise EngineSlow from error
    except NoConnection:
        return batch
    except ApiError as error:
        if error.status_code == TOO_LARGE:
            return _in_smaller_pieces(batch, refused)
        if error.status_code in PASSES and not is_read_only(error.status_code, error.body):
            return batch
        with said_as_unavailable():
            raise
    results = [next(iter(item.values())) for item in items]
    return [
        change
        for change, result in zip(batch, results, strict=True)
        if _is_for_later(change, result, refused)
    ]


def _in_smaller_pieces(batch: list[Change], refused: dict[str, str]) -> list[Change]:
    if len(batch) > 1:
        return batch
    refused[batch[0].id] = TOO_LARGE_MESSAGE
    return []


def _is_for_later(change: Change, result: Mapping[str, Any], refused: dict[str, str]) -> bool:
    status = result["status"]
    if "error" not in result:
        return False
    kind, reason = kind_of(result)
    if is_read_only(status, result):
        raise IndexReadOnly
    if kind == "index_not_found_exception":
        raise IndexMissing
    if status in PASSES:
        return True
    refused[change.id] = reason
    return False
