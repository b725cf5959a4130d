"""A web process works on a few requests at a time; what comes meanwhile waits its turn and is answered."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.settings import settings
from web.app import create_app

ASKED = 12


class Counted:
    """How many were worked on at once, at most."""

    def __init__(self) -> None:
        self._lock, self._now, self.most = threading.Lock(), 0, 0

    def work(self) -> str:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.05)  # long enough for the others to come
        with self._lock:
            self._now -= 1
        return "done"


@pytest.mark.parametrize(("told", "at_once"), [(None, 4), ("2", 2)])
def test_more_requests_than_a_process_works_on_wait_their_turn(
    centre: Path, monkeypatch: pytest.MonkeyPatch, told: str | None, at_once: int
) -> None:
    if told:
        monkeypatch.setenv("ZHIDA_WEB_THREADS", told)
        settings.cache_clear()
    app, counted = create_app(), Counted()
    app.get("/counted")(counted.work)
    with TestClient(app) as browser, ThreadPoolExecutor(ASKED) as people:
        answers = list(people.map(lambda _: browser.get("/counted").status_code, range(ASKED)))
    assert answers == [200] * ASKED
    assert counted.most == at_once
