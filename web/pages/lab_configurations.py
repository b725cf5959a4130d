"""Which configuration the search ranks by: now and before, applying one that won, putting one back."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session

from core import staff
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission
from search import configuration, trials
from search.configuration import DEFAULT, KeptConfiguration, configuration_from
from search.side_by_side import Figure, line
from search.trials import Side
from web import lab_wording
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, blank, read_form
from web.templating import render

HERE = "/lab/configurations"
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.JUDGE_SEARCH)])


class NotFinished(Invalid):
    message = "这次对比还没有跑完。请等它完成后再启用。"


class NoSuchConfiguration(Invalid):
    message = "没有这次配置。请刷新页面后重新选择。"


class Applied(BaseModel):
    """A side of a comparison that is to be what everybody's searches are ranked by."""

    comparison: UUID
    side: Side


class PutBack(BaseModel):
    """Number 0 is how the program comes."""

    number: int


@router.get("", name="lab.configurations")
def listing(request: Request, db: ReadDb) -> Response:
    return _show(request, db, blank())


@router.post("", name="lab.configurations.apply")
def apply(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Applied)
    form.carry_out(db, lambda said: _apply(db, said, actor, now))
    return _show(request, db, form) if form.errors else RedirectResponse(HERE, 303)


@router.post("/restored", name="lab.configurations.put_back")
def put_back(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, PutBack)
    form.carry_out(db, lambda said: _put_back(db, said.number, actor, now))
    return _show(request, db, form) if form.errors else RedirectResponse(HERE, 303)


def _apply(db: Session, said: Applied, actor: Actor, at: datetime) -> None:
    comparison = trials.comparison(db, said.comparison)
    if comparison.finished_at is None:
        raise NotFinished
    sides = trials.sides_of(db, said.comparison)
    chosen = sides[said.side]
    (other,) = (trial for side, trial in sides.items() if side is not said.side)
    mine, others = trials.answers_of(db, chosen.id), trials.answers_of(db, other.id)
    ndcg = line([(others[key], one) for key, one in mine.items() if one.relevant], Figure.NDCG)
    evidence = {
        "by": lab_wording.COMPARED,
        "comparison": str(said.comparison),
        "name": chosen.name,
        "against": other.name,
        "ndcg_at_10": [ndcg.before, ndcg.after],
        "interval": [ndcg.difference.low, ndcg.difference.high],
        "queries": ndcg.difference.queries,
    }
    configuration.put_in_force(db, chosen.configuration, evidence=evidence, actor=actor, at=at)


def _put_back(db: Session, number: int, actor: Actor, at: datetime) -> None:
    kept = db.get(KeptConfiguration, number)
    if number and kept is None:
        raise NoSuchConfiguration
    chosen = configuration_from(kept.values) if kept else DEFAULT
    evidence = {"by": lab_wording.PUT_BACK, "number": number}
    configuration.put_in_force(db, chosen, evidence=evidence, actor=actor, at=at)


def _show(request: Request, db: Session, form: Form[Any]) -> Response:
    kept = configuration.history(db)
    held = [(one, configuration_from(one.values)) for one in kept]
    return render(
        request,
        "lab/configurations.html",
        form.status if form.errors else 200,
        now=asdict(held[0][1] if held else DEFAULT),
        default=asdict(DEFAULT),
        held=held,
        names=staff.names_of(db, [one.staff_id for one in kept]),
        form=form,
        wording=lab_wording,
        tab="configurations",
    )
