"""The little grammar of the box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query_syntax import NamedFilter, take_apart


@pytest.mark.parametrize(
    ("typed", "text", "phrases", "excluded"),
    [
        ('"提前解约" 宽带', "提前解约  宽带", ("提前解约",), ()),
        ("“違約金”", "違約金", ("违约金",), ()),
        ("「停机保号」", "停机保号", ("停机保号",), ()),
        ("宽带 -移机", "宽带", (), ("移机",)),
        ("宽带 －移机 -拆机", "宽带", (), ("移机", "拆机")),
        ("ERR-1023", "ERR-1023", (), ()),
        ("-5元", "-5元", (), ()),
        ('""', '""', (), ()),
        ('"？" 宽带', "？  宽带", (), ()),
    ],
)
def test_phrases_and_exclusions(
    typed: str, text: str, phrases: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    apart = take_apart(typed)

    assert (apart.text, apart.phrases, apart.excluded) == (text, phrases, excluded)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("品牌:青芒 流量", NamedFilter("品牌", "青芒")),
        ("流量 地区：浙江", NamedFilter("地区", "浙江")),
        ("省份: 浙江", NamedFilter("地区", "浙江")),
        ("分类:宽带", NamedFilter("类别", "宽带")),
    ],
)
def test_filters_by_name(typed: str, found: NamedFilter) -> None:
    apart = take_apart(typed)

    assert apart.filters == (found,)
    assert found.value not in apart.text


@given(st.text(alphabet=st.sampled_from('宽带移机 "“”「」-－:：品牌地区a1'), max_size=40))
def test_whatever_is_typed_is_taken_apart(typed: str) -> None:
    apart = take_apart(typed)

    assert all(phrase.strip() for phrase in (*apart.phrases, *apart.excluded))
