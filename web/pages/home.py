"""The way in: everybody's first screen."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from web.dependencies import CurrentActor
from web.rail import screens_for

router = APIRouter()


@router.get("/", name="home")
def home(actor: CurrentActor) -> RedirectResponse:
    screens = screens_for(actor)
    return RedirectResponse(screens[0].path if screens else "/account", 303)
