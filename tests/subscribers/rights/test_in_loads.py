"""What loads keep about an erased person goes too; what a file brings back goes with the news of the load."""

from datetime import date

import pytest
from sqlmodel import select

from core import database, events, jobs
from core.identity import Actor
from subscribers.events import LoadMerged
from subscribers.loading.models import BeforeImage, Load, QuarantinedRow
from subscribers.models import Customer
from subscribers.restrictions import restricted_among
from subscribers.rights import erasing
from tests.conftest import MONDAY_MORNING
from tests.subscribers.rights.one_person import NEIGHBOURS, NUMBER, customer_of, make_whole

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
