"""The terms of articles that everybody may read: what is completed, spelt in letters, and misheard."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Executable, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from core import audit
from kb.models import ArticleVersion, Audience, Publication, VersionTeam
from search.lexicon.current import current
from search.live import unhurried
from search.text import normalise
from search.understanding import Terms
from search.vocabulary import LONGEST_TERM, Weighted

MOST = 30_000
A_KEYWORD, IN_A_TITLE = 1.0, 0.2
LONGEST_PHRASE = 3
# What begins or ends with one of these is a piece of a sentence, not a term.
_PARTICLES = frozenset(
    "的了是和与及在有为能可不也都就要会吗呢把被给让从到对向按用时后前内外等或并且但由于则之其"
)
_CHANGES = ("kb.article.published", "kb.batch.published", "kb.article.withdrawn")
_HANZI = re.compile(r"[\u4e00-\u9fff]+")


def used(session: Session) -> Weighted:
    """Return keywords and the phrases of titles, the more used the heavier."""
    weights: Counter[str] = Counter()
    for title, keywords in unhurried(session.execute(_open_to_all()).all()):
        weights.update(dict.fromkeys(keywords, A_KEYWORD))
        weights.update(dict.fromkeys(phrases(title), IN_A_TITLE))
    return dict(weights.most_common(MOST))


def phrases(title: str) -> Iterator[str]:
    """Yield the words of a title and what up to three neighbours make together."""
    for run in _HANZI.findall(normalise(title)):
        words = list(_one_after_another(run, current().cutter.words(run)))
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST_PHRASE, len(words)) + 1):
                phrase = "".join(words[start:end])
                if 1 < len(phrase) <= LONGEST_TERM and _PARTICLES.isdisjoint((phrase[0], phrase[-1])):
                    yield phrase


def _one_after_another(run: str, words: Iterable[str]) -> Iterator[str]:
    """Yield the longest words that make up the run: the cutter also returns the parts of long ones."""
    at, among = 0, frozenset(words)
    while at < len(run):
        lengths = range(min(LONGEST_TERM, len(run) - at), 0, -1)
        word = next((run[at : at + n] for n in lengths if run[at : at + n] in among), run[at])
        yield word
        at += len(word)


def _open_to_all() -> Executable:
    """What began and did not end, by the database's own clock, and is kept from no team."""
    ends = col(Publication.effective_until)
    teams = select(VersionTeam.version_id).where(VersionTeam.version_id == ArticleVersion.id)
    return (
        select(ArticleVersion.title, ArticleVersion.keywords)
        .join(Publication, col(Publication.version_id) == ArticleVersion.id)
        .where(ArticleVersion.audience == Audience.CUSTOMERS, ~teams.exists())
        .where(col(Publication.effective_from) <= func.current_timestamp())
        .where(ends.is_(None) | (ends > func.current_timestamp()))
    )


def _version(session: Session) -> object:
    """What begins or ends by itself at its hour changes it too.

    Publications are counted as they are committed: their moments may be the same, or come in another order.
    """
    return tuple(session.execute(_LATEST).one()), audit.newest_of(session, _CHANGES)


def _newest(moment: Any, *conditions: Any) -> Any:
    """Each in a select of its own, which an index answers at once."""
    return select_columns(func.max(moment)).where(*conditions).scalar_subquery()


_LATEST = select_columns(
    *(
        _newest(moment, col(moment) <= func.current_timestamp())
        for moment in (Publication.effective_from, Publication.effective_until)
    )
)


TERMS = Terms(_version, used)
