"""What is masked before it is kept or shown."""

import pytest

from core.privacy import masked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("13812345678 停机", "13*******78 停机"),
        ("身份证330102199001011234过户", "身份证33**************34过户"),
        ("59元套餐 4G 2026", "59元套餐 4G 2026"),
        ("错误 651", "错误 651"),
    ],
)
def test_long_numbers_are_masked_and_short_ones_stay(said: str, shown: str) -> None:
    assert masked(said) == shown
