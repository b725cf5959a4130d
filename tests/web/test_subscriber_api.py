"""Other systems send subscriber data over HTTPS: many rows, one row, the same again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from core import api_clients, clock, database, jobs
from core.api_clients import ApiScope
from core.identity import Actor
from core.settings import settings
from subscribers.as_of import as_of
from subscribers.loading.alone import LoadUnderWay
from subscribers.loading.models import Load, LoadKind
from tests.subscribers.senders import Sender, copied, load, row
from tests.web.records import rows
from web.api import subscribers

CHEN = {"key": "C1", "version": 1, "kind": "person", "name": "陈婉清", "phone": "13800006207"}
NDJSON = {"Content-Type": "application/x-ndjson"}


class System:
    """A client with a token."""

    def __init__(self, app: FastAPI, token: str) -> None:
        self.http = TestClient(app, headers={"Authorization": f"Bearer {token}"})

    def send(self, said: Sequence[dict[str, Any]], entity: str = "customer", how: str = "source=crm") -> Any:
        lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in said).encode()
        return self.http.post(f"/api/v1/subscribers/{entity}/loads?{how}", content=lines, headers=NDJSON)

    def put(self, key: str, entity: str = "customer", **said: Any) -> Any:
        return self.http.put(f"/api/v1/subscribers/{entity}/{key}?source=crm", json=said)


def token_for(actor: Actor, *scopes: ApiScope, name: str = "营业系统", sources: str = "") -> str:
    said: dict[str, Any] = {"name": name, "scopes": scopes, "sources": sources}
    with database.unit_of_work() as session:
        client, secret = api_clients.add(session, **said, actor=actor, at=clock.now())
        return f"{client.key_id}.{secret}"


@pytest.fixture
def crm(app: FastAPI, admin_wu: Actor) -> System:
    return System(app, token_for(admin_wu, ApiScope.SUBSCRIBERS_WRITE))


def test_rows_are_taken_at_once_and_loaded_soon(crm: System) -> None:
    taken = crm.send([CHEN, {**CHEN, "key": "C2", "name": "李雷", "phone": None}])

    assert (taken.status_code, taken.json()["state"], taken.json()["rows"]) == (202, "seen", 2)
    jobs.run_all_due(clock.now())
    stands = crm.http.get(taken.json()["href"]).json()
    assert (stands["state"], stands["inserted"], stands["problems"]) == ("acknowledged", 2, [])
    assert copied("customer")["C1"].phone == "13800006207"
    assert not list((settings().data_dir / "loads" / "arrived").iterdir())


def test_the_same_rows_again_are_the_same_load(crm: System) -> None:
    first = crm.send([CHEN]).json()

    again = crm.send([CHEN])

    assert (again.status_code, again.json()["load"]) == (200, first["load"])
    assert len(rows(select(Load))) == 1


@pytest.mark.usefixtures("each_database")
class TestWhatIsSaidAgain:
    A, B = {"kind": "person", "name": "陈婉清"}, {"kind": "person", "name": "陈婉青"}

    def test_after_something_else_holds_again_and_its_retry_is_the_same_load(self, crm: System) -> None:
        first = [crm.put("C1", **said).json()["load"] for said in (self.A, self.B)]

        again = crm.put("C1", **self.A)

        assert (again.status_code, again.json()["updated"]) == (200, 1)
        assert again.json()["load"] not in first
        assert copied("customer")["C1"].name == "陈婉清"
        assert crm.put("C1", **self.A).json()["load"] == again.json()["load"]
        crm.put("C1", **self.B)
        assert copied("customer")["C1"].name == "陈婉青"

    def test_of_many_rows_holds_again_too(self, crm: System) -> None:
        for said in (self.A, self.B, self.A):
            answer = crm.send([{"key": "C1", **said}, {"key": "C2", **self.A}])
            assert answer.status_code == 202
            jobs.run_all_due(clock.now())

        assert {one.name for one in copied("customer").values()} == {"陈婉清"}

    def test_is_not_taken_for_known_before_what_came_between_is_in(self, crm: System) -> None:
        answers = [crm.send([{"key": "C1", **said}]) for said in (self.A, self.B, self.A)]
        jobs.run_all_due(clock.now())

        assert [one.status_code for one in answers] == [202, 202, 202]
        assert copied("customer")["C1"].name == "陈婉清"

    def test_of_another_row_leaves_a_retry_the_same_load(self, crm: System) -> None:
        first = crm.put("C1", **self.A).json()["load"]
        crm.put("C2", **self.B)

        assert crm.put("C1", **self.A).json()["load"] == first

    def test_by_a_file_in_between_holds_again(self, crm: System, tmp_path: Path) -> None:
        crm.put("C1", **self.A)
        load(Sender(tmp_path).send("customer", [row("customer", "C1", version=0, name="李雷")]))

        crm.put("C1", **self.A)

        assert copied("customer")["C1"].name == "陈婉清"


def test_the_worker_leaves_a_row_to_the_request_that_brought_it(
    crm: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However quick the worker is: its first look comes while the request has yet to begin."""
    whole = subscribers.advance

    def after_the_worker(load_id: int, *, at: Any) -> Load:
        assert jobs.run_all_due(clock.now()) == 0
        return whole(load_id, at=at)

    monkeypatch.setattr(subscribers, "advance", after_the_worker)

    assert crm.put("C1", kind="person", name="陈婉清").status_code == 201
    jobs.run_all_due(clock.now() + subscribers.HEAD_START)
    assert jobs.run_all_due(clock.now() + subscribers.HEAD_START) == 0


def test_a_row_that_somebody_else_has_loaded_meanwhile_is_answered_with_its_result(
    crm: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = subscribers.advance

    def overtaken(load_id: int, *, at: Any) -> Load:
        whole(load_id, at=at)
        raise LoadUnderWay

    monkeypatch.setattr(subscribers, "advance", overtaken)

    assert crm.put("C1", kind="person", name="陈婉清").status_code == 201


def test_the_rows_of_a_file_are_taken_as_they_are(crm: System, tmp_path: Path) -> None:
    dat = Sender(tmp_path).send(
        "customer", [row("customer", "C1", address="西湖区|3 幢")], encoding="gb18030"
    )

    how = "source=crm&encoding=gb18030"
    taken = crm.http.post(f"/api/v1/subscribers/customer/loads?{how}", content=dat.read_bytes())
    jobs.run_all_due(clock.now())

    assert taken.status_code == 202
    assert copied("customer")["C1"].address == "西湖区|3 幢"


def test_one_row_is_in_the_copy_when_the_answer_comes(crm: System) -> None:
    said = {name: value for name, value in CHEN.items() if name != "key"}

    assert crm.put("C1", **said).status_code == 201
    assert crm.put("C1", **said).status_code == 201  # the same load
    changed = crm.put("C1", **said | {"version": 3, "phone": "13911112222"})
    assert (changed.status_code, changed.json()["updated"]) == (200, 1)
    assert copied("customer")["C1"].phone == "13911112222"
    older = crm.put("C1", **said | {"version": 2})
    assert (older.status_code, older.json()["stale"]) == (409, 1)
    assert copied("customer")["C1"].phone == "13911112222"


def test_one_row_that_cannot_be_taken_says_why(crm: System) -> None:
    wrong = crm.put("C1", kind="person", name="陈婉清", phone="1380000x207")

    assert wrong.status_code == 422
    (problem,) = wrong.json()["problems"]
    assert (problem["field"], problem["code"]) == ("phone", "phone")
    assert "x207" not in wrong.text


def test_single_rows_stand_in_no_sequence_and_make_nothing_look_fresh(crm: System, tmp_path: Path) -> None:
    source = Sender(tmp_path)
    load(source.send("customer", [row("customer", "C1")]))
    with database.reading() as session:
        before = as_of(session)
    crm.put("C1", kind="person", name="陈婉清", version=7)

    delta = load(source.send("customer", [row("customer", "C2", version=2)], LoadKind.DELTA))

    assert (delta.state, delta.inserted) == ("acknowledged", 1)
    with database.reading() as session:
        assert as_of(session) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "第 1 行不是 JSON"),
        (b"[1]", "不是 JSON 对象"),
        (b'{"key": "C1", "wechat": "x"}', "不认识的字段：wechat"),
        (b'{"key": "C1", "name": ["x"]}', "应为文字、数字或 null"),
        (b"", "没有数据行"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_whole(crm: System, line: bytes, message: str) -> None:
    refused = crm.http.post("/api/v1/subscribers/customer/loads?source=crm", content=line, headers=NDJSON)

    assert refused.status_code == 422
    assert message in refused.json()["error"]
    assert rows(select(Load)) == []


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("source=c-r-m", "来源"),
        ("source=crm&kind=full", "要带 sequence"),
        ("source=crm&columns=name,wechat", "wechat"),
        ("source=crm&encoding=utf-16", "encoding"),
        ("source=crm&nothing=1", "nothing"),
        ("", "source"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(crm: System, how: str, message: str) -> None:
    refused = crm.send([CHEN], how=how)

    assert refused.status_code == 422
    assert message in refused.json()["error"]


def test_an_entity_that_is_none_and_a_client_that_may_not(app: FastAPI, crm: System, admin_wu: Actor) -> None:
    assert crm.send([CHEN], entity="neighbour").status_code == 404
    nobody = System(app, "zk0.nothing")
    assert nobody.send([CHEN]).status_code == 401
    assert TestClient(app).get("/api/v1/subscribers/loads/1").status_code == 401


def test_a_full_copy_with_its_sequence_treats_absence_as_suspicion(crm: System) -> None:
    everybody = [{**CHEN, "key": f"C{n}"} for n in range(40)]
    crm.send(everybody, how="source=crm&kind=full&sequence=1")
    jobs.run_all_due(clock.now())

    crm.send(everybody[1:], how="source=crm&kind=full&sequence=2&previous=1")
    jobs.run_all_due(clock.now())

    assert copied("customer")["C0"].absent_fulls == 1


def test_a_client_of_named_sources_sends_and_sees_nothing_of_another(
    app: FastAPI, crm: System, admin_wu: Actor
) -> None:
    anywhere = crm.send([CHEN], how="source=crm").json()
    token = token_for(admin_wu, ApiScope.SUBSCRIBERS_WRITE, name="计费系统", sources="billing, boss")
    billing = System(app, token)

    others = [billing.send([CHEN]), billing.put("C1", name="陈婉清"), billing.http.get(anywhere["href"])]

    for refused in others:
        assert refused.status_code == 403
        assert "“计费系统”只能用于来源 billing、boss，不能用于 crm" in refused.json()["error"]
    assert len(rows(select(Load))) == 1
    assert billing.send([CHEN], how="source=billing").status_code == 202
