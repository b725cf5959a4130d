"""Alembic's way into the program: every table, and the database of the settings, or the one at hand."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

from core import database
from operations import tables

tables.known()


def run() -> None:
    if at_hand := context.config.attributes.get("connection"):
        migrate(at_hand)
        return
    with database.engine().execution_options(writes=True).connect() as connection:
        migrate(connection)
        connection.commit()


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
