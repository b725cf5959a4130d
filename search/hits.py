"""What was found, and what could not be used to find it."""

from dataclasses import dataclass, field
from enum import StrEnum

from search.document import DocumentKey


class Signal(StrEnum):
    """One way in which a document can match."""

    WORDS = "words"
    GRAMS = "grams"
    PINYIN = "pinyin"
    CODES = "codes"
    MEANING = "meaning"


_WRITTEN = frozenset({Signal.WORDS, Signal.GRAMS, Signal.CODES})


class Degradation(StrEnum):
    ENGINE_UNAVAILABLE = "engine_unavailable"
    MEANING_UNAVAILABLE = "meaning_unavailable"
    MODEL_MISSING = "model_missing"
    MEANING_SLOW = "meaning_slow"
    MEANING_CATCHING_UP = "meaning_catching_up"
    RERANKING_UNAVAILABLE = "reranking_unavailable"
    RERANKING_SLOW = "reranking_slow"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Degradation.ENGINE_UNAVAILABLE: "检索引擎暂不可用，仅按字面查标题和答案",
    Degradation.MEANING_UNAVAILABLE: "语义暂不可用，仅按关键词",
    Degradation.MODEL_MISSING: "语义模型缺失，仅按关键词",
    Degradation.MEANING_SLOW: "语义较慢，本次仅按关键词",
    Degradation.MEANING_CATCHING_UP: "部分知识的语义还在准备",
    Degradation.RERANKING_UNAVAILABLE: "精排不可用，按基本排序",
    Degradation.RERANKING_SLOW: "精排较慢，按基本排序",
}


@dataclass(frozen=True)
class Hit:
    """`why` holds, for each signal that matched, how strong it was: a cosine for meaning, else 0 to 1.

    `parts` holds what each of them adds to the score.
    """

    key: DocumentKey
    score: float
    why: dict[Signal, float] = field(default_factory=dict)
    parts: dict[Signal, float] = field(default_factory=dict)

    @property
    def is_only_heard(self) -> bool:
        """Tell whether nothing of it is written as it was typed, and something sounds so."""
        return Signal.PINYIN in self.why and not self.why.keys() & _WRITTEN


@dataclass(frozen=True)
class Hits:
    ranked: tuple[Hit, ...] = ()
    degradations: frozenset[Degradation] = frozenset()

    @property
    def nothing_found(self) -> bool:
        """Tell "there is no answer" from "nobody could look"."""
        return not self.ranked and Degradation.ENGINE_UNAVAILABLE not in self.degradations
