"""Other systems that speak to this one: each has a key, what it may do, and a name in the audit.

A secret is shown once. It is kept sealed, not hashed: a signature can only be checked by who holds it too.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, update
from sqlmodel import Field, Session, col, select

from core import audit, database, sealing
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.identity import Actor
from core.model import Record
from core.permissions import Permission, require
from core.rotating import Sealed, table_of

PURPOSE = "api client"  # of the seal
TOLERANCE = timedelta(minutes=5)  # between the clock of the sender and ours
NOTED_EVERY = timedelta(
    minutes=1
)  # a switch sends several events a second: its last use is not written each time
LONGEST_NAME = 60
_SOURCE = re.compile(r"[a-z][a-z0-9]{0,19}")


class ApiScope(StrEnum):
    """What a client may do, and whether each request must be signed."""

    CALLS_WRITE = "calls:write"
    SUBSCRIBERS_WRITE = "subscribers:write"

    @property
    def label(self) -> str:
        return {ApiScope.CALLS_WRITE: "话务事件", ApiScope.SUBSCRIBERS_WRITE: "用户资料装载"}[self]

    @property
    def is_signed(self) -> bool:
        """Events travel over plain http in many a switch room; bulk files come over HTTPS only."""
        return self is ApiScope.CALLS_WRITE


class ApiClient(Record, table=True):
    """`sources` are those whose data it may send; none named is all of them."""

    __tablename__ = "core_api_client"

    name: str = Field(unique=True)
    key_id: str = Field(unique=True)
    sealed_secret: str
    scopes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    sources: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    created_by: str
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def granted(self) -> list[ApiScope]:
        return [ApiScope(scope) for scope in self.scopes]

    @property
    def actor(self) -> Actor:
        """Return the client as who does what it asks for."""
        return Actor(self.id, f"接口 {self.name}", self.key_id)

    def require_source(self, source: str) -> None:
        """
        :raises OutOfSource: if it may send for named sources only, and this is none of them
        """
        if self.sources and source.lower() not in self.sources:
            raise OutOfSource(self.name, self.sources, source)


SEALED = Sealed(table_of(ApiClient), "sealed_secret", PURPOSE, "接口客户端的密钥")


class NotRecognised(NotAllowed):
    message = "没有认出这个接口客户端：请核对 key 和密钥，是否已停用。"


class OutOfTime(NotRecognised):
    message = "签名的时间与服务器相差超过 5 分钟。请核对时钟（X-Zhida-Timestamp 是 Unix 秒）。"


class NotSigned(NotRecognised):
    message = "这个接口要求签名：请带 X-Zhida-Key、X-Zhida-Timestamp 和 X-Zhida-Signature。"


class OutOfScope(NotAllowed):
    message = "这个接口客户端没有开通这项权限。请管理员在“系统 › 接口客户端”里开通。"


class OutOfSource(NotAllowed):
    def __init__(self, name: str, sources: Collection[str], asked: str) -> None:
        super().__init__(
            f"接口客户端“{name}”只能用于来源 {'、'.join(sources)}，不能用于 {asked}。"
            "请核对 source；确需开通请管理员在“系统 › 接口客户端”里改。"
        )


class NameTaken(Conflict):
    message = "已有同名的接口客户端，请换一个名称。"


class NoSuchClient(NotFound):
    message = "没有这个接口客户端，请刷新页面查看。"


@dataclass(frozen=True)
class Signed:
    """A request with its signature; `target` is the path with its query."""

    key_id: str
    timestamp: str
    signature: str
    method: str
    target: str
    body: bytes


def sign(secret: str, timestamp: str, method: str, target: str, body: bytes) -> str:
    """Return the signature of a request: HMAC-SHA256, in hexadecimal."""
    said = f"{timestamp}\n{method}\n{target}\n".encode() + body
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def add(
    session: Session,
    *,
    name: str,
    scopes: Collection[ApiScope],
    sources: str = "",
    actor: Actor,
    at: datetime,
) -> tuple[ApiClient, str]:
    """Return the client and its secret, which cannot be asked for again.

    :raises Invalid: if the name is empty or too long, nothing is granted, or a source is none
    :raises NameTaken: if there is one of that name
    """
    require(actor, Permission.MANAGE_API_CLIENTS)
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("请填写名称，60 字以内。", field="name")
    if not scopes:
        raise Invalid("请至少选择一项权限。", field="scopes")
    if session.exec(select(ApiClient.id).where(ApiClient.name == name)).first() is not None:
        raise NameTaken
    secret = secrets.token_urlsafe(32)
    client = ApiClient(
        name=name,
        key_id=f"zk{secrets.token_hex(8)}",
        sealed_secret=sealing.seal(secret, PURPOSE),
        scopes=sorted(scopes),
        sources=_read_sources(sources),
        created_by=actor.name,
        created_at=at,
    )
    session.add(client)
    session.flush()
    details: dict[str, Any] = {"name": name, "scopes": client.scopes, "sources": client.sources}
    audit.record(
        session, actor=actor, action="core.api_client.added", subject_id=client.id, at=at, details=details
    )
    return client, secret


def limit(session: Session, client_id: UUID, *, sources: str, actor: Actor, at: datetime) -> ApiClient:
    """Let it send for these sources only from now on; for all, if none is named.

    :raises NoSuchClient: if there is none, or it was revoked
    :raises Invalid: if a source is none
    """
    require(actor, Permission.MANAGE_API_CLIENTS)
    client = session.get(ApiClient, client_id)
    if client is None or client.revoked_at:
        raise NoSuchClient
    before, client.sources = client.sources, _read_sources(sources)
    session.add(client)
    details: dict[str, Any] = {"name": client.name, "before": before, "sources": client.sources}
    audit.record(
        session, actor=actor, action="core.api_client.limited", subject_id=client.id, at=at, details=details
    )
    return client


def _read_sources(written: str) -> list[str]:
    """Return what is written between commas or blanks, each once."""
    said = sorted(set(filter(None, re.split(r"[\s,，、;；]+", written.lower()))))
    wrong = [one for one in said if not _SOURCE.fullmatch(one)]
    if wrong:
        raise Invalid(
            f"来源 {'、'.join(wrong)} 不对：应为字母开头的字母和数字，最长 20 个，例如 crm。", field="sources"
        )
    return said


def revoke(session: Session, client_id: UUID, *, actor: Actor, at: datetime) -> None:
    """
    :raises NoSuchClient: if there is none, or it was revoked before
    """
    require(actor, Permission.MANAGE_API_CLIENTS)
    client = session.get(ApiClient, client_id)
    if client is None or client.revoked_at:
        raise NoSuchClient
    client.revoked_at = at
    session.add(client)
    details = {"name": client.name}
    audit.record(
        session, actor=actor, action="core.api_client.revoked", subject_id=client.id, at=at, details=details
    )


def clients(session: Session) -> list[ApiClient]:
    """Return all, the living first, the newest first."""
    order = (col(ApiClient.revoked_at).is_not(None), col(ApiClient.created_at).desc())
    return list(session.exec(select(ApiClient).order_by(*order)))


def by_signature(session: Session, request: Signed, scope: ApiScope, *, at: datetime) -> ApiClient:
    """Return who signed the request.

    :raises NotRecognised: if the key is unknown or revoked, or the signature is another
    :raises OutOfTime: if it was signed too long ago, or will be
    :raises OutOfScope: if the client may not do this
    """
    if not request.timestamp.isascii() or not request.timestamp.isdigit():
        raise OutOfTime
    if abs(at.timestamp() - int(request.timestamp)) > TOLERANCE.total_seconds():
        raise OutOfTime
    client, secret = _living(session, request.key_id)
    expected = sign(secret, request.timestamp, request.method, request.target, request.body)
    if not hmac.compare_digest(expected.encode(), request.signature.lower().encode()):
        raise NotRecognised
    return _granted(client, scope)


def by_token(session: Session, token: str, scope: ApiScope) -> ApiClient:
    """Return whose `key id.secret` this is.

    :raises NotSigned: if the scope wants a signature
    :raises NotRecognised: if the key is unknown or revoked, or the secret is another
    :raises OutOfScope: if the client may not do this
    """
    if scope.is_signed:
        raise NotSigned
    key_id, _, given = token.partition(".")
    client, secret = _living(session, key_id)
    if not hmac.compare_digest(secret.encode(), given.encode()):
        raise NotRecognised
    return _granted(client, scope)


def _living(session: Session, key_id: str) -> tuple[ApiClient, str]:
    wanted = select(ApiClient).where(ApiClient.key_id == key_id, col(ApiClient.revoked_at).is_(None))
    client = session.exec(wanted).first()
    if client is None:
        raise NotRecognised
    return client, sealing.unseal(client.sealed_secret, PURPOSE)


def _granted(client: ApiClient, scope: ApiScope) -> ApiClient:
    if scope not in client.scopes:
        raise OutOfScope
    return client


def note_use(client: ApiClient, at: datetime) -> None:
    """Write down that it was here, in a transaction of its own: a file that arrives must not hold one."""
    if client.last_used_at and client.last_used_at > at - NOTED_EVERY:
        return
    with database.unit_of_work() as session:
        session.exec(update(ApiClient).where(col(ApiClient.id) == client.id).values(last_used_at=at))
