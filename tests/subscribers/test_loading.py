"""Files of a source become rows of the copy, each accounted for."""

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from core import database, events, jobs, sealing
from core.identity import Actor
from subscribers.entities import ENTITIES
from subscribers.events import LoadMerged
from subscribers.loading import merging, staging, turning
from subscribers.loading.advancing import advance
from subscribers.loading.layouts import DELIMITED, FIXED
from subscribers.loading.models import BeforeImage, Hold, Load, LoadKind, LoadState
from tests.conftest import MONDAY_MORNING
from tests.subscribers.senders import Sender, copied, load, row

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def crm(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def test_a_first_full_file_of_customers_is_loaded_with_all_that_they_are_found_by(crm: Sender) -> None:
    chen = row(
        "customer",
        "C1",
        gender="女",
        birthday="19850101",
        certificate_kind="身份证",
        certificate="330102850101123",
        phone="１３８ 0000-6207",
        address="浙江省杭州市西湖区文三路 99 号|3 幢",
    )

    loaded = load(crm.send("customer", [chen, row("customer", "C2", name="李Tom")]))

    assert (loaded.state, loaded.reason) == (LoadState.ACKNOWLEDGED, "")
    assert (loaded.rows, loaded.staged, loaded.inserted, loaded.bad) == (2, 2, 2, 0)
    rows = copied("customer")
    kept = rows["C1"]
    assert (kept.name, kept.name_sound, kept.name_initials) == ("陈婉清", "cenwanqin", "cwq")
    assert (kept.phone, kept.birthday, kept.gender) == ("13800006207", date(1985, 1, 1), "女")
    assert kept.address == "浙江省杭州市西湖区文三路 99 号|3 幢"
    assert sealing.unseal(kept.certificate_sealed, "certificate") == "330102198501011236"
    assert kept.certificate_hash in sealing.hashes_of("330102198501011236", "certificate")
    assert (kept.source, kept.version, kept.load_id, kept.first_load_id) == ("crm", 1, loaded.id, loaded.id)
    assert str(kept.changed_at) == "2026-03-01 12:00:00+00:00"
    assert (rows["C2"].name_sound, rows["C2"].name_initials) == ("litom", "lt")


def send_all(crm: Sender) -> list[Load]:
    return [load(crm.send(entity, [row(entity, f"{entity[0].upper()}1")])) for entity in ENTITIES]


def test_every_entity_is_loaded_its_references_turned_into_rows(crm: Sender) -> None:
    loads = send_all(crm)

    assert {one.state: one.reason for one in loads} == {LoadState.ACKNOWLEDGED: ""}
    customer, account = copied("customer")["C1"], copied("account")["A1"]
    subscription, number = copied("subscription")["S1"], copied("number")["N1"]
    assert (account.customer_id, account.balance) == (customer.id, 1250)
    assert (subscription.customer_id, subscription.account_id) == (customer.id, None)
    assert (number.subscription_id, number.middle, number.backwards) == (
        subscription.id,
        "00006207",
        "70260000831",
    )
    assert str(number.valid_from) == "2025-02-28 16:00:00+00:00"
    assert (copied("product")["P1"].fee, copied("bill")["B1"].month) == (5900, 202602)
    assert (copied("payment")["P1"].account_id, copied("payment")["P1"].amount) == (account.id, 10000)
    assert copied("event")["E1"].kind == "停机"


def test_a_delta_inserts_changes_and_removes(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", f"C{n}") for n in range(1, 4)]))
    changed = [
        row("customer", "C1", op="U", version=2, name="陈婉清清"),
        row("customer", "C2", op="D", version=2),
        row("customer", "C3", op="U", version=1),
        row("customer", "C4", name="李明"),
    ]

    delta = load(crm.send("customer", changed, LoadKind.DELTA))

    assert (delta.inserted, delta.updated, delta.removed, delta.unchanged) == (1, 1, 1, 1)
    rows = copied("customer")
    assert (rows["C1"].name, rows["C1"].load_id, rows["C1"].first_load_id) == ("陈婉清清", delta.id, 1)
    assert rows["C2"].gone_at is not None
    assert (rows["C3"].load_id, rows["C4"].name_sound) == (1, "limin")


def test_how_a_changed_row_was_before_is_kept(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1", address="老地址"), row("customer", "C2")]))

    load(crm.send("customer", [row("customer", "C1", version=2, address="新地址")], LoadKind.DELTA))

    with database.reading() as session:
        images = session.exec(select(BeforeImage)).all()
    assert [(one.load_id, one.entity, one.before["address"], one.before["key"]) for one in images] == [
        (2, "customer", "老地址", "C1")
    ]


def test_what_a_file_does_not_say_stays_and_what_it_says_is_nothing_goes(crm: Sender) -> None:
    said = {"phone": "13800006207", "birthday": "1985-01-01", "email": "c@example.com"}
    load(crm.send("customer", [row("customer", "C1", **said)]))

    load(crm.send("customer", [row("customer", "C1", version=2, phone=None, birthday=None)], LoadKind.DELTA))

    kept = copied("customer")["C1"]
    assert (kept.phone, kept.birthday, kept.email) == ("", None, "c@example.com")


def test_a_reference_can_be_cleared_and_is_kept_when_not_said(crm: Sender) -> None:
    send_all(crm)
    load(crm.send("subscription", [row("subscription", "S1", version=2, account="A1")], LoadKind.DELTA))
    load(crm.send("subscription", [row("subscription", "S1", version=3)], LoadKind.DELTA))
    assert copied("subscription")["S1"].account_id == copied("account")["A1"].id

    load(crm.send("subscription", [row("subscription", "S1", version=4, account=None)], LoadKind.DELTA))

    assert copied("subscription")["S1"].account_id is None


def test_a_row_said_in_parts_is_the_same_as_one_said_whole(crm: Sender, tmp_path: Path) -> None:
    """The digest is of all that the source has said, so that a later full file finds nothing to change."""
    load(crm.send("customer", [row("customer", "C1", phone="13800006207", birthday="1985-01-01")]))
    load(crm.send("customer", [row("customer", "C1", version=2, email="c@example.com")], LoadKind.DELTA))
    whole = {"phone": "13800006207", "birthday": "1985-01-01", "email": "c@example.com"}

    full = load(crm.send("customer", [row("customer", "C1", version=2, **whole)]))

    assert (full.updated, full.unchanged) == (0, 1)


def test_an_older_version_never_overwrites_a_newer_one(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1", version=5, name="新名")]))

    late = load(crm.send("customer", [row("customer", "C1", version=4, name="旧名")], LoadKind.DELTA))

    assert (late.stale, late.updated, copied("customer")["C1"].name) == (1, 0, "新名")


def test_a_full_file_over_a_delta_changes_only_what_differs(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1"), row("customer", "C2")]))
    load(crm.send("customer", [row("customer", "C1", version=2, name="李明")], LoadKind.DELTA))

    again = [row("customer", "C1", version=2, name="李明"), row("customer", "C2", version=1, name="王芳")]
    full = load(crm.send("customer", again))

    assert (full.updated, full.unchanged, full.absent) == (1, 1, 0)
    assert copied("customer")["C2"].name == "王芳"


def test_what_a_full_file_lacks_is_suspected_and_after_two_taken_for_gone(crm: Sender) -> None:
    both = [row("customer", "C1"), row("customer", "C2")]
    load(crm.send("customer", both))

    once = load(crm.send("customer", both[:1]))
    suspected = copied("customer")["C2"]
    load(crm.send("customer", both[:1]))
    gone = copied("customer")["C2"]

    assert (once.absent, suspected.absent_fulls, suspected.gone_at) == (1, 1, None)
    assert (gone.absent_fulls, gone.gone_at) == (2, MONDAY_MORNING)
    assert copied("customer")["C1"].absent_fulls == 0


def test_what_comes_back_in_the_next_full_file_was_never_gone(crm: Sender) -> None:
    both = [row("customer", "C1"), row("customer", "C2")]
    load(crm.send("customer", both))
    load(crm.send("customer", both[:1]))

    back = load(crm.send("customer", both))

    assert (back.absent, copied("customer")["C2"].absent_fulls) == (0, 0)


def test_a_row_that_was_put_aside_is_not_absent(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", f"C{n}") for n in range(30)]))

    broken = [row("customer", f"C{n}", gender="?" if n == 7 else "女", version=2) for n in range(30)]
    full = load(crm.send("customer", broken))

    assert (full.bad, full.absent, full.updated) == (1, 0, 29)


def test_who_was_removed_may_come_back(crm: Sender) -> None:
    """销户复机: the row keeps its number and its history."""
    send_all(crm)
    before = copied("subscription")["S1"].id
    load(crm.send("subscription", [row("subscription", "S1", op="D", version=2)], LoadKind.DELTA))

    load(crm.send("subscription", [row("subscription", "S1", version=3)], LoadKind.DELTA))

    back = copied("subscription")["S1"]
    assert (back.id, back.gone_at) == (before, None)


def test_a_number_may_have_owners_one_after_another(crm: Sender) -> None:
    """过户, 携号转网 and 二次放号: the same number, another subscription, another period."""
    send_all(crm)
    load(crm.send("customer", [row("customer", "C2", name="李明")], LoadKind.DELTA))
    load(crm.send("subscription", [row("subscription", "S2", customer="C2")], LoadKind.DELTA))
    dated = [
        row("number", "N1", op="U", version=2, valid_until="2026-02-01 00:00:00"),
        row("number", "N2", subscription="S2", valid_from="2026-02-01 00:00:00", origin="过户"),
    ]

    moved = load(crm.send("number", dated, LoadKind.DELTA))

    rows = copied("number")
    assert (moved.inserted, moved.updated) == (1, 1)
    assert rows["N1"].valid_until == rows["N2"].valid_from
    assert rows["N1"].subscription_id != rows["N2"].subscription_id


def test_backdated_events_and_months_of_leap_years_are_taken(crm: Sender) -> None:
    send_all(crm)

    load(crm.send("event", [row("event", "E0", at="2020-02-29 23:59:59")], LoadKind.DELTA))
    load(crm.send("bill", [row("bill", "B0", month="202402", paid_on="2024-02-29")], LoadKind.DELTA))

    assert str(copied("event")["E0"].at) == "2020-02-29 15:59:59+00:00"
    assert copied("bill")["B0"].paid_on == date(2024, 2, 29)


def test_one_payer_may_have_ten_thousand_numbers(crm: Sender) -> None:
    send_all(crm)
    many = [row("subscription", f"S{n}", account="A1") for n in range(1, 10_001)]

    loaded = load(crm.send("subscription", many, LoadKind.DELTA))

    assert (loaded.inserted, loaded.updated) == (9_999, 1)
    assert len({one.account_id for one in copied("subscription").values()}) == 1


@pytest.mark.parametrize("layout", [DELIMITED, FIXED])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_both_layouts_and_both_encodings_say_the_same(crm: Sender, layout: str, encoding: str) -> None:
    rare = row("customer", "C1", name="㐂𠮷", address="杭州\\西湖| 文三路")

    load(crm.send("customer", [rare], layout=layout, encoding=encoding))

    kept = copied("customer")["C1"]
    assert (kept.name, kept.address) == ("㐂𠮷", "杭州\\西湖| 文三路")


def test_a_file_may_have_fewer_columns_than_there_are(crm: Sender) -> None:
    columns = ("name", "kind")

    load(crm.send("customer", [["I", "C1", "", "1", "陈婉清", "person"]], columns=columns))

    assert (copied("customer")["C1"].name, copied("customer")["C1"].changed_at) == ("陈婉清", None)


def test_rows_by_the_chunk_all_arrive(crm: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "AT_ONCE", 7)
    monkeypatch.setattr(merging, "AT_ONCE", 10)

    loaded = load(crm.send("customer", [row("customer", f"C{n}") for n in range(45)]))

    assert (loaded.inserted, len(copied("customer"))) == (45, 45)


def test_others_hear_of_a_merged_load_once(crm: Sender) -> None:
    heard: list[dict[str, object]] = []
    events.listen(LoadMerged, "test", lambda payload, _at: heard.append(payload))

    loaded = load(crm.send("customer", [row("customer", "C1")]))
    jobs.run_all_due(MONDAY_MORNING)

    assert heard == [{"load_id": loaded.id, "entity": "customer", "source": "crm"}]


def test_an_empty_delta_keeps_the_sequence(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1")]))

    empty = load(crm.send("customer", [], LoadKind.DELTA))
    after = load(crm.send("customer", [row("customer", "C2")], LoadKind.DELTA))

    assert (empty.state, after.state) == (LoadState.ACKNOWLEDGED, LoadState.ACKNOWLEDGED)


def test_customers_may_be_merged_and_their_numbers_move_with_the_history(crm: Sender) -> None:
    """Two customers become one at the source: what one had belongs to the other, whose row stays the same."""
    send_all(crm)
    load(crm.send("customer", [row("customer", "C2", name="陈婉清")], LoadKind.DELTA))
    load(crm.send("subscription", [row("subscription", "S1", version=2, customer="C2")], LoadKind.DELTA))

    load(crm.send("customer", [row("customer", "C1", op="D", version=2)], LoadKind.DELTA))

    rows = copied("customer")
    assert rows["C1"].gone_at is not None
    assert copied("subscription")["S1"].customer_id == rows["C2"].id
    assert copied("number")["N1"].subscription_id == copied("subscription")["S1"].id


def test_a_load_is_released_from_the_gate_it_waits_at_and_no_other(crm: Sender, admin_wu: Actor) -> None:
    early = load(crm.send("customer", [row("customer", "C1", kind="alien")], LoadKind.DELTA))
    assert early.hold == Hold.GAP

    with database.unit_of_work() as session:
        turning.release(session, early.id or 0, actor=admin_wu, at=MONDAY_MORNING)
    again = advance(early.id or 0, at=MONDAY_MORNING)

    assert (again.state, again.hold) == (LoadState.HELD, Hold.ERRORS)
