"""Two configurations side by side: asking for a comparison, watching it run, reading what came of it."""

from dataclasses import asdict, fields
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, create_model
from sqlmodel import Session

from core import paging, staff
from core.permissions import Permission
from search import trials
from search.comparing import Answered
from search.configuration import Configuration, in_force
from search.side_by_side import Part, side_by_side
from search.variants import Variant
from web import lab_wording
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, blank, read_form
from web.templating import page_or_fragment, render

HERE = "/lab/comparisons"
Custom = Literal["custom"]
CUSTOM: Custom = "custom"
Choice = Variant | Custom
router = APIRouter(prefix=HERE, dependencies=[allowed(Permission.JUDGE_SEARCH)])
Weight = Annotated[float | None, Field(ge=-10, le=10, allow_inf_nan=False)]
CHOICES = [*((variant.value, variant.label) for variant in Variant), (CUSTOM, "自定义")]


class Sides(BaseModel):
    """Which two; a side that is `custom` has the weights of the form."""

    before: Choice = Variant.IN_FORCE
    after: Choice = CUSTOM

    def configuration(self, chosen: Choice) -> tuple[str, Configuration]:
        if isinstance(chosen, Variant):
            return chosen.label, chosen.of(in_force())
        now = asdict(in_force())
        said = {name: getattr(self, name) for name in now}
        return "自定义", Configuration(
            **{name: now[name] if one is None else one for name, one in said.items()}
        )


_boxes: dict[str, Any] = {
    field.name: (bool, False) if isinstance(field.default, bool) else (Weight, None)
    for field in fields(Configuration)
}
Asked: type[Sides] = create_model("Asked", __base__=Sides, **_boxes)


class Wanted(BaseModel):
    part: OrAll[Part] = None


@router.get("", name="lab.comparisons")
def listing(request: Request, db: ReadDb, page: int = 1) -> Response:
    return _list(request, db, blank(before=Variant.IN_FORCE, after=CUSTOM, **asdict(in_force())), page)


@router.post("", name="lab.comparisons.ask")
def ask(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, Asked)
    asked = form.carry_out(
        db,
        lambda said: trials.ask_comparison(
            db,
            said.configuration(said.before),
            said.configuration(said.after),
            actor=actor,
            at=now,
        ),
    )
    return _list(request, db, form) if asked is None else RedirectResponse(f"{HERE}/{asked.id}", 303)


@router.get("/{comparison_id}", name="lab.comparison")
def show(request: Request, db: ReadDb, comparison_id: UUID, wanted: Annotated[Wanted, Query()]) -> Response:
    comparison = trials.comparison(db, comparison_id)
    sides = trials.sides_of(db, comparison_id)
    part = wanted.part or Part.ALL
    return page_or_fragment(
        request,
        page="lab/comparison.html",
        fragment="lab/_comparison.html",
        comparison=comparison,
        sides=sides,
        part=part,
        parts=list(Part),
        report=side_by_side(_pairs(db, comparison_id), part) if comparison.finished_at else None,
        degraded={side: trials.degraded_in(db, trial.id) for side, trial in sides.items()},
        in_force=in_force(),
        wording=lab_wording,
    )


def _pairs(db: Session, comparison_id: UUID) -> list[tuple[Answered, Answered]]:
    before, after = (trials.answers_of(db, trial.id) for trial in trials.sides_of(db, comparison_id).values())
    return [(before[key], after[key]) for key in before if key in after]


def _list(request: Request, db: Session, form: Form[Any], page: int = 1) -> Response:
    found = paging.page_of(db, trials.listed(), page)
    sides = {one.id: trials.sides_of(db, one.id) for one in found.rows}
    return render(
        request,
        "lab/comparisons.html",
        form.status if form.errors else 200,
        comparisons=found,
        sides=sides,
        names=staff.names_of(db, [one.staff_id for one in found.rows]),
        form=form,
        choices=CHOICES,
        weights=lab_wording.WEIGHTS,
        switches=lab_wording.SWITCHES,
        tab="comparisons",
    )
