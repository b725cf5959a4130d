"""Cuts a document into the short texts that are encoded: each says one thing."""

import re
from collections.abc import Iterator

from search.document import SearchDocument

PASSAGE = 160
LONGEST = 240
_SENTENCE = re.compile(r"[^。！？；!?;\n]*(?:[。！？；!?;\n]+|$)")


def passages_of(document: SearchDocument) -> list[str]:
    """Return the title, each question, the summary and the body in pieces, without repetitions."""
    texts = [document.title, *document.questions, document.summary, *cut(document.body)]
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def cut(text: str) -> list[str]:
    """Return whole sentences packed to about `PASSAGE` characters; only a very long sentence is broken."""
    packed: list[str] = []
    for sentence in _sentences(text):
        if packed and len(packed[-1]) + len(sentence) <= PASSAGE:
            packed[-1] += sentence
        else:
            packed.append(sentence)
    return packed


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.findall(text):
        for start in range(0, len(sentence), LONGEST):
            yield sentence[start : start + LONGEST]
