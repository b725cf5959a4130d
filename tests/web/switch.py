"""A telephone switch of the tests: it has a key, signs what it sends, and sends it over HTTP."""

import json
from datetime import datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from core import api_clients, clock, database
from core.api_clients import ApiScope
from core.identity import SYSTEM, Actor, Role

ADMIN = Actor(SYSTEM.staff_id, "系统", roles=frozenset({Role.ADMIN}))
PATH = "/api/v1/calls"


def make_key(*scopes: ApiScope, name: str = "杭州软交换") -> tuple[str, str]:
    with database.unit_of_work() as session:
        client, secret = api_clients.add(session, name=name, scopes=scopes, actor=ADMIN, at=clock.now())
        return client.key_id, secret


class Switch(TestClient):
    """Events happen `ago` seconds before now, or when `at` says."""

    def __init__(self, app: ASGIApp, name: str = "杭州软交换") -> None:
        super().__init__(app)
        self.key_id, self.secret = make_key(ApiScope.CALLS_WRITE, name=name)
        self.count = 0

    def event(self, kind: str, *, call: str = "c1", ago: float = 0, **parts: Any) -> dict[str, Any]:
        self.count += 1
        at = clock.now() - timedelta(seconds=ago)
        said = {"event_id": f"e{self.count}", "call": call, "type": kind, "at": at.isoformat()}
        return said | {"sequence": self.count} | parts

    def say(self, kind: str, **parts: Any) -> Any:
        return self.tell(self.event(kind, **parts))

    def ring(self, agent: str = "chen", caller: str = "13800006207", **parts: Any) -> Any:
        return self.say("ringing", agent=agent, caller=caller, called="10010", **parts)

    def tell(self, event: dict[str, Any], *, at: datetime | None = None, secret: str = "") -> Any:
        body = json.dumps(event, ensure_ascii=False).encode()
        return self.post(PATH, content=body, headers=self.signed(body, at=at, secret=secret))

    def signed(self, body: bytes, *, at: datetime | None = None, secret: str = "") -> dict[str, str]:
        timestamp = str(int((at or clock.now()).timestamp()))
        return {
            "Content-Type": "application/json",
            "X-Zhida-Key": self.key_id,
            "X-Zhida-Timestamp": timestamp,
            "X-Zhida-Signature": api_clients.sign(secret or self.secret, timestamp, "POST", PATH, body),
        }
