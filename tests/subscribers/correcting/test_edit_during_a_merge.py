"""An agent corrects a field while a load that changes the same field is half merged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core import jobs
from core.identity import Actor
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.correcting.proposing import SeenChanged
from subscribers.loading import merging
from subscribers.loading.advancing import advance
from subscribers.loading.models import Load, LoadState, Via
from subscribers.loading.receiving import receive
from subscribers.loading.turning import id_of
from tests.conftest import MONDAY_MORNING
from tests.subscribers.correcting.people_and_values import kept, says, seen_of, shown
from tests.subscribers.senders import Sender, copied, load, row

FORMER, BROUGHT, SAID = "西湖区文三路 1 号", "西湖区文三路 2 号", "余杭区莫干山路 8 号"
BEFORE, AFTER = "2026-03-02 08:30:00", "2026-03-02 09:30:00"  # the agent hears it at nine
FIRST, LAST = "C0", "C5"  # merged before the agent hears it, and after


@pytest.fixture
def crm(each_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sender:
    """Six customers are there; the next file is merged two at a time."""
    monkeypatch.setattr(merging, "AT_ONCE", 2)
    folder = tmp_path / "files"
    folder.mkdir()
    crm = Sender(folder)
    load(crm.send("customer", [row("customer", f"C{n}", address=FORMER) for n in range(6)]))
    return crm


def merged_while(crm: Sender, changed_at: str, act: Callable[[], None]) -> Load:
    """Load a new address for everybody; act once, when the first chunk is in and the others are not."""
    rows = [row("customer", f"C{n}", version=2, address=BROUGHT) for n in range(6)]
    for one in rows:
        one[2] = changed_at
    received = receive(crm.send("customer", rows), Via.COMMAND, at=MONDAY_MORNING)

    def told(state: LoadState, done: int, _of: int) -> None:
        if (state, done) == (LoadState.MERGING, 2):
            assert copied("customer")[FIRST].address == BROUGHT
            assert copied("customer")[LAST].address == FORMER
            act()

    done = advance(id_of(received.load), at=MONDAY_MORNING, progress=told)
    jobs.run_all_due(MONDAY_MORNING)
    return done


@pytest.mark.parametrize(
    ("key", "changed_at", "said", "outcome"),
    [
        (LAST, BEFORE, SAID, (CorrectionState.OPEN, SAID)),
        (LAST, AFTER, SAID, (CorrectionState.CONFLICT, SAID)),
        (LAST, AFTER, BROUGHT, (CorrectionState.CONFIRMED, BROUGHT)),
        (FIRST, AFTER, SAID, (CorrectionState.OPEN, SAID)),
    ],
    ids=["the source knew before", "the source knows better since", "both say the same", "after its chunk"],
)
def test_what_is_said_between_two_chunks_meets_what_the_load_brings(
    crm: Sender, agent_chen: Actor, key: str, changed_at: str, said: str, outcome: tuple[str, str]
) -> None:
    customer = copied("customer")[key].id
    made: list[Correction | None] = []

    done = merged_while(
        crm,
        changed_at,
        lambda: made.append(says(agent_chen, customer, "address", said, at=MONDAY_MORNING)),
    )

    assert (done.state, done.updated) == (LoadState.ACKNOWLEDGED, 6)
    assert copied("customer")[key].address == BROUGHT
    assert (kept(made[0]).state, seen_of(customer, "address").value) == outcome


def test_a_form_drawn_before_the_merge_is_not_taken_after_its_chunk(crm: Sender, agent_chen: Actor) -> None:
    customer = copied("customer")[FIRST].id
    drawn = shown(customer, "address")

    def submit() -> None:
        with pytest.raises(SeenChanged, match="刚被来源"):
            says(agent_chen, customer, "address", SAID, at=MONDAY_MORNING, seen=drawn)

    merged_while(crm, AFTER, submit)

    assert seen_of(customer, "address").value == BROUGHT
