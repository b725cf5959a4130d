"""An Elasticsearch as this process reaches it: where, as whom, and how long it waits for an answer."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from elasticsearch import Elasticsearch

from core.errors import Invalid
from search.engines.elasticsearch_failures import EngineBusy, Pause, named, said_as_unavailable

PATIENT_SECONDS = 60.0
CONNECTIONS = 40
TRIES, AGAIN_ON, AGAIN_SECONDS = 2, (502, 503, 504), 0.1
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PATIENCE_SECONDS = 0.1, 5.0, 60.0
Body = dict[str, Any]
T = TypeVar("T")


class AddressUnusable(Invalid):
    message = (
        "ZHIDA_ELASTICSEARCH_URL 写得不对。请写成 https://主机:9200，几个节点用逗号隔开；"
        "证书文件（ZHIDA_ELASTICSEARCH_CA）须能读到。"
    )


class TwoSignIns(AddressUnusable):
    message = "ZHIDA_ELASTICSEARCH_API_KEY 和 ZHIDA_ELASTICSEARCH_USER 只能设一个。请去掉一个再启动。"


@dataclass(frozen=True)
class Address:
    """`prefix`: what the names of our indices begin with, so that several centres can share a cluster."""

    urls: tuple[str, ...]
    prefix: str = "zhida"
    api_key: str = ""
    user: str = ""
    password: str = ""
    ca: str = ""
    seconds: float = 2.0


class Cluster:
    """Searches are hurried: after one that was waited for in vain the next fail at once for a while."""

    def __init__(self, address: Address) -> None:
        """
        :raises AddressUnusable: if it cannot be an address
        """
        self.prefix = address.prefix
        self._pause = Pause()
        if address.ca and not Path(address.ca).is_file():
            raise AddressUnusable
        if address.api_key and address.user:
            raise TwoSignIns
        certificates: Body = {"ca_certs": address.ca} if address.ca else {}
        try:
            self._client = Elasticsearch(
                list(address.urls),
                api_key=address.api_key or None,
                basic_auth=(address.user, address.password) if address.user else None,
                request_timeout=address.seconds,
                connections_per_node=CONNECTIONS,
                max_retries=TRIES,
                retry_on_status=AGAIN_ON,
                **certificates,
            )
        except (ValueError, OSError) as error:
            raise AddressUnusable from error
        self.patient = self._client.options(request_timeout=PATIENT_SECONDS, retry_on_status=())

    def answers(self, searches: Sequence[tuple[str, Body]]) -> list[Body]:
        """Return the answer to each search of an index, all in one trip, for somebody who waits.

        While a node goes down, a search may find none of the copies of a shard for a moment: the client asks
        again for a whole request that failed so, and this for a part of one.

        :raises EngineUnavailable: if any of them fails
        """
        lines = [part for index, body in searches for part in (_header(index), body)]
        tries = 0
        while True:
            with self._pause.kept(), said_as_unavailable():
                responses: list[Body] = list(self._client.msearch(searches=lines)["responses"])
            failed = next((response for response in responses if "error" in response), None)
            if failed is None:
                return responses
            tries += 1
            if tries > TRIES or failed["status"] not in AGAIN_ON:
                raise named(failed["status"], failed)
            time.sleep(AGAIN_SECONDS)

    def described(self, names: Sequence[str]) -> Body:
        """Return the aliases and mappings of those of the indices that there are."""
        with self._pause.kept(), said_as_unavailable():
            return dict(self._client.indices.get(index=list(names), ignore_unavailable=True))

    def term_statistics(self, index: str, entry: Body) -> Body:
        """Return, by field, how many documents have each term of an entry that need not be there."""
        with self._pause.kept(), said_as_unavailable():
            told = self._client.termvectors(
                index=index, doc=entry, term_statistics=True, positions=False, offsets=False
            )
        return dict(told["term_vectors"])

    def search(self, index: str, body: Mapping[str, Any]) -> Body:
        """Return the answer, of every shard, to one search that nobody waits for at a screen."""
        ask = partial(self.patient.search, index=index, allow_partial_search_results=False)
        return _patiently(lambda: dict(ask(body=dict(body))))

    def entries(self, index: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, Body]:
        """Return these fields of what was written last, whether it can be found by a search yet or not."""

        def ask() -> list[Body]:
            found = self.patient.mget(index=index, ids=list(ids), source_includes=list(fields))["docs"]
            for entry in found:
                if "error" in entry:
                    raise named(503, entry)
            return list(found)

        return {entry["_id"]: entry["_source"] for entry in _patiently(ask) if entry["found"]}

    def refresh(self, indices: Iterable[str]) -> None:
        """Let everything that was written be found."""
        names = list(indices)
        _patiently(lambda: self.patient.indices.refresh(index=names))

    def close(self) -> None:
        self._client.close()


def _patiently(ask: Callable[[], T]) -> T:
    """Ask again while a shard has no copy that answers: it has one again soon after its node was lost.

    :raises EngineUnavailable: if it has none for a minute, or something else fails
    """
    pause, deadline = FIRST_PAUSE_SECONDS, time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with said_as_unavailable():
                return ask()
        except EngineBusy:
            if time.monotonic() > deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _header(index: str) -> Body:
    return {"index": index, "allow_partial_search_results": False}
