"""A telephone switch of the tests: it counts its events and says when they happened."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from core import database
from subscribers.calls import receiving
from subscribers.calls.folding import Fact
from subscribers.calls.models import Call, EventKind
from tests.conftest import MONDAY_MORNING

CALLER = "13800006207"


@dataclass
class Switch:
    """`say` sends an event; what it says of a call is also kept in `said`, to be sent again."""

    name: str = "zk0"
    said: list[tuple[str, Fact]] = field(default_factory=list)

    def fact(self, kind: str, agent: str = "chen", *, after: float = 0, **parts: Any) -> Fact:
        number = len(self.said)
        at = MONDAY_MORNING + timedelta(seconds=after)
        return Fact(f"e{number}", EventKind(kind), at, number, agent, **parts)

    def say(
        self, kind: str, agent: str = "chen", *, call: str = "c1", after: float = 0, **parts: Any
    ) -> Call:
        fact = self.fact(kind, agent, after=after, **parts)
        self.said.append((call, fact))
        return self.send(call, fact)

    def send(self, call: str, fact: Fact, *, at: datetime | None = None) -> Call:
        with database.unit_of_work() as session:
            return receiving.take(session, self.name, call, fact, at=at or fact.at).call

    def ring(self, agent: str = "chen", *, call: str = "c1", after: float = 0, **parts: Any) -> Call:
        said = {"caller": CALLER, "called": "10010"} | parts
        return self.say("ringing", agent, call=call, after=after, **said)


def later(fact: Fact, seconds: float) -> Fact:
    return replace(fact, at=fact.at + timedelta(seconds=seconds))
