"""What the families of published models want before a text, and which of them may be cut short."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WEB_SEARCH = "Given a web search query, retrieve relevant passages that answer the query"


@dataclass(frozen=True)
class Prompts:
    """What is put before a question, and before a text that is to be found."""

    query: str = ""
    passage: str = ""


@dataclass(frozen=True)
class Family:
    """`is_nested`: the beginning of its vectors is a vector too (Matryoshka). `is_close`: all its cosines lie
    close together, as those do by which `search.floor` was fitted."""

    names: re.Pattern[str]
    prompts: Prompts = Prompts()
    is_nested: bool = False
    is_close: bool = False


def _named(names: str, query: str = "", passage: str = "", **more: bool) -> Family:
    return Family(re.compile(names), Prompts(query, passage), **more)


UNKNOWN = _named("")
FAMILIES = (
    _named(r"e5-.*-?instruct$", f"Instruct: {WEB_SEARCH}\nQuery: ", is_close=True),
    _named(r"^(multilingual-)?e5-", "query: ", "passage: ", is_close=True),
    _named(r"^bge-(small|base|large)-zh", "为这个句子生成表示以用于检索相关文章："),
    _named(r"^bge-(small|base|large)-en", "Represent this sentence for searching relevant passages: "),
    _named(r"^bge-m3"),
    _named(r"^qwen3-embedding-", f"Instruct: {WEB_SEARCH}\nQuery:", is_nested=True),
    _named(r"^m3e-"),
    _named(r"^embeddinggemma-", is_nested=True),
)
_FOR_QUERIES, _FOR_PASSAGES = ("query",), ("document", "passage")


def family_of(name: str) -> Family:
    """Return the family of a model by the last part of its name or path."""
    last = Path(name).name.lower()
    return next((family for family in FAMILIES if family.names.search(last)), UNKNOWN)


def prompts_of(name: str, own: Mapping[str, str]) -> Prompts:
    """Return the model's own prompts where its files have any, else those of its family.

    sentence-transformers writes empty ones into every model that it saves; they say nothing.
    """
    query = next((own[key] for key in _FOR_QUERIES if own.get(key)), "")
    passage = next((own[key] for key in _FOR_PASSAGES if own.get(key)), "")
    return Prompts(query, passage) if query or passage else family_of(name).prompts


def is_nested(name: str, folder: Path) -> bool:
    """Tell whether the model was trained so that its vectors may be cut short: the library notes that."""
    card = folder / "README.md"
    told = card.read_text("utf-8", errors="replace") if card.is_file() else ""
    return family_of(name).is_nested or "MatryoshkaLoss" in told
