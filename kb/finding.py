"""Finding articles: search proposes, the database decides."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from core.identity import Actor
from core.permissions import Permission, may
from kb.categories import tops, with_descendants
from kb.literally import found_literally
from kb.models import Kind
from kb.named_filters import Narrowing, Understood, set_apart, understand
from kb.other_days import SaidDay, another_day, as_articles, day_said, earliest_kept, on
from kb.priors import priors_of
from kb.reading import SCOPES, ArticleCard, cards_for
from kb.reranking import look_closer, without
from kb.result_rows import FoundArticle, rows_of
from kb.search_context import Scope, SearchContext, closest, reasons, scope_of
from kb.verbatim import kept_verbatim
from search import understanding
from search.finder import Mode, find
from search.hits import Degradation, Hits
from search.offers import Offers, offers_for
from search.query import SearchQuery, parse_query
from search.ranking import with_priors
from search.understanding import Understanding

PAGE, PAGE_WHILE_TYPING = 20, 10  # as many as a screen shows: the rest comes when the query has settled
COUNTED, COUNTED_WHILE_TYPING = 60, 20  # what is counted is read again in SQL, and typing must not wait
DEEPEST = 960
NEAR = 8
MOST_OUT_OF_SCOPE = 5


@dataclass(frozen=True)
class Wish:
    """What is looked for, and for whom; empty means everything and everybody."""

    text: str = ""
    context: SearchContext = field(default_factory=SearchContext)
    category_id: UUID | None = None
    kind: Kind | None = None
    to_the_letter: bool = False

    @property
    def is_narrowed(self) -> bool:
        return self.category_id is not None or self.kind is not None


@dataclass(frozen=True)
class Facet:
    """`more` tells that there may be more of them than were counted."""

    value: str
    label: str
    count: int
    more: bool = False


@dataclass(frozen=True)
class FoundArticles:
    """`more` tells that as many were found as are counted: there are at least that many.

    `others` would have ranked but are not for the caller; they are not counted. `said` and `context` hold
    what was typed as a filter too. `day` is the day whose rules are shown, if that is not today;
    `kept_since` is there if that day is so long ago that not all its rules can be found any more.
    """

    wish: Wish
    rows: tuple[FoundArticle, ...] = ()
    kinds: tuple[Facet, ...] = ()
    categories: tuple[Facet, ...] = ()
    total: int = 0
    more: bool = False
    degradations: frozenset[Degradation] = field(default_factory=frozenset)
    query: SearchQuery | None = None
    offers: Offers = field(default_factory=Offers)
    near: tuple[str, ...] = ()
    others: tuple[FoundArticle, ...] = ()
    said: tuple[Understood, ...] = ()
    context: SearchContext = field(default_factory=SearchContext)
    day: date | None = None
    kept_since: date | None = None
    day_offered: SaidDay | None = None

    @property
    def was_asked(self) -> bool:
        return self.query is not None

    @property
    def is_heard(self) -> bool:
        """Tell whether Hanzi were typed and something is shown only because it sounds like them."""
        typed = self.query is not None and not self.query.is_spelt
        return typed and any(row.hit.is_only_heard for row in self.rows)

    @property
    def is_down(self) -> bool:
        """Tell whether nobody knows if there is an answer: the engine is away, the database has none."""
        return Degradation.ENGINE_UNAVAILABLE in self.degradations and not self.rows


def find_articles(
    session: Session,
    actor: Actor,
    wish: Wish,
    *,
    mode: Mode,
    at: datetime,
    reading: Understanding | None = None,
) -> FoundArticles:
    """Return the best page of what this person may read now, with counts by kind and category.

    The query is read with what is in force, unless another understanding is to be tried.
    """
    reading = _reading_of(wish, reading or understanding.current())
    typed = parse_query(set_apart(session, wish.text), at=at, understanding=reading)
    found = _understood(session, wish, typed.text, at)
    if typed.is_empty:
        return found.result
    query = on(replace(typed, filters=_rights(actor) | scope_of(session, found.context)), found.day)
    narrower = _narrower(found.narrowing)
    tier = found.context.tier
    hits, cards = _readable(session, actor, without(query) if narrower else query, mode, tier)
    kinds, branches = _facets(cards, more=_are_more(hits, mode))
    if narrower:
        query = replace(query, filters={**query.filters, **narrower})
        hits, cards = _readable(session, actor, query, mode, tier)
    more = _are_more(hits, mode)
    return replace(
        found.result,
        rows=rows_of(session, query, hits, cards[: _page(mode)]),
        kinds=_as_narrowed(kinds, narrower, len(cards), more=more),
        categories=_as_narrowed(branches, narrower, len(cards), more=more),
        total=len(cards),
        more=more,
        degradations=hits.degradations,
        query=query,
        offers=offers_for(query, reading),
        near=() if cards else tuple(reading.vocabulary.near(query.asked, NEAR)),
        others=_out_of_scope(session, actor, query, cards, mode),
    )


@dataclass(frozen=True)
class _Understood:
    """What narrows the search, typed filters included, and the result as far as it is known before it."""

    narrowing: Narrowing
    result: FoundArticles

    @property
    def context(self) -> SearchContext:
        return self.narrowing.context

    @property
    def day(self) -> date | None:
        return self.result.day


def _understood(session: Session, wish: Wish, typed: str, at: datetime) -> _Understood:
    narrowing = understand(session, typed, Narrowing(wish.context, wish.category_id, wish.kind))
    day, earliest = another_day(narrowing.context.as_of, at), earliest_kept(at)
    result = FoundArticles(
        wish=wish,
        said=narrowing.said,
        context=narrowing.context,
        day=day,
        kept_since=earliest if day and day < earliest else None,
        day_offered=None if day else day_said(typed, at),
    )
    return _Understood(narrowing, result)


def _reading_of(wish: Wish, reading: Understanding) -> Understanding:
    """Return what to read the query with: to the letter, if the person refused a correction."""
    if not wish.to_the_letter:
        return reading
    return replace(reading, configuration=replace(reading.configuration, with_corrections=False))


def _rights(actor: Actor) -> dict[str, frozenset[str]]:
    if may(actor, Permission.READ_ALL_KNOWLEDGE):
        return {}
    return {"team": frozenset([actor.team_code or ""])}


def _narrower(narrowing: Narrowing) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    if narrowing.category_id:
        found["category"] = frozenset([str(narrowing.category_id)])
    if narrowing.kind:
        found["kind"] = frozenset([narrowing.kind])
    return found


def _scope_in(query: SearchQuery) -> Scope:
    return {name: codes for name, codes in query.filters.items() if name in SCOPES}


def _readable(
    session: Session, actor: Actor, query: SearchQuery, mode: Mode, tier: str
) -> tuple[Hits, list[ArticleCard]]:
    """Ask deeper only while the database refuses so many hits that the page stays short."""
    depth, scope = _counted(mode), _scope_in(query)
    while True:
        hits = find(query, limit=depth, mode=mode)
        if Degradation.ENGINE_UNAVAILABLE in hits.degradations and mode is Mode.HYBRID:
            hits = replace(hits, ranked=found_literally(session, query, limit=depth))
        is_all = len(hits.ranked) < depth
        hits = as_articles(session, hits)
        found = [UUID(hit.key.id) for hit in hits.ranked]
        raised = [UUID(pin.key.id) for pin in query.pins]
        known = cards_for(session, actor, [*found, *raised], at=query.at, scope=scope)
        known = _within(session, kept_verbatim(session, known, query), query)
        if len(known) >= _page(mode) or is_all or depth >= DEEPEST:
            return _in_order(session, query if mode is Mode.HYBRID else without(query), hits, known, tier)
        depth *= 4


def _within(
    session: Session, known: Mapping[UUID, ArticleCard], query: SearchQuery
) -> dict[UUID, ArticleCard]:
    """Return those of the kind and category that were chosen: what is pinned was not searched for."""
    kinds = query.filters.get("kind")
    categories = {
        below for id_ in query.filters.get("category", ()) for below in with_descendants(session, UUID(id_))
    }
    return {
        id_: card
        for id_, card in known.items()
        if (not kinds or card.kind in kinds) and (not categories or card.category_id in categories)
    }


def _counted(mode: Mode) -> int:
    return COUNTED if mode is Mode.HYBRID else COUNTED_WHILE_TYPING


def _are_more(hits: Hits, mode: Mode) -> bool:
    return len(hits.ranked) >= _counted(mode)


def _page(mode: Mode) -> int:
    return PAGE if mode is Mode.HYBRID else PAGE_WHILE_TYPING


def _in_order(
    session: Session, query: SearchQuery, hits: Hits, known: Mapping[UUID, ArticleCard], tier: str
) -> tuple[Hits, list[ArticleCard]]:
    """Return the hits and their cards with the priors added, the best looked at again, the pinned first."""
    pinned = [pin.key for pin in query.pins if not pin.is_promotion and UUID(pin.key.id) in known]
    close = closest(session, known.values(), _scope_in(query), tier)
    priors = priors_of(session, known, query, close=close, at=query.at)
    ranked = with_priors(hits.ranked, priors, pinned, query.configuration)
    ranked, missed = look_closer(query, ranked, known, priors)
    ids = (UUID(hit.key.id) for hit in ranked)
    hits = replace(hits, ranked=tuple(ranked), degradations=hits.degradations | missed)
    return hits, [known[id_] for id_ in ids if id_ in known]


def _out_of_scope(
    session: Session, actor: Actor, query: SearchQuery, shown: Sequence[ArticleCard], mode: Mode
) -> tuple[FoundArticle, ...]:
    """Return, with the reason, the best that everybody's list would show and this caller's does not."""
    scope = _scope_in(query)
    if not scope:
        return ()
    anywhere = replace(query, filters={n: codes for n, codes in query.filters.items() if n not in scope})
    hits = as_articles(session, find(anywhere, limit=PAGE, mode=mode))
    listed = {card.article_id for card in shown}
    ids = [id_ for id_ in (UUID(hit.key.id) for hit in hits.ranked) if id_ not in listed]
    known = kept_verbatim(session, cards_for(session, actor, ids, at=query.at), query)
    why = reasons(session, [card.version_id for card in known.values()], scope)
    cards = [known[id_] for id_ in ids if id_ in known and known[id_].version_id in why]
    rows = rows_of(session, query, hits, cards[:MOST_OUT_OF_SCOPE])
    return tuple(replace(row, out_of_scope=why[row.card.version_id]) for row in rows)


def _facets(cards: Sequence[ArticleCard], *, more: bool) -> tuple[tuple[Facet, ...], tuple[Facet, ...]]:
    top_of = tops()
    kinds = Counter(card.kind for card in cards)
    found = Counter(top_of[card.category_id] for card in cards if card.category_id in top_of)
    return (
        tuple(Facet(kind, kind.label, count, more) for kind, count in kinds.most_common()),
        tuple(Facet(str(top.id), top.name, count, more) for top, count in found.most_common()),
    )


def _as_narrowed(
    facets: Sequence[Facet], narrower: Mapping[str, frozenset[str]], total: int, *, more: bool
) -> tuple[Facet, ...]:
    """Let what alone narrows the search say the same number as stands beside the search."""
    chosen = frozenset().union(*narrower.values()) if len(narrower) == 1 else frozenset()
    return tuple(
        replace(facet, count=total, more=more) if facet.value in chosen else facet for facet in facets
    )
