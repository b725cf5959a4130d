"""What agents say of answers, as editors get to see it."""

import pytest
from sqlmodel import select

from kb.models import Feedback
from tests.web.articles_on_screen import as_shown, start_published
from tests.web.browser import HTMX, Browser
from tests.web.records import rows

HERE = "/knowledge/feedback"


@pytest.fixture
def path(lin: Browser) -> str:
    return start_published(lin, title="宽带移机", answer="同城移机 50 元")


def say(agent: Browser, path: str, verdict: str, comment: str = "") -> None:
    answer = agent.submit(
        f"{path.replace('knowledge', 'articles')}/feedback", {"verdict": verdict, "comment": comment}
    )
    assert answer.status_code == 303, answer.text


def only() -> Feedback:
    (one,) = rows(select(Feedback))
    return one


def test_a_correction_stands_beside_the_answer_as_it_was(lin: Browser, chen: Browser, path: str) -> None:
    say(chen, path, "correction", "三月起免费了")
    lin.submit(path, as_shown(lin.get(path).text, answer="同城移机免费", act="publish"))

    page = lin.get(HERE).text

    assert all(words in page for words in ("三月起免费了", "陈静", "同城移机 50 元", f"{path}/versions/1"))
    assert "同城移机免费" not in page
    assert f'href="{path}"' in page


def test_praise_waits_for_nobody_and_can_be_asked_for(lin: Browser, chen: Browser, path: str) -> None:
    say(chen, path, "useful")

    assert "没有待处理的反馈" in lin.get(HERE).text
    assert "陈静" in lin.get(f"{HERE}?verdict=useful").text


def test_is_filtered_by_verdict_and_by_article(lin: Browser, chen: Browser, path: str) -> None:
    say(chen, path, "correction", "价格旧了")
    other = start_published(lin, title="畅享套餐", answer="129 元")
    say(chen, other, "useless")

    assert "畅享套餐" not in lin.get(f"{HERE}?verdict=correction").text
    assert "价格旧了" not in lin.get(f"{HERE}?verdict=useless").text
    of_one = lin.get(f"{HERE}?article={path.rsplit('/', maxsplit=1)[-1]}").text
    assert "价格旧了" in of_one
    assert "畅享套餐" not in of_one


def test_a_reply_closes_it(lin: Browser, chen: Browser, path: str) -> None:
    say(chen, path, "correction", "价格旧了")

    answer = lin.submit(f"{HERE}/{only().id}/reply", {"text": "已改，谢谢"})

    assert answer.status_code == 303
    assert "没有待处理的反馈" in lin.get(HERE).text
    done = lin.get(f"{HERE}?answered=true").text
    assert "已改，谢谢" in done
    assert "林悦" in done


def test_htmx_gets_the_card_back_in_its_place(lin: Browser, chen: Browser, path: str) -> None:
    say(chen, path, "correction", "价格旧了")

    answer = lin.submit(f"{HERE}/{only().id}/reply", {"text": "已改"}, headers=HTMX)

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(f'<li class="opinion" id="feedback-{only().id}"')
    assert "已改" in answer.text


def test_a_second_editor_is_told_that_it_was_done(lin: Browser, chen: Browser, path: str) -> None:
    say(chen, path, "correction", "价格旧了")
    lin.submit(f"{HERE}/{only().id}/reply", {"text": "第一次"})

    answer = lin.submit(f"{HERE}/{only().id}/reply", {"text": "第二次"})

    assert answer.status_code == 409
    assert "已有人处理过" in answer.text
    assert only().reply == "第一次"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_reply_that_is_too_long_is_kept(
    lin: Browser, chen: Browser, path: str, headers: dict[str, str]
) -> None:
    say(chen, path, "correction", "价格旧了")

    answer = lin.submit(f"{HERE}/{only().id}/reply", {"text": "长" * 501}, headers=headers)

    assert answer.status_code == 422
    assert "超过 500 字" in answer.text
    assert "长" * 501 in answer.text
    assert only().answered_at is None


def test_feedback_that_does_not_exist_is_no_page(lin: Browser) -> None:
    nobodys = "00000000-0000-4000-8000-000000000000"

    assert lin.submit(f"{HERE}/{nobodys}/reply", {"text": "好"}).status_code == 404
    assert lin.get(f"{HERE}?article=KB-09999").status_code == 404


def test_what_agents_write_is_never_markup(lin: Browser, chen: Browser, path: str) -> None:
    say(chen, path, "correction", "<script>alert(1)</script>")

    assert "<script>alert" not in lin.get(HERE).text


@pytest.mark.parametrize("who", ["chen", "he", "wu"])
def test_only_editors_see_and_answer_it(
    who: str, path: str, chen: Browser, request: pytest.FixtureRequest
) -> None:
    say(chen, path, "correction", "价格旧了")
    other: Browser = request.getfixturevalue(who)

    assert other.get(HERE).status_code == 403
    assert other.submit(f"{HERE}/{only().id}/reply", {"text": "好"}).status_code == 403
    assert only().answered_at is None


def test_ten_cost_as_many_queries_as_one(
    lin: Browser, chen: Browser, path: str, statements: list[str]
) -> None:
    def cost() -> int:
        statements.clear()
        assert lin.get(HERE).status_code == 200
        return len(statements)

    say(chen, path, "correction", "第一条")
    of_one = cost()
    for number in range(9):
        say(chen, path, "correction", f"又一条 {number}")

    assert cost() == of_one
