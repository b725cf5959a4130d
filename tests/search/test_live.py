"""What outlives its process: the next begins with it, and looks whether it still holds."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from search import live
from search.live import Live, Shelf, unhurried


class Centre:
    """Something that changes, and counts how often it was read."""

    def __init__(self) -> None:
        self.version, self.value, self.loads = 1, ["宽带"], 0

    def load(self, _session: Session) -> list[str]:
        self.loads += 1
        return list(self.value)

    def started(self, file: Path) -> Live[list[str]]:
        shelf = Shelf[list[str]](lambda: file, written=list, read=list)
        return Live(lambda _session: self.version, self.load, shelf=shelf)


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    before = list(live._all)
    yield
    live._all[:] = before


def test_the_next_process_begins_with_what_the_one_before_read(centre: Path, tmp_path: Path) -> None:
    words, file = Centre(), tmp_path / "terms.json"
    words.started(file).latest()

    assert words.started(file).latest() == ["宽带"]
    assert words.loads == 1


def test_what_changed_meanwhile_is_read_by_the_worker_and_nobody_waits_for_it(
    centre: Path, tmp_path: Path
) -> None:
    words, file = Centre(), tmp_path / "terms.json"
    words.started(file).latest()
    words.version, words.value = 2, ["宽带", "专线"]
    next_process = words.started(file)

    assert next_process.latest() == ["宽带"]
    assert next_process.tend() == ["宽带", "专线"]
    assert next_process.latest() == ["宽带", "专线"]
    assert json.loads(file.read_text("utf-8")) == [2, ["宽带", "专线"]]


@pytest.mark.parametrize("spoilt", ["", "{", "[1]", '{"a": 1}'])
def test_a_file_that_was_lost_or_spoilt_is_read_anew(centre: Path, tmp_path: Path, spoilt: str) -> None:
    words, file = Centre(), tmp_path / "terms.json"
    file.write_text(spoilt)

    assert words.started(file).latest() == ["宽带"]


def test_long_reading_leaves_the_processor_to_queries_unless_somebody_waits(
    centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    monkeypatch.setattr("search.live.WORKED_SECONDS", 0.0)
    monkeypatch.setattr("time.sleep", rests.append)
    version = [1]
    long = Live(lambda _session: version[0], lambda _session: list(unhurried(range(5))))

    assert long.latest() == [0, 1, 2, 3, 4]
    assert not rests

    version[0] = 2
    long.tend()
    assert len(rests) == 5
