"""The right part of a text, and in it what was asked for, as it was written."""

import pytest

from search.snippets import ELLIPSIS, Piece, highlight, snippet
from tests.search.library import make_query

LONG = "一、办理条件。本机号码需实名登记。" * 10 + "国际漫游资费按天计费，次日失效。" + "二、其他事项。" * 20


def marked(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece for piece, is_hit in pieces if is_hit]


@pytest.mark.parametrize(
    ("title", "asked", "hits"),
    [
        ("国际漫游资费", "漫游", ["漫游"]),
        ("国际漫游资费", "漫游资费", ["漫游资费"]),
        ("國際漫遊資費", "国际漫游", ["國際漫遊"]),
        ("ＣＸ５Ｇ０９９套餐", "cx5g099", ["ＣＸ５Ｇ０９９"]),
        ("故障ERR-1023处理", "err1023", ["ERR-1023"]),
        ("故障ERR 1023处理", "ERR-1023", ["ERR 1023"]),
        ("价格59元", "59元", ["59元"]),
        ("亲情网成员", "情网", ["情网"]),
        ("⑩元包", "10元", ["⑩元"]),
        ("宽带", "漫游", []),
        ("ERR-10234", "ERR-1023", ["ERR"]),
        ("卡", "卡", ["卡"]),
    ],
)
def test_marks_stand_on_the_original(title: str, asked: str, hits: list[str]) -> None:
    pieces = highlight(title, make_query(asked))

    assert marked(pieces) == hits
    assert "".join(piece for piece, _ in pieces) == title


def test_a_snippet_shows_where_it_is_said() -> None:
    pieces = snippet(LONG, make_query("漫游资费怎么收"), longest=60)

    shown = "".join(piece for piece, _ in pieces)
    assert "漫游资费" in marked(pieces)
    assert shown.startswith(ELLIPSIS + "国际漫游资费")  # the sentence from its beginning
    assert shown.endswith(ELLIPSIS)
    assert len(shown) <= 62


def test_a_short_text_is_shown_whole() -> None:
    assert snippet("按天计费。", make_query("漫游")) == (("按天计费。", False),)


def test_without_a_hit_the_beginning_is_shown() -> None:
    shown = "".join(piece for piece, _ in snippet(LONG, make_query("发票"), longest=20))

    assert LONG.startswith(shown.removesuffix(ELLIPSIS))


def test_lines_are_joined() -> None:
    assert snippet("一\n\n  二", make_query("x")) == (("一 二", False),)


@pytest.mark.parametrize(
    ("title", "asked", "hits"),
    [
        ("国际蓝鲸资费", "国际lanjing", ["国际蓝鲸"]),
        ("国际电话与蓝鲸", "国际lanjing", ["国际", "蓝鲸"]),
        ("国际电话与蓝鲸", "国际lj", ["国际", "蓝鲸"]),
        ("国际电话", "国际lanjing", ["国际"]),
    ],
)
def test_what_was_typed_in_hanzi_and_what_was_typed_in_letters_are_both_marked(
    title: str, asked: str, hits: list[str]
) -> None:
    assert marked(highlight(title, make_query(asked))) == hits
