"""What stands around every page: who is here, which screens they have, the token their forms carry."""

import json
from dataclasses import dataclass

from fastapi import Request

from core import permissions
from core.identity import Actor
from core.permissions import Permission
from core.settings import settings
from subscribers.rights.worklist import Late
from web import rail, security

STAFF_HEADER = "X-Staff"


@dataclass(frozen=True)
class Frame:
    request: Request

    @property
    def actor(self) -> Actor | None:
        """Return who is signed in, as far as the route asked."""
        return getattr(self.request.state, "actor", None)

    @property
    def late_rights(self) -> Late | None:
        """Return what people asked of their data that is late, for those who may do something about it."""
        return getattr(self.request.state, "late_rights", None)

    @property
    def screens(self) -> list[rail.Screen]:
        return rail.screens_for(self.actor) if self.actor else []

    @property
    def screen(self) -> rail.Screen | None:
        return rail.open_screen(self.request.url.path)

    def may(self, permission: str) -> bool:
        return self.actor is not None and permissions.may(self.actor, Permission(permission))

    @property
    def here(self) -> str:
        """Return the address of what is on screen, its filters included."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def turned_to(self, page: int) -> str:
        """Return the address of another page of the list on screen."""
        address = self.request.url.include_query_params(page=page)
        return f"{address.path}?{address.query}"

    @property
    def operator_name(self) -> str:
        return settings().operator_name

    @property
    def csrf_token(self) -> str:
        return security.csrf_token(self.request)

    @property
    def hx_headers(self) -> str:
        """What every htmx request of this page says: the token, and for whom the page was drawn."""
        said = {security.CSRF_HEADER: self.csrf_token}
        if self.actor:
            said[STAFF_HEADER] = str(self.actor.staff_id)
        return json.dumps(said)
