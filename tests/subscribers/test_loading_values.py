"""Values of files as they are kept, rows as they are written, and identity cards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.entities import ENTITIES, Field, Shape
from subscribers.loading.certificates import as_eighteen, check_digit, is_sound
from subscribers.loading.layouts import Delimited, Fixed
from subscribers.loading.preparing import BUCKETS, digest, spoken
from subscribers.loading.reading import text_of
from subscribers.loading.values import BadValue, reader_of

GOOD = [
    (Shape.DATE, "2026-11-26", "2026-11-26"),
    (Shape.DATE, "２０２６１１２６", "2026-11-26"),
    (Shape.MOMENT, "2026-11-26 08:30:00", "2026-11-26 00:30:00.000000"),
    (Shape.MOMENT, "20261126083000", "2026-11-26 00:30:00.000000"),
    (Shape.MOMENT, "1988-07-01 00:00:00", "1988-06-30 15:00:00.000000"),  # the years of summer time
    (Shape.MONTH, "202602", 202602),
    (Shape.MONEY, "59", 5900),
    (Shape.MONEY, "-0.5", -50),
    (Shape.MONEY, "１２.３４", 1234),
    (Shape.COUNT, "0012", 12),
    (Shape.PHONE, "+86 138-0000-6207", "13800006207"),
    (Shape.PHONE, "(0571) 8888 6666", "057188886666"),
    (Shape.TEXT, " 张三 ", "张三"),
]
BAD = [
    (Shape.DATE, "2026-02-29", "date"),
    (Shape.DATE, "26/11/2026", "date"),
    (Shape.MOMENT, "2026-11-26", "moment"),
    (Shape.MOMENT, "2026-11-26 24:30:00", "moment"),
    (Shape.MONTH, "202613", "month"),
    (Shape.MONEY, "1.005", "money"),
    (Shape.MONEY, "1,005.00", "money"),
    (Shape.COUNT, "-1", "count"),
    (Shape.COUNT, "3000000000", "count"),
    (Shape.PHONE, "1380000620x", "phone"),
    (Shape.TEXT, "长" * 9, "too_long"),
]


@pytest.mark.parametrize(("shape", "written", "kept"), GOOD)
def test_how_a_value_is_kept(shape: Shape, written: str, kept: str | int) -> None:
    assert reader_of(Field("x", "值", shape, 8 if shape is Shape.COUNT else 60))(written) == kept


@pytest.mark.parametrize(("shape", "written", "code"), BAD)
def test_what_cannot_be_kept_is_named(shape: Shape, written: str, code: str) -> None:
    with pytest.raises(BadValue) as bad:
        reader_of(Field("x", "值", shape, 8))(written)

    assert bad.value.code == code


@given(st.integers(-(10**15), 10**15))
def test_money_is_read_to_the_cent(cents: int) -> None:
    written = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"

    assert reader_of(Field("x", "金额", Shape.MONEY))(written) == cents


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("11010519491231002X", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),
        ("110105951231997", "110105189512319978"),  # born in the century before
        ("H01234567", "H01234567"),
    ],
)
def test_fifteen_digits_become_eighteen(written: str, kept: str) -> None:
    assert as_eighteen(written)[:17] == kept[:17]
    assert len(kept) != 18 or as_eighteen(written)[17] == check_digit(kept[:17])


@given(st.sampled_from("0123456789"), st.integers(0, 16))
def test_one_wrong_digit_is_always_noticed(digit: str, place: int) -> None:
    number = "11010519491231002X"
    wrong = number[:place] + digit + number[place + 1 :]

    assert is_sound(number)
    assert wrong == number or not is_sound(wrong)


CELL = st.one_of(st.none(), st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12))


@given(st.lists(CELL | st.just("\n|\\"), min_size=1, max_size=6))
def test_a_row_between_bars_reads_as_it_was_written(cells: list[str | None]) -> None:
    layout = Delimited(len(cells))
    line = layout.join(cells)

    assert "\n" not in line
    assert layout.split(line) == cells


@given(st.lists(CELL, min_size=3, max_size=3), st.sampled_from(["utf-8", "gb18030"]))
def test_a_row_of_fixed_width_reads_as_it_was_written(cells: list[str | None], encoding: str) -> None:
    layout = Fixed((12, 12, 12))
    stripped = [None if cell is None else cell.strip() for cell in cells]
    clearing = [None if cell == "\\N" else cell for cell in stripped]

    assert layout.split(layout.join(stripped).encode(encoding).decode(encoding)) == clearing


def test_what_does_not_fit_its_width_is_not_written() -> None:
    with pytest.raises(BadValue, match="放不进"):
        Fixed((2,)).join(["三个字"])


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=3, max_size=9))
def test_utf_8_in_a_file_of_gb18030_is_noticed(text: str) -> None:
    assert text_of(text.encode("gb18030"), "gb18030") == text
    with pytest.raises(BadValue, match="UTF-8"):
        text_of(text.encode(), "gb18030")


def test_a_name_is_found_by_its_sound() -> None:
    assert spoken("陈婉清") == ("cenwanqin", "cwq")
    assert spoken("Ｔom 李2") == ("tomli2", "tl2")


def test_the_digest_has_forty_four_bits_and_tells_rows_apart() -> None:
    customer = ENTITIES["customer"]
    one = digest(customer, "C1", {"name": "甲"})

    assert 0 <= one < 2**44
    assert one * 2**19 < 2**63  # a bucket of half a million rows still has a sum
    assert len({one, digest(customer, "C2", {"name": "甲"}), digest(customer, "C1", {"phone": "甲"})}) == 3
    assert digest(customer, "C1", {"name": "甲", "phone": "", "birthday": None}) == one
    assert BUCKETS == 256
