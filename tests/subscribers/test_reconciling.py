"""After a load the copy is compared with the file: counts, sums, buckets, down to the keys that differ."""

from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.dialects import sqlite
from sqlmodel import col, select

from core import database
from subscribers.entities import ENTITIES
from subscribers.loading import comparing, reconciling
from subscribers.loading.models import Load, LoadKind, LoadState, QuarantinedRow
from subscribers.loading.reconciling import Difference, Reconciliation
from subscribers.loading.turning import id_of
from subscribers.models import Account, Customer
from tests.conftest import MONDAY_MORNING
from tests.subscribers.senders import Sender, load, row
from tests.web.records import rows

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def crm(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def found(loaded: Load) -> Reconciliation:
    with database.reading() as session:
        return session.get_one(Reconciliation, loaded.id)


def again(loaded: Load) -> Reconciliation:
    with database.unit_of_work() as session:
        return reconciling.keep(session, reconciling.reconcile(session, loaded, at=MONDAY_MORNING))


def differing() -> set[tuple[str, str, str]]:
    return {(one.key, one.kind, one.reason) for one in rows(select(Difference))}


def test_a_full_file_agrees_with_the_copy_that_it_made(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1"), row("customer", "C2", kind="group")]))
    accounts = [
        row("account", "A1", balance="12.50", arrears="-3"),
        row("account", "A2", balance="7.50", pay_kind="预付"),
    ]

    loaded = load(crm.send("account", accounts))

    seen = found(loaded)
    assert (seen.agrees, seen.unequal, seen.explained) == (True, [], {})
    assert (seen.file_rows, seen.table_rows) == (2, 2)
    assert seen.file_sums == seen.table_sums == {"balance": 2000, "credit_limit": 0, "arrears": -300}
    assert seen.file_counts == seen.table_counts == {"": 1, "预付": 1}


def test_a_value_that_changed_behind_its_back_is_found_by_its_key(crm: Sender) -> None:
    loaded = load(crm.send("customer", [row("customer", f"C{n}") for n in range(40)]))
    with database.unit_of_work() as session:
        session.execute(update(Customer).where(col(Customer.key) == "C7").values(digest=1))

    seen = again(loaded)

    assert (seen.differing, seen.missing, seen.extra) == (1, 0, 0)
    assert len(seen.unequal) == 1
    assert differing() == {("C7", "differing", "")}


def test_a_row_lost_and_a_row_too_many_are_told_apart(crm: Sender) -> None:
    loaded = load(crm.send("customer", [row("customer", f"C{n}") for n in range(40)]))
    with database.unit_of_work() as session:
        session.execute(update(Customer).where(col(Customer.key) == "C7").values(gone_at=MONDAY_MORNING))
        session.add(Customer(key="X9", source="crm", name="多出来的", bucket=200))

    seen = again(loaded)

    assert differing() == {("C7", "missing", ""), ("X9", "extra", "")}
    assert not seen.agrees


def test_rows_of_other_sources_are_none_of_a_full_files_business(crm: Sender, tmp_path: Path) -> None:
    load(Sender(tmp_path, "boss").send("customer", [row("customer", "B1")]))

    assert found(load(crm.send("customer", [row("customer", "C1")]))).agrees


def test_what_a_full_file_lacks_is_explained_as_suspicion(crm: Sender) -> None:
    everybody = [row("customer", f"C{n}") for n in range(40)]
    load(crm.send("customer", everybody))

    seen = found(load(crm.send("customer", everybody[:-1])))

    assert (seen.agrees, seen.explained) == (True, {"absent": 1})
    assert differing() == {("C39", "extra", "absent")}


def test_an_older_row_is_explained_by_the_newer_one_that_is_there(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1", version=5), row("customer", "C2")]))

    old = [row("customer", "C1", op="U", version=3, name="旧名"), row("customer", "C2", op="U", version=2)]
    seen = found(load(crm.send("customer", old, LoadKind.DELTA)))

    assert (seen.agrees, seen.explained) == (True, {"stale": 1})


def test_a_delta_is_compared_only_with_the_rows_that_it_names(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", f"C{n}") for n in range(40)]))
    delta = [row("customer", "C1", op="U", version=2, name="新名"), row("customer", "C2", op="D", version=2)]

    seen = found(load(crm.send("customer", delta, LoadKind.DELTA)))

    assert seen.agrees
    assert (seen.file_rows, seen.table_rows) == (1, 1)


def test_what_a_file_did_not_say_is_in_neither_sum(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1")]))
    load(crm.send("account", [row("account", "A1", balance="10", arrears="5")]))
    silent = row("account", "A1", op="U", version=2, balance="", arrears="6")

    seen = found(load(crm.send("account", [silent], LoadKind.DELTA)))

    assert seen.agrees
    assert seen.file_sums == seen.table_sums == {"balance": 0, "credit_limit": 0, "arrears": 600}
    assert rows(select(Account))[0].balance == 1000


def test_a_leap_day_is_summed_and_compared_like_any_other(crm: Sender) -> None:
    load(crm.send("customer", [row("customer", "C1")]))
    load(crm.send("account", [row("account", "A1", arrears="9.90", arrears_since="2024-02-29")]))
    load(crm.send("subscription", [row("subscription", "S1", opened_on="20240229")]))
    bills = [
        row("bill", "B1", month="202402", total="29.02", paid_on="2024-02-29"),
        row("bill", "B2", month="202403", total="0.98", paid_on="2026-02-29"),  # there was none
        *(row("bill", f"B{n}", month="202401", total="1.00") for n in range(3, 30)),
    ]
    payments = [
        row("payment", "P1", paid_at="2024-02-29 23:59:59", amount="29.02"),
        row("payment", "P2", paid_at="20240229000000", amount="-0.02"),
    ]

    both = [found(load(crm.send(name, sent))) for name, sent in (("bill", bills), ("payment", payments))]

    assert [one.agrees for one in both] == [True, True]
    assert [one.file_sums for one in both] == [one.table_sums for one in both]
    assert [one.table_sums for one in both] == [{"total": 2902 + 2700}, {"amount": 2900}]
    assert both[0].table_counts == {"202401": 27, "202402": 1}
    assert [(one.key, one.problems[0]["field"]) for one in rows(select(QuarantinedRow))] == [
        ("B2", "paid_on")
    ]
    corrected = row("bill", "B1", op="U", version=2, month="202402", total="29.03", paid_on="2024-02-29")
    assert found(load(crm.send("bill", [corrected], LoadKind.DELTA))).table_sums == {"total": 2903}


def test_every_entity_can_be_compared(crm: Sender) -> None:
    for name in ENTITIES:
        key = {"customer": "C1", "account": "A1", "subscription": "S1"}.get(name, f"{name}1")
        loaded = load(crm.send(name, [row(name, key)]))

        assert (loaded.state, found(loaded).agrees) == (LoadState.ACKNOWLEDGED, True), name
        assert id_of(loaded)


@pytest.mark.parametrize("kind", list(LoadKind))
def test_no_side_is_read_anew_for_each_row_of_the_other(crm: Sender, kind: LoadKind) -> None:
    """A million rows beside a million: SQLite reads a subquery that it joins from end to end, row by row."""
    if database.engine().dialect.name != "sqlite":
        pytest.skip("PostgreSQL joins large sides by hashing them")
    load(crm.send("customer", [row("customer", "C1")]))
    loaded = load(crm.send("customer", [row("customer", "C2")], kind=kind))
    asked = comparing.differences(comparing.sides_of(loaded), [1, 2])
    written = asked.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})

    with database.reading() as session:
        plan = [step.detail for step in session.execute(text(f"EXPLAIN QUERY PLAN {written}"))]

    joined = [step for step in plan if step.endswith("LEFT-JOIN")]
    read_whole = {step.split()[1] for step in plan if step.startswith("SCAN")}
    assert all("USING" in step for step in joined), plan
    assert read_whole <= {"subscribers_customer", "extra"}, plan
    assert any("EXCEPT USING TEMP B-TREE" in step for step in plan), plan
