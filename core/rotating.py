"""Changing the data key: whatever an older key sealed is sealed again, in batches, while people work."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Table, bindparam, func, select, tuple_, update
from sqlmodel import Session, SQLModel

from core import database, sealing
from core.sealing import KeyMissing

BATCH = 500
Progress = Callable[[int, int], None]
Follow = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Sealed:
    """A column with seals, and perhaps the hash beside it by which they are found.

    If the column is JSON, `inside` names the seal in it, and the hash is there too. `follow` gives, for a row
    or such a document and what changes in it, what else must change with that.
    """

    table: Table
    column: str
    purpose: str
    label: str
    hash_column: str = ""
    inside: str = ""
    follow: Follow | None = None

    @property
    def of(self) -> ColumnElement[str]:
        column: Any = self.table.c[self.column]
        found: ColumnElement[str] = column[self.inside].as_string() if self.inside else column
        return found

    @property
    def keys(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.primary_key.columns)


def table_of(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


@dataclass(frozen=True)
class Rotation:
    """How many seals were made anew, and how many no key at hand opens: those are left as they are."""

    renewed: int
    unopened: int


_introduced: dict[tuple[str, str], Sealed] = {}


def introduce(columns: Iterable[Sealed]) -> None:
    for sealed in columns:
        _introduced[(sealed.table.name, sealed.column)] = sealed


def introduced() -> tuple[Sealed, ...]:
    return tuple(_introduced.values())


def standing(session: Session) -> dict[str, dict[str, int]]:
    """Return by key, the one in use first, how many seals of each kind it made; "" for keys not at hand."""
    names = [key.name for key in sealing.keys()]  # noqa: SIM118 - a function of that name
    found: dict[str, dict[str, int]] = {name: {} for name in (*names, "")}
    for sealed in _introduced.values():
        left = _count(session, sealed, sealed.of != "")
        for name in names:
            made = _count(session, sealed, _made_by(sealed, name))
            found[name][sealed.label] = made
            left -= made
        found[""][sealed.label] = left
    return found


def rotate(progress: Progress = lambda _done, _all: None) -> Rotation:
    """Seal everything with the key in use, and make the hashes anew. Stopped and begun again, it goes on.

    A row that somebody changes meanwhile is left to them: they seal with the key in use.
    """
    with database.reading() as session:
        total = sum(_count(session, sealed, _is_old(sealed)) for sealed in _introduced.values())
    done = unopened = 0
    for sealed in _introduced.values():
        last: Any = None
        while rows := _next(sealed, last):
            last = tuple(rows[-1][key.name] for key in sealed.keys)
            unopened += _renew(sealed, rows)
            done += len(rows)
            progress(done, total)
    return Rotation(done - unopened, unopened)


def _next(sealed: Sealed, last: Any) -> Sequence[Mapping[str, Any]]:
    old = select(sealed.table).where(_is_old(sealed)).order_by(*sealed.keys).limit(BATCH)
    with database.reading() as session:
        following = old if last is None else old.where(tuple_(*sealed.keys) > last)
        return cast("Sequence[Mapping[str, Any]]", session.execute(following).mappings().all())


def _renew(sealed: Sealed, rows: Sequence[Mapping[str, Any]]) -> int:
    """Make these seals anew; return how many could not be opened."""
    renewed: list[dict[str, Any]] = []
    written: dict[str, Any] = {}
    for row in rows:
        said: Mapping[str, Any] = row[sealed.column] if sealed.inside else row
        before = said[sealed.inside or sealed.column]
        try:
            changed = _changed(sealed, said, sealing.unseal(before, sealed.purpose))
        except KeyMissing:
            continue
        was = {f"_was_{name}": said[name] for name in changed} | {"_before": before}
        named = {f"_{key.name}": row[key.name] for key in sealed.keys}
        written = {sealed.column: {**said, **changed}} if sealed.inside else changed
        renewed.append(named | was | {f"_new_{name}": value for name, value in written.items()})
    if renewed:
        with database.unit_of_work() as session:
            session.connection().execute(_where_as_it_was(sealed, written), renewed)
    return len(rows) - len(renewed)


def _changed(sealed: Sealed, said: Mapping[str, Any], text: str) -> dict[str, Any]:
    changed = {sealed.inside or sealed.column: sealing.seal(text, sealed.purpose)}
    if sealed.hash_column:
        changed[sealed.hash_column] = sealing.hash_now(text, sealed.purpose)
    return changed | sealed.follow(said, changed) if sealed.follow else changed


def _where_as_it_was(sealed: Sealed, written: Mapping[str, Any]) -> Any:
    """Return the update of rows in which nothing that changes has been changed by somebody else."""
    table = sealed.table
    mine = [key == bindparam(f"_{key.name}", type_=key.type) for key in sealed.keys]
    changing = [column for column in table.columns if column.name in written]
    if not sealed.inside:
        mine += [column == bindparam(f"_was_{column.name}") for column in changing]
    changes = {column.name: bindparam(f"_new_{column.name}", type_=column.type) for column in changing}
    return update(table).where(*mine, sealed.of == bindparam("_before")).values(changes)


def _is_old(sealed: Sealed) -> ColumnElement[bool]:
    old: ColumnElement[bool] = (sealed.of != "") & ~_made_by(sealed, sealing.keys()[0].name)
    return old


def _made_by(sealed: Sealed, name: str) -> ColumnElement[bool]:
    beginning = f"{name}:"  # compared, not LIKEd: SQLite would take k1 for K1
    begins: ColumnElement[bool] = func.substr(sealed.of, 1, len(beginning)) == beginning
    return begins


def _count(session: Session, sealed: Sealed, condition: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(sealed.table).where(condition)
    return int(session.execute(counted).scalar_one())
