"""Rebuilds as people see and steer them: how far, how fast; paused, resumed, given up."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel, col, select, update

from core import audit, database, jobs
from core.database import DatabaseBusy
from core.errors import Conflict
from core.identity import Actor
from core.permissions import Permission, require
from search.recipes import EmbeddingRecipe, written

log = logging.getLogger(__name__)

REBUILD, GIVE_UP = "search.rebuild", "search.rebuild.give_up"
Clock = Callable[[], datetime]


class Standing(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    ABANDONED = "abandoned"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Standing.RUNNING: "正在重建",
    Standing.PAUSED: "已暂停",
    Standing.DONE: "已完成",
    Standing.ABANDONED: "已放弃",
    Standing.FAILED: "没有完成",
}
OPEN = (Standing.RUNNING, Standing.PAUSED)


class Wish(StrEnum):
    """What people want of a rebuild; whoever carries it out asks before each batch."""

    GO_ON = "go_on"
    PAUSE = "pause"
    ABANDON = "abandon"


class NothingToSteer(Conflict):
    message = "现在没有进行中的重建，可能刚刚完成。请刷新页面查看。"


class RebuildPaused(Conflict):
    message = "重建已暂停，已建好的部分保留着，旧索引照常使用。在“系统”页点“继续”即可接着重建。"


class RebuildAbandoned(Conflict):
    message = "重建已放弃，新建的部分已删除，旧索引照常使用。"


class Rebuild(SQLModel, table=True):
    """`recipe`, written down, makes its vectors. `done` of `total` documents are in. Of them, `counted` took
    `seconds`: pauses are left out, and what was there when it went on after a break."""

    __tablename__ = "search_rebuild"

    number: int | None = Field(default=None, primary_key=True)
    generation: str
    recipe: str = ""
    began_at: datetime
    standing: str = Field(default=Standing.RUNNING, index=True)
    wish: str = Wish.GO_ON
    done: int = 0
    total: int = 0
    counted: int = 0
    seconds: float = 0.0
    moved_at: datetime
    ended_at: datetime | None = None
    error: str = ""

    @property
    def label(self) -> str:
        return Standing(self.standing).label

    @property
    def was_unwanted(self) -> bool:
        """Tell whether somebody gave it up; one that merely gave way to another was not."""
        return self.standing == Standing.ABANDONED and self.wish == Wish.ABANDON

    @property
    def is_open(self) -> bool:
        return self.standing in OPEN

    @property
    def rate(self) -> float | None:
        """Return the documents a second, once some were counted."""
        return self.counted / self.seconds if self.counted and self.seconds else None

    @property
    def seconds_left(self) -> float | None:
        return (self.total - self.done) / self.rate if self.rate else None


def latest(session: Session) -> Rebuild | None:
    return session.exec(select(Rebuild).order_by(col(Rebuild.number).desc()).limit(1)).first()


def unfinished(session: Session) -> Rebuild | None:
    """Return the rebuild that runs, is paused, or was broken off by the death of its process."""
    one = latest(session)
    return one if one and one.is_open else None


def is_held() -> bool:
    """Tell whether somebody wants the rebuild to stand still."""
    with database.reading() as session:
        one = unfinished(session)
        return one is not None and one.wish == Wish.PAUSE


def is_unwanted() -> bool:
    """Tell whether somebody gave up the rebuild, and what was built is still there."""
    with database.reading() as session:
        one = unfinished(session)
        return one is not None and one.wish == Wish.ABANDON


def is_given_up(recipe: EmbeddingRecipe | None) -> bool:
    """Tell whether the last thing that was wanted of these vectors is that they should not be made."""
    with database.reading() as session:
        last = latest(session)
        return last is not None and last.was_unwanted and last.recipe == written(recipe)


def ask(session: Session, *, actor: Actor, at: datetime) -> None:
    """Have the whole index built anew beside the one in use; one that was paused goes on instead."""
    require(actor, Permission.RUN_SYSTEM)
    if unfinished(session) is not None:
        _wish(session, Wish.GO_ON)
    schedule(session, at=at)
    audit.record(session, actor=actor, action="search.rebuild.asked", subject_id="index", at=at)


def pause(session: Session, *, actor: Actor, at: datetime) -> None:
    """
    :raises NothingToSteer: if none runs
    """
    require(actor, Permission.RUN_SYSTEM)
    _wish(session, Wish.PAUSE)
    audit.record(session, actor=actor, action="search.rebuild.paused", subject_id="index", at=at)


def abandon(session: Session, *, actor: Actor, at: datetime) -> None:
    """
    :raises NothingToSteer: if none runs and none is paused
    """
    require(actor, Permission.RUN_SYSTEM)
    _wish(session, Wish.ABANDON)
    jobs.enqueue(session, GIVE_UP, {}, at=at, only_once_key=GIVE_UP)  # it may be that nobody is at it
    audit.record(session, actor=actor, action="search.rebuild.abandoned", subject_id="index", at=at)


def go_on() -> None:
    """Let a rebuild that was paused be taken up by whoever asks for one now."""
    with database.unit_of_work() as session:
        if unfinished(session) is not None:
            _wish(session, Wish.GO_ON)


def given_up(at: datetime) -> None:
    """Note that what was built is taken away."""
    with database.unit_of_work() as session:
        one = unfinished(session)
        if one is not None:
            one.standing, one.ended_at = Standing.ABANDONED, at
            session.add(one)


def schedule(session: Session, *, at: datetime) -> None:
    """Have it done by whoever does jobs; nothing is added while one already waits."""
    jobs.enqueue(session, REBUILD, {}, at=at, only_once_key=REBUILD)


def _wish(session: Session, wish: Wish) -> None:
    one = unfinished(session)
    if one is None:
        raise NothingToSteer
    one.wish = wish
    if wish is Wish.GO_ON:
        one.standing = Standing.RUNNING
    session.add(one)


class Account:
    """What the process that rebuilds notes, and where it hears what people want."""

    def __init__(self, number: int, present: int, clock: Clock) -> None:
        self.clock = clock
        self._number, self._present = number, present
        self._began, self._moved = clock(), 0
        self._before = self._read()
        self.switched = False

    def moved(self, done: int, total: int) -> None:
        """Note how far it is, of what was to be done.

        :raises RebuildPaused: if somebody wants it to stand still
        :raises RebuildAbandoned: if somebody wants it gone
        """
        self._moved = done
        self._note(done=self._present + done, total=self._present + total)
        self.heed()

    def heed(self) -> None:
        """
        :raises RebuildPaused: if somebody wants it to stand still
        :raises RebuildAbandoned: if somebody wants it gone
        """
        wish = self._read().wish
        if wish == Wish.PAUSE:
            raise RebuildPaused
        if wish == Wish.ABANDON:
            raise RebuildAbandoned

    def ended(self, standing: Standing, error: str = "") -> None:
        self._note(standing=standing, error=error, ended_at=None if standing in OPEN else self.clock())

    def _read(self) -> Rebuild:
        with database.reading() as session:
            return session.get_one(Rebuild, self._number)

    def _note(self, **changed: object) -> None:
        """A busy database shall not end a rebuild: the next note tells more."""
        spent = (self.clock() - self._began).total_seconds()
        took = {"counted": self._before.counted + self._moved, "seconds": self._before.seconds + spent}
        noted = update(Rebuild).where(col(Rebuild.number) == self._number)
        try:
            with database.unit_of_work() as session:
                session.execute(noted.values(moved_at=self.clock(), **took, **changed))
        except DatabaseBusy:
            log.info("how far the rebuild is was not noted")


@contextmanager
def account_of(
    generation: str, recipe: EmbeddingRecipe | None, present: int, clock: Clock
) -> Iterator[Account]:
    """Keep account of building this generation, of which so many documents are there.

    It has ended when it was switched to, paused, given up, or is not what the database says; after any other
    failure it is taken up again.
    """
    account = Account(_opened(generation, recipe, clock()), present, clock)
    try:
        yield account
    except RebuildPaused:
        account.ended(Standing.PAUSED)
        raise
    except RebuildAbandoned:
        account.ended(Standing.ABANDONED)
        raise
    except Conflict as error:
        account.ended(Standing.FAILED, str(error))
        raise
    except Exception as error:
        account.ended(Standing.RUNNING, f"{type(error).__name__}: {error}"[:500])
        raise
    account.ended(Standing.DONE if account.switched else Standing.RUNNING)


def _opened(generation: str, recipe: EmbeddingRecipe | None, at: datetime) -> int:
    """Return the number of the rebuild that builds this generation; another that was open is over."""
    with database.unit_of_work() as session:
        one = unfinished(session)
        if one is None or one.generation != generation:
            if one is not None:
                one.standing, one.ended_at = Standing.ABANDONED, at
            one = Rebuild(generation=generation, recipe=written(recipe), began_at=at, moved_at=at)
            session.add(one)
            session.flush()
        if one.number is None:
            raise AssertionError("what is flushed has a number")
        return one.number
