"""What is asked of everybody: documents and judged queries, from a pair of files."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from search.document import DocumentKey, SearchDocument
from search.evaluation import Judged, read_judged

LONGEST_TITLE = 80


@dataclass(frozen=True)
class QuestionSet:
    name: str
    documents: Sequence[SearchDocument]
    judged: Sequence[Judged]


def names_in(folder: Path) -> list[str]:
    """Return the public sets that the folder holds."""
    return sorted(path.name.removesuffix(".docs.jsonl") for path in folder.glob("*.docs.jsonl"))


def public_set(folder: Path, name: str) -> QuestionSet:
    rows = list(_rows(folder / f"{name}.docs.jsonl"))
    are_questions = median(len(row["text"]) for row in rows) <= LONGEST_TITLE
    documents = [_document(row, is_title=are_questions) for row in rows]
    return QuestionSet(name, documents, read_judged(folder / f"{name}.queries.jsonl"))


def _document(row: dict[str, Any], *, is_title: bool) -> SearchDocument:
    """Make a question a title and a passage a body, as an import would."""
    text = row["text"]
    return SearchDocument(
        DocumentKey("set", str(row["id"])), title=text if is_title else "", body="" if is_title else text
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())
