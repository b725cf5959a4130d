"""Changing the data key: whatever an older key sealed is sealed again, in batches, while people work."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, update
from sqlmodel import Session, SQLModel, col, select

from core import database, sealing
from core.sealing import KeyMissing

BATCH = 500
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sealed:
    """A column with seals, and perhaps the hash beside it by which they are found."""

    table: type[SQLModel]
    column: str
    purpose: str
    label: str
    hash_column: str = ""
    key: str = "id"

    @property
    def of(self) -> Any:
        columns: Any = self.table
        return col(getattr(columns, self.column))

    @property
    def number(self) -> Any:
        columns: Any = self.table
        return col(getattr(columns, self.key))


@dataclass(frozen=True)
class Rotation:
    """How many seals were made anew, and how many no key at hand opens: those are left as they are."""

    renewed: int
    unopened: int


_introduced: dict[tuple[str, str], Sealed] = {}


def introduce(columns: Iterable[Sealed]) -> None:
    for sealed in columns:
        _introduced[(str(sealed.table.__tablename__), sealed.column)] = sealed


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
            last = rows[-1][0]
            unopened += _renew(sealed, rows)
            done += len(rows)
            progress(done, total)
    return Rotation(done - unopened, unopened)


def _next(sealed: Sealed, last: Any) -> Sequence[Any]:
    old = select(sealed.number, sealed.of).where(_is_old(sealed)).order_by(sealed.number).limit(BATCH)
    with database.reading() as session:
        return session.exec(old if last is None else old.where(sealed.number > last)).all()


def _renew(sealed: Sealed, rows: Sequence[Any]) -> int:
    """Make these seals anew; return how many could not be opened."""
    renewed = []
    for number, before in rows:
        try:
            text = sealing.unseal(before, sealed.purpose)
        except KeyMissing:
            continue
        said = {"_key": number, "_before": before, sealed.column: sealing.seal(text, sealed.purpose)}
        renewed.append(said | _hash(sealed, text))
    if renewed:
        with database.unit_of_work() as session:
            mine = (sealed.number == bindparam("_key")) & (sealed.of == bindparam("_before"))
            session.connection().execute(update(sealed.table).where(mine), renewed)
    return len(rows) - len(renewed)


def _hash(sealed: Sealed, text: str) -> dict[str, str]:
    return {sealed.hash_column: sealing.hash_now(text, sealed.purpose)} if sealed.hash_column else {}


def _is_old(sealed: Sealed) -> ColumnElement[bool]:
    old: ColumnElement[bool] = (sealed.of != "") & ~_made_by(sealed, sealing.keys()[0].name)
    return old


def _made_by(sealed: Sealed, name: str) -> ColumnElement[bool]:
    beginning = f"{name}:"  # compared, not LIKEd: SQLite would take k1 for K1
    begins: ColumnElement[bool] = func.substr(sealed.of, 1, len(beginning)) == beginning
    return begins


def _count(session: Session, sealed: Sealed, condition: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(sealed.table).where(condition)).one()
