"""What is written of a document: its tokens for the words index, and each of its texts for the other."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b

import numpy as np

from search.document import DocumentKey, SearchDocument
from search.encoder_worker import Vectors
from search.engines.elasticsearch_cluster import Body
from search.engines.embedded_terms import OTHER_DAY, Cut, fields_of
from search.passages import passages_of

NO_CODE = "-"  # every document has it, so that the server counts all of them when it tells a code's rarity
NEVER, ALWAYS = -(2**62), 2**62
LONGEST_TOKEN = 255  # the server's whitespace analyzer cuts longer ones in pieces
DECIMALS = 9


@dataclass(frozen=True)
class Entries:
    """`texts`: by their hash. Both kinds of entries repeat the `scope`: for whom, and when it holds."""

    document: SearchDocument
    cut: Cut

    @property
    def key(self) -> DocumentKey:
        return self.document.key

    @cached_property
    def tokens(self) -> Body:
        return tokens_of(self.document, self.cut)

    @cached_property
    def scope(self) -> Body:
        begins, until = self.document.valid_from, self.document.valid_until
        return {
            "key": str(self.key),
            "filters": [f"{name}={value}" for name, of in self.document.filters.items() for value in of],
            "begins": moment(begins) if begins else NEVER,
            "until": moment(until) if until else ALWAYS,
        }

    @cached_property
    def texts(self) -> dict[str, str]:
        return {hash_of(text): text for text in passages_of(self.document)}

    def of_words(self, *, with_texts: bool) -> Body:
        texts = list(self.texts) if with_texts else []
        kept = {"texts": texts, "text_count": len(texts), "digest": self.document.digest}
        return {**self.scope, **self.tokens, **kept}

    def of_text(self, hash_: str, vector: Vectors | None) -> Body:
        entry = {**self.scope, "hash": hash_}
        return (
            {**entry, "waiting": True, "text": self.texts[hash_]}
            if vector is None
            else entry | encoded(vector)
        )

    def id_of(self, hash_: str) -> str:
        return f"{self.key}#{hash_}"


def tokens_of(document: SearchDocument, cut: Cut) -> Body:
    """Return the fields that are searched."""
    day = OTHER_DAY if document.of_another_day else ""
    fields = fields_of(document, cut)
    codes = [NO_CODE, *(code for code in fields.pop("codes") if len(code) <= LONGEST_TOKEN)]
    said = {day + name: tokens for name, tokens in fields.items()}
    return {**said, "any_codes": codes, "codes": [NO_CODE] if document.of_another_day else codes}


def encoded(vector: Vectors | None) -> Body:
    """Return the part of an entry that changes when its vector is made, or cannot be made."""
    made: Body = {"waiting": False, "text": None}
    if vector is None:
        return made
    return {**made, "vector": np.round(vector.astype(np.float64), DECIMALS).tolist()}


def hash_of(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def moment(at: datetime) -> int:
    """Return the microseconds since 1970, whole ones."""
    return round(at.timestamp() * 1_000_000)
