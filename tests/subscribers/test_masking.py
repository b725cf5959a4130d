"""Personal data is recognisable and of no use until somebody reveals it."""

import pytest

from subscribers.entities import ENTITIES
from subscribers.masking import masked_field

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
