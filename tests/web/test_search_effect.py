"""An editor sees what publishing would do to search, and is asked before golden queries are lost."""

import re
from pathlib import Path

import pytest
from sqlmodel import select

from core import clock, database, jobs
from core.identity import SYSTEM
from kb import writing
from kb.models import Article, ArticleVersion
from kb.search_effect import document_of
from kb.search_source import ArticleSource
from search import engines, watching
from search.engines.base import EngineUnavailable
from search.golden import GoldenQuery, Grade, Judgement
from tests.conftest import MONDAY_MORNING
from tests.makers import make_indexed, make_scopes
from tests.web.articles_on_screen import as_shown
from tests.web.browser import HTMX, Browser
from tests.web.records import rows

LOSING = {"title": "业务说明", "similar_questions": ""}


@pytest.fixture
def moving(lin: Browser) -> str:
    """An article that answers a golden query, among others; return its address."""
    version = make_indexed("宽带移机怎么办理", answer="提前一天预约。", similar_questions=["宽带搬家"])
    for other in ("宽带资费", "移机费用", "发票怎么开", "停机保号"):
        make_indexed(other, answer="请到营业厅。")
    judge("宽带移机", version)
    keep_scores()
    return "/knowledge/KB-00001"


def judge(text: str, answer: ArticleVersion) -> None:
    with database.unit_of_work() as session:
        golden = GoldenQuery(text=text, kind="汉字", created_by=SYSTEM.staff_id)
        session.add(golden)
        session.flush()
        session.add(
            Judgement(
                query_id=golden.id,
                source="kb",
                document_id=str(answer.article_id),
                grade=Grade.ANSWERS,
                judged_by=SYSTEM.staff_id,
                judged_at=MONDAY_MORNING,
            )
        )


def keep_scores() -> None:
    watching.ensure(at=clock.now())
    jobs.run_all_due(clock.now())


def published() -> int:
    return len([one for one in rows(select(ArticleVersion)) if one.number > 1 and is_published(one)])


def is_published(version: ArticleVersion) -> bool:
    with database.reading() as session:
        return writing.is_published(session, version)


def shown(lin: Browser, path: str, **changes: str) -> dict[str, object]:
    return as_shown(lin.get(path).text, **changes)


class TestBesideTheEditor:
    def test_a_saved_draft_shows_what_it_loses(self, lin: Browser, moving: str) -> None:
        lin.submit(moving, shown(lin, moving, **LOSING))

        fragment = lin.get(f"{moving}/effect", headers=HTMX).text

        assert "<html" not in fragment
        assert "输 1" in fragment
        assert "宽带移机" in fragment
        assert "标准" in fragment
        assert re.search(r"第 1 → (第 \d|查不到)", fragment)
        assert "/desk?q=" in fragment

    def test_it_is_a_page_of_its_own_without_scripts(self, lin: Browser, moving: str) -> None:
        lin.submit(moving, shown(lin, moving, **LOSING))

        editor = lin.get(moving).text
        page = lin.get(f"{moving}/effect").text

        assert f'hx-get="{moving}/effect"' in editor
        assert f'href="{moving}/effect"' in editor
        assert "<html" in page
        assert "输 1" in page

    def test_a_draft_that_keeps_its_words_loses_nothing(self, lin: Browser, moving: str) -> None:
        lin.submit(moving, shown(lin, moving, answer="请提前一天预约。"))

        assert "输 0" in lin.get(f"{moving}/effect", headers=HTMX).text

    def test_without_a_draft_there_is_nothing_to_compare(self, lin: Browser, moving: str) -> None:
        assert "没有待发布的改动" in lin.get(f"{moving}/effect", headers=HTMX).text

    def test_before_anything_was_scored_it_says_so(self, lin: Browser) -> None:
        make_indexed("宽带移机")
        lin.submit("/knowledge/KB-00001", shown(lin, "/knowledge/KB-00001", title="移机"))

        assert "还没有可比的查询" in lin.get("/knowledge/KB-00001/effect", headers=HTMX).text

    def test_scores_from_before_a_change_of_the_lexicon_are_said_to_be_old(
        self, lin: Browser, moving: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lin.submit(moving, shown(lin, moving, **LOSING))
        monkeypatch.setattr(watching, "_said", lambda _lexicon: "another lexicon")
        monkeypatch.setattr("search.effect.stamp_of", watching.stamp_of)

        page = lin.get(f"{moving}/effect", headers=HTMX).text

        assert "其中 1 条还是先前的记分" in page

    def test_without_the_index_it_says_so_and_publishing_goes_on(
        self, lin: Browser, moving: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lin.submit(moving, shown(lin, moving, **LOSING))

        def gone(*_: object) -> None:
            raise EngineUnavailable

        monkeypatch.setattr(type(engines.engine()), "trial", gone)

        assert "算不出检索影响" in lin.get(f"{moving}/effect", headers=HTMX).text
        assert lin.submit(moving, shown(lin, moving, act="publish")).status_code == 303

    def test_is_for_editors(self, chen: Browser, moving: str) -> None:
        assert chen.get(f"{moving}/effect").status_code == 403


class TestPublishing:
    def test_with_a_loss_it_asks_first_and_keeps_what_was_typed(self, lin: Browser, moving: str) -> None:
        answer = lin.submit(moving, shown(lin, moving, **LOSING, act="publish"))

        assert answer.status_code == 409
        assert "发布后会影响 1 条标准问题，还没有发布" in answer.text
        assert 'value="业务说明"' in answer.text
        assert published() == 0

    def test_once_it_is_known_it_is_published(self, lin: Browser, moving: str) -> None:
        refused = lin.submit(moving, shown(lin, moving, **LOSING, act="publish")).text
        tick = re.search(r'name="loss_known" value="(\w+)"', refused)
        assert tick

        answer = lin.submit(moving, as_shown(refused, act="publish", loss_known=tick[1]))

        assert answer.status_code == 303
        assert published() == 1

    def test_a_tick_for_another_loss_does_not_count(self, lin: Browser, moving: str) -> None:
        answer = lin.submit(moving, shown(lin, moving, **LOSING, act="publish", loss_known="0123abcd"))

        assert answer.status_code == 409
        assert published() == 0

    def test_a_draft_saved_before_is_asked_about_too(self, lin: Browser, moving: str) -> None:
        lin.submit(moving, shown(lin, moving, **LOSING))
        seen = {name: str(value) for name, value in shown(lin, moving).items() if name.startswith("seen_")}

        answer = lin.submit(f"{moving}/publication", seen)

        assert answer.status_code == 409
        assert "我已知晓会影响 1 条标准问题" in answer.text
        assert published() == 0

    def test_a_new_article_that_pushes_the_answer_down_is_asked_about(
        self, lin: Browser, moving: str
    ) -> None:
        new = shown(lin, "/knowledge/new", title="宽带移机", similar_questions="宽带移机", act="publish")

        answer = lin.submit("/knowledge", new)

        assert answer.status_code == 409
        assert "KB-00001 宽带移机怎么办理" in answer.text
        assert len(rows(select(Article))) == 5

    def test_without_a_loss_nothing_is_asked(self, lin: Browser, moving: str) -> None:
        answer = lin.submit(moving, shown(lin, moving, answer="请提前一天预约。", act="publish"))

        assert answer.status_code == 303
        assert published() == 1

    def test_saving_a_draft_never_asks(self, lin: Browser, moving: str) -> None:
        assert lin.submit(moving, shown(lin, moving, **LOSING)).status_code == 303


def test_a_draft_looks_to_search_as_it_will_when_published(centre: Path) -> None:
    make_scopes()
    version = make_indexed(
        "宽带移机",
        answer="提前一天",
        conditions="<p>无欠费</p>",
        prices="<p>99元</p>",
        internal_note="<p>内部</p>",
        similar_questions=["搬家"],
        keywords=["移机"],
        codes=["YJ99"],
        scripts=[{"tier": "", "text": "您好"}, {"tier": "gold", "text": "尊敬的客户"}],
    )
    with database.reading() as session:
        article = session.get_one(Article, version.article_id)
        [indexed] = ArticleSource().documents(session, [str(article.id)], MONDAY_MORNING).values()

        drafted = document_of(article, writing.draft_of(session, version))

    parts = ("key", "title", "summary", "questions", "keywords", "codes")
    assert [getattr(drafted, part) for part in parts] == [getattr(indexed, part) for part in parts]
    assert sorted(drafted.body.splitlines()) == sorted(indexed.body.splitlines())
