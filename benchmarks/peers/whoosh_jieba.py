"""Whoosh with the analyzer that jieba brings along for it."""

from collections.abc import Sequence
from pathlib import Path

import jieba
from jieba.analyse.analyzer import ChineseAnalyzer
from whoosh import index as indexes
from whoosh.fields import ID, TEXT, Schema
from whoosh.query import Or, Term

from benchmarks.peers import whole
from search.document import SearchDocument

HEAP_MB = 512


class WhooshJieba:
    """A query is the OR of its tokens, ranked by Whoosh's BM25F. An index that is there is used again."""

    name = "Whoosh, jieba's ChineseAnalyzer"

    def __init__(self, folder: Path) -> None:
        jieba.setLogLevel("WARNING")
        self._folder = folder
        self._analyzer = ChineseAnalyzer()

    def index(self, documents: Sequence[SearchDocument]) -> None:
        if not indexes.exists_in(self._folder):
            self._write(documents)
        self._searcher = indexes.open_dir(self._folder).searcher()

    def ask(self, text: str, limit: int) -> list[str]:
        tokens = dict.fromkeys(token.text for token in self._analyzer(text))
        query = Or([Term("said", token) for token in tokens])
        return [hit["id"] for hit in self._searcher.search(query, limit=limit)] if tokens else []

    def _write(self, documents: Sequence[SearchDocument]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        made = indexes.create_in(self._folder, Schema(id=ID(stored=True), said=TEXT(analyzer=self._analyzer)))
        writer = made.writer(limitmb=HEAP_MB)
        for document in documents:
            writer.add_document(id=document.key.id, said=whole(document))
        writer.commit()
