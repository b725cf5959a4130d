"""An agent goes on answering while Elasticsearch hangs, is told so, and is told no more once it is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.identity import Actor
from core.settings import settings
from search import indexing
from tests.journeys.conftest import Enter
from tests.makers import make_indexed
from tests.search.nodes import Centre, Nodes, centre_on, eventually, needs_elasticsearch

pytestmark = [pytest.mark.journey, needs_elasticsearch]
BADGE = "检索引擎暂不可用"


@pytest.fixture
def on_elasticsearch(
    one_node: Nodes, centre: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Centre]:
    with centre_on(one_node, tmp_path) as there:
        monkeypatch.setenv("ZHIDA_ELASTICSEARCH_URL", ",".join(one_node.urls))
        monkeypatch.setenv("ZHIDA_ELASTICSEARCH_PREFIX", there.prefix)
        settings.cache_clear()
        indexing.ensure(at=clock.now())
        make_indexed("国际漫游开通", answer="发短信即可。", keywords=["国际漫游"])
        yield there


def ask(desk: Page, question: str) -> None:
    desk.locator("#q").fill("")
    desk.locator("#q").press_sequentially(question, delay=20)
    desk.keyboard.press("Enter")


def ask_until_whole(desk: Page, question: str) -> None:
    """A server that has just come up, or come back, may still be slow: an agent asks again."""

    def is_whole() -> bool:
        with desk.expect_response(lambda response: "/desk" in response.url and response.ok):
            ask(desk, question)
        found = desk.locator("#results .t").count()
        return found > 0 and BADGE not in desk.locator("#facets").inner_text()

    eventually(is_whole)


def test_answers_by_letters_while_it_hangs_and_whole_ones_after(
    on_elasticsearch: Centre, enter: Enter, agent_chen: Actor
) -> None:
    desk = enter(agent_chen)
    ask_until_whole(desk, "国际漫游")

    with on_elasticsearch.nodes.hanging():
        ask(desk, "漫游开通")
        expect(desk.locator("#facets")).to_contain_text(BADGE)
        expect(desk.locator("#results .t").first).to_have_text("国际漫游开通")
        expect(desk.locator("#q")).to_have_value("漫游开通")

    ask_until_whole(desk, "国际漫游开")
    expect(desk.locator("#results .t").first).to_have_text("国际漫游开通")
