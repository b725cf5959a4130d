"""BM25 over words, by bm25s: the line that a search has to beat."""

from collections.abc import Callable, Sequence

import bm25s
import jieba

from benchmarks import zhida_side
from benchmarks.peers import whole
from search.document import SearchDocument

Cut = Callable[[str], list[str]]


class Bm25:
    """Lucene's formula with the library's own k1 and b."""

    def __init__(self, name: str, cut: Cut) -> None:
        self.name, self._cut = name, cut
        self._ids: list[str] = []
        self._index = bm25s.BM25()

    def index(self, documents: Sequence[SearchDocument]) -> None:
        self._ids = [document.key.id for document in documents]
        self._index.index([self._cut(whole(document)) for document in documents], show_progress=False)

    def ask(self, text: str, limit: int) -> list[str]:
        wanted = min(limit, len(self._ids))
        places, scores = self._index.retrieve([self._cut(text)], k=wanted, show_progress=False)
        found = zip(places[0].tolist(), scores[0].tolist(), strict=True)
        return [self._ids[place] for place, score in found if score > 0]


def over_our_words() -> Bm25:
    """Cut as Zhida cuts: one spelling, jieba's search mode, the words of the trade."""
    return Bm25("BM25, jieba search mode and our words", zhida_side.words)


def over_plain_words() -> Bm25:
    return Bm25("BM25, plain jieba", plain_words)


def plain_words(text: str) -> list[str]:
    jieba.setLogLevel("WARNING")
    return [word for word in jieba.lcut(text.lower()) if any(map(str.isalnum, word))]
