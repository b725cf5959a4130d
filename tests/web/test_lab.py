"""The relevance lab as an editor uses it: golden queries, judging, comparing, applying, putting back."""

from datetime import datetime

import pytest
from lxml import html
from sqlmodel import select

from core import database, jobs
from core.clock import now
from search import configuration, live
from search.configuration import DEFAULT, KeptConfiguration
from search.golden import NO_ANSWER, GoldenQuery, Grade, all_golden
from search.golden_keeping import is_held_out_by_lot
from search.trials import Comparison
from tests.makers import make_indexed
from tests.web.browser import HTMX, Browser
from tests.web.records import rows


@pytest.fixture
def moving(centre: object) -> str:
    """An indexed article about moving a line, and another about points; return the first's code."""
    make_indexed("宽带移机", answer="同城移机一百元", keywords=["移机"])
    make_indexed("积分兑换", answer="积分可以换话费", keywords=["积分"])
    return "KB-00001"


def add(editor: Browser, text: str, **said: str) -> str:
    """Return the address of a new golden query."""
    answer = editor.submit("/lab/golden", {"text": text, **said})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def judge(editor: Browser, address: str, code: str, grade: str) -> None:
    assert editor.submit(f"{address}/judgements", {"code": code, "grade": grade}).status_code == 303


def compare(editor: Browser, before: str = "in_force", after: str = "without_pinyin", **weights: str) -> str:
    answer = editor.submit("/lab/comparisons", {"before": before, "after": after, **weights})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def run_jobs(at: datetime | None = None) -> None:
    jobs.run_all_due(at or now())


def grades(text: str) -> dict[str, Grade]:
    with database.reading() as session:
        (golden,) = [one for one in all_golden(session) if one.text == text]
        return {key.id: grade for key, grade in golden.grades.items()}


def test_an_editor_adds_a_query_and_is_led_to_what_it_finds(lin: Browser, moving: str) -> None:
    address = add(lin, "宽带移机", kind="汉字", holding="yes")

    page = lin.get(address).text

    assert "保留" in page
    assert moving in page
    assert "前 10 里没有判为相关的" in page


def test_another_page_posts_a_query_that_was_asked(lin: Browser, wu: Browser) -> None:
    address = add(lin, "宽带 搬家", **{"from": "analytics"})

    (query,) = rows(select(GoldenQuery))
    assert address == f"/lab/golden/{query.id}"
    assert (query.kind, query.held_out) == ("实际查询", is_held_out_by_lot("宽带 搬家"))
    assert "来自：analytics" in wu.get("/audit").text


def test_htmx_is_led_there_too(lin: Browser) -> None:
    answer = lin.submit("/lab/golden", {"text": "宽带移机"}, headers=HTMX)

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/lab/golden/")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"text": "宽带移机", "kind": "汉字"}, "“宽带移机”已在标准问题里"),
        ({"text": "  ", "kind": "我的类别"}, "请填写查询内容"),
        ({"text": "长" * 201}, "最多 200 个字"),
    ],
)
def test_a_query_that_cannot_be_taken_is_given_back(lin: Browser, fields: dict[str, str], says: str) -> None:
    add(lin, "宽带移机")

    answer = lin.submit("/lab/golden", fields)

    assert answer.status_code == 422
    assert says in answer.text
    form = html.fromstring(answer.text).xpath("//form[@action='/lab/golden']")[0]
    assert {name: form.fields[name] for name in fields} == fields


def test_articles_are_judged_and_the_judgement_taken_back(lin: Browser, moving: str) -> None:
    address = add(lin, "宽带移机")

    judge(lin, address, moving, "2")
    judged = lin.get(address, headers=HTMX).text
    assert "最好的答案排第 1" in judged
    assert 'aria-pressed="true"' in judged
    assert list(grades("宽带移机").values()) == [Grade.ANSWERS]

    judge(lin, address, moving, "0")
    assert list(grades("宽带移机").values()) == [Grade.WRONG]

    judge(lin, address, moving, "")
    assert grades("宽带移机") == {}


def test_an_article_that_was_not_found_is_added_by_its_code(lin: Browser, moving: str) -> None:
    address = add(lin, "完全无关的说法")

    judge(lin, address, "kb-00001", "2")

    page = lin.get(address).text
    assert "判断过、不在前 10 的" in page
    assert "宽带移机" in page


def test_a_code_that_does_not_exist_is_said(lin: Browser, moving: str) -> None:
    address = add(lin, "宽带移机")

    answer = lin.submit(f"{address}/judgements", {"code": "KB-09999", "grade": "2"})

    assert answer.status_code == 404


def test_one_without_an_answer_gets_none_and_the_form_says_why(lin: Browser, moving: str) -> None:
    address = add(lin, "宽带移机", kind=NO_ANSWER)

    answer = lin.submit(f"{address}/judgements", {"code": moving, "grade": "2"})

    assert answer.status_code == 422
    assert "请先改类别，或先取消判断" in answer.text
    assert f'value="{moving}"' in answer.text


def test_a_query_is_reworded_and_removed(lin: Browser, moving: str) -> None:
    address = add(lin, "宽带移机", holding="no")
    add(lin, "积分")

    assert lin.submit(address, {"text": "搬宽带", "kind": "口语", "held_out": "true"}).status_code == 303
    refused = lin.submit(address, {"text": "积分", "kind": "口语"})
    page = lin.get(address).text

    assert "“积分”已在标准问题里" in refused.text
    assert refused.status_code == 422
    assert "搬宽带" in page
    assert lin.submit(f"{address}/removal").headers["Location"] == "/lab"
    assert lin.get(address).status_code == 404


def test_the_list_shows_what_waits_and_what_did_badly(lin: Browser, moving: str) -> None:
    good, bad = add(lin, "宽带移机", kind="汉字"), add(lin, "完全无关的说法", kind="口语")
    add(lin, "还没看过", kind="口语")
    for address in (good, bad):
        judge(lin, address, moving, "2")
    compare(lin)
    run_jobs()

    lost = lin.get("/lab?show=lost", headers=HTMX).text
    waiting = lin.get("/lab?show=open", headers=HTMX).text
    spoken = lin.get("/lab?kind=口语", headers=HTMX).text
    nothing = lin.get("/lab?show=nothing", headers=HTMX).text

    assert "完全无关的说法" in lost
    assert "宽带移机" not in lost
    assert "还没看过" in waiting
    assert "完全无关的说法" not in waiting
    assert "宽带移机" not in spoken
    assert "完全无关的说法" in nothing
    assert "第 1" in lin.get("/lab?text=宽带", headers=HTMX).text


def test_the_next_query_to_judge_is_one_click_away(lin: Browser, moving: str) -> None:
    first, second = add(lin, "宽带移机"), add(lin, "积分")

    assert f'href="{second}"' in lin.get(first).text
    judge(lin, second, moving, "2")
    assert "下一条待判断" not in lin.get(first).text


@pytest.fixture
def compared(lin: Browser, moving: str) -> str:
    """The address of a comparison in which switching pinyin off loses a query."""
    for text, kind in (("宽带移机", "汉字"), ("yiji", "全拼")):
        judge(lin, add(lin, text, kind=kind, holding="no"), moving, "2")
    add(lin, "量子力学", kind=NO_ANSWER)
    return compare(lin)


def test_a_comparison_runs_in_the_background_and_shows_how_far_it_is(lin: Browser, compared: str) -> None:
    waiting = lin.get(compared, headers=HTMX).text
    assert "等待开始" in waiting
    assert 'hx-trigger="every 1s"' in waiting

    run_jobs()

    done = lin.get(compared, headers=HTMX).text
    assert "every 1s" not in done
    assert "2 条有答案的问题" in done
    assert "已完成" in lin.get("/lab/comparisons").text


def test_losses_are_listed_with_ranks_and_reasons(lin: Browser, compared: str) -> None:
    run_jobs()

    page = html.fromstring(lin.get(compared).text)
    (losses,) = page.xpath("//section[@aria-label='B 答得更差']")
    said = " ".join(losses.text_content().split())

    assert "yiji" in said
    assert "第 1 → 没有找到" in said
    assert "不再读作“拼音 yiji→移机”" in said
    (query,) = rows(select(GoldenQuery.id).where(GoldenQuery.text == "yiji"))
    assert losses.xpath(f".//a[@href='/lab/golden/{query}']")
    assert "没有一条变好" in page.text_content()


def test_the_parts_are_judged_apart(lin: Browser, compared: str) -> None:
    run_jobs()

    assert "0 条有答案的问题" in lin.get(f"{compared}?part=held_out").text
    assert "2 条有答案的问题" in lin.get(f"{compared}?part=tuned").text


def test_a_side_is_put_in_force_with_its_evidence_and_put_back(lin: Browser, compared: str) -> None:
    run_jobs()
    comparison = compared.rsplit("/", 1)[1]

    applied = lin.submit("/lab/configurations", {"comparison": comparison, "side": "after"})
    assert applied.status_code == 303
    live.forget()
    assert configuration.in_force().with_pinyin is False

    page = lin.get("/lab/configurations").text
    assert "关闭拼音" in page
    assert "“不用拼音”对“现行”：nDCG@10 1.000→0.500" in page
    assert compared in page

    assert lin.submit("/lab/configurations/restored", {"number": "0"}).status_code == 303
    live.forget()
    assert configuration.in_force() == DEFAULT
    assert "恢复出厂配置" in lin.get("/lab/configurations").text


def test_a_comparison_that_still_runs_is_not_applied(lin: Browser, compared: str) -> None:
    comparison = compared.rsplit("/", 1)[1]

    answer = lin.submit("/lab/configurations", {"comparison": comparison, "side": "after"})

    assert answer.status_code == 422
    assert "还没有跑完" in answer.text
    assert rows(select(KeptConfiguration)) == []


def test_a_configuration_that_never_was_is_not_put_back(lin: Browser) -> None:
    answer = lin.submit("/lab/configurations/restored", {"number": "7"})

    assert answer.status_code == 422
    assert "没有这次配置" in answer.text


def test_weights_of_ones_own_are_compared(lin: Browser, moving: str) -> None:
    address = compare(lin, after="custom", words="0.75", with_pinyin="true")

    page = lin.get(address)
    run_jobs()
    said = lin.get(address).text

    assert page.status_code == 200
    assert "词 0.1→0.75" in said
    assert "关闭语义" in said
    assert "字 " not in said.split("词 0.1→0.75")[1].split("<")[0]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"before": "in_force", "after": "in_force"}, "两边的配置完全相同"),
        ({"before": "in_force", "after": "custom", "words": "99"}, "不能大于 10"),
        ({"before": "in_force", "after": "custom", "words": "nan"}, "填写有误"),
        ({"before": "in_force", "after": "custom", "words": "很多"}, "请填写数字"),
        ({"before": "in_force", "after": "no-such"}, "请从列表中选择"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_given_back(
    lin: Browser, fields: dict[str, str], says: str
) -> None:
    answer = lin.submit("/lab/comparisons", fields)

    assert answer.status_code == 422
    assert says in answer.text
    assert rows(select(Comparison)) == []
    if "words" in fields:
        assert f'value="{fields["words"]}"' in answer.text


def test_articles_that_went_away_leave_their_judgement_to_be_seen(lin: Browser, moving: str) -> None:
    address = add(lin, "完全无关的说法")
    judge(lin, address, moving, "2")
    lin.submit(f"/knowledge/{moving}/withdrawal")

    page = lin.get(address).text

    assert "已下架或已失效的知识" in page


def test_a_degraded_run_says_that_it_does_not_count(
    lin: Browser, compared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs()
    with database.unit_of_work() as session:
        session.connection().exec_driver_sql("UPDATE search_trial_answer SET degraded = 1")

    assert "这次的结果不能作数" in lin.get(compared).text


def test_an_agent_never_enters_the_lab(chen: Browser) -> None:
    for path in ("/lab", "/lab/comparisons", "/lab/configurations"):
        assert chen.get(path).status_code == 403
    assert chen.submit("/lab/golden", {"text": "移机"}).status_code == 403


def test_the_articles_of_the_page_are_those_of_the_centre(lin: Browser, moving: str) -> None:
    """The page asks live: what is judged is what agents would see now."""
    address = add(lin, "宽带移机")
    make_indexed("宽带移机加急", answer="加急另收五十元", at=now())

    assert "宽带移机加急" in lin.get(address).text.replace("<mark>", "").replace("</mark>", "")
