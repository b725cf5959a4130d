"""The benchmark of subscribers loads as a centre does, and leaves nothing behind."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import inspect

from benchmarks import subscriber_lookups, subscribers_step
from core import database
from operations.generating import files
from operations.generating.files import Population

FEW = ("customer", "account", "subscription", "number")


def test_each_step_of_a_load_is_timed_and_the_rows_fit_into_a_table_of_the_same_form(
    each_database: str, tmp_path: Path
) -> None:
    files.write_full(tmp_path, Population(30, entities=FEW), at=datetime(2026, 11, 26, tzinfo=UTC))

    loads = {entity: subscribers_step.load(tmp_path, entity, "F") for entity in FEW}
    bulk = subscribers_step.bulk_insert_again("number")

    assert loads["customer"]["rows"] == loads["customer"]["inserted"] == 30
    assert set(loads["customer"]["took"]) >= {"verifying", "decoding", "checking", "merging", "closing"}
    assert bulk[0] > 0
    assert "subscribers_number_again" not in inspect(database.engine()).get_table_names()
    assert {"p50", "p95"} <= set(subscriber_lookups.measure(asked=5)["name"])
