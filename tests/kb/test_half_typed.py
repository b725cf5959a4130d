"""What is typed half in letters finds the article that was meant; a code finds its own and no other."""

import pytest

from core import database, jobs
from core.identity import Actor
from kb.finding import Wish, find_articles
from search import indexing
from search.finder import Mode
from search.lexicon.snapshot import Lexicon
from search.understanding import Understanding
from search.vocabulary import Vocabulary
from tests.conftest import MONDAY_MORNING
from tests.makers import make_article

TERMS = Vocabulary(dict.fromkeys(["5g套餐", "wifi密码", "退改", "资费"], 1.0))
READING = Understanding(Lexicon(synonyms={"退改": ("撤销",)}), TERMS)


def first(reader: Actor, typed: str) -> str:
    with database.reading() as session:
        found = find_articles(
            session, reader, Wish(typed), mode=Mode.WORDS, at=MONDAY_MORNING, reading=READING
        )
    return found.rows[0].card.title if found.rows else ""


@pytest.fixture(autouse=True)
def _library(centre: object) -> None:
    make_article("5G套餐资费一览", keywords=["5G套餐", "资费"])
    make_article("5G套餐退改规则", keywords=["5G套餐", "退改"])
    make_article("宽带退改规则", keywords=["退改"])
    make_article("路由器WiFi密码修改", keywords=["WiFi密码"])
    make_article("畅享包月59元", keywords=["59元"])
    make_article("上网故障代码ERR-1023", codes=["ERR-1023"])
    make_article("苹果iPhone15合约", codes=["iPhone15"])
    indexing.ensure(at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("5g套餐tg", "5G套餐退改规则"),
        ("5gtctg", "5G套餐退改规则"),
        ("5gtaocan zifei", "5G套餐资费一览"),
        ("wifimima", "路由器WiFi密码修改"),
        ("wifimm", "路由器WiFi密码修改"),
        ("59yuan", "畅享包月59元"),
        ("ERR-1023", "上网故障代码ERR-1023"),
        ("iphone15", "苹果iPhone15合约"),
    ],
)
def test_what_was_meant_comes_first(agent_chen: Actor, typed: str, title: str) -> None:
    assert first(agent_chen, typed) == title
