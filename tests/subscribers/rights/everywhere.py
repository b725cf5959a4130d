"""Everything that the database says, whole tables and their JSON, with the seals opened."""

import json

from sqlmodel import SQLModel

from core import database, sealing
from subscribers.loading import quarantine
from subscribers.loading.preparing import CERTIFICATE

_PURPOSES = (CERTIFICATE, quarantine.PURPOSE)


def written_anywhere() -> dict[str, str]:
    """Return the text of each table that has rows."""
    with database.reading() as session:
        said = {
            name: [_said(value) for row in session.execute(table.select()) for value in row]
            for name, table in SQLModel.metadata.tables.items()
        }
    return {name: "\n".join(values) for name, values in said.items() if values}


def tables_that_say(*words: str) -> set[tuple[str, str]]:
    return {(name, word) for name, text in written_anywhere().items() for word in words if word in text}


def _said(value: object) -> str:
    if isinstance(value, dict | list):
        return "\n".join([json.dumps(value, ensure_ascii=False), *(_said(one) for one in _inside(value))])
    return _opened(value) if isinstance(value, str) else str(value)


def _inside(value: dict[str, object] | list[object]) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else value


def _opened(text: str) -> str:
    for purpose in _PURPOSES:
        try:
            return sealing.unseal(text, purpose)
        except (sealing.KeyMissing, ValueError):
            continue
    return text
