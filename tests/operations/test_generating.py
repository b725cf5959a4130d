"""Made-up subscribers are always the same, and say nothing that a source could not say."""

from collections import Counter
from datetime import UTC, date, datetime
from itertools import chain, pairwise
from pathlib import Path

import pytest

from operations.generating import changing, files, making
from operations.generating.days import Days
from operations.generating.files import Population
from operations.generating.rows import Row
from operations.sample_centre import callers
from subscribers.entities import ENTITIES, Field, Shape
from subscribers.loading.advancing import advance
from subscribers.loading.certificates import is_sound
from subscribers.loading.models import LoadState, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of

TODAY = Days(date(2026, 11, 26), months_billed=12)
MANY = 700
SORTS = [
    "suspended",
    "stopped",
    "gone",
    "group",
    "携入",
    "二次放号",
    "换号",
    "投诉",
    "contract",
    "broadband",
    "iot",
]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    generated = chain.from_iterable(making.rows_of(number, TODAY) for number in range(MANY))
    return [*generated, *written()]


def written() -> list[Row]:
    return list(chain.from_iterable(callers.rows_of(caller, TODAY) for caller in callers.callers()))


def test_the_same_customer_is_the_same_whoever_asks(rows: list[Row]) -> None:
    again = Days(date(2026, 11, 26), months_billed=12)

    assert list(making.rows_of(331, again)) == [row for row in rows if "000000331" in row.key]


def test_no_key_is_given_twice(rows: list[Row]) -> None:
    keys = Counter((row.entity, row.key) for row in rows)

    assert keys.most_common(1)[0][1] == 1


def test_a_parent_is_said_before_its_children(rows: list[Row]) -> None:
    known: dict[str, set[str]] = {name: set() for name in ENTITIES}
    for row in rows:
        fields = ENTITIES[row.entity].fields
        for field, text in zip(fields, row.values, strict=True):
            if field.refers_to and text:
                assert text in known[field.refers_to], row
        known[row.entity].add(row.key)


def test_every_value_has_the_shape_that_its_field_asks(rows: list[Row]) -> None:
    wrong = [
        (row.key, field.name, text)
        for row in rows
        for field, text in zip(ENTITIES[row.entity].fields, row.values, strict=True)
        if not _fits(field, text)
    ]

    assert wrong == []


def _fits(field: Field, text: str) -> bool:
    if not text:
        return not field.required
    shapes = {
        Shape.DATE: lambda: date.fromisoformat(text),
        Shape.MOMENT: lambda: datetime.strptime(text, "%Y-%m-%d %H:%M:%S"),  # noqa: DTZ007 - the centre's time
        Shape.MONEY: lambda: text[-3] == "." and float(text) >= 0,
        Shape.COUNT: text.isdigit,
        Shape.PHONE: lambda: text.isdigit() and 11 <= len(text) <= 13,
        Shape.CHOICE: lambda: text in field.choices,
        Shape.MONTH: lambda: 1 <= int(text[4:]) <= 12,
    }
    return len(text) <= field.width and bool(shapes.get(field.shape, lambda: True)())


def test_a_certificate_ends_with_the_sign_that_it_must(rows: list[Row]) -> None:
    numbers = [row.values[5] for row in rows if row.entity == "customer" and row.values[4] == "身份证"]

    assert len(numbers) > 600
    assert [one for one in numbers if not is_sound(one)] == []


def test_nothing_happens_tomorrow(rows: list[Row]) -> None:
    at = {"payment": 1, "event": 1}
    moments = [row.values[at[row.entity]] for row in rows if row.entity in at]

    assert max(moments) < "2026-11-26"


def test_a_number_has_one_owner_at_a_time(rows: list[Row]) -> None:
    held: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if row.entity == "number":
            held.setdefault(row.values[1], []).append((row.values[3], row.values[4] or "9999"))

    spans = [sorted(owners) for owners in held.values() if len(owners) > 1]

    assert len(spans) > 5  # numbers that were given again
    assert all(before[1] <= after[0] for owners in spans for before, after in pairwise(owners))


def test_what_is_owed_is_what_was_not_paid(rows: list[Row]) -> None:
    owed = {row.key: row.values[5] for row in rows if row.entity == "account" and row.key.startswith("A0")}
    unpaid = {
        row.values[0].split("-")[0].replace("S", "A")
        for row in rows
        if row.entity == "bill" and not row.values[4]
    }

    assert {key for key, amount in owed.items() if amount != "0.00"} >= {key for key in unpaid if key in owed}


@pytest.mark.parametrize(
    "sort",
    [
        "suspended",
        "stopped",
        "gone",
        "group",
        "携入",
        "二次放号",
        "换号",
        "投诉",
        "contract",
        "broadband",
        "iot",
    ],
)
def test_every_sort_of_caller_is_among_them(rows: list[Row], sort: str) -> None:
    assert any(sort in row.values for row in rows)


def test_some_people_are_in_the_source_twice(rows: list[Row]) -> None:
    certificates = Counter(row.values[5] for row in rows if row.entity == "customer")

    assert sum(count == 2 for count in certificates.values()) >= 3


def test_what_changes_is_a_share_of_them_and_follows_what_was_there(rows: list[Row]) -> None:
    chosen = [number for number in range(MANY) if changing.is_chosen(number, 0.1)]
    changes = list(chain.from_iterable(changing.changes_of(number, TODAY) for number in chosen))
    before = {(row.entity, row.key): row for row in rows}

    assert 40 <= len(chosen) <= 100
    assert {row.entity for row in changes} >= {"customer", "account", "product", "bill", "event"}
    for row in changes:
        is_new = row.cells[0] == "I"
        assert is_new == ((row.entity, row.key) not in before), row
        assert is_new or row.cells[3] == "2"
        assert is_new or row.cells[0] == "D" or row.values != before[row.entity, row.key].values


def test_files_of_the_same_day_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    one, other = tmp_path / "one", tmp_path / "other"
    files.write_full(one, Population(30), at=at)
    files.write_full(other, Population(30), at=at)

    assert len(list(one.iterdir())) == 16
    assert all(path.read_bytes() == (other / path.name).read_bytes() for path in one.iterdir())


def test_the_files_load_and_then_what_changed_since(each_database: str, tmp_path: Path) -> None:
    at = datetime(2026, 11, 26, 1, tzinfo=UTC)
    full = files.write_full(tmp_path, Population(80, months=4), at=at)
    delta = files.write_delta(tmp_path, Population(80, months=4), 0.25, at=at)

    loads = [advance(id_of(receive(path, Via.COMMAND, at=at).load), at=at) for path in full.paths]
    later = [advance(id_of(receive(path, Via.COMMAND, at=at).load), at=at) for path in delta.paths]

    assert [(one.state, one.bad, one.orphans, one.reason) for one in loads + later] == [
        (LoadState.ACKNOWLEDGED, 0, 0, "")
    ] * 16
    assert {one.entity: one.inserted for one in loads} == full.rows
    assert {one.entity: one.inserted + one.updated + one.removed for one in later} == delta.rows
    assert sum(one.removed for one in later) > 0


def test_what_is_wanted_of_some_entities_is_what_all_files_say_of_them(tmp_path: Path) -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    every, some = tmp_path / "every", tmp_path / "some"
    files.write_full(every, Population(40), at=at)
    files.write_full(some, Population(40, entities=("customer", "number")), at=at)

    assert sorted(path.name.split("_")[1] for path in some.glob("*.dat")) == ["CUSTOMER", "NUMBER"]
    assert all(path.read_bytes() == (every / path.name).read_bytes() for path in some.iterdir())
