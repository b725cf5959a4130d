"""Another system is known by its key, may do what it was granted, and nothing any more once it is revoked."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from core import api_clients
from core.api_clients import ApiScope, Signed
from core.errors import Invalid, NotAllowed
from core.identity import Actor
from tests.conftest import MONDAY_MORNING as AT

NOW = str(int(AT.timestamp()))
BODY = b'{"event_id": "1"}'


def add(session: Session, admin: Actor, *scopes: ApiScope, name: str = "杭州软交换") -> tuple[str, str]:
    client, secret = api_clients.add(session, name=name, scopes=scopes, actor=admin, at=AT)
    return client.key_id, secret


def signed(
    key_id: str, secret: str, *, timestamp: str = NOW, body: bytes = BODY, sent: bytes = BODY
) -> Signed:
    signature = api_clients.sign(secret, timestamp, "POST", "/api/v1/calls", body)
    return Signed(key_id, timestamp, signature, "POST", "/api/v1/calls", sent)


def test_a_switch_is_known_by_its_signature(session: Session, admin_wu: Actor) -> None:
    key_id, secret = add(session, admin_wu, ApiScope.CALLS_WRITE)

    client = api_clients.by_signature(session, signed(key_id, secret), ApiScope.CALLS_WRITE, at=AT)

    assert client.actor.name == "接口 杭州软交换"


def test_a_body_that_somebody_changed_is_refused(session: Session, admin_wu: Actor) -> None:
    key_id, secret = add(session, admin_wu, ApiScope.CALLS_WRITE)

    with pytest.raises(api_clients.NotRecognised):
        api_clients.by_signature(session, signed(key_id, secret, sent=b"{}"), ApiScope.CALLS_WRITE, at=AT)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_good_for_five_minutes(session: Session, admin_wu: Actor, minutes: int) -> None:
    key_id, secret = add(session, admin_wu, ApiScope.CALLS_WRITE)

    with pytest.raises(api_clients.OutOfTime, match="时钟"):
        api_clients.by_signature(
            session, signed(key_id, secret), ApiScope.CALLS_WRITE, at=AT + timedelta(minutes=minutes)
        )


@pytest.mark.parametrize("timestamp", ["", "soon", "²", "-1", "1e9"])
def test_a_timestamp_that_is_none_is_refused(session: Session, admin_wu: Actor, timestamp: str) -> None:
    key_id, secret = add(session, admin_wu, ApiScope.CALLS_WRITE)

    with pytest.raises(api_clients.OutOfTime):
        api_clients.by_signature(
            session, signed(key_id, secret, timestamp=timestamp), ApiScope.CALLS_WRITE, at=AT
        )


def test_a_token_opens_what_needs_no_signature(session: Session, admin_wu: Actor) -> None:
    key_id, secret = add(session, admin_wu, ApiScope.SUBSCRIBERS_WRITE)

    client = api_clients.by_token(session, f"{key_id}.{secret}", ApiScope.SUBSCRIBERS_WRITE)

    assert client.key_id == key_id


def test_a_token_is_not_enough_where_a_signature_is_asked_for(session: Session, admin_wu: Actor) -> None:
    key_id, secret = add(session, admin_wu, ApiScope.CALLS_WRITE)

    with pytest.raises(api_clients.NotSigned):
        api_clients.by_token(session, f"{key_id}.{secret}", ApiScope.CALLS_WRITE)


def test_a_client_may_only_do_what_it_was_granted(session: Session, admin_wu: Actor) -> None:
    key_id, secret = add(session, admin_wu, ApiScope.CALLS_WRITE)

    with pytest.raises(api_clients.OutOfScope):
        api_clients.by_token(session, f"{key_id}.{secret}", ApiScope.SUBSCRIBERS_WRITE)


def test_a_revoked_client_is_a_stranger(session: Session, admin_wu: Actor) -> None:
    key_id, secret = add(session, admin_wu, ApiScope.SUBSCRIBERS_WRITE)
    (client,) = api_clients.clients(session)
    api_clients.revoke(session, client.id, actor=admin_wu, at=AT)

    with pytest.raises(api_clients.NotRecognised):
        api_clients.by_token(session, f"{key_id}.{secret}", ApiScope.SUBSCRIBERS_WRITE)
    with pytest.raises(api_clients.NoSuchClient):
        api_clients.revoke(session, client.id, actor=admin_wu, at=AT)


def test_the_secret_is_not_in_the_database(session: Session, admin_wu: Actor) -> None:
    _key_id, secret = add(session, admin_wu, ApiScope.CALLS_WRITE)

    assert secret not in repr(api_clients.clients(session))


def test_a_name_is_given_once_and_something_is_granted(session: Session, admin_wu: Actor) -> None:
    add(session, admin_wu, ApiScope.CALLS_WRITE)

    with pytest.raises(api_clients.NameTaken):
        add(session, admin_wu, ApiScope.CALLS_WRITE)
    with pytest.raises(Invalid, match="至少选择一项"):
        add(session, admin_wu, name="别的系统")


def test_only_the_admin_gives_keys(session: Session, agent_chen: Actor) -> None:
    with pytest.raises(NotAllowed):
        add(session, agent_chen, ApiScope.CALLS_WRITE)


@given(secret=st.text(), timestamp=st.integers(0, 2**40), target=st.text(), body=st.binary())
def test_a_signature_depends_on_each_part(secret: str, timestamp: int, target: str, body: bytes) -> None:
    said = api_clients.sign(secret, str(timestamp), "POST", target, body)

    assert said != api_clients.sign(secret, str(timestamp + 1), "POST", target, body)
    assert said != api_clients.sign(secret, str(timestamp), "PUT", target, body)
    assert said != api_clients.sign(secret, str(timestamp), "POST", target, body + b"!")
