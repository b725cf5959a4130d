"""Where a text goes: the form wants a short title and a short answer, and nothing is cut to fit."""

import re
from dataclasses import dataclass

from kb.forms import LONGEST_ANSWER, LONGEST_TITLE
from kb.sanitising import clean_html, html_of, text_of

_TAG = re.compile(
    r"</?(?:p|br|div|span|table|t[rdh]|ul|ol|li|strong|b|em|i|u|a|h[1-6]|font)\b[^<>]*>", re.IGNORECASE
)
_STRUCTURE = re.compile(r"<(?:table|ul|ol|a|h[1-6])\b", re.IGNORECASE)
_SENTENCE = re.compile(r".+?(?:[。！？!?…；;]+[”’』」）)]*|\.(?=\s)|\n|\Z)", re.DOTALL)
_CLAUSE = re.compile(r".+?(?:[，,：:、—]|\Z)", re.DOTALL)
_SHORTEST_SENTENCE = 8  # below stand greetings such as 您好！


@dataclass(frozen=True)
class Placed:
    title: str
    answer: str
    steps: str


def placed(title: str, answer: str, steps: str) -> Placed:
    """Return the three texts so that title and answer are as short as the form wants, if that can be done.

    A long answer stands whole in the steps, and its first sentence is the answer. A long question without
    an answer is a passage: its first sentence is the title, and it answers itself.
    """
    title, steps = " ".join(title.split()), as_html(steps)
    if len(title) > LONGEST_TITLE and not answer.strip():
        title, answer = _opening(title), title
    text = text_of(clean_html(answer)) if is_html(answer) else answer.strip()
    if len(text) <= LONGEST_ANSWER and not _STRUCTURE.search(answer):
        return Placed(title, text, steps)
    first = _first_sentence(text)
    return Placed(title, first if len(first) <= LONGEST_ANSWER else "", as_html(answer) + steps)


def is_html(text: str) -> bool:
    return _TAG.search(text) is not None


def as_html(text: str) -> str:
    return clean_html(text if is_html(text) else html_of(text)) if text.strip() else ""


def _opening(text: str) -> str:
    sentence = _first_sentence(text)
    if len(sentence) > LONGEST_TITLE:
        clause = _CLAUSE.match(sentence)
        sentence = clause[0] if clause else sentence
    return sentence.rstrip("，,：:、—。；; ")


def _first_sentence(text: str) -> str:
    first = ""
    for sentence in _SENTENCE.finditer(text):
        first += sentence[0]
        if len(first.strip()) >= _SHORTEST_SENTENCE:
            break
    return first.strip()
