"""The calls there were and are, one of them in full, and what the agents are doing."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from core.errors import NotAllowed
from core.identity import Actor
from core.permissions import Permission, may
from subscribers.calls import codes, listing, wrapping_up
from subscribers.calls.listing import Outcome, Wanted
from subscribers.calls.models import EventKind, UseKind
from web.asking import Day
from web.dependencies import CurrentActor, Now, ReadDb
from web.forms import OrAll, blank
from web.templating import page_or_fragment, render


async def _sees_calls(actor: CurrentActor) -> None:
    if not (may(actor, Permission.TAKE_CALLS) or may(actor, Permission.SEE_CALLS)):
        raise NotAllowed


router = APIRouter(prefix="/calls", dependencies=[Depends(_sees_calls)])


class Filter(BaseModel):
    day: Day = None
    agent: OrAll[UUID] = None
    outcome: OrAll[Outcome] = None
    page: int = 1

    @property
    def wanted(self) -> Wanted:
        day: date | None = self.day
        return Wanted(day, self.agent, self.outcome)


@router.get("", name="calls")
def listed(request: Request, db: ReadDb, actor: CurrentActor, asked: Annotated[Filter, Query()]) -> Response:
    sees_all = may(actor, Permission.SEE_CALLS)
    return page_or_fragment(
        request,
        page="calls/page.html",
        fragment="calls/_list.html",
        calls=listing.calls(db, actor, asked.wanted, asked.page),
        wanted=asked.wanted,
        agents=listing.agents_with_calls(db) if sees_all else [],
        outcomes=list(Outcome),
        sees_all=sees_all,
    )


@router.get("/agents", name="calls.agents")
def agents(request: Request, db: ReadDb, actor: CurrentActor, now: Now) -> Response:
    at_work = listing.at_work(db, actor, at=now)
    return page_or_fragment(
        request,
        page="calls/agents.html",
        fragment="calls/_agents.html",
        at_work=[(one, max(0, round((now - one.since).total_seconds()))) for one in at_work],
    )


@router.get("/{call_id}", name="calls.story")
def story(request: Request, db: ReadDb, actor: CurrentActor, now: Now, call_id: UUID) -> Response:
    told = listing.story(db, call_id, actor)
    mine: dict[str, Any] = {"wrap_up": None}
    if told.is_mine:
        mine = _own_wrap_up(db, call_id, actor, now)
    kinds = {"events": EventKind, "uses": UseKind}
    return render(request, "calls/story.html", story=told, kinds=kinds, **mine)


def _own_wrap_up(db: ReadDb, call_id: UUID, actor: Actor, at: Now) -> dict[str, Any]:
    wrap_up = wrapping_up.wrap_up_of(db, call_id, actor, at=at)
    form = blank(code_id=str(wrap_up.code_id or ""), note=wrap_up.note)
    return {"wrap_up": wrap_up, "form": form, "codes": codes.choices(db)}
