"""What the dialplans of docs/interfaces/telephony.md run, run: the same script, against a real server."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import select

from core.api_clients import ApiScope
from subscribers.calls.models import Call, CallEvent, CallLeg
from tests.people import hire
from tests.web.live import served
from tests.web.records import rows
from tests.web.switch import make_key

FOLDER = Path(__file__).parents[2] / "deploy/telephony"
SCRIPT = FOLDER / "zhida-call.sh"
pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl and openssl"
)


@pytest.fixture
def told_to(app: FastAPI) -> Iterator[dict[str, str]]:
    """The settings of the script, with a server behind them."""
    hire("8001", "李思远", "agent")
    key_id, secret = make_key(ApiScope.CALLS_WRITE)
    with served(app) as address:
        yield {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "ZHIDA_CALL_CONF": "/dev/null",
            "ZHIDA_URL": address,
            "ZHIDA_KEY": key_id,
            "ZHIDA_SECRET": secret,
        }


def run(settings: dict[str, str], *said: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", SCRIPT, *said], env=settings, capture_output=True, text=True, check=False, timeout=60
    )


def commands(name: str) -> list[list[str]]:
    """Return what a dialplan runs, in its order, its variables filled as the switch would fill them."""
    filled = {
        "${ZHIDA_CALL}": "1764132.7",
        "${zhida_call}": "1764132.7",
        "${uuid}": "1764132.7",
        "${ARG1}": "1764132.7",
        "${ARG2}": "8001",
        "${EXTEN}": "8001",
        "$1": "8001",
        "${ZHIDA_CALLER}": "13800006207",
        "${zhida_caller}": "13800006207",
        "$[${EPOCH} - ${ZHIDA_SINCE}]": "18",
    }
    found = []
    for line in (FOLDER / name).read_text().splitlines():
        if said := re.search(r"/usr/local/bin/zhida-call\.sh ([^\"]*?)(?: &\)|\"/>)", line):
            command = said[1]
            for variable, value in filled.items():
                command = command.replace(variable, value)
            found.append(command.split())
    return sorted(found, key=lambda one: ["ringing", "answered", "ended"].index(one[0]))


@pytest.mark.parametrize("dialplan", ["extensions_zhida.conf", "zhida_freeswitch.xml"])
def test_a_call_through_the_dialplan_reaches_the_agent(told_to: dict[str, str], dialplan: str) -> None:
    for command in commands(dialplan):
        done = run(told_to, *command)
        assert (done.returncode, done.stderr) == (0, "")

    (call,) = rows(select(Call))
    (leg,) = rows(select(CallLeg))
    assert (call.phase, call.caller, call.called) == ("ended", "13800006207", "10010")
    assert leg.answered_at is not None
    assert len(rows(select(CallEvent))) == 3


def test_a_refused_event_is_said_and_not_sent_again(told_to: dict[str, str]) -> None:
    done = run(told_to | {"ZHIDA_SECRET": "guessed"}, "ringing", "c1", "agent=8001")

    assert done.returncode == 1
    assert "refused (401)" in done.stderr


def test_what_a_caller_puts_into_a_name_stays_text(told_to: dict[str, str]) -> None:
    done = run(told_to, "ringing", "c1", 'ivr=宽带 " \\ ; $(id)', "agent=8001")

    assert done.returncode == 0
    assert [call.ivr for call in rows(select(Call))] == ['宽带 " \\ ; $(id)']


def test_the_members_of_the_queue_are_written_as_the_dialplan_names_its_contexts() -> None:
    dialplan = (FOLDER / "extensions_zhida.conf").read_text()
    told = (FOLDER.parents[1] / "docs/interfaces/telephony.md").read_text()

    contexts = set(re.findall(r"^\[([\w-]+)\]", dialplan, re.MULTILINE))
    named = re.findall(r"Local/8001@([\w-]+)", told + dialplan)

    assert len(named) == 3
    assert set(named) <= contexts
