"""What queries are read with: the lexicon, terms that can be offered, the configuration of the ranking."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

from sqlmodel import Session

from search import configuration
from search.configuration import DEFAULT, Configuration
from search.lexicon import current as current_lexicon
from search.lexicon.shipped import shipped
from search.lexicon.snapshot import Lexicon
from search.live import Live
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
    lexicon = current_lexicon.current()
    return Understanding(lexicon, _vocabulary_of(lexicon, _used.latest()), configuration.in_force())


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
    return [domain.version(session) for domain in _domains]


_used = Live(_version, _load, rests=30)
_made: list[tuple[Lexicon, _Used, Vocabulary]] = []


def _vocabulary_of(lexicon: Lexicon, used: _Used) -> Vocabulary:
    """Make it once for each pair of sources; threads that meet here make the same."""
    if _made and _made[0][0] is lexicon and _made[0][1] is used:
        return _made[0][2]
    weights = dict.fromkeys(terms_of(lexicon), OF_THE_LEXICON)
    for term, weight in used.weights.items():
        weights[term] = weights.get(term, 0.0) + weight
    vocabulary = Vocabulary(weights)
    _made[:] = [(lexicon, used, vocabulary)]
    return vocabulary
