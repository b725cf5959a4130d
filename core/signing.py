"""The installation's own secret: one key that all its processes share, made at first use."""

import secrets
from functools import cache

from sqlmodel import Field, Session, SQLModel, select

from core import database


class SigningKey(SQLModel, table=True):
    __tablename__ = "core_signing_key"

    number: int = Field(default=1, primary_key=True)
    key: str


@cache
def signing_key() -> bytes:
    with database.unit_of_work() as session:
        return bytes.fromhex(_kept(session).key)


def _kept(session: Session) -> SigningKey:
    kept = session.exec(select(SigningKey)).first()
    if kept is None:
        kept = SigningKey(key=secrets.token_hex(32))
        session.add(kept)
        session.flush()
    return kept
