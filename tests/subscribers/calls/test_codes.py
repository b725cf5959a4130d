"""The tree of wrap-up codes: three levels, one name in one place, and what is used never disappears."""

import pytest
from sqlmodel import Session

from core.errors import Invalid, NotAllowed
from core.identity import Actor
from subscribers.calls import codes
from tests.conftest import MONDAY_MORNING as AT


def grow(session: Session, actor: Actor) -> list[str]:
    root = codes.add(session, "宽带", None, actor=actor, at=AT)
    branch = codes.add(session, "解约", root.id, actor=actor, at=AT)
    codes.add(session, "违约金咨询", branch.id, actor=actor, at=AT)
    return [code.path for code in codes.choices(session)]


def test_only_the_last_level_is_chosen(session: Session, supervisor_he: Actor) -> None:
    assert grow(session, supervisor_he) == ["宽带 › 解约 › 违约金咨询"]


def test_there_are_three_levels(session: Session, supervisor_he: Actor) -> None:
    grow(session, supervisor_he)
    leaf = codes.choices(session)[0]

    with pytest.raises(codes.TooDeep):
        codes.add(session, "第四级", leaf.id, actor=supervisor_he, at=AT)


def test_a_retired_branch_takes_its_leaves_along_and_leaves_the_paths(
    session: Session, supervisor_he: Actor
) -> None:
    grow(session, supervisor_he)
    leaf = codes.choices(session)[0]
    branch = leaf.parent_id
    assert branch is not None
    codes.change(session, branch, name="解约", retired=True, actor=supervisor_he, at=AT)

    assert leaf.id not in {code.id for code in codes.choices(session)}
    assert codes.path_of(session, leaf.id) == "宽带 › 解约 › 违约金咨询"


def test_a_name_stands_once_in_its_place(session: Session, supervisor_he: Actor) -> None:
    grow(session, supervisor_he)

    with pytest.raises(codes.NameTaken):
        codes.add(session, "宽带", None, actor=supervisor_he, at=AT)
    with pytest.raises(Invalid):
        codes.add(session, "　", None, actor=supervisor_he, at=AT)


def test_an_agent_leaves_the_tree_alone(session: Session, agent_chen: Actor) -> None:
    with pytest.raises(NotAllowed):
        codes.add(session, "宽带", None, actor=agent_chen, at=AT)
