"""Which value people see, and what the source's next word means: a table of cases."""

from datetime import timedelta

import pytest

from subscribers.correcting.survivorship import Claim, Stated, Verdict, is_same, survivor, verdict
from subscribers.entities import Survives
from tests.conftest import MONDAY_MORNING

SAID = MONDAY_MORNING
BEFORE, AFTER = SAID - timedelta(hours=1), SAID + timedelta(hours=1)
SOURCE, AGENT, FILL, NEWEST = (
    Survives.SOURCE,
    Survives.AGENT_UNTIL_CONFIRMED,
    Survives.FILL_EMPTY,
    Survives.NEWEST,
)
OLD, NEW, THIRD = "文三路 1 号", "文三路 99 号", "天目山路 5 号"


def claim(proposed: str = NEW, base: str = OLD, met: str | None = None, contradictions: int = 0) -> Claim:
    return Claim(proposed, SAID, base, base if met is None else met, contradictions)


# rule, what the source says, since when, how often it said otherwise before -> what people see
SEEN = [
    (SOURCE, OLD, BEFORE, 0, OLD),
    (SOURCE, "", BEFORE, 0, ""),
    (SOURCE, THIRD, AFTER, 0, THIRD),
    (AGENT, OLD, BEFORE, 0, NEW),
    (AGENT, OLD, AFTER, 0, NEW),  # another field of the row changed
    (AGENT, "", AFTER, 0, NEW),
    (AGENT, THIRD, AFTER, 1, NEW),
    (AGENT, THIRD, AFTER, 2, THIRD),  # contradicted twice
    (FILL, "", BEFORE, 0, NEW),
    (FILL, OLD, BEFORE, 0, OLD),
    (FILL, THIRD, AFTER, 0, THIRD),
    (NEWEST, OLD, BEFORE, 0, NEW),
    (NEWEST, OLD, AFTER, 0, NEW),  # the old value sent again is no news
    (NEWEST, "", AFTER, 0, NEW),
    (NEWEST, THIRD, BEFORE, 0, NEW),
    (NEWEST, THIRD, AFTER, 0, THIRD),
    (NEWEST, THIRD, None, 0, THIRD),
]


@pytest.mark.parametrize(("rule", "says", "changed_at", "contradictions", "seen"), SEEN)
def test_people_see(rule: Survives, says: str, changed_at: object, contradictions: int, seen: str) -> None:
    found = survivor(rule, Stated(says, changed_at), claim(contradictions=contradictions))  # type: ignore[arg-type]
    assert found.value == seen
    assert found.is_agents == (seen == NEW)


@pytest.mark.parametrize("rule", list(Survives))
def test_without_a_correction_the_source_is_seen(rule: Survives) -> None:
    assert survivor(rule, Stated(OLD), None).value == OLD


# rule, what the source says, since when, what it was last compared with -> what that means
MEETINGS = [
    (SOURCE, NEW, AFTER, OLD, Verdict.CONFIRMED),
    (SOURCE, OLD, AFTER, OLD, Verdict.UNAPPLIED),
    (SOURCE, THIRD, AFTER, OLD, Verdict.SUPERSEDED),
    (AGENT, NEW, AFTER, OLD, Verdict.CONFIRMED),
    (AGENT, "文三路99号", AFTER, OLD, Verdict.CONFIRMED),  # spaces say nothing
    (AGENT, OLD, AFTER, OLD, Verdict.UNAPPLIED),  # the source sends its old value again
    (AGENT, "", AFTER, OLD, Verdict.UNAPPLIED),
    (AGENT, THIRD, BEFORE, OLD, Verdict.UNAPPLIED),  # changed there before the caller spoke
    (AGENT, THIRD, SAID, OLD, Verdict.UNAPPLIED),
    (AGENT, THIRD, AFTER, OLD, Verdict.CONFLICT),
    (AGENT, THIRD, None, OLD, Verdict.CONFLICT),
    (AGENT, THIRD, AFTER, THIRD, Verdict.UNAPPLIED),  # met already: one file read twice is one contradiction
    (AGENT, OLD, AFTER, THIRD, Verdict.UNAPPLIED),  # back to its old value
    (FILL, NEW, AFTER, "", Verdict.CONFIRMED),
    (FILL, THIRD, AFTER, "", Verdict.SUPERSEDED),
    (NEWEST, THIRD, AFTER, OLD, Verdict.SUPERSEDED),
    (NEWEST, THIRD, BEFORE, OLD, Verdict.UNAPPLIED),
]


@pytest.mark.parametrize(("rule", "says", "changed_at", "met", "means"), MEETINGS)
def test_the_source_speaks_again(
    rule: Survives, says: str, changed_at: object, met: str, means: Verdict
) -> None:
    assert verdict(rule, Stated(says, changed_at), claim(met=met)) is means  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", list(Survives))
def test_a_row_deleted_at_the_source_ends_the_correction(rule: Survives) -> None:
    assert verdict(rule, Stated(NEW, AFTER, is_gone=True), claim()) is Verdict.GONE


def test_spaces_and_letter_case_do_not_make_a_difference() -> None:
    assert is_same("Chen@QQ.com", "chen@qq.com ")
    assert not is_same("文三路 1 号", "文三路 11 号")
