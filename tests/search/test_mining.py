"""What agents typed in vain suggests words for the lexicon."""

from datetime import timedelta

import pytest

from core import database
from core.identity import Actor
from search import mining
from search.lexicon.models import Kind
from search.lexicon.snapshot import Lexicon
from search.mining import Suggestion
from search.understanding import Understanding
from search.vocabulary import Vocabulary
from tests.conftest import MONDAY_MORNING
from tests.people import hire
from tests.search.logged import log_search

READING = Understanding(
    Lexicon(words=frozenset({"拆机", "漫游"}), fillers=frozenset({"请问"}), synonyms={"销号": ("销户",)}),
    Vocabulary({"拆机": 1.0, "漫游": 1.0}),
)


@pytest.fixture
def agents(each_database: str) -> list[Actor]:
    return [hire("chen", "陈静", "agent"), hire("zhao", "赵敏", "agent")]


def ask(
    actor: Actor, text: str, second: int, *, found: int = 3, opens: bool = False, of_another_day: bool = False
) -> None:
    at = MONDAY_MORNING - timedelta(hours=1) + timedelta(seconds=second)
    with database.unit_of_work() as session:
        log_search(
            session, actor, text, found=found, used=1 if opens else None, at=at, of_another_day=of_another_day
        )


def suggested() -> list[Suggestion]:
    with database.reading() as session:
        return mining.suggestions(session, READING, at=MONDAY_MORNING)


def test_what_two_people_said_another_way_is_a_synonym(agents: list[Actor]) -> None:
    for actor in agents:
        ask(actor, "请问退网线", 0)
        ask(actor, "拆机", 60, opens=True)

    assert suggested() == [Suggestion(Kind.SYNONYM, "退网线", "拆机", people=2, times=2)]


def test_what_was_asked_for_another_day_suggests_nothing(agents: list[Actor]) -> None:
    for actor in agents:
        ask(actor, "退网线", 0)
        ask(actor, "拆机", 60, opens=True, of_another_day=True)
        ask(actor, "老资费", 200, found=0, of_another_day=True)

    assert [one for one in suggested() if one.said in {"退网线", "老资费"}] == []


def test_once_is_chance_and_so_is_a_long_pause_or_an_answer_that_was_used(agents: list[Actor]) -> None:
    chen, zhao = agents
    ask(chen, "退网线", 0)
    ask(chen, "拆机", 60, opens=True)
    ask(zhao, "退网线", 0)
    ask(zhao, "拆机", 91, opens=True)
    ask(zhao, "退网线", 200, opens=True)
    ask(zhao, "拆机", 210, opens=True)
    ask(zhao, "退网线", 300)
    ask(chen, "拆机", 310, opens=True)

    assert suggested() == []


def test_what_sounds_alike_is_a_slip_and_what_is_known_is_not_suggested(agents: list[Actor]) -> None:
    for actor in agents:
        ask(actor, "慢游", 0)
        ask(actor, "漫游", 20, opens=True)
        ask(actor, "销号", 100)
        ask(actor, "销户", 120, opens=True)

    assert [(one.kind, one.said, one.meant) for one in suggested()] == [(Kind.CONFUSABLE, "慢游", "漫游")]


def test_what_nobody_found_is_a_word_or_a_slip(agents: list[Actor]) -> None:
    for actor in agents:
        ask(actor, "云宽带", 0, found=0)
        ask(actor, "蛮游", 10, found=0)
    ask(agents[0], "只有一人", 20, found=0)
    ask(agents[0], "只有一人", 30, found=0)

    assert [(one.kind, one.said, one.meant, one.people) for one in suggested()] == [
        (Kind.CONFUSABLE, "蛮游", "漫游", 2),
        (Kind.WORD, "云宽带", "", 2),
    ]


def test_what_an_editor_declined_is_not_suggested_again(agents: list[Actor]) -> None:
    for actor in agents:
        ask(actor, "云宽带", 0, found=0)
    lin = hire("lin", "林悦", "editor")

    for _ in range(2):
        with database.unit_of_work() as session:
            mining.dismiss(session, Kind.WORD, "云宽带", "", actor=lin, at=MONDAY_MORNING)

    assert suggested() == []
