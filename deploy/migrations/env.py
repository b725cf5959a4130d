"""Alembic's way into the program: every table, and the database of the settings."""

from alembic import context
from sqlmodel import SQLModel

from core import database
from operations import tables

tables.known()


def run() -> None:
    with database.engine().execution_options(writes=True).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
