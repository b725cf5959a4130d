"""Finding articles: search proposes, the database decides."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from core.identity import Actor
from core.permissions import Permission, may
from core.scope import related_regions
from kb.categories import CategoryNode, tree
from kb.models import ArticleVersion, Kind, Script
from kb.priors import priors_of
from kb.reading import ArticleCard, cards_for
from search import understanding
from search.finder import Mode, find
from search.hits import Degradation, Hit, Hits
from search.offers import Offers, offers_for
from search.query import SearchQuery, parse_query
from search.ranking import with_priors
from search.readings import Reading
from search.snippets import Piece, highlight, snippet
from search.text import normalise
from search.understanding import Understanding

PAGE = 20
COUNTED = 60
DEEPEST = 960
SNIPPET = 90
NEAR = 8


@dataclass(frozen=True)
class Wish:
    """What is looked for, and where; empty means everywhere."""

    text: str = ""
    region: str = ""
    category_id: UUID | None = None
    kind: Kind | None = None
    to_the_letter: bool = False

    @property
    def is_narrowed(self) -> bool:
        return self.category_id is not None or self.kind is not None


@dataclass(frozen=True)
class FoundArticle:
    """A row of the result list; pieces are (text, is it a hit). Without an excerpt, the answer is awaited.

    `readings`: in which other wordings of the query the article was found.
    """

    card: ArticleCard
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]
    hit: Hit
    readings: tuple[Reading, ...] = ()
    is_pinned: bool = False
    is_promoted: bool = False


@dataclass(frozen=True)
class Facet:
    value: str
    label: str
    count: int


@dataclass(frozen=True)
class FoundArticles:
    """`more` tells that the best `COUNTED` were full: there are at least that many."""

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

    @property
    def was_asked(self) -> bool:
        return self.query is not None

    @property
    def is_down(self) -> bool:
        return Degradation.ENGINE_UNAVAILABLE in self.degradations


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
    filters = _filters(session, actor, wish)
    reading = _reading_of(wish, reading or understanding.current())
    query = parse_query(wish.text, filters=filters, at=at, understanding=reading)
    if query.is_empty:
        return FoundArticles(wish)
    categories = tree(session)
    hits, cards = _readable(session, actor, query, mode, at)
    kinds, tops = _facets(cards, categories)
    if wish.is_narrowed:
        narrower = {**filters, **_narrowing(wish)}
        narrow = parse_query(wish.text, filters=narrower, at=at, understanding=reading)
        hits, cards = _readable(session, actor, narrow, mode, at)
        query = narrow
    return FoundArticles(
        wish=wish,
        rows=_rows(session, query, hits, cards[:PAGE]),
        kinds=kinds,
        categories=tops,
        total=len(cards),
        more=len(hits.ranked) >= COUNTED,
        degradations=hits.degradations,
        query=query,
        offers=offers_for(query, reading, is_typing=mode is Mode.WORDS),
        near=() if cards else tuple(reading.vocabulary.near(query.asked, NEAR)),
    )


def _reading_of(wish: Wish, reading: Understanding) -> Understanding:
    """Return what to read the query with: to the letter, if the person refused a correction."""
    if not wish.to_the_letter:
        return reading
    return replace(reading, configuration=replace(reading.configuration, with_corrections=False))


def _filters(session: Session, actor: Actor, wish: Wish) -> dict[str, Collection[str]]:
    filters: dict[str, Collection[str]] = {}
    if not may(actor, Permission.READ_ALL_KNOWLEDGE):
        filters["team"] = (actor.team_code or "",)
    if wish.region:
        filters["region"] = tuple(sorted(related_regions(session, wish.region)))
    return filters


def _narrowing(wish: Wish) -> dict[str, Collection[str]]:
    narrowing: dict[str, Collection[str]] = {}
    if wish.category_id:
        narrowing["category"] = (str(wish.category_id),)
    if wish.kind:
        narrowing["kind"] = (wish.kind,)
    return narrowing


def _readable(
    session: Session, actor: Actor, query: SearchQuery, mode: Mode, at: datetime
) -> tuple[Hits, list[ArticleCard]]:
    """Ask deeper only while the database refuses so many hits that the page stays short."""
    depth = COUNTED
    regions = query.filters.get("region", frozenset())
    while True:
        hits = find(query, limit=depth, mode=mode)
        found = [UUID(hit.key.id) for hit in hits.ranked]
        raised = [UUID(pin.key.id) for pin in query.pins]
        known = cards_for(session, actor, [*found, *raised], at=at, regions=regions)
        if len(known) >= PAGE or len(found) < depth or depth >= DEEPEST:
            return _in_order(session, query, hits, known, at)
        depth *= 4


def _in_order(
    session: Session, query: SearchQuery, hits: Hits, known: Mapping[UUID, ArticleCard], at: datetime
) -> tuple[Hits, list[ArticleCard]]:
    """Return the hits and their cards with the pinned first and the priors added."""
    pinned = [pin.key for pin in query.pins if not pin.is_promotion and UUID(pin.key.id) in known]
    priors = priors_of(session, known, query, at=at)
    ranked = with_priors(hits.ranked, priors, pinned, query.configuration)
    ids = (UUID(hit.key.id) for hit in ranked)
    return replace(hits, ranked=tuple(ranked)), [known[id_] for id_ in ids if id_ in known]


def _facets(
    cards: Iterable[ArticleCard], categories: Sequence[CategoryNode]
) -> tuple[tuple[Facet, ...], tuple[Facet, ...]]:
    tops = _top_of_each(categories)
    cards = list(cards)
    kinds = Counter(card.kind for card in cards)
    found = Counter(tops[card.category_id].id for card in cards if card.category_id in tops)
    names = {node.id: node.name for node in categories}
    return (
        tuple(Facet(kind, kind.label, count) for kind, count in kinds.most_common()),
        tuple(Facet(str(id_), names[id_], count) for id_, count in found.most_common()),
    )


def _top_of_each(categories: Sequence[CategoryNode]) -> Mapping[UUID | None, CategoryNode]:
    tops: dict[UUID | None, CategoryNode] = {}
    for node in categories:  # parents come first
        tops[node.id] = tops.get(node.parent_id, node) if node.parent_id else node
    return tops


def _rows(
    session: Session, query: SearchQuery, hits: Hits, cards: Sequence[ArticleCard]
) -> tuple[FoundArticle, ...]:
    texts = _texts(session, [card.version_id for card in cards])
    by_article = {hit.key.id: hit for hit in hits.ranked}
    return tuple(
        FoundArticle(
            card,
            highlight(card.title, query),
            _excerpt(card.answer, texts[card.version_id], query),
            by_article[str(card.article_id)],
            readings=_read_in(query, f"{card.title}\n{card.answer}\n{texts[card.version_id]}"),
            **_raised(query, card),
        )
        for card in cards
    )


def _read_in(query: SearchQuery, text: str) -> tuple[Reading, ...]:
    """Return the readings of the query that stand in the text."""
    if not query.readings:
        return ()
    spelt = normalise(text)
    return tuple(reading for reading in query.readings if reading.is_sure and reading.meant in spelt)


def _raised(query: SearchQuery, card: ArticleCard) -> dict[str, bool]:
    pins = [pin for pin in query.pins if pin.key.id == str(card.article_id)]
    return {
        "is_pinned": any(not pin.is_promotion for pin in pins),
        "is_promoted": any(pin.is_promotion for pin in pins),
    }


def _excerpt(answer: str, body: str, query: SearchQuery) -> tuple[Piece, ...]:
    """Return the one-sentence answer, unless only the rest of the article speaks of what was asked."""
    told = highlight(answer, query)
    if answer and (any(is_hit for _, is_hit in told) or not body):
        return told
    within = snippet(body, query, longest=SNIPPET)
    return within if any(is_hit for _, is_hit in within) or not answer else told


def _texts(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return what each says beside its one-sentence answer."""
    wanted = select(ArticleVersion.id, ArticleVersion.body_text)
    texts = dict(session.exec(wanted.where(col(ArticleVersion.id).in_(version_ids))).all())
    silent = [id_ for id_, text in texts.items() if not text]
    return texts | (_spoken(session, silent) if silent else {})


def _spoken(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return what is said to everybody, of versions that have nothing but scripts."""
    scripts = select(Script.version_id, Script.text).where(col(Script.version_id).in_(version_ids))
    return dict(session.exec(scripts.order_by(col(Script.position).desc())).all())
