"""Bringing the database to the form that this version of the program expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import deploy
from core import database

PROTECTION = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS core_audit_entry_no_{verb.lower()} BEFORE {verb} ON core_audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION core_audit_append_only() RETURNS trigger AS $$
        BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$ LANGUAGE plpgsql""",
        """CREATE OR REPLACE TRIGGER core_audit_entry_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON core_audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION core_audit_append_only()""",
    ),
}
MIGRATIONS = Path(deploy.__file__).parent / "migrations"


def migrate() -> bool:
    """Upgrade to the newest form; return whether anything had to be done."""
    if is_current():
        return False
    command.upgrade(config(), "head")
    protect_audit()
    return True


def is_current() -> bool:
    with database.engine().connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    return here == ScriptDirectory.from_config(config()).get_current_head()


def migrate_within(connection: Connection) -> None:
    """Bring another database to the newest form, in the transaction of its connection."""
    its = config()
    its.attributes["connection"] = connection
    command.upgrade(its, "head")
    _protect_audit(connection)


def protect_audit() -> None:
    """Let the database itself refuse to change or delete an audit entry."""
    with database.engine().execution_options(writes=True).begin() as connection:
        _protect_audit(connection)


def _protect_audit(connection: Connection) -> None:
    for statement in PROTECTION[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
