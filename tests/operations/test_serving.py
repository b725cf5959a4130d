"""Several web processes answer for one centre; when one dies the others go on and a new one comes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from operations import migrating

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120.0
pytestmark = pytest.mark.fault


def eventually(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)
    return is_so()


def answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/healthz", timeout=5).is_success
    except httpx2.TransportError:
        return False


def web_processes(parent: int) -> set[int]:
    """Return the children that were spawned to serve."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    said = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return {pid for pid, command in said.items() if b"spawn_main" in command}


@pytest.fixture
def served(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, str]]:
    """A centre with two web processes: the number of their parent, and the address."""
    migrating.migrate()
    monkeypatch.setenv("ZHIDA_WEB_PROCESSES", "2")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "operations", "serve", "--port", str(port)]
    parent = subprocess.Popen(command, cwd=ROOT)
    yield parent.pid, f"http://127.0.0.1:{port}"
    parent.terminate()
    parent.wait(30)


def test_one_of_two_web_processes_dies_and_the_centre_answers_on(served: tuple[int, str]) -> None:
    parent, address = served
    assert eventually(lambda: answers(address))
    assert eventually(lambda: len(web_processes(parent)) == 2)
    first, second = sorted(web_processes(parent))

    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: answers(address))
    assert eventually(lambda: len(web_processes(parent) - {first}) == 2)
    assert second in web_processes(parent)
    assert eventually(lambda: answers(address))
