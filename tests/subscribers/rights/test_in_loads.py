"""What loads keep about an erased person goes too; what a file brings back goes with the news of the load."""

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from core import database, events, jobs
from core.identity import Actor
from subscribers.events import LoadMerged
from subscribers.loading.models import BeforeImage, Load, LoadKind, QuarantinedRow
from subscribers.models import Customer
from subscribers.restrictions import restricted_among
from subscribers.rights import erasing
from tests.conftest import MONDAY_MORNING
from tests.subscribers.rights.everywhere import tables_that_say
from tests.subscribers.rights.one_person import NEIGHBOURS, NUMBER, customer_of, make_whole
from tests.subscribers.senders import Sender, copied, row
from tests.subscribers.senders import load as loaded

pytestmark = pytest.mark.usefixtures("each_database")
CLOSED = date(2025, 12, 1)


@pytest.fixture
def load_id(each_database: str) -> int:
    load = Load(
        source="crm",
        entity="customer",
        kind="full",
        via="folder",
        name="CRM_customer_F",
        state_since=MONDAY_MORNING,
        seen_at=MONDAY_MORNING,
    )
    with database.unit_of_work() as session:
        session.add(load)
        session.flush()
        assert load.id is not None
        return load.id


def erase(customer_id: int, actor: Actor) -> dict[str, int]:
    with database.unit_of_work() as session:
        done = erasing.erase(session, customer_id, reason="删除", actor=actor, at=MONDAY_MORNING)
        return {part.label: rows for part, rows in done}


def test_old_values_and_rows_put_aside_go_with_the_person(load_id: int, supervisor_he: Actor) -> None:
    chen, li = make_whole(closed_on=CLOSED), make_whole(NEIGHBOURS, "李四")
    with database.unit_of_work() as session:
        for n, (customer_id, number) in enumerate(((chen, NUMBER), (li, NEIGHBOURS))):
            row = customer_of(session, customer_id)
            session.add(
                BeforeImage(load_id=load_id, row_id=row.id or 0, entity="customer", before={"name": row.name})
            )
            for entity, key, parent in (("customer", f"C{number}", ""), ("account", "A9", f"C{number}")):
                session.add(
                    QuarantinedRow(
                        load_id=load_id,
                        source="crm",
                        entity=entity,
                        row_number=n,
                        key=key,
                        parent=parent,
                        parent_entity="customer" if parent else "",
                        raw="x",
                    )
                )

    done = erase(chen, supervisor_he)

    assert (done["装载前的旧值：客户"], done["隔离的行"]) == (1, 2)
    with database.reading() as session:
        assert [image.row_id for image in session.exec(select(BeforeImage))] == [li]
        assert {row.key for row in session.exec(select(QuarantinedRow))} == {f"C{NEIGHBOURS}", "A9"}


def test_a_file_that_names_an_erased_person_again_is_no_way_back(load_id: int, supervisor_he: Actor) -> None:
    chen, li = make_whole(closed_on=CLOSED), make_whole(NEIGHBOURS, "李四")
    erase(chen, supervisor_he)
    with database.unit_of_work() as session:
        again = customer_of(session, chen)
        again.name, again.phone = "陈婉清", "13711112222"
        session.add(again)
        events.publish(session, LoadMerged(load_id, "customer", "crm"), at=MONDAY_MORNING)
    with database.reading() as session:
        assert restricted_among(session, [chen, li]) == {chen}  # hidden all the while

    jobs.run_all_due(MONDAY_MORNING)

    with database.reading() as session:
        names = {row.id: (row.name, row.phone) for row in session.exec(select(Customer))}
    assert names == {chen: (erasing.NAME_OF_THE_ERASED, ""), li: ("李四", "13711112222")}


NAME, CERTIFICATE, PHONE, ADDRESS = "欧阳婉清", "11010519491231002X", "13711112222", "杭州市西湖区文三路 1 号"
PERSONAL = {"name": NAME, "certificate": CERTIFICATE, "phone": PHONE, "address": ADDRESS}
WORDS = (NAME, CERTIFICATE, PHONE, "文三路", NUMBER, NUMBER[::-1], NUMBER[3:])


def sent_to_the_end(crm: Sender) -> None:
    """A closed customer with all that a source sends of them, changed once, and a row of each put aside."""
    theirs = {
        "customer": {"certificate_kind": "身份证", **PERSONAL},
        "account": {"name": f"{NAME}的账户", "balance": "0"},
        "subscription": {"status": "gone", "closed_on": "2025-12-01"},
        "number": {"number": NUMBER},
        "product": {"name": f"{NAME}的套餐"},
        "event": {"title": f"{NUMBER} 信号差"},
    }
    wrong = {
        "customer": {"birthday": "去年"},
        "account": {"arrears_since": "去年"},
        "number": {"valid_from": "去年"},
        "product": {"ends_on": "去年"},
        "event": {"at": "去年"},
    }
    for entity, said in theirs.items():
        loaded(crm.send(entity, [row(entity, f"{entity[0].upper()}1", **said)]))
    for entity, said in theirs.items():
        key = f"{entity[0].upper()}1"
        rows = [row(entity, key, op="U", version=2, **said | {"channel": "营业厅"})]
        if entity in wrong:
            rows.append(row(entity, key if entity == "customer" else "X9", **said | wrong[entity]))
        loaded(crm.send(entity, rows, LoadKind.DELTA))
    orphan = row("event", "E77", title="别人办理", subscription="S404")
    loaded(crm.send("event", [orphan, row("event", "E78")], LoadKind.DELTA))


def test_nothing_of_the_person_is_left_in_any_table(tmp_path: Path, supervisor_he: Actor) -> None:
    crm = Sender(tmp_path)
    sent_to_the_end(crm)
    chen = copied("customer")["C1"].id
    before = {name for name, _ in tables_that_say(*WORDS)}
    staged = {f"subscribers_staged_{name}" for name in ("customer", "account", "number", "event")}
    assert before >= staged | {"subscribers_customer", "subscribers_before", "subscribers_quarantine"}

    erase(chen, supervisor_he)

    assert tables_that_say(*WORDS) == set()
    with database.reading() as session:
        assert [row.key for row in session.exec(select(QuarantinedRow))] == ["E77"]


def test_what_comes_again_is_taken_from_what_was_read_too(tmp_path: Path, supervisor_he: Actor) -> None:
    crm = Sender(tmp_path)
    sent_to_the_end(crm)
    erase(copied("customer")["C1"].id, supervisor_he)
    again = [row("customer", "C1", op="U", version=3, certificate_kind="身份证", **PERSONAL)]
    others = row("customer", "C2", name="李四", address="南京市 2 号")
    merged = loaded(crm.send("customer", [*again, others], LoadKind.DELTA))
    assert (merged.updated, merged.inserted) == (1, 1)

    jobs.run_all_due(MONDAY_MORNING)

    assert {name for name, _ in tables_that_say(NAME, CERTIFICATE, PHONE)} == set()
    assert {name for name, _ in tables_that_say("南京市 2 号")} == {
        "subscribers_customer",
        "subscribers_staged_customer",
    }
