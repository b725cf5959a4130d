"""Quoted phrases and exclusions hold to the letter, in every part of an article."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from core import database, jobs
from core.identity import Actor, Role
from kb.finding import Wish, find_articles
from search import indexing
from search import text as texts
from search.finder import Mode
from search.query_syntax import constraints_in, take_apart
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article

READER = Actor(LIBRARIAN.staff_id, "读者", roles=frozenset({Role.AGENT}), team_code=None)


def index(at: datetime = MONDAY_MORNING) -> None:
    indexing.ensure(at=at)
    jobs.run_all_due(at)


def titles(text: str) -> set[str]:
    with database.reading() as session:
        found = find_articles(session, READER, Wish(text), mode=Mode.WORDS, at=MONDAY_MORNING)
    return {row.card.title for row in found.rows}


@pytest.mark.parametrize(
    "part",
    [
        {"answer": "停机保号五元"},
        {"steps": "<p>停机保号五元</p>"},
        {"scripts": [{"text": "停机保号五元"}]},
        {"similar_questions": ["停机保号五元吗"]},
        {"keywords": ["停机保号五元"]},
        {"internal_note": "<p>停机保号五元</p>"},
    ],
    ids=lambda part: next(iter(part)),
)
def test_every_part_counts(centre: object, part: dict[str, object]) -> None:
    make_article("宽带业务甲", **part)
    make_article("宽带业务乙", answer="停机，保号五元")
    index()

    assert titles("宽带业务 “停机保号”") == {"宽带业务甲"}
    assert titles("宽带业务 -停机保号") == {"宽带业务乙"}


def test_a_code_is_a_phrase_too(centre: object) -> None:
    make_article("宽带业务甲", codes=["KDTS100"])
    make_article("宽带业务乙", codes=["KDTS1001"])
    index()

    assert titles('宽带业务 "kdts100"') == {"宽带业务甲"}
    assert titles("宽带业务 -KDTS100") == {"宽带业务乙"}


def test_pairs_in_another_order_are_not_the_phrase(centre: object) -> None:
    make_article("宽带业务", answer="金违约，约金价")
    index()

    assert titles("宽带业务 “违约金”") == set()
    assert titles("宽带业务 -违约金") == {"宽带业务"}


def test_a_page_is_filled_from_below_what_was_excluded(centre: object) -> None:
    for number in range(70):
        make_article(f"宽带宽带业务{number}", answer="含违约金条款")
    make_article("家里办宽带用的一种业务", answer="没有条款")
    index()

    assert titles("宽带业务 -违约金条款") == {"家里办宽带用的一种业务"}


@pytest.mark.parametrize(
    ("typed", "text", "phrases", "excluded"),
    [
        ("宽带 “违约金” -移机", "宽带  违约金", ("违约金",), ("移机",)),
        ("宽带 -“移机 费”", "宽带", (), ("移机 费",)),
        ("-移机", "", (), ("移机",)),
        ("5G-A 套餐 ERR-1023 -59", "5G-A 套餐 ERR-1023 -59", (), ()),
        ("“”“ ”", "“”   ", (), ()),
    ],
)
def test_the_grammar_of_the_box(
    typed: str, text: str, phrases: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    found = take_apart(typed)

    assert (found.text, found.phrases, found.excluded) == (text.strip(), phrases, excluded)


def test_each_constraint_knows_the_text_without_it() -> None:
    found = {one.value: one.rest for one in constraints_in("宽带 “违约金” -移机 品牌:银龄 资费")}

    assert found == {
        "违约金": "宽带 违约金 -移机 品牌:银龄 资费",
        "移机": "宽带 “违约金” 品牌:银龄 资费",
        "银龄": "宽带 “违约金” -移机 资费",
    }


def test_a_number_does_not_stand_within_a_longer_one() -> None:
    assert texts.says(texts.spelling("每月５９元"), "59")
    assert not texts.says(texts.spelling("每月159元"), "59")
    assert texts.says(texts.spelling("五Ｇ套餐和5G套餐"), "5g套")


LETTERS = st.text("甲乙丙 5g", min_size=1, max_size=8)


@given(
    texts_=st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=6),
    wanted=st.none() | st.text("甲乙丙5g", min_size=1, max_size=3),
    unwanted=st.none() | st.text("甲乙丙g", min_size=1, max_size=3),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_has_the_phrase_none_has_the_excluded_and_nothing_else_is_lost(
    centre: object, texts_: list[tuple[str, str]], wanted: str | None, unwanted: str | None
) -> None:
    SQLModel.metadata.drop_all(database.engine())
    SQLModel.metadata.create_all(database.engine())
    expected = set()
    for number, (first, second) in enumerate(texts_):
        title = " ".join(f"宽带{number}，{first}".split())
        make_article(title, answer=second)
        parts = [texts.spelling(part) for part in (title, second)]
        has = not wanted or any(texts.says(part, wanted) for part in parts)
        if has and not (unwanted and any(texts.says(part, unwanted) for part in parts)):
            expected.add(title)
    index()

    query = " ".join(filter(None, ["宽带", wanted and f"“{wanted}”", unwanted and f"-{unwanted}"]))

    assert titles(query) == expected
