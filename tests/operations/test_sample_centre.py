"""The sample centre: loaded once, renewed where nobody edited, never touched where somebody did."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, func, select

from core import database
from core.identity import Staff
from kb import publishing, writing
from kb.models import Article, ArticleVersion, Kind, Publication, Script
from operations.sample_centre import loading
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_draft

FEW = ("KB-00101", "KB-00102", "KB-00201")
MATTERS = [
    "套餐", "流量", "宽带", "漫游", "携号转网", "副卡", "亲情", "实名", "过户",
    "补卡", "eSIM", "手表", "账单", "缴费", "停机", "复机", "合约", "违约金",
    "积分", "垃圾短信", "骚扰", "投诉", "赔偿", "银龄", "专线", "信号", "涉诈",
]  # fmt: skip


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Three of the articles, which a test may change as a new version of the program would."""
    articles = [dict(one) for one in loading.articles() if one["code"] in FEW]
    monkeypatch.setattr(loading, "articles", lambda: iter(articles))
    return articles


def newest(code: str) -> ArticleVersion:
    with database.reading() as session:
        number = int(code.removeprefix("KB-"))
        article = session.exec(select(Article).where(Article.number == number)).one()
        return writing.latest_version(session, article.id)


def test_loading_twice_changes_nothing(each_database: str, few: list[dict[str, Any]]) -> None:
    first = loading.load(MONDAY_MORNING)
    second = loading.load(MONDAY_MORNING)

    assert (first.added, second.added, second.kept) == (3, 0, 3)


def test_a_newer_text_arrives_where_nobody_edited(centre: Path, few: list[dict[str, Any]]) -> None:
    loading.load(MONDAY_MORNING)
    few[0]["title"] = "新版本的标题"

    renewed = loading.load(MONDAY_MORNING)

    assert renewed.renewed == 1
    assert newest(few[0]["code"]).title == "新版本的标题"


@pytest.mark.parametrize("deed", ["edited", "withdrawn"])
def test_what_somebody_changed_is_never_overwritten(
    centre: Path, few: list[dict[str, Any]], deed: str
) -> None:
    loading.load(MONDAY_MORNING)
    _touch(newest(few[0]["code"]), deed)
    before = newest(few[0]["code"])
    few[0]["title"] = "新版本的标题"

    loaded = loading.load(MONDAY_MORNING)

    assert loaded.renewed == 0
    assert newest(few[0]["code"]).id == before.id


def _touch(version: ArticleVersion, deed: str) -> None:
    with database.unit_of_work() as session:
        if deed == "withdrawn":
            publishing.withdraw(session, version.article_id, actor=LIBRARIAN, at=MONDAY_MORNING)
        else:
            writing.save_draft(
                session,
                version.article_id,
                make_draft("编辑改过的"),
                seen_version=version.id,
                seen_revision=version.revision,
                actor=LIBRARIAN,
                at=MONDAY_MORNING,
            )


def test_a_centre_with_staff_of_its_own_gets_no_strangers(
    centre: Path, few: list[dict[str, Any]], admin_wu: object
) -> None:
    loading.load(MONDAY_MORNING)

    with database.reading() as session:
        assert session.exec(select(Staff.login)).all() == ["wu"]


@pytest.fixture(scope="module")
def texts() -> list[dict[str, Any]]:
    return list(loading.articles())


def test_the_samples_are_rich_enough_to_believe(texts: list[dict[str, Any]]) -> None:
    kinds = Counter(text["kind"] for text in texts)
    regional = {region[:2] for text in texts for region in text.get("regions", [])}
    three_tiers = [
        text for text in texts if {"", "gold", "diamond"} <= {s["tier"] for s in text.get("script", [])}
    ]

    assert len(texts) >= 160
    assert set(kinds) == set(Kind)
    assert regional == {"33", "51", "44"}
    assert len(three_tiers) >= 40
    assert (
        sum("colspan" in text.get("prices", "") or "rowspan" in text.get("prices", "") for text in texts)
        >= 30
    )
    assert len({text["code"] for text in texts}) == len(texts)


@pytest.mark.parametrize("matter", MATTERS)
def test_every_matter_of_a_hotline_is_covered(texts: list[dict[str, Any]], matter: str) -> None:
    assert any(matter in text["title"] + text["category"] for text in texts)


def test_no_real_operator_is_named(texts: list[dict[str, Any]]) -> None:
    real = ("中国移动", "中国联通", "中国电信", "中国广电", "10086", "10010", "微信", "支付宝")

    assert [(t["code"], name) for t in texts for name in real if name in str(t)] == []


def test_the_whole_sample_centre_loads(whole_centre: Session) -> None:
    def count(table: Any) -> int:
        return whole_centre.exec(select(func.count()).select_from(table)).one()

    assert count(Article) >= 160
    assert count(Publication) > count(Article)
    assert count(Script) >= 200
    assert count(Staff) == 12


@pytest.fixture
def whole_centre(centre: Path) -> Iterator[Session]:
    loading.load(MONDAY_MORNING.replace(month=11, day=23))
    with database.reading() as session:
        yield session
