"""The golden set as a file, and as it comes with the sample centre."""

import json
from pathlib import Path

import pytest
from sqlmodel import Session

from core import database
from core.identity import Actor
from operations import golden_files
from operations.golden_files import GoldenFileUnusable
from operations.sample_centre import golden as sample
from search import golden_keeping
from search.golden import Grade, all_golden
from search.golden_keeping import Wording
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article

SHIPPED = Path(sample.__file__).with_name("golden.jsonl")


def line(query: str, *relevant: str, **more: object) -> str:
    return json.dumps({"query": query, "relevant": list(relevant), **more}, ensure_ascii=False)


def take(session: Session, *lines: str) -> golden_files.Taken:
    return golden_files.import_lines(session, lines, actor=LIBRARIAN, at=MONDAY_MORNING)


def test_what_went_out_comes_back(session: Session) -> None:
    make_article("宽带移机")
    make_article("宽带资费")
    make_article("携号转网")
    lines = [
        line("今天天气", kind="无答案", held_out=False, helps=[], wrong=[]),
        line(
            "移机", "KB-00001", "KB-00002", kind="汉字", held_out=True, helps=["KB-00002"], wrong=["KB-00003"]
        ),
    ]
    assert take(session, *lines).added == 2

    out = list(golden_files.export_lines(session))

    assert [json.loads(one) for one in out] == [json.loads(one) for one in lines]
    assert take(session, *out) == golden_files.Taken(0, 2)


def test_a_line_of_the_plain_form_is_enough(session: Session) -> None:
    make_article("宽带移机")

    take(session, line("移机", "KB-00001"), "")

    (golden,) = all_golden(session)
    assert (golden.kind, golden.held_out) == ("实际查询", False)
    assert list(golden.grades.values()) == [Grade.ANSWERS]


def test_a_query_whose_article_is_missing_is_left_out_and_said(session: Session) -> None:
    taken = take(session, line("移机", "KB-00009"), line("今天天气", kind="无答案"))

    assert taken == golden_files.Taken(1, 0, ("KB-00009",))


@pytest.mark.parametrize("bad", ["{", '{"query": "移机"}', '{"query": 5, "relevant": []}', "[]"])
def test_a_bad_line_is_named_and_nothing_comes_in(session: Session, bad: str) -> None:
    with pytest.raises(GoldenFileUnusable, match="第 2 行"):
        take(session, line("今天天气", kind="无答案"), bad)

    assert all_golden(session) == []


def load() -> int:
    with database.unit_of_work() as session:
        return sample.load(session, actor=LIBRARIAN, at=MONDAY_MORNING)


def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *lines: str) -> None:
    (tmp_path / "golden.jsonl").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(sample.resources, "files", lambda _package: tmp_path)


def test_a_newer_version_adds_and_never_brings_back_what_was_removed_or_edited(
    each_database: str, editor_lin: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_article("宽带移机")
    old = [line("移机", "KB-00001"), line("搬家 宽带", "KB-00001")]
    shipped(monkeypatch, tmp_path, *old, line("还没有的知识", "KB-00077"))
    assert [load(), load()] == [2, 0]
    with database.unit_of_work() as session:
        moving, house = sorted(all_golden(session), key=lambda one: len(one.text))
        golden_keeping.remove(session, moving.id, actor=editor_lin, at=MONDAY_MORNING)
        golden_keeping.change(session, house.id, Wording("搬家的宽带"), actor=editor_lin, at=MONDAY_MORNING)

    shipped(monkeypatch, tmp_path, *old, line("新来的", "KB-00001"))

    assert load() == 1
    with database.reading() as session:
        assert {one.text for one in all_golden(session)} == {"搬家的宽带", "新来的"}


def test_the_shipped_file_is_the_one_that_the_tests_name() -> None:
    assert SHIPPED.samefile(Path(__file__).parents[1] / "search/golden.jsonl")
