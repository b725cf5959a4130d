"""Prove that the migrations lead to the models: up, one down, up again, and no difference left."""

import os
import tempfile

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from core import database
from operations import migrating, tables


def check() -> list[object]:
    """Return what autogeneration would still change."""
    tables.known()
    config = migrating.config()
    command.upgrade(config, "head")
    command.downgrade(config, "-1")
    command.upgrade(config, "head")
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"ZHIDA_DATA_DIR": scratch, "ZHIDA_DATABASE_URL": ""}  # noqa: TID251 - a scratch database
        left = check()
        database.engine().dispose()
    if left:
        raise SystemExit(f"the models have changed since the last migration: {left}")
    print("migrations: up, down, up, and equal to the models")
