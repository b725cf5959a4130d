"""What queries are read with: the lexicon, terms that can be offered, the configuration of the ranking."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache

from sqlmodel import Session

from core.settings import settings
from search import configuration
from search.configuration import DEFAULT, Configuration
from search.lexicon import current as current_lexicon
from search.lexicon.shipped import shipped
from search.lexicon.snapshot import Lexicon
from search.live import Live, Shelf, also_forget
from search.vocabulary import Vocabulary, Weighted

OF_THE_LEXICON = 1.0


@dataclass(frozen=True)
class Understanding:
    lexicon: Lexicon
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary({}))
    configuration: Configuration = DEFAULT


@dataclass(frozen=True)
class Terms:
    """Terms that anybody may see, such as keywords, with how much each is used.

    `version` is cheap, and differs when they may have changed.
    """

    version: Callable[[Session], object]
    used: Callable[[Session], Weighted]


_domains: list[Terms] = []


def introduce_terms(terms: Terms) -> None:
    if terms not in _domains:
        _domains.append(terms)


def current() -> Understanding:
    """Return what this process reads queries with now; what editors changed a second ago is in it."""
    supposed = _supposed.get()
    if supposed is not None:
        return supposed
    if _making.acquire(blocking=False):
        try:
            _make(current_lexicon.current(), _used.latest())
        finally:
            _making.release()
    if not _made:  # the process has just begun, and another thread reads a large lexicon
        return replace(as_shipped(), configuration=configuration.in_force())
    lexicon, _, vocabulary = _made[0]
    return Understanding(lexicon, vocabulary, configuration.in_force())


def refresh() -> None:
    """Read anew what changed, so that nobody who asks has to wait for it; they go on with what was before."""
    with _making:
        _make(current_lexicon.tend(), _used.tend())
    configuration.tend()


@contextmanager
def supposing(understanding: Understanding) -> Iterator[None]:
    """Let this thread read queries so, as if a change had been kept; everybody else is left alone."""
    token = _supposed.set(understanding)
    try:
        yield
    finally:
        _supposed.reset(token)


def read_with(lexicon: Lexicon) -> Understanding:
    """Return how queries would be read with another lexicon, all else being as it is."""
    return Understanding(lexicon, _vocabulary(lexicon, _used.latest()), configuration.in_force())


@cache
def as_shipped() -> Understanding:
    """Return what a centre reads queries with before anybody changed anything, for scratch indexes."""
    return Understanding(shipped(), Vocabulary(dict.fromkeys(terms_of(shipped()), OF_THE_LEXICON)))


def terms_of(lexicon: Lexicon) -> Iterable[str]:
    """Return the words that the lexicon knows to be right."""
    meant = (term for terms in (lexicon.synonyms, lexicon.expansions) for term in terms)
    return (*lexicon.words, *meant, *lexicon.confusables.values())


class _Used:
    """The domains' terms, as they were when last read; the same object as long as nothing changed."""

    def __init__(self, weights: Weighted) -> None:
        self.weights = weights


def _load(session: Session) -> _Used:
    weights: dict[str, float] = {}
    for domain in _domains:
        for term, weight in domain.used(session).items():
            weights[term] = weights.get(term, 0.0) + weight
    return _Used(weights)


def _version(session: Session) -> object:
    return [str(domain.version(session)) for domain in _domains]


_shelf = Shelf(
    lambda: settings().data_dir / "offered-terms.json", written=lambda used: used.weights, read=_Used
)
_used = Live(_version, _load, rests=30, shelf=_shelf)
_made: list[tuple[Lexicon, _Used, Vocabulary]] = []
also_forget(_made.clear)
_making = threading.Lock()
_supposed: ContextVar[Understanding | None] = ContextVar("supposed", default=None)


def _make(lexicon: Lexicon, used: _Used) -> None:
    """Make the vocabulary once for each pair of sources."""
    if not (_made and _made[0][0] is lexicon and _made[0][1] is used):
        _made[:] = [(lexicon, used, _vocabulary(lexicon, used).prepared())]


def _vocabulary(lexicon: Lexicon, used: _Used) -> Vocabulary:
    weights = dict.fromkeys(terms_of(lexicon), OF_THE_LEXICON)
    for term, weight in used.weights.items():
        weights[term] = weights.get(term, 0.0) + weight
    return Vocabulary(weights)
