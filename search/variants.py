"""The configurations that are worth comparing: what is in force, and the same without one of its parts."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from search.configuration import Configuration


class Variant(StrEnum):
    IN_FORCE = "in_force"
    WORDS_ONLY = "words_only"
    MEANING_ONLY = "meaning_only"
    WITHOUT_SYNONYMS = "without_synonyms"
    WITHOUT_PINYIN = "without_pinyin"
    WITHOUT_CORRECTIONS = "without_corrections"
    WITHOUT_PRIORS = "without_priors"

    @property
    def label(self) -> str:
        return _LABELS[self]

    def of(self, chosen: Configuration) -> Configuration:
        """Return this variant of a configuration."""
        return _MADE[self](chosen)


_LABELS = {
    Variant.IN_FORCE: "现行",
    Variant.WORDS_ONLY: "仅关键词",
    Variant.MEANING_ONLY: "仅语义",
    Variant.WITHOUT_SYNONYMS: "不用同义词",
    Variant.WITHOUT_PINYIN: "不用拼音",
    Variant.WITHOUT_CORRECTIONS: "不用纠正",
    Variant.WITHOUT_PRIORS: "不用先验",
}
_MADE: dict[Variant, Callable[[Configuration], Configuration]] = {
    Variant.IN_FORCE: lambda chosen: chosen,
    Variant.WORDS_ONLY: lambda chosen: replace(chosen, with_meaning=False),
    Variant.MEANING_ONLY: lambda chosen: replace(chosen, words=0.0, grams=0.0, pinyin=0.0, codes=0.0),
    Variant.WITHOUT_SYNONYMS: lambda chosen: replace(chosen, with_synonyms=False),
    Variant.WITHOUT_PINYIN: lambda chosen: replace(chosen, with_pinyin=False),
    Variant.WITHOUT_CORRECTIONS: lambda chosen: replace(chosen, with_corrections=False),
    Variant.WITHOUT_PRIORS: lambda chosen: replace(chosen, with_priors=False),
}
