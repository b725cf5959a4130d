"""What a web process does before its first request and after its last."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

from core import clock
from core.settings import settings
from operations import preparing
from operations.working import Workers
from search import indexing, reranking


@asynccontextmanager
async def lifetime(_app: FastAPI) -> AsyncIterator[None]:
    """Introduce the parts, notice what is missing, and work on jobs unless other processes do."""
    to_thread.current_default_thread_limiter().total_tokens = settings().web_threads
    reranking.refuse_missing()
    preparing.prepare()
    indexing.ensure(at=clock.now())
    workers = Workers(with_jobs=settings().jobs_in_web and settings().web_processes == 1)
    workers.start()
    yield
    workers.stop()
