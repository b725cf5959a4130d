"""A month of searches for the sample centre: its analytics have something to show from the first day."""

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import resources
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from core import database
from core.clock import CENTRE_TIME, day_of
from core.identity import Role, Staff
from kb.models import Article
from kb.search_source import key_of
from operations.sample_centre.loading import people
from search.hits import Degradation
from search.query_kinds import kind_of
from search.query_log import Action, AskedQuery, DocumentUse, SettledBy

DAYS = 30
A_WORKDAY, A_FREE_DAY = 22, 13
HOURS = (8, 9, 9, 10, 10, 10, 11, 11, 13, 14, 14, 15, 15, 16, 16, 17, 18, 19, 19, 20, 20, 21)
PLACES = (1,) * 60 + (2,) * 18 + (3,) * 9 + (4, 4, 4, 5, 5, 6, 7, 8, 9, 11)
BAD_DAY = 11  # so many days ago the encoder was down for the afternoon
SEED = 2026

Row = AskedQuery | DocumentUse


@dataclass(frozen=True)
class Asker:
    staff_id: UUID
    team_code: str


def load(at: datetime) -> int:
    """Write the month that ends at this moment, unless anybody has searched; return how many searches."""
    with database.unit_of_work() as session:
        if session.exec(select(AskedQuery.id).limit(1)).first() is not None:
            return 0
        askers = _askers(session)
        if not askers:
            return 0
        month = _Month(askers, _articles(session), at)
        rows = list(month.rows())
        asked = [row for row in rows if isinstance(row, AskedQuery)]
        session.add_all(asked)
        session.flush()  # what was used refers to them
        session.add_all(row for row in rows if isinstance(row, DocumentUse))
    return len(asked)


def _askers(session: Session) -> list[Asker]:
    """Return the agents of the sample centre who work here; a centre with staff of its own has none."""
    teams = {one["login"]: one["team"] for one in people() if Role.AGENT in one["roles"]}
    hired = session.exec(select(Staff.login, Staff.id).where(col(Staff.login).in_(teams)))
    return [Asker(staff_id, teams[login]) for login, staff_id in sorted(hired)]


def _articles(session: Session) -> dict[str, UUID]:
    return {article.code: article.id for article in session.exec(select(Article))}


class _Month:
    """The searches of the last days, the same for the same moment."""

    def __init__(self, askers: Sequence[Asker], articles: dict[str, UUID], at: datetime) -> None:
        file = resources.files("operations.sample_centre").joinpath("searches.toml")
        self.texts: dict[str, list[Any]] = tomllib.loads(file.read_text("utf-8"))
        self.askers, self.articles, self.at = askers, articles, at
        self.chance = random.Random(SEED)  # noqa: S311 - nothing secret

    def rows(self) -> Iterator[Row]:
        today = day_of(self.at)
        for back in reversed(range(DAYS)):
            day = today - timedelta(days=back)
            count = A_FREE_DAY if day.weekday() >= 5 else A_WORKDAY
            for _ in range(count + self.chance.randint(-4, 4)):
                began = self._moment(day)
                rows = list(self._one(began, is_bad=back == BAD_DAY and began.hour >= 6))
                if max(row.at for row in rows) <= self.at:
                    yield from rows

    def _moment(self, day: date) -> datetime:
        clock = time(self.chance.choice(HOURS), self.chance.randrange(60), self.chance.randrange(60))
        return datetime.combine(day, clock, CENTRE_TIME).astimezone(self.at.tzinfo)

    def _one(self, began: datetime, *, is_bad: bool) -> Iterator[Row]:
        asker, draw = self.chance.choice(self.askers), self.chance.random()
        if draw < 0.05:
            text = self._often_the_first(self.texts["unanswered"])
            yield self._asked(asker, text, began, found=0, is_bad=is_bad)
        elif draw < 0.14:
            yield from self._in_other_words(asker, self._often_the_first(self.texts["reworded"]), began)
        else:
            said = self._often_the_first(self.texts["answered"])
            asked = self._asked(asker, said["text"], began, kind=said.get("kind"), is_bad=is_bad)
            yield asked
            if self.chance.random() < 0.72:
                yield from self._used(asked, said["code"])

    def _in_other_words(self, asker: Asker, said: dict[str, Any], began: datetime) -> Iterator[Row]:
        *before, last = said["texts"]
        follows = None
        for text in before:
            asked = self._asked(asker, text, began, found=said["found"])
            asked.follows, follows = follows, asked.id
            yield asked
            began += timedelta(seconds=self.chance.randint(8, 40))
        asked = self._asked(asker, last, began, found=None if "code" in said else said["found"])
        asked.follows = follows
        yield asked
        if "code" in said and self.chance.random() < 0.8:
            yield from self._used(asked, said["code"])

    def _often_the_first(self, choices: Sequence[Any]) -> Any:
        return choices[int(len(choices) * self.chance.random() ** 2)]

    def _asked(
        self,
        asker: Asker,
        text: str,
        at: datetime,
        *,
        found: int | None = None,
        kind: str | None = None,
        is_bad: bool = False,
    ) -> AskedQuery:
        is_slow = self.chance.random() < 0.01
        missed = Degradation.MEANING_UNAVAILABLE if is_bad else Degradation.MEANING_SLOW
        return AskedQuery(
            id=UUID(int=self.chance.getrandbits(128), version=4),
            staff_id=asker.staff_id,
            team_code=asker.team_code,
            text=text,
            kind=kind or kind_of(text),
            at=at,
            result_count=self.chance.randint(3, 28) if found is None else found,
            duration_ms=300 if is_slow else 8 + round(self.chance.lognormvariate(2.2, 0.5)),
            degradations=[missed] if is_bad or is_slow else [],
            filters={"team": [asker.team_code]},
            settled_by=self.chance.choice((SettledBy.PAUSE, SettledBy.PAUSE, SettledBy.ENTER)),
        )

    def _used(self, asked: AskedQuery, code: str) -> Iterator[Row]:
        """Copies would count as adoption and move the ranking: samples are only opened."""
        if code in self.articles:
            asked.best_place = min(self.chance.choice(PLACES), asked.result_count)
            moment = asked.at + timedelta(seconds=self.chance.randint(3, 25))
            document = key_of(self.articles[code])
            yield DocumentUse(
                query_id=asked.id,
                staff_id=asked.staff_id,
                source=document.source,
                document_id=document.id,
                action=Action.OPENED,
                position=asked.best_place,
                at=moment,
            )
