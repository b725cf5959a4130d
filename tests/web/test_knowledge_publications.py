"""Publishing, withdrawing and discarding, from the editor's screen to the agent's."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from core import clock
from core.audit import AuditEntry
from core.identity import Actor
from core.settings import settings
from kb.models import Article, ArticleVersion, Publication
from tests.conftest import MONDAY_MORNING
from tests.web.articles_on_screen import as_shown, start, start_published, typed
from tests.web.browser import HTMX, Browser
from tests.web.records import rows

HOUR = timedelta(hours=1)


def seen(editor: Browser, path: str) -> dict[str, list[str]]:
    form = as_shown(editor.get(path).text)
    return {name: form[name] for name in ("seen_version", "seen_revision")}


def agents_page(path: str) -> str:
    return path.replace("/knowledge/", "/articles/")


class Hands:
    """The hands of the clock, to be moved. Shifts last a week here: nobody has to sign in again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def stand_at(self, moment: datetime) -> None:
        self._monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def hands(centre: Path, monkeypatch: pytest.MonkeyPatch) -> Hands:
    """Monday, 9:00, before anybody signs in."""
    monkeypatch.setattr(settings(), "session_hours", 24 * 7)
    hands = Hands(monkeypatch)
    hands.stand_at(MONDAY_MORNING)
    return hands


class TestPublishing:
    def test_a_draft_becomes_what_agents_read(self, lin: Browser, chen: Browser) -> None:
        path = start(lin, title="宽带移机", answer="同城免费")
        assert chen.get(agents_page(path)).status_code == 404

        answer = lin.submit(f"{path}/publication", seen(lin, path))

        assert answer.status_code == 303
        assert answer.headers["Location"] == path
        assert "同城免费" in chen.get(agents_page(path)).text
        assert "座席现在看到 <b>v1</b>" in lin.get(path).text

    def test_saving_and_publishing_is_one_step(self, lin: Browser, chen: Browser) -> None:
        path = start_published(lin, title="宽带移机", answer="旧")

        answer = lin.submit(path, as_shown(lin.get(path).text, answer="新", act="publish"))

        assert answer.status_code == 303
        assert "新" in chen.get(agents_page(path)).text
        assert [
            one.effective_until is None
            for one in rows(select(Publication).order_by(Publication.published_at))
        ] == [
            False,
            True,
        ]

    def test_htmx_hears_that_agents_have_it(self, lin: Browser) -> None:
        path = start(lin)

        answer = lin.submit(path, as_shown(lin.get(path).text, act="publish"), headers=HTMX)

        assert answer.status_code == 200
        assert "座席现在看到 <b>v1</b>" in answer.text
        assert "\\u5df2\\u53d1\\u5e03" in answer.headers["HX-Trigger"]

    def test_a_draft_that_was_changed_unseen_is_not_published(self, lin: Browser) -> None:
        path = start(lin, answer="看过的")
        as_seen = seen(lin, path)
        lin.submit(path, as_shown(lin.get(path).text, answer="没看过的"))

        answer = lin.submit(f"{path}/publication", as_seen)

        assert answer.status_code == 409
        assert "刚被别人保存过" in answer.text
        assert rows(select(Publication)) == []

    def test_the_same_again_is_not_published_twice(self, lin: Browser) -> None:
        path = start_published(lin, answer="同城免费")

        again = lin.submit(path, as_shown(lin.get(path).text, act="publish"))
        by_the_button = lin.submit(f"{path}/publication", seen(lin, path))

        assert again.status_code == 409
        assert "内容与已发布的版本相同" in again.text
        assert by_the_button.status_code == 409
        assert len(rows(select(ArticleVersion))) == 1

    def test_what_ended_already_is_refused_beside_its_date_and_nothing_is_saved(self, lin: Browser) -> None:
        answer = lin.submit("/knowledge", typed(valid_until="2020-01-01", act="publish"))

        assert answer.status_code == 422
        assert "失效日期已经过去" in answer.text.split('id="m-valid_until"')[1].split("</span>")[0]
        assert rows(select(Article)) == []

    def test_a_conflict_publishes_nothing(self, lin: Browser) -> None:
        path = start(lin, answer="原来的")
        mine = as_shown(lin.get(path).text, answer="我的", act="publish")
        lin.submit(path, as_shown(lin.get(path).text, answer="别人的"))

        answer = lin.submit(path, mine)

        assert answer.status_code == 409
        assert rows(select(Publication)) == []

    def test_is_written_down(self, lin: Browser, editor_lin: Actor) -> None:
        start_published(lin)

        entry = rows(select(AuditEntry).where(AuditEntry.action == "kb.article.published"))[0]

        assert entry.staff_id == editor_lin.staff_id


class TestSchedules:
    def test_a_version_waits_for_its_first_day(self, hands: Hands, lin: Browser, chen: Browser) -> None:
        path = start_published(lin, title="五一优惠", answer="八折", valid_from="2026-03-03")
        waiting = lin.get(path).text
        before = chen.get(agents_page(path))

        hands.stand_at(
            clock.start_of(MONDAY_MORNING.date() + timedelta(days=1))
        )  # Tuesday, 0:00 in the centre
        after = chen.get(agents_page(path))

        assert "待生效" in waiting
        assert "2026-03-03 00:00 起" in waiting
        assert before.status_code == 404
        assert "八折" in after.text

    def test_the_version_in_force_stays_until_the_next_begins(
        self, hands: Hands, lin: Browser, chen: Browser
    ) -> None:
        path = start_published(lin, answer="旧的资费")
        hands.stand_at(MONDAY_MORNING + HOUR)
        lin.submit(
            path, as_shown(lin.get(path).text, answer="新的资费", valid_from="2026-03-03", act="publish")
        )
        on_monday = chen.get(agents_page(path)).text
        listed = lin.get("/knowledge").text

        hands.stand_at(MONDAY_MORNING + 9 * HOUR)
        on_tuesday_evening_before = chen.get(agents_page(path)).text
        hands.stand_at(datetime(2026, 3, 2, 16, 0, tzinfo=MONDAY_MORNING.tzinfo))
        on_tuesday = chen.get(agents_page(path)).text

        assert "旧的资费" in on_monday
        assert "旧版" in listed
        assert "旧的资费" in on_tuesday_evening_before
        assert "新的资费" in on_tuesday

    def test_the_last_day_still_counts(self, hands: Hands, lin: Browser, chen: Browser) -> None:
        path = start_published(lin, title="短期优惠", answer="八折", valid_until="2026-03-02")

        hands.stand_at(datetime(2026, 3, 2, 15, 59, tzinfo=MONDAY_MORNING.tzinfo))
        in_the_last_minute = chen.get(agents_page(path)).text
        hands.stand_at(datetime(2026, 3, 2, 16, 0, tzinfo=MONDAY_MORNING.tzinfo))
        after = chen.get(agents_page(path)).text

        assert "已失效" not in in_the_last_minute
        assert "已失效" in after
        assert "已失效" in lin.get("/knowledge").text

    def test_the_question_before_publishing_says_from_when(self, hands: Hands, lin: Browser) -> None:
        path = start(lin, valid_from="2026-03-05", valid_until="2026-03-06")
        at_once = start(lin)

        assert "2026-03-05 00:00 起，至 2026-03-07 00:00" in lin.get(path).text
        assert "<b>立即生效</b>，长期有效" in lin.get(at_once).text

    def test_the_note_says_from_when(self, hands: Hands, lin: Browser) -> None:
        path = start(lin, valid_from="2026-03-05")

        answer = lin.submit(
            path, as_shown(lin.get(path).text, valid_from="2026-03-05", act="publish"), headers=HTMX
        )

        assert "2026-03-05 00:00" in answer.headers["HX-Trigger"]


class TestWithdrawing:
    def test_takes_it_away_from_agents_and_keeps_the_versions(self, lin: Browser, chen: Browser) -> None:
        path = start_published(lin, title="宽带移机", answer="同城免费")

        answer = lin.submit(f"{path}/withdrawal")
        page = lin.get(path).text

        assert answer.headers["Location"] == path
        assert "座席现在查不到这篇知识" in page
        assert "林悦 于" in page
        assert "已撤回" in chen.get(agents_page(path)).text
        assert len(rows(select(ArticleVersion))) == 1

    def test_is_asked_for_before_it_is_done(self, lin: Browser) -> None:
        path = start_published(lin)

        page = lin.get(path).text

        assert 'popovertarget="ask-withdraw"' in page
        assert 'id="ask-withdraw" class="sheet" popover' in page

    def test_what_is_not_published_cannot_be_withdrawn(self, lin: Browser) -> None:
        path = start(lin)

        answer = lin.submit(f"{path}/withdrawal")

        assert answer.status_code == 409
        assert "目前没有发布" in answer.text

    def test_it_can_be_published_again_as_it_was(self, lin: Browser, chen: Browser) -> None:
        path = start_published(lin, title="宽带移机", answer="同城免费")
        lin.submit(f"{path}/withdrawal")

        answer = lin.submit(path, as_shown(lin.get(path).text, act="publish"))

        assert answer.status_code == 303
        assert "已撤回" not in chen.get(agents_page(path)).text


class TestDiscarding:
    def test_an_article_that_was_only_a_draft_is_gone(self, lin: Browser) -> None:
        path = start(lin)

        answer = lin.submit(f"{path}/draft/removal", seen(lin, path))

        assert answer.headers["Location"] == "/knowledge"
        assert lin.get(path).status_code == 404
        assert rows(select(Article)) == []

    def test_the_published_version_comes_back(self, lin: Browser) -> None:
        path = start_published(lin, answer="旧")
        lin.submit(path, as_shown(lin.get(path).text, answer="新"))

        answer = lin.submit(f"{path}/draft/removal", seen(lin, path))

        assert answer.headers["Location"] == path
        assert [one.answer for one in rows(select(ArticleVersion))] == ["旧"]

    def test_what_somebody_saved_unseen_is_not_discarded(self, lin: Browser) -> None:
        path = start(lin)
        as_seen = seen(lin, path)
        lin.submit(path, as_shown(lin.get(path).text, answer="刚写的"))

        answer = lin.submit(f"{path}/draft/removal", as_seen)

        assert answer.status_code == 409
        assert len(rows(select(ArticleVersion))) == 1

    def test_a_published_version_is_no_draft(self, lin: Browser) -> None:
        path = start_published(lin)

        answer = lin.submit(f"{path}/draft/removal", seen(lin, path))

        assert answer.status_code == 409
        assert "没有可删除的草稿" in answer.text


class TestVersions:
    def test_each_is_listed_with_who_and_when(self, hands: Hands, lin: Browser) -> None:
        path = start_published(lin, answer="旧")
        hands.stand_at(MONDAY_MORNING + HOUR)
        lin.submit(path, as_shown(lin.get(path).text, answer="新", act="publish"))

        history = lin.get(path).text.split('<ol class="history">')[1].split("</ol>")[0]

        assert history.index("<b>v2</b>") < history.index("<b>v1</b>")
        assert "2026-03-02 10:00 起" in history
        assert "2026-03-02 09:00 起，至 2026-03-02 10:00" in history
        assert history.count("林悦") == 2

    def test_an_old_one_is_read_as_it_was(self, lin: Browser) -> None:
        path = start_published(lin, answer="旧的答案", steps="<ol><li>核验</li></ol>")
        lin.submit(path, as_shown(lin.get(path).text, answer="新的答案", act="publish"))

        page = lin.get(f"{path}/versions/1").text

        assert "旧的答案" in page
        assert "<ol><li>核验</li></ol>" in page
        assert "座席已看不到这个版本" in page
        assert "新的答案" not in page

    def test_nothing_can_be_copied_from_it(self, lin: Browser) -> None:
        path = start_published(lin, script_tier="", script_text="您好")

        assert "data-copy" not in lin.get(f"{path}/versions/1").text

    def test_one_that_was_never_written_is_no_page(self, lin: Browser) -> None:
        path = start(lin)

        assert lin.get(f"{path}/versions/7").status_code == 404
        assert lin.get(f"{path}/versions/x").status_code == 404


class TestPreview:
    def test_shows_what_is_typed_and_keeps_nothing(self, lin: Browser) -> None:
        typed_now = typed(
            "还没保存",
            answer="一句话",
            internal_note="<p>别说出去</p><script>alert(1)</script>",
            script_tier="",
            script_text="{客户称呼}，您好",
        )

        page = lin.submit("/knowledge/preview", typed_now)
        fragment = lin.submit("/knowledge/preview", typed_now, headers=HTMX)

        assert page.status_code == 200
        assert all(words in page.text for words in ("还没保存", "一句话", "别说出去", "{客户称呼}，您好"))
        assert "alert(1)" not in page.text
        assert "<html" in page.text
        assert "<html" not in fragment.text
        assert rows(select(Article)) == []

    def test_says_what_is_in_its_way(self, lin: Browser) -> None:
        answer = lin.submit("/knowledge/preview", typed("", answer="一句话"), headers=HTMX)

        assert answer.status_code == 422
        assert "还不能预览：请填写这一项。" in answer.text
