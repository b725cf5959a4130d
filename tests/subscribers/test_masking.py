"""Personal data is recognisable and of no use until somebody reveals it."""

import pytest

from subscribers.entities import ENTITIES
from subscribers.masking import masked_field, masked_phone

CASES = [
    ("phone", "13800006207", "138 **** 6207"),
    ("phone", "10086", "***86"),
    ("certificate", "330102198501011234", "3***************34"),
    ("address", "浙江省杭州市西湖区文三路 99 号 3 幢", "浙江省杭州市西湖区****"),
    ("address", "宁波市中山路 1 号", "宁波市****"),
    ("address", "不知道", "不知****"),
    ("email", "wanqing.chen@example.com", "w****@example.com"),
    ("birthday", "1985-01-01", "1985-**-**"),
    ("name", "陈婉清", "陈婉清"),
    ("phone", "", ""),
    ("phone", "abc", "***"),
    ("certificate", "1234", "****"),
    ("birthday", "二月三十", "****"),
]


@pytest.mark.parametrize(("field", "value", "shown"), CASES)
def test_what_is_shown_of_a_field(field: str, value: str, shown: str) -> None:
    assert masked_field(ENTITIES["customer"].field(field), value) == shown


LANDLINES = [
    ("0571-88886666", "0571 **** 66"),
    ("057188886666", "0571 **** 66"),
    ("010-62345678", "010 **** 78"),
    ("01062345678", "010 **** 78"),
    ("02087654321", "020 **** 21"),
    ("0571 8888 6666", "0571 **** 66"),
    ("0571-88886666-8012", "0571 **** 66-**"),
    ("0571-88886666 转 8012", "0571 **** 66-**"),
    ("(0571)88886666", "0571 **** 66"),
    ("08985551234", "0898 **** 34"),
    ("0571888866668012", "0571 **** 12"),
    ("0571-12345", "0571 **** 45"),
    ("013800006207", "013 **** 6207"),
    ("4008001234", "400 **** 1234"),
    ("95588", "***88"),
    ("010", "***"),
    ("0571", "****"),
    ("01012", "***12"),
    ("057112", "****12"),
    ("13800006207", "138 **** 6207"),
    ("", ""),
]


@pytest.mark.parametrize(("number", "shown"), LANDLINES)
def test_a_landline_keeps_its_area_and_its_last_two_digits(number: str, shown: str) -> None:
    assert masked_phone(number) == shown
