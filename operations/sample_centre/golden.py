"""The golden queries of the sample centre: loaded once, and never again where somebody changed them."""

from datetime import datetime
from importlib import resources

from sqlmodel import Field, Session, SQLModel, select

from core.identity import Actor
from operations import golden_files
from search.golden_keeping import add_many


class SampleGolden(SQLModel, table=True):
    """A shipped query that was loaded, whatever became of it since."""

    __tablename__ = "operations_sample_golden"

    text: str = Field(primary_key=True)


def load(session: Session, *, actor: Actor, at: datetime) -> int:
    """Add the shipped queries that are new and whose articles are all here; return how many."""
    file = resources.files("operations.sample_centre") / "golden.jsonl"
    loaded = set(session.exec(select(SampleGolden.text)))
    keys = golden_files.keys_by_code(session)
    fresh = [
        row
        for row in golden_files.rows_of(file.read_text("utf-8").splitlines())
        if row.query not in loaded and row.codes <= keys.keys()
    ]
    session.add_all([SampleGolden(text=row.query) for row in fresh])
    return add_many(session, [row.written(keys) for row in fresh], actor=actor, at=at)
