"""The editors' list, and writing an article."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlmodel import select

from core import clock
from core.identity import Actor
from kb.models import Article, ArticleVersion, Script, VersionRegion
from tests.makers import make_article, make_scopes
from tests.people import hire
from tests.web.articles_on_screen import as_shown, start, start_published, text_of_box, typed
from tests.web.browser import HISTORY, HTMX, Browser
from tests.web.records import rows
from web.app import create_app

TARIFF = (
    '<table><tbody><tr><th rowspan="2">档位</th><th colspan="2">月费</th></tr>'
    "<tr><td>129</td><td>169</td></tr></tbody></table>"
)


def latest() -> ArticleVersion:
    return rows(
        select(ArticleVersion).order_by(ArticleVersion.saved_at.desc(), ArticleVersion.number.desc())
    )[0]


class TestTheList:
    def test_shows_where_each_article_stands(self, lin: Browser) -> None:
        make_article("只有草稿", published=False, answer="有答案")
        make_article("已经发布", answer="有答案")
        make_article("没有答案的问题")

        page = lin.get("/knowledge").text

        assert all(words in page for words in ("只有草稿", "草稿", "已经发布", "已发布", "待补充答案"))
        assert page.count("待补充答案") == 1

    def test_says_that_agents_still_read_the_older_version(self, lin: Browser) -> None:
        path = start_published(lin, title="宽带移机", answer="旧")
        lin.submit(path, as_shown(lin.get(path).text, answer="新"))

        page = lin.get("/knowledge").text

        assert "旧版" in page
        assert ">草稿</span>" in page

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("text=移机", {"宽带移机"}),
            ("text=KB-00002", {"畅享套餐"}),
            ("stage=draft", {"畅享套餐"}),
            ("stage=in_force", {"宽带移机"}),
            ("kind=tariff", {"畅享套餐"}),
            ("mine=true", set()),
            ("text=&stage=&kind=&category=", {"宽带移机", "畅享套餐"}),
        ],
    )
    def test_is_filtered(self, lin: Browser, asked: str, found: set[str]) -> None:
        make_article("宽带移机")
        make_article("畅享套餐", kind="tariff", published=False)

        answer = lin.get(f"/knowledge?{asked}")

        assert {title for title in ("宽带移机", "畅享套餐") if title in answer.text} == found

    def test_mine_are_those_that_i_saved_last(self, lin: Browser) -> None:
        make_article("别人写的")
        start(lin, title="我写的新知识")

        page = lin.get("/knowledge?mine=true").text

        assert "我写的新知识" in page
        assert "别人写的" not in page

    def test_a_category_holds_what_lies_below_it(self, lin: Browser) -> None:
        lin.submit("/knowledge/categories", {"name": "宽带"})
        above = _category_id(lin, "宽带")
        lin.submit("/knowledge/categories", {"name": "移机", "parent_id": above})
        start(lin, title="同城移机", category_id=_category_id(lin, "宽带 › 移机"))
        make_article("畅享套餐")

        page = lin.get(f"/knowledge?category={above}").text

        assert "同城移机" in page
        assert "畅享套餐" not in page

    def test_says_what_to_do_when_nothing_fits(self, lin: Browser) -> None:
        assert "没有符合条件的知识" in lin.get("/knowledge?text=没有这样的").text

    def test_has_pages(self, lin: Browser) -> None:
        for number in range(21):
            make_article(f"第 {number} 篇")

        first, second = lin.get("/knowledge").text, lin.get("/knowledge?page=2").text

        assert "共 21 条，第 1 / 2 页" in first
        assert "第 2 / 2 页" in second
        assert second.count('<tr id="KB-') == 1

    def test_is_a_fragment_for_htmx_and_a_page_for_the_history(self, lin: Browser) -> None:
        assert "<html" not in lin.get("/knowledge", headers=HTMX).text
        assert "<html" in lin.get("/knowledge", headers=HISTORY).text

    def test_costs_no_more_for_many_than_for_one(self, lin: Browser, statements: list[str]) -> None:
        def cost() -> int:
            statements.clear()
            assert lin.get("/knowledge").status_code == 200
            return len(statements)

        make_article("第一篇")
        of_one = cost()
        for number in range(10):
            make_article(f"第 {number} 篇")

        assert cost() == of_one


class TestWriting:
    def test_a_new_article_is_a_draft_that_keeps_all_that_was_typed(self, lin: Browser) -> None:
        make_scopes()

        path = start(
            lin,
            title="  宽带移机  ",
            answer="同城移机免费。\r\n当天办理",
            prices=TARIFF,
            script_tier=["", "gold", "gold"],
            script_text=["{客户称呼}，您好", "{客户称呼}，金卡优先", "  "],
            similar_questions="搬家怎么移宽带\r\n\r\n换地址\r\n换地址",
            codes="YJ001",
            regions=["330000", "510000"],
            valid_until="2099-12-31",
        )
        page = lin.get(path).text
        version = latest()

        assert (version.title, version.answer) == ("宽带移机", "同城移机免费。\n当天办理")
        assert version.prices == TARIFF
        assert version.similar_questions == ["搬家怎么移宽带", "换地址"]
        assert {row.code for row in rows(select(VersionRegion))} == {"330000", "510000"}
        assert [row.tier_code for row in rows(select(Script).order_by(Script.position))] == [None, "gold"]
        assert 'value="330000" checked' in page
        assert 'value="2099-12-31"' in page
        assert text_of_box(page, "prices") == TARIFF
        assert ">草稿</span>" in page

    def test_htmx_is_sent_to_the_new_article(self, lin: Browser) -> None:
        answer = lin.submit("/knowledge", typed("宽带移机"), headers=HTMX)

        assert answer.status_code == 204
        assert answer.headers["HX-Redirect"].startswith("/knowledge/KB-")

    def test_a_published_version_is_not_touched_by_the_next_draft(self, lin: Browser) -> None:
        path = start_published(lin, title="宽带移机", answer="旧的答案")

        lin.submit(path, as_shown(lin.get(path).text, answer="新的答案"))

        assert [
            (v.number, v.answer) for v in rows(select(ArticleVersion).order_by(ArticleVersion.number))
        ] == [
            (1, "旧的答案"),
            (2, "新的答案"),
        ]

    def test_saving_without_a_change_makes_no_version(self, lin: Browser) -> None:
        make_scopes()
        path = start_published(lin, answer="两行\r\n答案", regions=["510000", "330000"], prices=TARIFF)

        answer = lin.submit(path, as_shown(lin.get(path).text, regions=["330000", "510000"]))

        assert answer.status_code == 303
        assert len(rows(select(ArticleVersion))) == 1

    def test_blanks_of_a_script_are_listed_under_it(self, lin: Browser) -> None:
        path = start(lin, script_tier="", script_text="{客户称呼}，合约到{到期日}")

        page = lin.get(path).text

        assert '<span class="var">客户称呼</span><span class="var">到期日</span>' in page

    def test_htmx_gets_what_a_save_changes_and_a_note(self, lin: Browser) -> None:
        path = start(lin, title="宽带移机")

        answer = lin.submit(path, as_shown(lin.get(path).text, answer="新"), headers=HTMX)

        assert answer.status_code == 200
        assert "<textarea" not in answer.text
        assert 'name="seen_revision" value="1"' in answer.text
        assert "\\u8349\\u7a3f\\u5df2\\u4fdd\\u5b58" in answer.headers["HX-Trigger"]

    def test_retired_terms_stay_chosen_and_are_not_offered_again(self, lin: Browser, wu: Browser) -> None:
        make_scopes()
        path = start(lin, brands=["changxiang"])
        wu.submit("/system/scopes/brand/changxiang", {"name": "畅享", "retired": "true"})

        assert 'value="changxiang" checked' in lin.get(path).text
        assert "changxiang" not in lin.get("/knowledge/new").text

    def test_the_page_may_load_what_the_editor_needs_and_others_may_not(self, lin: Browser) -> None:
        policy = lin.get("/knowledge/new").headers["Content-Security-Policy"]

        assert "style-src-attr 'unsafe-inline'" in policy
        assert "img-src 'self' data: blob:" in policy
        assert "unsafe-inline" not in lin.get("/knowledge").headers["Content-Security-Policy"]


class TestMistakes:
    @pytest.mark.parametrize(
        ("wrong", "message", "beside"),
        [
            ({"title": ""}, "请填写这一项。", "title"),
            ({"title": "   "}, "至少填写 1 个字。", "title"),
            ({"title": "长" * 121}, "最多 120 个字，请缩短。", "title"),
            ({"answer": "长" * 301}, "最多 300 个字，请缩短。", "answer"),
            (
                {"valid_from": "2026-05-02", "valid_until": "2026-05-01"},
                "失效日期早于生效日期",
                "valid_until",
            ),
            ({"valid_from": "2026-13-45"}, "请填写正确的日期", "valid_from"),
            ({"kind": "poem"}, "请从列表中选择。", "kind"),
            ({"category_id": "gone"}, "请从列表中选择。", "category_id"),
            ({"regions": ["999999"]}, "已不存在，请刷新", "regions"),
            ({"codes": "长" * 201}, "每行不超过 200 字", "codes"),
            ({"script_tier": ["", ""], "script_text": ["甲", "乙"]}, "同一客户等级有两条话术", "scripts"),
            ({"script_tier": "", "script_text": "长" * 2001}, "最多 2000 个字", "scripts"),
        ],
    )
    def test_are_said_beside_the_field_and_nothing_is_lost(
        self, lin: Browser, wrong: dict[str, str], message: str, beside: str
    ) -> None:
        answer = lin.submit(
            "/knowledge", typed(similar_questions="搬家\r\n换地址", steps="<p>一</p>") | wrong
        )
        page = answer.text

        assert answer.status_code == 422
        assert message in page.split(f'id="m-{beside}"')[1].split("</span>\n")[0]
        assert text_of_box(page, "similar_questions").split() == ["搬家", "换地址"]
        assert text_of_box(page, "steps") == "<p>一</p>"
        kept = {name: value for name, value in wrong.items() if name not in {"kind", "category_id"}}
        assert all(words in unescape(page) for words in kept.values() if isinstance(words, str))
        assert rows(select(Article)) == []

    def test_htmx_gets_the_messages_for_their_places(self, lin: Browser) -> None:
        path = start(lin)

        answer = lin.submit(path, as_shown(lin.get(path).text, answer="长" * 301), headers=HTMX)

        assert answer.status_code == 422
        slot = answer.text.split('hx-target="#m-answer"')[1].split("</hx-partial>")[0]
        assert "最多 300 个字" in slot
        assert 'hx-target="#m-title"' in answer.text
        assert 'role="alert"' in answer.text

    def test_an_article_that_does_not_exist_is_no_page(self, lin: Browser) -> None:
        assert lin.get("/knowledge/KB-09999").status_code == 404
        assert lin.get("/knowledge/nonsense").status_code == 404
        assert lin.submit("/knowledge/KB-09999", typed()).status_code == 404


class TestTwoEditors:
    @pytest.fixture
    def shen(self) -> Browser:
        shen = Browser(create_app())
        shen.enter(hire("shen", "沈一鸣", "editor", team="knowledge"))
        return shen

    def test_the_second_to_save_is_told_and_keeps_what_was_typed(self, lin: Browser, shen: Browser) -> None:
        path = start(lin, title="宽带移机", answer="原来的")
        seen_by_lin, seen_by_shen = lin.get(path).text, shen.get(path).text
        shen.submit(path, as_shown(seen_by_shen, answer="沈写的", steps="<p>沈的步骤</p>"))

        answer = lin.submit(path, as_shown(seen_by_lin, answer="林写的"))

        assert answer.status_code == 409
        assert text_of_box(answer.text, "answer") == "林写的"
        assert "沈一鸣" in answer.text
        assert re.search(r"<td>沈写的</td>\s*<td>林写的</td>", answer.text)
        assert "沈的步骤" in answer.text
        assert latest().answer == "沈写的"

    def test_saving_once_more_does_not_slip_past_the_conflict(self, lin: Browser, shen: Browser) -> None:
        path = start(lin)
        mine = as_shown(lin.get(path).text, answer="林写的")
        shen.submit(path, as_shown(shen.get(path).text, answer="沈写的"))

        refused = lin.submit(path, mine)
        again = lin.submit(path, as_shown(refused.text))

        assert again.status_code == 409
        assert latest().answer == "沈写的"

    def test_who_has_looked_may_insist(self, lin: Browser, shen: Browser) -> None:
        path = start(lin)
        mine = as_shown(lin.get(path).text, answer="林写的")
        shen.submit(path, as_shown(shen.get(path).text, answer="沈写的"))
        over = _insisting(lin.submit(path, mine).text)

        answer = lin.submit(path, mine | {"over": over})

        assert answer.status_code == 303
        assert latest().answer == "林写的"

    def test_insisting_does_not_reach_past_a_third_save(self, lin: Browser, shen: Browser) -> None:
        path = start(lin)
        mine = as_shown(lin.get(path).text, answer="林写的")
        shen.submit(path, as_shown(shen.get(path).text, answer="沈写的"))
        over = _insisting(lin.submit(path, mine).text)
        shen.submit(path, as_shown(shen.get(path).text, answer="沈又写的"))

        answer = lin.submit(path, mine | {"over": over})

        assert answer.status_code == 409
        assert "沈又写的" in answer.text
        assert latest().answer == "沈又写的"

    def test_htmx_leaves_the_typed_text_alone(self, lin: Browser, shen: Browser) -> None:
        path = start(lin)
        mine = as_shown(lin.get(path).text, answer="林写的")
        shen.submit(path, as_shown(shen.get(path).text, answer="沈写的"))

        answer = lin.submit(path, mine, headers=HTMX)

        assert answer.status_code == 409
        assert "以我的为准保存" in answer.text
        assert "<textarea" not in answer.text
        assert f'name="seen_revision" value="{mine["seen_revision"][0]}"' in answer.text

    def test_a_form_that_saw_nothing_overwrites_nothing(self, lin: Browser) -> None:
        path = start(lin, answer="原来的")

        answer = lin.submit(path, typed(answer="别的"))

        assert answer.status_code == 409
        assert latest().answer == "原来的"


class TestCleaning:
    @pytest.mark.parametrize("field", ["conditions", "prices", "steps", "internal_note"])
    def test_nothing_that_acts_is_kept(self, lin: Browser, field: str) -> None:
        dirty = (
            '<p onclick="go()" style="color:red">好</p><script>alert(1)</script><style>p{}</style>'
            '<a href="javascript:go()">链接</a><img src="data:image/png;base64,AAAA">'
            '<iframe src="https://example.com"></iframe>'
        )

        start(lin, **{field: dirty})

        kept = getattr(latest(), field)
        assert kept.startswith("<p>好</p>")
        assert "链接" in kept
        assert not any(
            bad in kept for bad in ("script", "style", "onclick", "data:", "img", "iframe", "alert")
        )

    def test_merged_cells_are_kept(self, lin: Browser) -> None:
        start(lin, prices=f'<div class="MsoNormal">{TARIFF}</div>')

        assert latest().prices == TARIFF

    def test_what_is_typed_is_never_markup_of_the_page(self, lin: Browser) -> None:
        path = start(lin, title='"><script>alert(1)</script>', answer="</textarea><script>alert(2)</script>")

        assert "<script>alert" not in lin.get(path).text
        assert "<script>alert" not in lin.get("/knowledge").text


class TestWhoMay:
    @pytest.mark.parametrize("who", ["chen", "he", "wu"])
    def test_only_editors_write(self, who: str, lin: Browser, request: pytest.FixtureRequest) -> None:
        path = start(lin, title="宽带移机")
        other: Browser = request.getfixturevalue(who)

        assert other.get("/knowledge").status_code == 403
        assert other.get("/knowledge/new").status_code == 403
        assert other.get(path).status_code == 403
        assert other.get(f"{path}/versions/1").status_code == 403
        for sent_to in (
            "/knowledge",
            path,
            "/knowledge/preview",
            f"{path}/publication",
            f"{path}/withdrawal",
        ):
            assert other.submit(sent_to, typed()).status_code == 403
        assert other.submit(f"{path}/draft/removal").status_code == 403
        assert len(rows(select(ArticleVersion))) == 1

    def test_an_agent_finds_no_draft(self, lin: Browser, chen: Browser) -> None:
        path = start(lin, title="宽带移机", answer="还没定")

        assert chen.get(path.replace("knowledge", "articles")).status_code == 404

    def test_a_shift_that_ended_loses_nothing_without_scripts(self, lin: Browser, editor_lin: Actor) -> None:
        path = start(lin, title="宽带移机")
        form = as_shown(lin.get(path).text, answer="写了半小时", similar_questions="甲\r\n乙")
        lin.cookies.delete("zhida_session")

        asked = lin.submit(path, form)

        assert asked.status_code == 401
        assert "写了半小时" in asked.text


def _category_id(browser: Browser, path: str) -> str:
    page = browser.get("/knowledge/new").text
    return page.split(f">{path}</option>")[0].rsplit('value="', 1)[1].split('"')[0]


def _insisting(page: str) -> str:
    return page.split('name="over" value="')[1].split('"', maxsplit=1)[0]


def test_the_list_says_how_much_feedback_waits(lin: Browser, chen: Browser) -> None:
    path = start_published(lin, title="宽带移机", answer="同城免费")
    said = {"verdict": "correction", "comment": "价格旧了"}
    chen.submit(f"{path.replace('knowledge', 'articles')}/feedback", said)

    assert "1 条待处理反馈" in lin.get("/knowledge").text
    assert "1 条待处理反馈" in lin.get(path).text


def test_times_are_those_of_the_centre(lin: Browser) -> None:
    path = start(lin, title="宽带移机")

    saved = latest().saved_at.astimezone(clock.CENTRE_TIME)

    assert f"{saved:%m-%d %H:%M:%S} 已保存" in lin.get(path).text
    assert clock.now() - saved < timedelta(minutes=1)
