"""A centre that serves in a process of its own, and somebody signed in to it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[1]
COOKIE = "zhida_session"
END_SECONDS = 20


@contextmanager
def serving(*, jobs: bool) -> Iterator[str]:
    """Serve the centre that `ZHIDA_DATA_DIR` names; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"ZHIDA_JOBS_IN_WEB": str(jobs)}
    command = [sys.executable, "-m", "operations", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:  # it still had a queue of requests to answer
            process.kill()
            process.wait()


def client_of(address: str, token: str) -> httpx2.Client:
    return httpx2.Client(base_url=address, cookies={COOKIE: token}, timeout=30)


def server_time(response: httpx2.Response) -> float:
    """Return the milliseconds that the server itself says it took."""
    response.raise_for_status()
    return float(response.headers["Server-Timing"].split("dur=")[1])


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            httpx2.get(f"{address}/healthz")
        except httpx2.TransportError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server did not start")
