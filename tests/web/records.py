"""What the database holds, beside the web. Each look and each change is a transaction of its own."""

from typing import Any

from core import database


def rows(statement: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.exec(statement))


def change(statement: Any) -> None:
    with database.unit_of_work() as session:
        session.exec(statement)
