"""Who works here."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlmodel import Session

from core import paging, staff
from core.identity import Role
from core.permissions import Permission
from core.staff import StaffCard, StaffDetails
from web.dependencies import CurrentActor, Db, Now, ReadDb, allowed
from web.forms import Form, OrAll, blank, read_form
from web.templating import page_or_fragment, render

router = APIRouter(prefix="/staff")
seen_by = [allowed(Permission.SEE_STAFF)]
managed_by = [allowed(Permission.MANAGE_STAFF)]


class StaffChange(BaseModel):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
    team_id: UUID | None = None
    roles: frozenset[Role] = Field(min_length=1)
    revision: int = 0

    @property
    def details(self) -> StaffDetails:
        return StaffDetails(self.name, self.team_id, self.roles)


class NewStaff(StaffChange):
    login: Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]


class Wanted(BaseModel):
    """Which staff the list shows."""

    text: str = Field("", max_length=60)
    team: OrAll[UUID] = None
    page: int = 1


def _card(db: ReadDb, staff_id: UUID) -> StaffCard:
    return staff.card(db, staff_id)


Person = Annotated[StaffCard, Depends(_card)]


@router.get("", name="staff", dependencies=seen_by)
def listing(request: Request, db: ReadDb, wanted: Annotated[Wanted, Query()]) -> Response:
    page = paging.page_of(db, staff.listed(text=wanted.text, team_id=wanted.team), wanted.page)
    return page_or_fragment(
        request,
        page="staff/page.html",
        fragment="staff/_list.html",
        people=page.of(staff.cards(db, page.rows)),
        teams=staff.all_teams(db),
        wanted=wanted,
    )


@router.get("/new", name="staff.new", dependencies=managed_by)
def ask_for_new(request: Request, db: ReadDb) -> Response:
    return _edit(request, db, None, blank(roles=[Role.AGENT]))


@router.post("", name="staff.add", dependencies=managed_by)
def add(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, NewStaff)
    added = form.carry_out(
        db, lambda said: staff.add_staff(db, said.login, said.details, actor=actor, at=now)
    )
    if added is None:
        return _edit(request, db, None, form, form.status)
    staff_id, password = added
    return render(
        request, "staff/password.html", person=staff.card(db, staff_id), password=password, new=True
    )


@router.get("/{staff_id}", name="staff.person", dependencies=managed_by)
def ask_for_change(request: Request, db: ReadDb, person: Person) -> Response:
    return _edit(request, db, person, _form_of(person))


@router.post("/{staff_id}", name="staff.change", dependencies=managed_by)
def change(request: Request, db: Db, staff_id: UUID, actor: CurrentActor, now: Now) -> Response:
    form = read_form(request, StaffChange)
    form.carry_out(
        db,
        lambda said: staff.change_staff(
            db, staff_id, said.details, revision=said.revision, actor=actor, at=now
        ),
    )
    if form.errors:
        return _edit(request, db, staff.card(db, staff_id), form, form.status)
    return RedirectResponse("/staff", 303)


@router.post("/{staff_id}/disable", name="staff.disable", dependencies=managed_by)
def disable(db: Db, staff_id: UUID, actor: CurrentActor, now: Now) -> Response:
    staff.disable(db, staff_id, actor=actor, at=now)
    return RedirectResponse(f"/staff/{staff_id}", 303)


@router.post("/{staff_id}/enable", name="staff.enable", dependencies=managed_by)
def enable(db: Db, staff_id: UUID, actor: CurrentActor, now: Now) -> Response:
    staff.enable(db, staff_id, actor=actor, at=now)
    return RedirectResponse(f"/staff/{staff_id}", 303)


@router.post("/{staff_id}/password", name="staff.password", dependencies=managed_by)
def reset_password(request: Request, db: Db, staff_id: UUID, actor: CurrentActor, now: Now) -> Response:
    password = staff.reset_password(db, staff_id, actor=actor, at=now)
    return render(
        request, "staff/password.html", person=staff.card(db, staff_id), password=password, new=False
    )


def _form_of(person: StaffCard) -> Form[Any]:
    return blank(name=person.name, team_id=str(person.team_id or ""), roles=list(person.roles))


def _edit(
    request: Request, db: Session, person: StaffCard | None, form: Form[Any], status: int = 200
) -> Response:
    teams = [("", "未分组"), *((str(team.id), team.name) for team in staff.all_teams(db))]
    roles = [(role, role.label) for role in Role]
    return render(request, "staff/edit.html", status, person=person, form=form, teams=teams, roles=roles)
