"""Where a telephone switch says what happens to its calls. docs/interfaces/telephony.md is the contract."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from core.api_clients import ApiClient, ApiScope
from subscribers.calls import receiving
from subscribers.calls.folding import Fact
from subscribers.calls.models import EventKind
from web.api.authenticating import client_with
from web.dependencies import Db, Now

router = APIRouter(prefix="/api/v1/calls")

Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9*#]{0,32}$")]
Login = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]


class Event(BaseModel):
    """One event of one call. What a switch does not know it leaves out."""

    model_config = ConfigDict(extra="forbid")

    event_id: Key
    call: Key
    type: Literal["ringing", "answered", "held", "resumed", "transferred", "ended"]
    at: AwareDatetime
    sequence: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    agent: Login = ""
    to: Login = ""
    caller: Number = ""
    called: Number = ""
    direction: Literal["", "in", "out"] = ""
    ivr: Annotated[str, StringConstraints(max_length=120)] = ""
    queue_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None

    def fact(self) -> Fact:
        said = self.model_dump(exclude={"call", "type"})
        return Fact(kind=EventKind(self.type), **said)


@router.post("", name="api.calls.event")
def take_event(
    db: Db,
    now: Now,
    event: Event,
    response: Response,
    client: Annotated[ApiClient, client_with(ApiScope.CALLS_WRITE)],
) -> dict[str, Any]:
    """201 for a new event, 200 for one that came before; the answer is the call as it stands."""
    taken = receiving.take(db, client.key_id, event.call, event.fact(), at=now)
    response.status_code = 201 if taken.is_new else 200
    call = taken.call
    return {
        "call": call.key,
        "id": str(call.id),
        "phase": call.phase,
        "duplicate": not taken.is_new,
        "unknown_agents": list(taken.unknown),
    }
