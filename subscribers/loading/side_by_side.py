"""A large file decoded by a process on each core, in the order of its rows; the death of one costs only time.

A process that died or hangs is not asked again: its thread decodes in this one what it was asked for.
"""

import json
import logging
import os
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

from search.own_process import OwnProcess, ProcessFailed
from subscribers.loading.decoding import Decoded, Decoder, Recipe, Span, unpacked

log = logging.getLogger(__name__)
FROM_ROWS = 50_000  # fewer are decoded before the processes are up
MOST_PROCESSES = 4
START_SECONDS, ANSWER_SECONDS = 120.0, 300.0
ROOT = Path(__file__).parents[2]
_BEGIN = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from subscribers.loading import decoding_program as program; program.main()"
)


def decoded(
    recipe: Recipe, spans: Iterable[Span], *, rows: int
) -> Generator[tuple[Span, Decoded], None, None]:
    """Yield each span with what is in it. Of what is decoded ahead, a span for each process is kept."""
    count = min(_cores(), MOST_PROCESSES)
    if rows < FROM_ROWS or count < 2:
        alone = Decoder(recipe)
        for span in spans:
            yield span, alone.decode(span.after, span.position, span.rows)
        return
    with closing(_Side(recipe, count)) as side:
        yield from side.decoded(iter(spans))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Side:
    """The processes, and a thread of this one for each that waits for its answers."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        self._recipe, self._count = recipe, count
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._workers = [_Worker(recipe) for _ in range(count)]
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="decoding")

    def decoded(self, spans: Iterator[Span]) -> Iterator[tuple[Span, Decoded]]:
        asked: deque[tuple[Span, Future[Decoded | bytes]]] = deque()
        for span in islice(spans, self._count + 1):
            asked.append((span, self._threads.submit(self._ask, span)))
        while asked:
            span, answer = asked.popleft()
            found = answer.result()
            for another in islice(spans, 1):
                asked.append((another, self._threads.submit(self._ask, another)))
            yield span, unpacked(found) if isinstance(found, bytes) else found

    def _ask(self, span: Span) -> Decoded | bytes:
        worker = self._idle.get()
        try:
            return worker.decode(span)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        for worker in self._workers:
            worker.end()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, and what stands in for it when it is gone."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._process: OwnProcess | None = OwnProcess(_program(recipe), start_seconds=START_SECONDS)
        self._instead: Decoder | None = None
        self._is_over = False

    def decode(self, span: Span) -> Decoded | bytes:
        if self._process is not None:
            asked = {"after": span.after, "position": span.position, "rows": span.rows}
            try:
                return self._process.ask(asked, seconds=ANSWER_SECONDS)
            except ProcessFailed:
                if self._is_over:
                    raise
                log.warning("a process that decodes is gone; going on without it")
                self._process = None
        self._instead = self._instead or Decoder(self._recipe)
        return self._instead.decode(span.after, span.position, span.rows)

    def end(self) -> None:
        """Make it, and the thread that waits for it, stop at once."""
        self._is_over = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        if self._process is not None:
            self._process.close()


def _program(recipe: Recipe) -> list[str]:
    """Let it find our packages wherever this process was started."""
    return [sys.executable, "-P", "-c", _BEGIN, str(ROOT), json.dumps(recipe.as_plain())]
