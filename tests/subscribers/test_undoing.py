"""A load is undone: rows go back to what they were, but for those that somebody needs as they are."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from core import database, jobs, rotating, sealing
from core.identity import Actor
from core.settings import settings as configured
from subscribers import facts
from subscribers.correcting.models import Correction
from subscribers.events import LoadUndone
from subscribers.loading import clearing, redriving
from subscribers.loading.advancing import advance
from subscribers.loading.models import (
    BeforeImage,
    Load,
    LoadKind,
    LoadState,
    QuarantinedRow,
    RowState,
)
from subscribers.loading.quarantine import raw_of, sealed
from subscribers.loading.turning import id_of
from subscribers.models import Customer, MonthlyFact
from subscribers.steering import undoing
from subscribers.steering.undoing import KeptRow, NotUndoable, Undoing
from tests.conftest import MONDAY_MORNING
from tests.subscribers.correcting.people_and_values import kept as kept_correction
from tests.subscribers.correcting.people_and_values import says, seen_of, steps_of
from tests.subscribers.senders import Sender, copied, load, row
from tests.web.records import rows

pytestmark = pytest.mark.usefixtures("each_database")
EVERYBODY = [row("customer", f"C{n}", phone=f"1380000{n:04}") for n in range(40)]


@pytest.fixture
def crm(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def undo(loaded: Load, actor: Actor) -> Undoing:
    with database.unit_of_work() as session:
        undoing.ask(session, id_of(loaded), actor=actor, at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)
    with database.reading() as session:
        return session.get_one(Undoing, loaded.id)


def customers() -> dict[str, Any]:
    return {key: one.model_dump() for key, one in copied("customer").items()}


def kept() -> set[tuple[str, str]]:
    return {(one.key, one.reason) for one in rows(select(KeptRow))}


def test_rows_it_brought_are_gone_and_rows_it_changed_are_as_before(crm: Sender, admin_wu: Actor) -> None:
    load(crm.send("customer", EVERYBODY))
    before = customers()
    delta = [
        row("customer", "C1", op="U", version=2, name="新名", birthday="1990-01-02"),
        row("customer", "C2", op="D", version=2),
        row("customer", "C99", name="新客户"),
    ]
    changed = load(crm.send("customer", delta, LoadKind.DELTA))
    assert customers() != before

    undone = undo(changed, admin_wu)

    assert customers() == before
    assert (undone.restored, undone.removed, undone.kept) == (2, 1, 0)
    assert undone.finished_at == MONDAY_MORNING
    assert rows(select(BeforeImage)) == []
    state = next(one for one in rows(select(Load)) if one.id == changed.id)
    assert (state.state, state.reason) == (LoadState.UNDONE, "吴敏撤销")


def test_a_suspicion_is_taken_back_with_the_full_file_that_raised_it(crm: Sender, admin_wu: Actor) -> None:
    load(crm.send("customer", EVERYBODY))
    before = customers()
    lacking = load(crm.send("customer", EVERYBODY[:-1]))
    assert customers()["C39"]["absent_fulls"] == 1

    undo(lacking, admin_wu)

    assert customers() == before


def test_the_same_file_may_come_again_afterwards(crm: Sender, admin_wu: Actor) -> None:
    dat = crm.send("customer", EVERYBODY)
    undo(load(dat), admin_wu)
    assert customers() == {}

    assert load(dat).inserted == 40


def test_a_row_that_a_later_load_changed_is_kept_and_listed(crm: Sender, admin_wu: Actor) -> None:
    load(crm.send("customer", EVERYBODY))
    first = load(crm.send("customer", [row("customer", "C1", op="U", version=2, name="甲")], LoadKind.DELTA))
    load(crm.send("customer", [row("customer", "C1", op="U", version=3, name="乙")], LoadKind.DELTA))

    undone = undo(first, admin_wu)

    assert customers()["C1"]["name"] == "乙"
    assert (undone.restored, undone.kept) == (0, 1)
    assert kept() == {("C1", "later")}


def test_a_row_that_others_stand_on_is_kept_until_they_are_gone(crm: Sender, admin_wu: Actor) -> None:
    people = load(crm.send("customer", EVERYBODY))
    accounts = load(crm.send("account", [row("account", "A1", customer="C1")]))

    undone = undo(people, admin_wu)

    assert list(customers()) == ["C1"]
    assert (undone.removed, undone.kept, kept()) == (39, 1, {("C1", "needed")})
    undo(accounts, admin_wu)
    assert copied("account") == {}


def test_a_row_that_an_agent_corrected_since_is_kept(crm: Sender, admin_wu: Actor, agent_chen: Actor) -> None:
    load(crm.send("customer", EVERYBODY))
    changes = [row("customer", key, op="U", version=2, name="新名") for key in ("C1", "C2")]
    changed = load(crm.send("customer", changes, LoadKind.DELTA))
    chen = copied("customer")["C1"]
    with database.unit_of_work() as session:
        said = Correction(
            entity="customer",
            row_id=chen.id,
            field="phone",
            customer_id=chen.id,
            source="crm",
            proposed="13911112222",
            evidence="来电告知",
            staff_id=agent_chen.staff_id,
            affirmed_at=MONDAY_MORNING,
            state_since=MONDAY_MORNING,
        )
        session.add(said)

    undone = undo(changed, admin_wu)

    assert (undone.restored, undone.kept, kept()) == (1, 1, {("C1", "corrected")})
    assert customers()["C1"]["name"] == "新名"
    assert customers()["C2"]["name"] == "陈婉清"


SATURDAY, SUNDAY = MONDAY_MORNING - timedelta(hours=36), MONDAY_MORNING - timedelta(hours=24)
NEW_PHONE, NEW_MAIL = "13911112222", "chen@new.example"


@pytest.fixture
def corrected(crm: Sender, agent_chen: Actor) -> list[Correction | None]:
    """What an agent said on Sunday of a customer who was loaded on Saturday."""
    load(crm.send("customer", EVERYBODY), at=SATURDAY)
    number = copied("customer")["C1"].id
    said = {"phone": NEW_PHONE, "email": NEW_MAIL}
    return [says(agent_chen, number, name, value, at=SUNDAY) for name, value in said.items()]


def sends(crm: Sender, version: int = 2, *, at: datetime = MONDAY_MORNING, **said: str) -> Load:
    """The source tells of the customer, and what agents said of them meets it."""
    delta = [row("customer", "C1", op="U", version=version, **said)]
    loaded = load(crm.send("customer", delta, LoadKind.DELTA), at=at)
    jobs.run_all_due(at)
    return loaded


def states(corrected: list[Correction | None]) -> list[str]:
    return [kept_correction(one).state for one in corrected]


def test_what_an_agent_said_before_it_stands_again_though_it_had_ended_it(
    crm: Sender, admin_wu: Actor, corrected: list[Correction | None]
) -> None:
    changed = sends(crm, phone=NEW_PHONE, email="chen@third.example")
    assert states(corrected) == ["confirmed", "superseded"]

    undo(changed, admin_wu)

    assert states(corrected) == ["open", "open"]
    number = copied("customer")["C1"].id
    assert copied("customer")["C1"].phone == "13800000001"
    assert [seen_of(number, name).value for name in ("phone", "email")] == [NEW_PHONE, NEW_MAIL]
    assert steps_of(corrected[0]) == ["open", "confirmed", "open"]
    crm.sequences["customer"] -= 1  # the one that was undone counts for nothing
    sends(crm, 3, at=MONDAY_MORNING + timedelta(days=1), phone=NEW_PHONE)
    assert states(corrected) == ["confirmed", "open"]


def test_what_a_person_decided_or_said_anew_is_not_opened_again(
    crm: Sender, admin_wu: Actor, agent_chen: Actor, corrected: list[Correction | None]
) -> None:
    number = copied("customer")["C1"].id
    says(agent_chen, number, "phone", "13922223333", at=SUNDAY + timedelta(hours=1))
    changed = sends(crm, phone="13922223333")
    assert kept_correction(corrected[0]).state == "superseded"

    undo(changed, admin_wu)

    assert states(corrected) == ["superseded", "open"]
    assert seen_of(number, "phone").value == "13922223333"


def test_what_another_load_had_confirmed_stays_confirmed(
    crm: Sender, admin_wu: Actor, corrected: list[Correction | None]
) -> None:
    sends(crm, phone=NEW_PHONE, at=MONDAY_MORNING - timedelta(hours=6))
    later = sends(crm, 3, name="陈婉青")

    undo(later, admin_wu)

    assert states(corrected) == ["confirmed", "open"]


def test_of_two_loads_undone_the_one_that_ended_it_counts(
    crm: Sender, admin_wu: Actor, corrected: list[Correction | None]
) -> None:
    first = sends(crm, phone=NEW_PHONE)
    second = sends(crm, 3, name="陈婉青")

    undo(first, admin_wu)
    assert states(corrected) == ["confirmed", "open"]
    undo(second, admin_wu)

    assert states(corrected) == ["open", "open"]
    assert copied("customer")["C1"].phone == "13800000001"


def test_what_ended_because_its_row_was_gone_stands_again_with_the_row(
    crm: Sender, admin_wu: Actor, corrected: list[Correction | None]
) -> None:
    gone = [row("customer", "C1", op="D", version=2)]
    ended = load(crm.send("customer", gone, LoadKind.DELTA))
    jobs.run_all_due(MONDAY_MORNING)
    assert states(corrected) == ["gone", "gone"]

    undo(ended, admin_wu)

    assert states(corrected) == ["open", "open"]


def test_the_facts_are_reckoned_anew(crm: Sender, admin_wu: Actor) -> None:
    load(crm.send("customer", [row("customer", "C1")]))
    load(crm.send("subscription", [row("subscription", "S1", opened_on="2020-01-05")]))
    load(crm.send("bill", [row("bill", "B1", total="60.00")]))
    more = load(crm.send("bill", [row("bill", "B2", total="30.00")], LoadKind.DELTA))
    settled = MONDAY_MORNING + facts.SETTLES
    jobs.run_all_due(MONDAY_MORNING)
    jobs.run_all_due(settled)
    assert [one.arpu_3 for one in rows(select(MonthlyFact))] == [3000]

    undo(more, admin_wu)
    jobs.run_all_due(settled)

    assert [one.arpu_3 for one in rows(select(MonthlyFact))] == [2000]


def test_a_row_that_is_put_aside_leaves_the_correction_standing_until_it_is_mended(
    crm: Sender, admin_wu: Actor, corrected: list[Correction | None]
) -> None:
    everybody = [row("customer", "C1", version=2, phone="x"), *EVERYBODY[:1], *EVERYBODY[2:]]
    load(crm.send("customer", everybody))
    jobs.run_all_due(MONDAY_MORNING)

    number = copied("customer")["C1"].id
    (bad,) = rows(select(QuarantinedRow))
    assert (bad.state, copied("customer")["C1"].absent_fulls) == (RowState.WAITING, 0)
    assert states(corrected) == ["open", "open"]
    assert seen_of(number, "phone").value == NEW_PHONE

    with database.unit_of_work() as session:
        bad.raw_mended = sealed(raw_of(bad).replace("|x|", f"|{NEW_PHONE}|"))
        (again,) = redriving.redrive(session, [bad], at=MONDAY_MORNING)
    mended = advance(again, at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    assert states(corrected) == ["confirmed", "open"]
    undo(mended, admin_wu)
    assert states(corrected) == ["open", "open"]
    assert seen_of(number, "phone").value == NEW_PHONE


def test_rows_it_put_aside_are_given_up_with_it(crm: Sender, admin_wu: Actor) -> None:
    people = load(crm.send("customer", [*EVERYBODY, row("customer", "C99", phone="x")]))

    undo(people, admin_wu)

    assert [one.state for one in rows(select(QuarantinedRow))] == [RowState.DROPPED]


def test_facts_reckoned_of_a_subscription_do_not_keep_it(crm: Sender, admin_wu: Actor) -> None:
    load(crm.send("customer", [row("customer", "C1")]))
    lines = load(crm.send("subscription", [row("subscription", "S1")]))
    with database.unit_of_work() as session:
        session.add(MonthlyFact(subscription_id=copied("subscription")["S1"].id, month=202602))

    assert undo(lines, admin_wu).removed == 1

    assert rows(select(MonthlyFact)) == []


def test_whoever_listens_is_told(crm: Sender, admin_wu: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(undoing.events, "publish", lambda _session, event, at: told.append(event))
    people = load(crm.send("customer", EVERYBODY[:1]))

    undo(people, admin_wu)

    assert told[-1] == LoadUndone(id_of(people), "customer", "crm")


def test_only_what_is_merged_is_undone_and_only_once(crm: Sender, admin_wu: Actor) -> None:
    people = load(crm.send("customer", EVERYBODY))
    undo(people, admin_wu)

    with pytest.raises(NotUndoable):
        undo(people, admin_wu)


def test_what_is_long_ago_is_not_undone_and_its_images_go(crm: Sender, admin_wu: Actor) -> None:
    first = load(crm.send("customer", EVERYBODY))
    second = load(crm.send("customer", [row("customer", "C1", version=2, name="李四")], LoadKind.DELTA))
    assert len(rows(select(BeforeImage))) == 1

    clearing.clear(at=MONDAY_MORNING + clearing.UNDOABLE_FOR)
    assert len(rows(select(BeforeImage))) == 1
    clearing.clear(at=MONDAY_MORNING + clearing.UNDOABLE_FOR + timedelta(seconds=1))
    assert not rows(select(BeforeImage))

    for long_ago in (first, second):
        with pytest.raises(NotUndoable), database.unit_of_work() as session:
            at = MONDAY_MORNING + clearing.UNDOABLE_FOR
            undoing.ask(session, id_of(long_ago), actor=admin_wu, at=at)


def test_an_undoing_that_was_interrupted_goes_on_where_it_was(
    crm: Sender, admin_wu: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = load(crm.send("customer", EVERYBODY))
    monkeypatch.setattr(undoing, "CHUNK", 7)
    with database.unit_of_work() as session:
        undoing.ask(session, id_of(people), actor=admin_wu, at=MONDAY_MORNING)
    undoing._one_chunk(id_of(people), MONDAY_MORNING)
    assert len(customers()) == 33

    undoing.carry_out(id_of(people), at=MONDAY_MORNING)

    assert customers() == {}
    assert rows(select(Undoing))[0].removed == 40


KEYS = st.sampled_from(["C1", "C2", "C3"])
CHANGE = st.tuples(st.sampled_from("IUD"), KEYS, st.sampled_from(["甲", "乙", "丙"]))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(
        st.lists(CHANGE, min_size=1, max_size=3, unique_by=lambda one: one[1]), min_size=1, max_size=4
    ),
    order=st.randoms(use_true_random=False),
)
def test_loads_undone_in_any_order_leave_what_was_there_before_them(
    files: list[list[tuple[str, str, str]]], order: Any, tmp_path: Path, admin_wu: Actor
) -> None:
    crm = Sender(tmp_path, f"crm{len(rows(select(Load)))}")
    version = len(rows(select(Load))) * 10
    keys = {key: f"{crm.source}{key}" for key in ("C1", "C2", "C3")}
    load(crm.send("customer", [row("customer", keys["C1"], version=version)]))
    before = customers()
    loads = []
    for number, changes in enumerate(files, start=1):
        sent = [
            row("customer", keys[key], op=op, version=version + number, name=name)
            for op, key, name in changes
        ]
        loads.append(load(crm.send("customer", sent, LoadKind.DELTA)))
    order.shuffle(loads)

    for one in loads:
        if one.state == LoadState.ACKNOWLEDGED:
            undo(one, admin_wu)

    assert customers() == before
    assert {one.key for one in rows(select(Customer))} == set(before)


CARDS = {"C1": "11010519491231002X", "C2": "130503196704010016"}


def with_card(key: str, number: str, *, version: int = 1) -> list[str | None]:
    return row(
        "customer", key, version=version, certificate_kind="身份证", certificate=number, birthday="1980-01-02"
    )


def use_keys(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setenv("ZHIDA_DATA_KEYS", ",".join(keys))
    configured.cache_clear()
    sealing.keys.cache_clear()


OLD, NEW = "k1:a-long-enough-secret-k1", "k2:a-long-enough-secret-k2"


def test_after_a_new_data_key_what_is_put_back_opens_and_is_found(
    crm: Sender, admin_wu: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_keys(monkeypatch, OLD)
    load(crm.send("customer", [with_card("C1", CARDS["C1"])]))
    wrong = load(crm.send("customer", [with_card("C1", CARDS["C2"], version=2)]))
    use_keys(monkeypatch, NEW, OLD)

    rotating.rotate()

    with database.reading() as session:
        assert sum(rotating.standing(session)["k1"].values()) == 0
    use_keys(monkeypatch, NEW)
    undo(wrong, admin_wu)
    back = copied("customer")["C1"]
    assert sealing.unseal(back.certificate_sealed, "certificate") == CARDS["C1"]
    assert back.certificate_hash == sealing.hash_now(CARDS["C1"], "certificate")
    again = load(crm.send("customer", [with_card("C1", CARDS["C1"])]))
    assert (again.updated, again.unchanged) == (0, 1)


def test_a_new_data_key_changes_nobody_in_the_next_full_file(
    crm: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_keys(monkeypatch, OLD)
    everybody = [with_card(key, number) for key, number in CARDS.items()]
    load(crm.send("customer", everybody))
    use_keys(monkeypatch, NEW, OLD)
    rotating.rotate()

    again = load(crm.send("customer", everybody))

    assert (again.updated, again.unchanged) == (0, 2)
    assert rows(select(BeforeImage)) == []
