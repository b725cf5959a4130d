"""While the search engine is away the database itself is asked, and it shows nothing that may not be seen."""

from pathlib import Path
from typing import Any

import pytest

from core import database
from core.identity import Actor
from kb import literally
from kb.finding import FoundArticles, Wish, find_articles
from kb.models import Kind
from kb.search_context import SearchContext
from search.finder import Mode
from search.hits import Degradation
from tests.conftest import MONDAY_MORNING
from tests.makers import make_article, make_scopes
from tests.people import hire

pytestmark = pytest.mark.usefixtures("each_database")


def ask(actor: Actor, text: str, mode: Mode = Mode.HYBRID, **wish: Any) -> FoundArticles:
    with database.reading() as session:
        return find_articles(session, actor, Wish(text, **wish), mode=mode, at=MONDAY_MORNING)


def titles(found: FoundArticles) -> list[str]:
    return [row.card.title for row in found.rows]


@pytest.fixture
def shelf(centre: Path) -> None:
    make_scopes()
    hire("2001", "许越", "agent", team="hotline2")
    make_article("宽带移机办理", answer="同城移机免费。", kind="procedure")
    make_article("流量结转规则", answer="当月剩余流量结转到次月。", keywords=["宽带"])
    make_article(
        "国际漫游资费", answer="日本每天 25 元。", codes=["GJMY25"], similar_questions=["出国上网怎么收费"]
    )
    make_article("浙江宽带提速", answer="提到 1000M。", regions=["330000"])
    make_article("班组内部口径", answer="宽带投诉升级。", teams=["hotline2"])


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("宽带移机", "宽带移机办理"),
        ("流量结转", "流量结转规则"),
        ("GJMY25", "国际漫游资费"),
        ("出国上网", "国际漫游资费"),
        ("日本每天多少", "国际漫游资费"),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_words_find_titles_answers_questions_and_codes_without_an_engine(
    agent_chen: Actor, said: str, first: str
) -> None:
    found = ask(agent_chen, said)

    assert titles(found)[0] == first
    assert Degradation.ENGINE_UNAVAILABLE in found.degradations
    assert not found.is_down


@pytest.mark.usefixtures("shelf")
def test_what_an_agent_may_not_read_stays_unseen_without_an_engine_too(
    agent_chen: Actor, editor_lin: Actor
) -> None:
    assert "班组内部口径" not in titles(ask(agent_chen, "宽带投诉"))
    assert "班组内部口径" in titles(ask(editor_lin, "宽带投诉"))


@pytest.mark.usefixtures("shelf")
def test_caller_kind_and_day_narrow_it_as_always(agent_chen: Actor) -> None:
    sichuan = ask(agent_chen, "宽带", context=SearchContext(region="510000"))
    procedures = ask(agent_chen, "宽带", kind=Kind.PROCEDURE)

    assert "浙江宽带提速" not in titles(sichuan)
    assert titles(procedures) == ["宽带移机办理"]


@pytest.mark.usefixtures("shelf")
def test_that_nothing_is_known_is_not_said_to_be_no_answer(agent_chen: Actor) -> None:
    found = ask(agent_chen, "hippopotamus")

    assert found.rows == ()
    assert found.is_down


@pytest.mark.usefixtures("shelf")
def test_the_database_is_not_asked_at_every_key(agent_chen: Actor) -> None:
    assert ask(agent_chen, "宽带移机", Mode.WORDS).is_down


@pytest.mark.usefixtures("shelf")
def test_when_too_many_ask_the_rest_is_told_so_and_need_not_wait_for_long(
    agent_chen: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(literally, "WAIT_SECONDS", 0.01)
    for _ in range(literally.AT_ONCE):
        literally._looking.acquire()

    busy = ask(agent_chen, "宽带移机")
    for _ in range(literally.AT_ONCE):
        literally._looking.release()

    assert busy.is_down
    assert not ask(agent_chen, "宽带移机").is_down
