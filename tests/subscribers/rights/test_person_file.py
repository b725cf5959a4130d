"""The copy that a person gets: all of theirs and nobody else's, sealed, for seven days."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from sqlmodel import select

from core import audit, database, jobs
from core.errors import NotAllowed
from core.identity import Actor
from subscribers.calls import codes, wrapping_up
from subscribers.calls.wrapping_up import Written
from subscribers.entities import ENTITIES
from subscribers.quick_profile import ProfileText, keep_profile
from subscribers.rights import carrying_out, person_file, receiving
from subscribers.rights.models import PersonFile, RightsChannel, RightsKind, RightsState
from subscribers.rights.moving import find, steps_of
from subscribers.rights.person_file import FileGone
from subscribers.rights.receiving import Asking
from tests.conftest import MONDAY_MORNING
from tests.subscribers.calls.switch import Switch
from tests.subscribers.rights.one_person import CERTIFICATE, NEIGHBOURS, NUMBER, make_whole

pytestmark = pytest.mark.usefixtures("each_database")
NEXT_MONDAY = MONDAY_MORNING + timedelta(days=7)


@pytest.fixture
def number(each_database: str, supervisor_he: Actor) -> int:
    """A request for a copy, verified and asked for; its job waits."""
    chen_id = make_whole(name="陈<婉>清")
    make_whole(NEIGHBOURS, "李四")
    said = {"actor": supervisor_he, "at": MONDAY_MORNING}
    with database.unit_of_work() as session:
        asking = Asking(RightsKind.COPY, "要一份我的全部资料", RightsChannel.COUNTER)
        request = receiving.receive(session, chen_id, asking, **said)
        receiving.verify(session, request.number, proof="身份证原件", **said)
        carrying_out.carry_out(session, request.number, note="", agreed=False, **said)
        return request.number


def taken(number: int, actor: Actor) -> dict[str, str]:
    with database.unit_of_work() as session:
        content = person_file.take(session, number, actor=actor, at=MONDAY_MORNING)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def test_the_job_makes_it_and_closes_the_request(number: int, supervisor_he: Actor) -> None:
    jobs.run_all_due(MONDAY_MORNING)

    files = taken(number, supervisor_he)
    said = json.loads(files["data.json"])
    assert {name: len(rows) for name, rows in said["blocks"].items()} == {
        "corrections": 0,
        "customer": 1,
        "account": 1,
        "subscription": 1,
        "number": 1,
        "product": 1,
        "bill": 5,
        "payment": 5,
        "event": 5,
        "facts": 1,
        "calls": 0,
        "profiles": 0,
        "requests": 1,
        "refusals": 0,
    }
    assert (
        said["blocks"]["customer"][0] | {"name": "陈<婉>清", "certificate": CERTIFICATE}
        == (said["blocks"]["customer"][0])
    )
    assert said["blocks"]["number"][0]["subscription"] == f"S{NUMBER}"
    assert said["blocks"]["bill"][0]["total"] == "129.00"
    assert said["blocks"]["event"][0]["at"] == "2026-03-02 09:00:00"  # the centre's time
    assert said["blocks"]["subscription"][0]["status"] == "在用"
    assert NEIGHBOURS not in "".join(files.values())
    with database.reading() as session:
        request = find(session, number)
        assert request.state == RightsState.DONE
        assert "下载资料副本" in [step.note for step in steps_of(session, request)]
        assert [entry.staff_name for entry in session.exec(audit.entries(action="subscribers.rights.file"))]


def test_what_agents_wrote_of_them_is_told_and_nothing_of_others(
    number: int, agent_chen: Actor, supervisor_he: Actor
) -> None:
    switch = Switch()
    switch.ring()
    call = switch.say("answered", after=5)
    switch.say("ended", after=65)
    switch.ring(call="c2", caller=NEIGHBOURS, after=100)
    with database.unit_of_work() as session:
        fees = codes.add(session, "资费争议", None, actor=supervisor_he, at=MONDAY_MORNING)
        written = Written(fees.id, "漫游费看不懂", 0)
        wrapping_up.keep_draft(session, call.id, written, actor=agent_chen, at=MONDAY_MORNING)
        for at_number in (NUMBER, NEIGHBOURS):
            said = ProfileText("陈女士", note=f"{at_number} 爱人接的")
            keep_profile(session, at_number, said, actor=agent_chen, at=MONDAY_MORNING)
    jobs.run_all_due(MONDAY_MORNING)

    blocks = json.loads(taken(number, supervisor_he)["data.json"])["blocks"]

    assert blocks["calls"] == [
        {
            "rang_at": "2026-03-02 09:00:00",
            "direction": "呼入",
            "number": NUMBER,
            "seconds": "60",
            "about": "资费争议",
            "note": "漫游费看不懂",
        }
    ]
    assert [row["note"] for row in blocks["profiles"]] == [f"{NUMBER} 爱人接的"]
    assert blocks["facts"][0] | {"month": "2026-02", "arpu_3": "129.00"} == blocks["facts"][0]


def test_the_readable_one_says_every_field_in_chinese_and_runs_nothing(
    number: int, supervisor_he: Actor
) -> None:
    jobs.run_all_due(MONDAY_MORNING)

    page = taken(number, supervisor_he)["我的资料.html"]

    assert "<script" not in page
    assert "陈&lt;婉&gt;清" in page
    assert "陈<婉>清" not in page
    for entity in ENTITIES.values():
        assert f"<h2>{entity.label}（" in page
        assert all(f"<th>{field.label}</th>" in page for field in entity.fields)


def test_it_is_sealed_where_it_lies_and_made_once(number: int, supervisor_he: Actor) -> None:
    jobs.run_all_due(MONDAY_MORNING)
    with database.unit_of_work() as session:
        person_file.make(session, number, at=NEXT_MONDAY)

    with database.reading() as session:
        (file,) = session.exec(select(PersonFile))
    assert "PK" not in file.content_sealed[:8]
    assert file.bytes > 500
    assert file.expires_at == NEXT_MONDAY


def test_after_seven_days_it_is_gone(number: int, supervisor_he: Actor) -> None:
    jobs.run_all_due(MONDAY_MORNING)
    just_before = NEXT_MONDAY - timedelta(seconds=1)

    with database.unit_of_work() as session:
        person_file.drop_expired(session, at=just_before)
        assert person_file.take(session, number, actor=supervisor_he, at=just_before)
        with pytest.raises(FileGone):
            person_file.take(session, number, actor=supervisor_he, at=NEXT_MONDAY)
        person_file.drop_expired(session, at=NEXT_MONDAY)
        assert session.exec(select(PersonFile)).all() == []


def test_an_agent_does_not_take_it(number: int, agent_chen: Actor) -> None:
    jobs.run_all_due(MONDAY_MORNING)

    with database.unit_of_work() as session, pytest.raises(NotAllowed):
        person_file.take(session, number, actor=agent_chen, at=MONDAY_MORNING)
