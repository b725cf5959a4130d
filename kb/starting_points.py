"""What an agent sees before asking: what they read last, what the centre asks today, what changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from core.identity import Actor
from kb.adoption import most_adopted
from kb.reading import ArticleCard, cards_for, newest_cards
from kb.search_source import SOURCE
from search import query_log
from search.asked_today import PopularQuery, popular_today
from search.query_log import Action

CHANGED_WITHIN = timedelta(days=366)
RECENT = 12
ASKED = 10
CHANGED = 10
POPULAR = 6


@dataclass(frozen=True)
class RecentReading:
    card: ArticleCard
    was_copied: bool
    at: datetime


@dataclass(frozen=True)
class StartingPoints:
    recent: tuple[RecentReading, ...]
    asked: tuple[PopularQuery, ...]
    changed: tuple[ArticleCard, ...]


def starting_points(session: Session, actor: Actor, *, at: datetime) -> StartingPoints:
    return StartingPoints(
        recent=_recent(session, actor, at),
        asked=tuple(popular_today(session, at=at, limit=ASKED)),
        changed=tuple(newest_cards(session, actor, since=at - CHANGED_WITHIN, at=at, limit=CHANGED)),
    )


def popular(session: Session, actor: Actor, *, at: datetime) -> list[ArticleCard]:
    """Return what agents take up most, for whoever found nothing."""
    ids = most_adopted(session, limit=2 * POPULAR)
    cards = cards_for(session, actor, ids, at=at)
    return [cards[id_] for id_ in ids if id_ in cards][:POPULAR]


def _recent(session: Session, actor: Actor, at: datetime) -> tuple[RecentReading, ...]:
    uses = query_log.recent_uses(session, actor.staff_id, limit=RECENT)
    read = {UUID(use.key.id): use for use in uses if use.key.source == SOURCE}
    cards = cards_for(session, actor, list(read), at=at)
    return tuple(
        RecentReading(cards[id_], use.action is Action.COPIED, use.at)
        for id_, use in read.items()
        if id_ in cards
    )
