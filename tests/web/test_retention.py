"""How long things are kept, on screen: rules, terms, holidays, rounds."""

from datetime import timedelta

import pytest

from core import clock, jobs
from tests.subscribers.rights.one_person import make_whole
from tests.web.browser import HTMX, Browser, on_one_line

HERE = "/subscribers/retention"


def test_a_rule_is_changed_and_one_that_law_forbids_stays_as_typed(wu: Browser) -> None:
    assert wu.submit(f"{HERE}/rules/bill", {"months": "24"}).status_code == 303
    assert 'name="months" inputmode="numeric" value="24"' in on_one_line(wu.get(HERE).text)

    answer = wu.submit(f"{HERE}/rules/bill", {"months": "2"})

    assert answer.status_code == 422
    assert "“账单”至少保留 6 个月" in answer.text
    assert 'name="months" inputmode="numeric" value="2"' in on_one_line(answer.text)
    assert wu.submit(f"{HERE}/rules/bill", {"months": "两年"}).status_code == 422
    assert wu.submit(f"{HERE}/rules/nothing", {"months": "24"}).status_code == 404


def test_a_term_is_changed(wu: Browser) -> None:
    assert wu.submit(f"{HERE}/clocks/copy", {"working_days": "10"}).status_code == 303
    assert 'name="working_days" inputmode="numeric" value="10"' in on_one_line(wu.get(HERE).text)
    assert wu.submit(f"{HERE}/clocks/copy", {"working_days": "0"}).status_code == 422


def test_holidays_are_entered_and_removed(wu: Browser) -> None:
    first = clock.day_of(clock.now()) + timedelta(days=30)
    days = {"first": first.isoformat(), "last": (first + timedelta(days=2)).isoformat()}
    assert wu.submit(f"{HERE}/days", days | {"name": "国庆节"}).status_code == 303
    page = wu.get(HERE).text
    assert page.count("国庆节</td>") == 3
    assert page.count(">放假</span>") == 3

    assert wu.submit(f"{HERE}/days/{first}/removal").status_code == 303
    assert wu.get(HERE).text.count("国庆节</td>") == 2
    assert wu.submit(f"{HERE}/days/{first}/removal").status_code == 404

    backwards = {"first": days["last"], "last": days["first"], "name": "国庆节"}
    answer = wu.submit(f"{HERE}/days", backwards)
    assert answer.status_code == 422
    assert 'value="国庆节"' in answer.text


def test_a_round_is_tried_before_it_is_made(wu: Browser, app: object) -> None:
    make_whole()
    for what in ("bill", "payment", "event", "fact", "customer"):
        wu.submit(f"{HERE}/rules/{what}", {"months": "0"})
    wu.submit(f"{HERE}/rules/bill", {"months": "6"})
    assert wu.submit(f"{HERE}/rounds", {"dry": "true"}).status_code == 303
    assert "正在清理或试算" in wu.get(HERE, headers=HTMX).text
    later = clock.now() + timedelta(days=400)
    jobs.run_all_due(later)

    tried = wu.get(HERE).text
    assert "试算</span>" in tried
    assert "账单 5" in tried

    wu.submit(f"{HERE}/rounds")
    jobs.run_all_due(later + timedelta(minutes=1))
    done = wu.get(HERE).text
    assert "清理</span>" in done
    assert "吴敏" in done
    assert done.count("账单 5") == 2


@pytest.mark.parametrize("path", ["/rules/bill", "/clocks/copy", "/rounds", "/days"])
def test_only_an_administrator_keeps_them(he: Browser, chen: Browser, path: str) -> None:
    assert he.get(HERE).status_code == chen.get(HERE).status_code == 403
    assert he.submit(HERE + path, {"months": "24"}).status_code == 403
