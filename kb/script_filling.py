"""The blanks in a script, such as {客户称呼}: which there are, and what is said once they are filled."""

import re
from collections.abc import Mapping

_BLANK = re.compile(r"\{([^{}\n]{1,20})\}")


def blanks(text: str) -> tuple[str, ...]:
    """Return the names of the blanks, each once, in order."""
    return tuple(dict.fromkeys(name.strip() for name in _BLANK.findall(text)))


def pieces(text: str) -> tuple[tuple[str, str], ...]:
    """Return the text cut into (words, "") and ("", name of a blank)."""
    found: list[tuple[str, str]] = []
    place = 0
    for blank in _BLANK.finditer(text):
        found += [(text[place : blank.start()], ""), ("", blank[1].strip())]
        place = blank.end()
    return tuple(piece for piece in (*found, (text[place:], "")) if any(piece))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with every blank filled for which there is a value; the others stay to be seen."""
    return _BLANK.sub(lambda blank: values.get(blank[1].strip(), "").strip() or blank[0], text)
