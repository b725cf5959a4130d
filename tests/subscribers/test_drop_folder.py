"""What a source puts into its folder is loaded in order, answered and kept."""

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import database, jobs, regular
from core.sealing import KeyMissing
from core.settings import settings
from subscribers.loading import acknowledging, merging
from subscribers.loading.models import LoadKind, LoadState
from subscribers.loading.watching import PATIENCE_SECONDS, watch
from subscribers.steering.attention import Attention, attention
from tests.conftest import MONDAY_MORNING
from tests.subscribers.senders import Sender, copied, every_load, row

MANY = 30


@pytest.fixture
def crm(centre: Path) -> Sender:
    return Sender(acknowledging.folder("crm") / "in")


def part(name: str) -> list[str]:
    return sorted(one.name for one in (settings().drop / "crm" / name).glob("[!.]*"))


def customers(*extra: list[str | None]) -> list[list[str | None]]:
    return [*(row("customer", f"C{n}") for n in range(MANY)), *extra]


def answer(name: str) -> dict[str, str]:
    lines = (settings().drop / "crm" / "ack" / name).read_text("utf-8").splitlines()
    assert lines[-1] == "end"
    return dict(line.split("=", 1) for line in lines[:-1])


def test_a_file_that_is_dropped_is_loaded_by_the_regular_job_and_answered(crm: Sender) -> None:
    dat = crm.send("customer", customers(row("customer", "X1", kind="alien")))

    regular.enqueue_due(MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    assert len(copied("customer")) == MANY
    said = answer(f"{dat.stem}.ack")
    assert (said["result"], said["rows"], said["inserted"], said["bad"]) == ("accepted", "31", "30", "1")
    assert said["problem"] == "31|X1|kind|choice"
    assert part("in") == []
    assert part("arch") == [f"{dat.stem}.chk", dat.name]


def test_children_dropped_before_their_parents_are_loaded_after_them(crm: Sender) -> None:
    crm.send("account", [row("account", f"A{n}") for n in range(MANY)])
    crm.send("customer", customers())

    watch(at=MONDAY_MORNING)

    assert [one.state for one in every_load()] == [LoadState.ACKNOWLEDGED] * 2
    assert len(copied("account")) == MANY


def test_children_held_for_their_parents_go_on_by_themselves(crm: Sender) -> None:
    crm.send("account", [row("account", f"A{n}") for n in range(MANY)])
    watch(at=MONDAY_MORNING)
    assert [one.state for one in every_load()] == [LoadState.HELD]

    crm.send("customer", customers())
    watch(at=MONDAY_MORNING)
    watch(at=MONDAY_MORNING)

    assert {one.state for one in every_load()} == {LoadState.ACKNOWLEDGED}


def test_a_gap_is_closed_by_the_file_that_was_missing(crm: Sender, tmp_path: Path) -> None:
    crm.send("customer", customers())
    watch(at=MONDAY_MORNING)
    second = crm.send("customer", [row("customer", "C1", version=2, name="李明")], LoadKind.DELTA)
    late = [one.rename(tmp_path / one.name) for one in (second, second.with_suffix(".chk"))]
    crm.send("customer", [row("customer", "C1", version=3, name="王芳")], LoadKind.DELTA)
    watch(at=MONDAY_MORNING)
    assert copied("customer")["C1"].name == "陈婉清"

    for one in late:
        one.rename(crm.folder / one.name)
    watch(at=MONDAY_MORNING)
    watch(at=MONDAY_MORNING)

    assert copied("customer")["C1"].name == "王芳"
    assert {one.state for one in every_load()} == {LoadState.ACKNOWLEDGED}


def test_a_refused_file_is_answered_and_put_where_refused_ones_are(crm: Sender) -> None:
    dat = crm.send("customer", customers())
    dat.write_bytes(dat.read_bytes()[:-10])

    watch(at=MONDAY_MORNING)

    said = answer(f"{dat.stem}.ack")
    assert said["result"] == "rejected"
    assert "没有传完" in said["reason"]
    assert part("err") == [f"{dat.stem}.chk", dat.name]


def test_a_name_that_is_no_name_and_one_of_another_source_are_sent_back(crm: Sender) -> None:
    (crm.folder / "customers.chk").write_text("end\n")
    stranger = Sender(crm.folder, "billing").send("customer", customers())

    watch(at=MONDAY_MORNING)

    assert every_load() == []
    assert answer("customers.ack")["result"] == answer(f"{stranger.stem}.ack")["result"] == "rejected"
    assert len(part("err")) == 3


def test_data_without_its_manifest_and_a_young_manifest_without_its_data_wait(crm: Sender) -> None:
    first = crm.send("customer", customers())
    first.with_suffix(".chk").unlink()
    second = crm.send("account", [])
    second.unlink()

    watch(at=MONDAY_MORNING)

    assert (every_load(), len(part("in"))) == ([], 2)


def test_a_manifest_whose_data_never_comes_is_refused(crm: Sender) -> None:
    dat = crm.send("customer", customers())
    dat.unlink()
    chk = dat.with_suffix(".chk")
    old = chk.stat().st_mtime - PATIENCE_SECONDS - 1
    os.utime(chk, (old, old))

    watch(at=MONDAY_MORNING)

    assert "没有数据文件" in answer(f"{dat.stem}.ack")["reason"]


def test_the_same_file_dropped_again_is_answered_the_same(crm: Sender) -> None:
    dat = crm.send("customer", customers())
    content, chk = dat.read_bytes(), dat.with_suffix(".chk").read_bytes()
    watch(at=MONDAY_MORNING)
    first = answer(f"{dat.stem}.ack")
    (settings().drop / "crm" / "ack" / f"{dat.stem}.ack").unlink()

    dat.write_bytes(content)
    dat.with_suffix(".chk").write_bytes(chk)
    watch(at=MONDAY_MORNING)

    assert answer(f"{dat.stem}.ack") == first
    assert (len(every_load()), part("in")) == (1, [])


def test_a_held_file_is_not_harmed_by_another_one_of_its_name(crm: Sender) -> None:
    held = crm.send("customer", customers(), LoadKind.DELTA)
    watch(at=MONDAY_MORNING)
    assert part("in") == []

    crm.sequences.clear()
    crm.send("customer", customers(row("customer", "X1")), LoadKind.DELTA)
    watch(at=MONDAY_MORNING)

    first, other = every_load()
    assert (first.state, other.state) == (LoadState.HELD, LoadState.REJECTED)
    assert Path(first.path).exists()
    assert "同名文件" in answer(f"{held.stem}.ack")["reason"]


def test_a_pair_left_behind_between_the_note_and_the_move_is_still_taken(
    crm: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    dat = crm.send("customer", customers())
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        watch(at=MONDAY_MORNING)
    monkeypatch.undo()
    assert dat.exists()

    watch(at=MONDAY_MORNING)

    assert ([one.state for one in every_load()], len(copied("customer"))) == ([LoadState.ACKNOWLEDGED], MANY)


def test_a_pair_that_cannot_be_moved_is_taken_later_and_not_refused(
    crm: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.send("customer", customers())

    def refused(path: Path, _to: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "replace", refused)
    watch(at=MONDAY_MORNING)
    assert [one.state for one in every_load()] == [LoadState.SEEN]
    assert len(needs_a_person().untaken) == 1
    monkeypatch.undo()

    watch(at=MONDAY_MORNING)

    assert ([one.state for one in every_load()], len(copied("customer"))) == ([LoadState.ACKNOWLEDGED], MANY)


def needs_a_person() -> Attention:
    with database.reading() as session:
        return attention(session, [], at=MONDAY_MORNING)


def cannot_be_opened(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    whole = Path.open

    def refused(path: Path, *how: Any, **more: Any) -> Any:
        if path in paths:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return whole(path, *how, **more)

    monkeypatch.setattr(Path, "open", refused)


def test_a_sequence_that_no_file_can_have_is_refused_and_stops_no_other(
    each_database: str, crm: Sender
) -> None:
    odd = crm.send("customer", customers(), previous=99_999_999_999).with_suffix(".chk")
    crm.sequences.clear()
    other = Sender(acknowledging.folder("boss") / "in", "boss")
    other.send("customer", [row("customer", "B1")])

    watch(at=MONDAY_MORNING)

    assert "previous=99999999999 读不出来，序号最大 999999999" in answer(f"{odd.stem}.ack")["reason"]
    assert list(copied("customer")) == ["B1"]


def test_a_manifest_with_a_nul_is_refused(each_database: str, crm: Sender) -> None:
    chk = crm.send("customer", customers()).with_suffix(".chk")
    chk.write_bytes(chk.read_bytes().replace(b"sha256=", b"columns=\0\nsha256="))

    watch(at=MONDAY_MORNING)

    assert "控制字符" in answer(f"{chk.stem}.ack")["reason"]


def test_a_pair_that_cannot_be_read_stops_no_other_and_is_told_until_it_is_taken(
    each_database: str, crm: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    chk = crm.send("customer", customers()).with_suffix(".chk")
    Sender(acknowledging.folder("boss") / "in", "boss").send("customer", [row("customer", "B1")])
    cannot_be_opened(monkeypatch, chk)

    watch(at=MONDAY_MORNING)
    watch(at=MONDAY_MORNING + timedelta(minutes=1))

    assert list(copied("customer")) == ["B1"]
    (pair,) = needs_a_person().untaken
    assert (pair.name, pair.since) == (chk.stem, MONDAY_MORNING)
    assert "请检查文件夹的权限和磁盘" in pair.reason
    monkeypatch.undo()
    watch(at=MONDAY_MORNING)
    assert needs_a_person().count == 0
    assert len(copied("customer")) == MANY + 1


def test_a_load_that_fails_says_why_stops_no_other_and_goes_on_once_it_can(
    each_database: str, crm: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    dat = crm.send("customer", customers())
    other = Sender(acknowledging.folder("boss") / "in", "boss")
    other.send("account", [row("account", f"A{n}") for n in range(MANY)])
    whole = merging._merge_rows

    def broken(*said: Any) -> dict[str, int]:
        raise KeyMissing

    monkeypatch.setattr(merging, "_merge_rows", broken)

    watch(at=MONDAY_MORNING)

    (stuck,) = needs_a_person().failing
    assert (stuck.name, stuck.state, stuck.failed_at) == (dat.stem, LoadState.MERGING, MONDAY_MORNING)
    assert "ZHIDA_DATA_KEYS" in stuck.failure
    assert [one.state for one in every_load()] == [LoadState.MERGING, LoadState.HELD]
    monkeypatch.setattr(merging, "_merge_rows", whole)
    watch(at=MONDAY_MORNING)
    assert needs_a_person().failing == []
    assert [one.failure for one in every_load()] == ["", ""]
    assert len(copied("customer")) == MANY


def test_a_folder_that_cannot_be_looked_into_stops_no_other(
    crm: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings().drop / "boss" / "in").mkdir(parents=True)
    crm.send("customer", customers())
    whole = Path.iterdir

    def refused(path: Path) -> Any:
        if path.parent.name == "boss":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return whole(path)

    monkeypatch.setattr(Path, "iterdir", refused)

    watch(at=MONDAY_MORNING)

    assert len(copied("customer")) == MANY
    assert [one.name for one in needs_a_person().untaken] == ["boss"]
