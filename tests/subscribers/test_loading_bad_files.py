"""Bad files and bad days: a file is refused, held for a person, or loses single rows, with the reason."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from core import database, jobs
from core.errors import NotAllowed
from core.identity import Actor
from subscribers.entities import ENTITIES
from subscribers.loading import gates, manifest, redriving, turning
from subscribers.loading.advancing import DiskFull, advance
from subscribers.loading.alone import LoadUnderWay, alone_with
from subscribers.loading.manifest import ManifestWrong
from subscribers.loading.models import Hold, Load, LoadKind, LoadState, RowState, Via
from subscribers.loading.naming import NameUnreadable
from subscribers.loading.quarantine import raw_of, sealed
from subscribers.loading.receiving import NoSuchPair, receive
from subscribers.loading.staged import STAGED
from subscribers.steering.arriving import Sending, receive_lines, row_of
from tests.conftest import MONDAY_MORNING
from tests.subscribers.senders import (
    LEAST,
    Sender,
    copied,
    every_load,
    everything,
    load,
    put_aside,
    rewritten,
    row,
)
from tests.web.records import change

pytestmark = pytest.mark.usefixtures("each_database")
MANY = 30


@pytest.fixture
def crm(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def many(*special: list[str | None], count: int = MANY) -> list[list[str | None]]:
    """Enough rows that one bad one does not stop the file, and special ones after them."""
    return [*(row("customer", f"C{n}") for n in range(count)), *special]


def problems() -> list[tuple[int, str, str]]:
    return [(one.row_number, one.problems[0]["field"], one.problems[0]["code"]) for one in put_aside()]


def refused(found: Load, word: str) -> None:
    assert (found.state, copied("customer")) == (LoadState.REJECTED, {})
    assert word in found.reason


def test_a_truncated_file_is_refused(crm: Sender) -> None:
    dat = crm.send("customer", many())
    dat.write_bytes(dat.read_bytes()[:-40])

    refused(load(dat), "没有传完")


def test_a_damaged_file_is_refused(crm: Sender) -> None:
    dat = crm.send("customer", many())
    dat.write_bytes(dat.read_bytes().replace(b"C7|", b"C8|"))

    refused(load(dat), "sha256")


def test_a_file_with_other_rows_than_its_manifest_is_refused(crm: Sender) -> None:
    dat = crm.send("customer", many())

    refused(load(rewritten(dat, dat.read_bytes(), rows=MANY + 1)), "清单说有 31 行")


def test_a_wrong_control_sum_refuses_the_file(crm: Sender) -> None:
    load(crm.send("customer", many()))
    dat = crm.send("account", [row("account", f"A{n}") for n in range(MANY)])

    found = load(rewritten(dat, dat.read_bytes(), sums={"balance": 1, "credit_limit": 0, "arrears": 0}))

    assert (found.state, copied("account")) == (LoadState.REJECTED, {})
    assert "控制合计与清单不符：余额" in found.reason


def test_sums_that_cannot_be_proved_hold_the_file_for_a_person(crm: Sender) -> None:
    load(crm.send("customer", many()))
    dat = crm.send("account", [row("account", f"A{n}") for n in range(MANY)])

    found = load(rewritten(dat, dat.read_bytes().replace(b"|12.50|", b"|12,50|", 1)))

    assert (found.state, found.hold) == (LoadState.HELD, Hold.SUMS)


def test_a_file_without_its_data_is_refused(crm: Sender) -> None:
    dat = crm.send("customer", many())
    dat.unlink()

    refused(load(dat), "没有数据文件")


def test_data_without_a_manifest_is_not_touched(crm: Sender) -> None:
    dat = crm.send("customer", many())
    dat.with_suffix(".chk").unlink()

    with pytest.raises(NoSuchPair, match="放在一起"):
        receive(dat, Via.COMMAND, at=MONDAY_MORNING)


@pytest.mark.parametrize(
    "name", ["customers.dat", "CRM_NOBODY_F_202603010900_001.dat", "CRM_CUSTOMER_F_202613010900_001.dat"]
)
def test_a_name_that_says_nothing_is_not_taken(tmp_path: Path, name: str) -> None:
    with pytest.raises(NameUnreadable, match="不合规则"):
        receive(tmp_path / name, Via.COMMAND, at=MONDAY_MORNING)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("end\n", ""),
        ("rows=30\n", ""),
        ("rows=30\n", "rows=30\nrows=30\n"),
        ("rows=30", "rows=many"),
        ("version=1", "version=2"),
        ("encoding=utf-8", "encoding=latin-1"),
        ("kind=full", "kind=delta"),
        ("sequence=1", "sequence=2"),
    ],
)
def test_a_manifest_that_is_wrong_refuses_the_file(crm: Sender, before: str, after: str) -> None:
    dat = crm.send("customer", many())
    chk = dat.with_suffix(".chk")
    assert before in chk.read_text("utf-8")
    chk.write_text(chk.read_text("utf-8").replace(before, after), "utf-8")

    refused(load(dat), "清单")


def test_columns_that_nobody_knows_are_refused_and_so_are_missing_ones() -> None:
    said = b"version=1\nentity=customer\ncolumns=name,shoe\nend"
    with pytest.raises(ManifestWrong, match="shoe、kind"):
        manifest.understood(said)


@pytest.mark.parametrize(("encoding", "bom"), [("utf-8", b"\xef\xbb\xbf"), ("gb18030", b"\x841\x953")])
def test_a_byte_order_mark_is_no_part_of_the_first_row(crm: Sender, encoding: str, bom: bytes) -> None:
    dat = crm.send("customer", many(), encoding=encoding)

    found = load(rewritten(dat, bom + dat.read_bytes()))

    assert (found.state, found.inserted, put_aside()) == (LoadState.ACKNOWLEDGED, MANY, [])


def test_utf_16_is_refused(crm: Sender) -> None:
    dat = crm.send("customer", many())

    refused(load(rewritten(dat, dat.read_text("utf-8").encode("utf-16"), rows=MANY)), "UTF-16")


def test_line_ends_of_windows_are_fine(crm: Sender) -> None:
    dat = crm.send("customer", many())

    assert load(rewritten(dat, dat.read_bytes().replace(b"\n", b"\r\n"))).inserted == MANY


@pytest.mark.parametrize(("declared", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_a_row_in_another_encoding_is_put_aside(crm: Sender, declared: str, other: str) -> None:
    dat = crm.send("customer", many(), encoding=declared)
    stray = f"I|X1||1|person|陈婉清{'|' * 8}\n".encode(other)

    found = load(rewritten(dat, dat.read_bytes() + stray))

    assert (found.inserted, found.bad) == (MANY, 1)
    assert problems() == [(MANY + 1, "", "encoding")]


BAD = [
    ({"key": ""}, "key", "key"),
    ({"op": "X"}, "op", "op"),
    ({"name": ""}, "name", "required"),
    ({"name": None}, "name", "required"),
    ({"kind": "alien"}, "kind", "choice"),
    ({"name": "长" * 81}, "name", "too_long"),
    ({"birthday": "2026-02-30"}, "birthday", "date"),
    ({"phone": "拨打前台"}, "phone", "phone"),
    ({"certificate_kind": "身份证", "certificate": "330102198501011230"}, "certificate", "certificate"),
    ({"certificate_kind": "身份证", "certificate": "330102198502301235"}, "certificate", "certificate"),
]


@pytest.mark.parametrize(("said", "field", "code"), BAD, ids=str)
def test_a_bad_row_is_put_aside_with_its_reason(
    crm: Sender, said: dict[str, Any], field: str, code: str
) -> None:
    whole = {"key": "X1", "op": "I"} | said

    found = load(crm.send("customer", many(row("customer", **whole))))

    assert (found.state, found.inserted, found.bad) == (LoadState.ACKNOWLEDGED, MANY, 1)
    assert problems() == [(MANY + 1, field, code)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("I|X1||1|person|陈", "cells"),
        ("", "cells"),
        ("I|X1||1|person|陈\\q||||||||||", "escape"),
        ("I|X1||1|person|陈\\N||||||||||", "escape"),
        ("I|X1||1|person|陈" + "|" * 9 + "\\", "escape"),
        ("I|X1||1|person|陈\0婉清|||||||||", "control"),
        ("I|X1||1|person|" + "长" * 30_000 + "|||||||||", "too_long"),
        ("I|X1||x|person|陈婉清|||||||||", "count"),
        ("I|X1|2026-03-09 00:00:00|1|person|陈婉清|||||||||", "future"),
    ],
)
def test_a_line_that_is_no_row_is_put_aside(crm: Sender, line: str, code: str) -> None:
    dat = crm.send("customer", many())

    found = load(rewritten(dat, dat.read_bytes() + line.encode() + b"\n"))

    assert (found.inserted, found.bad) == (MANY, 1)
    assert [one[2] for one in problems()] == [code]


def test_all_that_is_wrong_with_a_row_is_said_at_once_and_kept_sealed(crm: Sender) -> None:
    bad = row("customer", "X1", kind="alien", gender="无", phone="13800006207")

    load(crm.send("customer", many(bad)))

    (kept,) = put_aside()
    assert [one["field"] for one in kept.problems] == ["kind", "gender"]
    assert "13800006207" not in kept.raw
    assert "13800006207" in raw_of(kept)


def test_too_many_bad_rows_hold_the_file_until_a_person_lets_it_pass(crm: Sender, admin_wu: Actor) -> None:
    bad = [row("customer", f"X{n}", kind="alien") for n in range(gates.FEW_ROWS + 1)]
    found = load(crm.send("customer", many(*bad)))
    assert (found.state, found.hold, copied("customer")) == (LoadState.HELD, Hold.ERRORS, {})

    with database.unit_of_work() as session:
        turning.release(session, found.id or 0, actor=admin_wu, at=MONDAY_MORNING)
    passed = advance(found.id or 0, at=MONDAY_MORNING)

    assert (passed.state, passed.inserted, passed.bad) == (LoadState.ACKNOWLEDGED, MANY, len(bad))


def test_a_held_file_may_be_sent_back_and_nothing_of_it_stays(
    crm: Sender, admin_wu: Actor, agent_chen: Actor
) -> None:
    found = load(crm.send("customer", [row("customer", "X1", kind="alien")]))
    with pytest.raises(NotAllowed), database.unit_of_work() as session:
        turning.send_back(session, found.id or 0, "不要", actor=agent_chen, at=MONDAY_MORNING)

    with database.unit_of_work() as session:
        turning.send_back(session, found.id or 0, "来源发错了", actor=admin_wu, at=MONDAY_MORNING)

    assert [one.state for one in put_aside()] == [RowState.DROPPED]
    with pytest.raises(turning.NotHeld), database.unit_of_work() as session:
        turning.release(session, found.id or 0, actor=admin_wu, at=MONDAY_MORNING)


def test_a_full_file_that_has_shrunk_is_held(crm: Sender) -> None:
    load(crm.send("customer", many(count=100)))

    found = load(crm.send("customer", many(count=60)))

    assert (found.state, found.hold, len(copied("customer"))) == (LoadState.HELD, Hold.SWING, 100)


def test_a_key_that_comes_twice_without_a_newer_version_is_put_aside_twice(crm: Sender) -> None:
    twins = [row("customer", "X1", name="甲"), row("customer", "X1", name="乙")]

    found = load(crm.send("customer", many(*twins)))

    assert (found.bad, "X1" in copied("customer")) == (2, False)
    assert {one[2] for one in problems()} == {"doubled"}


def test_of_a_key_whose_version_rises_the_last_row_holds(crm: Sender) -> None:
    steps = [row("customer", "X1", version=version, name=f"第{version}") for version in (1, 2, 3)]

    found = load(crm.send("customer", many(*steps)))

    assert (found.bad, found.superseded, copied("customer")["X1"].name) == (0, 2, "第3")


def test_a_key_of_another_source_is_not_taken_over(crm: Sender, tmp_path: Path) -> None:
    load(crm.send("customer", many()))
    billing = Sender(tmp_path, "billing")

    found = load(
        billing.send("customer", [row("customer", f"B{n}") for n in range(MANY)] + [row("customer", "C1")])
    )

    assert (found.inserted, found.bad, copied("customer")["C1"].source) == (MANY, 1, "crm")


def test_an_orphan_waits_for_its_parent_and_is_loaded_when_it_comes(crm: Sender) -> None:
    load(crm.send("customer", many()))
    accounts = [row("account", f"A{n}", customer="C1") for n in range(MANY)]
    found = load(crm.send("account", [*accounts, row("account", "X1", customer="C99")]))
    assert (found.inserted, found.orphans, put_aside()[0].state) == (MANY, 1, RowState.ORPHAN)

    load(crm.send("customer", [row("customer", "C99")], LoadKind.DELTA))
    jobs.run_all_due(MONDAY_MORNING)

    assert copied("account")["X1"].customer_id == copied("customer")["C99"].id
    (orphan,) = put_aside()
    assert (orphan.state, orphan.redriven_load_id is not None) == (RowState.MENDED, True)


def test_an_orphan_whose_parent_does_not_come_in_three_loads_is_for_a_person(crm: Sender) -> None:
    load(crm.send("customer", many()))
    load(
        crm.send(
            "account", [*(row("account", f"A{n}") for n in range(MANY)), row("account", "X", customer="?")]
        )
    )

    for version in range(2, 2 + redriving.MOST_TRIES):
        assert put_aside()[0].state == RowState.ORPHAN
        load(crm.send("customer", [row("customer", "C1", version=version)], LoadKind.DELTA))
        jobs.run_all_due(MONDAY_MORNING)

    assert put_aside()[0].state == RowState.WAITING


def send_row(entity: str, key: str, *, source: str, **said: str) -> Load:
    """One row over the interface, as a source sends it there."""
    cells = {"op": "U", "key": key, **LEAST[entity], **said}
    sending = Sending(source=source, entity=ENTITIES[entity])
    received = receive_lines(sending, [row_of(sending.entity, cells)], client_id=uuid4(), at=MONDAY_MORNING)
    loaded = advance(received.load.id or 0, at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)
    return loaded


def test_single_rows_and_other_sources_do_not_end_the_wait_of_an_orphan(crm: Sender, tmp_path: Path) -> None:
    boss = Sender(tmp_path, "boss")
    load(crm.send("customer", many()))
    accounts = [row("account", f"A{n}") for n in range(MANY)]
    load(crm.send("account", [*accounts, row("account", "X", customer="C99")]))

    for version in range(redriving.MOST_TRIES):
        send_row("customer", "C2", source="crm", version=str(2 + version))
        load(boss.send("customer", [row("customer", "B1", version=1 + version)]))
        jobs.run_all_due(MONDAY_MORNING)

    assert (put_aside()[0].state, put_aside()[0].tries) == (RowState.ORPHAN, 0)
    send_row("customer", "C99", source="boss")
    assert put_aside()[0].state == RowState.MENDED
    assert copied("account")["X"].source == "crm"


def test_an_orphan_of_a_source_without_parents_waits_for_those_of_others(crm: Sender, tmp_path: Path) -> None:
    load(crm.send("customer", many()))
    accounts = [row("account", f"A{n}") for n in range(MANY)]
    load(Sender(tmp_path, "billing").send("account", [*accounts, row("account", "X", customer="C99")]))

    for version in range(2, 2 + redriving.MOST_TRIES):
        assert put_aside()[0].state == RowState.ORPHAN
        load(crm.send("customer", [row("customer", "C1", version=version)], LoadKind.DELTA))
        jobs.run_all_due(MONDAY_MORNING)

    assert put_aside()[0].state == RowState.WAITING


def test_children_that_come_before_their_parents_wait_as_a_file(crm: Sender) -> None:
    found = load(crm.send("account", [row("account", f"A{n}") for n in range(MANY)]))

    assert (found.state, found.hold, put_aside()) == (LoadState.HELD, Hold.PARENTS, [])


def test_a_mended_row_comes_again(crm: Sender, admin_wu: Actor) -> None:
    load(crm.send("customer", many(row("customer", "X1", kind="alien", name="王芳"))))
    (bad,) = put_aside()

    with database.unit_of_work() as session:
        bad.raw_mended = sealed(raw_of(bad).replace("alien", "person"))
        (again,) = redriving.redrive(session, [bad], at=MONDAY_MORNING, staff_id=admin_wu.staff_id)
    mended = advance(again, at=MONDAY_MORNING)

    assert (mended.state, mended.via, mended.inserted) == (LoadState.ACKNOWLEDGED, Via.MENDED, 1)
    assert copied("customer")["X1"].name == "王芳"
    assert not Path(mended.path).exists()


def test_the_same_file_again_changes_nothing(crm: Sender) -> None:
    dat = crm.send("customer", many())
    first = load(dat)
    before = everything()

    again = receive(dat, Via.COMMAND, at=MONDAY_MORNING)

    assert (again.is_replay, again.load.id, load(dat).id) == (True, first.id, first.id)
    assert everything() == before


def test_a_name_with_another_content_is_refused(crm: Sender) -> None:
    dat = crm.send("customer", many())
    load(dat)

    found = load(rewritten(dat, dat.read_bytes().replace("陈婉清".encode(), "李明明".encode())))

    assert found.state == LoadState.REJECTED
    assert "同名文件" in found.reason
    assert copied("customer")["C1"].name == "陈婉清"


def test_a_refused_file_may_come_again_under_its_name(crm: Sender) -> None:
    dat = crm.send("customer", many())
    whole = dat.read_bytes()
    dat.write_bytes(whole[:-40])
    load(dat)
    dat.write_bytes(whole)

    assert load(dat).state == LoadState.ACKNOWLEDGED


def test_a_delta_before_the_first_full_file_waits(crm: Sender) -> None:
    found = load(crm.send("customer", many(), LoadKind.DELTA))

    assert (found.state, found.hold, copied("customer")) == (LoadState.HELD, Hold.GAP, {})


def test_a_gap_in_the_sequence_holds_what_comes_after(crm: Sender) -> None:
    load(crm.send("customer", many()))
    crm.send("customer", [row("customer", "C1", version=2)], LoadKind.DELTA)

    third = load(crm.send("customer", [row("customer", "C1", version=3)], LoadKind.DELTA))

    assert (third.state, third.hold) == (LoadState.HELD, Hold.GAP)
    assert "只到 1" in third.reason


def test_a_full_file_closes_a_gap_and_what_is_older_is_refused(crm: Sender) -> None:
    load(crm.send("customer", many()))
    second = crm.send("customer", [row("customer", "C1", version=2, name="旧")], LoadKind.DELTA)

    third = load(crm.send("customer", many()))

    assert third.state == LoadState.ACKNOWLEDGED
    assert "序号 3" in load(second).reason


def test_two_loaders_of_one_file_load_it_once(crm: Sender) -> None:
    dat = crm.send("customer", many(count=3_000))
    numbers: list[int | None] = []
    busy: list[LoadUnderWay] = []

    def loader() -> None:
        received = receive(dat, Via.COMMAND, at=MONDAY_MORNING)
        numbers.append(received.load.id)
        try:
            advance(received.load.id or 0, at=MONDAY_MORNING)
        except LoadUnderWay as error:
            busy.append(error)

    both = [threading.Thread(target=loader) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert len(set(numbers)) == 1
    assert load(dat).inserted == len(copied("customer")) == 3_000


def test_another_load_of_the_same_entity_waits(crm: Sender) -> None:
    dat = crm.send("customer", many())
    received = receive(dat, Via.COMMAND, at=MONDAY_MORNING)

    with alone_with("customer"), pytest.raises(LoadUnderWay, match="稍后"):
        advance(received.load.id or 0, at=MONDAY_MORNING)


@contextmanager
def little_room(table: str) -> Iterator[None]:
    """A file of SQLite that may hardly grow; a server of PostgreSQL that is full, and says so in Chinese."""
    engine = database.engine()

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    if engine.dialect.name == "postgresql":
        said = "ERRCODE = 'disk_full', MESSAGE = '无法扩展文件 \"base/1/2\": 设备上没有空间'"
        body = f"BEGIN RAISE EXCEPTION USING {said}; END"
        change(text(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))
        change(text(f"CREATE TRIGGER full_disk AFTER INSERT ON {table} EXECUTE FUNCTION full_disk()"))
        yield
        change(text("DROP FUNCTION full_disk CASCADE"))
        return
    engine.dispose()
    event.listen(engine, "connect", limit)
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


@pytest.mark.parametrize("table", ["subscribers_customer", STAGED["customer"].name])
def test_a_full_disk_stops_a_load_which_goes_on_once_there_is_room(
    each_database: str, crm: Sender, table: str
) -> None:
    received = receive(crm.send("customer", many(count=5_000)), Via.COMMAND, at=MONDAY_MORNING)

    with little_room(table), pytest.raises(DiskFull, match="腾出空间"):
        advance(received.load.id or 0, at=MONDAY_MORNING)
    assert "腾出空间" in every_load()[0].failure
    stopped = advance(received.load.id or 0, at=MONDAY_MORNING)

    assert (stopped.state, stopped.inserted, stopped.failure) == (LoadState.ACKNOWLEDGED, 5_000, "")


def test_every_entity_has_a_manifest_that_reads_as_it_was_written(crm: Sender) -> None:
    for entity in ENTITIES:
        dat = crm.send(entity, [row(entity, "K1")], columns=tuple(f.name for f in ENTITIES[entity].fields))
        said = manifest.understood(dat.with_suffix(".chk").read_bytes())
        assert manifest.understood(said.written().encode()) == said
        assert manifest.understood(replace(said, layout="fixed").written().encode()).layout == "fixed"
