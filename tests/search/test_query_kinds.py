"""How a query was typed is told from its text."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query_kinds import QueryKind, kind_of

GOLDEN = [
    json.loads(line) for line in (Path(__file__).parent / "golden.jsonl").read_text("utf-8").splitlines()
]
UNTOLD = {"无答案", "同音错字"}  # of what has no answer, and of wrong characters, the text does not tell


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("宽带移机", QueryKind.HANZI),
        ("5G资费表", QueryKind.HANZI),
        ("改wifi密码", QueryKind.HANZI),
        ("星河app登录", QueryKind.HANZI),
        ("59元套餐", QueryKind.HANZI),
        ("哎那个流量咋没了呀", QueryKind.SPOKEN),
        ("liuliangbao", QueryKind.FULL_PINYIN),
        ("liu liang bao", QueryKind.FULL_PINYIN),
        ("liuliangb", QueryKind.FULL_PINYIN),
        ("llb", QueryKind.INITIALS),
        ("ldxs", QueryKind.INITIALS),
        ("*#06#", QueryKind.CODE),
        ("ERR-1023 怎么办", QueryKind.CODE),
        ("CXXZ", QueryKind.CODE),
        ("错误651", QueryKind.CODE),
        ("59", QueryKind.CODE),
        ("59元", QueryKind.CODE),
        ("寬頻移機", QueryKind.TRADITIONAL),
        ("我打算把号码改到我爱人名下听说攒的几千分会没掉是不是要先换掉", QueryKind.LONG),
        ("5g套餐tg", QueryKind.MIXED),
        ("宽带yiji", QueryKind.MIXED),
        ("！？", QueryKind.CODE),
        ("", QueryKind.CODE),
    ],
)
def test_the_way_of_typing_is_told(text: str, kind: QueryKind) -> None:
    assert kind_of(text) is kind


def test_full_width_letters_are_letters() -> None:
    assert kind_of("ｌｌｂ") is QueryKind.INITIALS


@pytest.mark.parametrize("held_out", [False, True])
def test_nine_of_ten_golden_queries_are_told_as_their_authors_meant(held_out: bool) -> None:
    told = [query for query in GOLDEN if query["held_out"] == held_out and query["kind"] not in UNTOLD]

    agreed = sum(kind_of(query["query"]).label == query["kind"] for query in told)

    assert agreed / len(told) >= 0.9


@given(st.text(max_size=80))
def test_anything_that_can_be_typed_has_a_kind(text: str) -> None:
    assert kind_of(text) in set(QueryKind) - {QueryKind.HOMOPHONE}


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len({kind.label for kind in QueryKind}) == len(QueryKind)
