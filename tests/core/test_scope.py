"""The words of scope: regions within regions, terms that come and go."""

import pytest
from sqlmodel import Session

from core.errors import NotAllowed
from core.identity import Actor
from core.scope import (
    Dimension,
    NoSuchTerm,
    TermExists,
    TermIncomplete,
    add_term,
    all_terms,
    change_term,
    related_regions,
)
from tests.conftest import MONDAY_MORNING


@pytest.fixture
def regions(session: Session, admin_wu: Actor) -> None:
    for code, name, parent in [
        ("33", "浙江", None),
        ("3301", "杭州", "33"),
        ("3302", "宁波", "33"),
        ("51", "四川", None),
    ]:
        add_term(
            session,
            Dimension.REGION,
            code=code,
            name=name,
            parent_code=parent,
            actor=admin_wu,
            at=MONDAY_MORNING,
        )


@pytest.mark.usefixtures("regions")
@pytest.mark.parametrize(
    ("chosen", "concerned"),
    [("33", {"33", "3301", "3302"}), ("3301", {"33", "3301"}), ("51", {"51"}), ("99", {"99"})],
)
def test_a_region_concerns_what_holds_it_and_what_it_holds(
    session: Session, chosen: str, concerned: set[str]
) -> None:
    assert related_regions(session, chosen) == concerned


def test_a_retired_term_keeps_its_name_and_is_offered_no_more(session: Session, admin_wu: Actor) -> None:
    add_term(session, Dimension.BRAND, code="old", name="旧品牌", actor=admin_wu, at=MONDAY_MORNING)

    change_term(
        session, Dimension.BRAND, "old", name="旧品牌", retired=True, actor=admin_wu, at=MONDAY_MORNING
    )

    terms = all_terms(session)
    assert terms.name(Dimension.BRAND, "old") == "旧品牌"
    assert terms.living(Dimension.BRAND) == ()


def test_what_cannot_be_a_term_is_refused(session: Session, admin_wu: Actor, agent_chen: Actor) -> None:
    add_term(session, Dimension.BRAND, code="one", name="一", actor=admin_wu, at=MONDAY_MORNING)

    with pytest.raises(TermExists):
        add_term(session, Dimension.BRAND, code="one", name="又一", actor=admin_wu, at=MONDAY_MORNING)
    for code, name in [("有汉字", "名"), ("", "名"), ("ok", " "), ("ok", "名" * 61)]:
        with pytest.raises(TermIncomplete):
            add_term(session, Dimension.BRAND, code=code, name=name, actor=admin_wu, at=MONDAY_MORNING)
    with pytest.raises(NoSuchTerm):
        change_term(
            session, Dimension.BRAND, "none", name="无", retired=False, actor=admin_wu, at=MONDAY_MORNING
        )
    with pytest.raises(NotAllowed):
        add_term(session, Dimension.BRAND, code="two", name="二", actor=agent_chen, at=MONDAY_MORNING)
