"""One entry as it is meant to be: in one spelling, and fit to be kept by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.errors import Invalid
from search.document import DocumentKey
from search.lexicon.models import Direction, Kind
from search.lexicon.snapshot import LONGEST_TERM
from search.text import normalise

BETWEEN = "、"
MOST_MEANT = 20
LONGEST_TYPED = 200
_SEPARATORS = frozenset("、，,;；\n\t|")


class TermUnfit(Invalid):
    message = "词不能为空，请填写。"


@dataclass(frozen=True)
class Wording:
    """What an entry says. `meant`: the other words of a synonym, or the right one of a confusable."""

    kind: Kind
    said: str
    meant: tuple[str, ...] = ()
    direction: Direction | None = None
    is_whole: bool = False
    is_promotion: bool = False
    key: DocumentKey | None = None
    until: date | None = None

    @property
    def signature(self) -> str:
        """Return what no two entries share: the same group, the same said word, the same pinned document."""
        if self.direction is Direction.TWO_WAY:
            parts = [self.direction, *sorted((self.said, *self.meant))]
        elif self.direction:
            parts = [self.direction, self.said]
        else:
            parts = [self.said, *([str(self.key)] if self.key else [])]
        return signature_of(self.kind, *parts)

    @property
    def shown(self) -> str:
        """Return it in one line: 宽带 ⇄ 宽频, 慢游 → 漫游."""
        arrow = {Direction.TWO_WAY: "⇄", Direction.EXPANSION: "⇒"}.get(
            self.direction or Direction.ONE_WAY, "→"
        )
        return f"{self.said} {arrow} {BETWEEN.join(self.meant)}" if self.meant else self.said

    @property
    def terms(self) -> tuple[str, ...]:
        return (self.said, *self.meant)

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "said": self.said,
            "meant": list(self.meant),
            "direction": self.direction.value if self.direction else "",
            "is_whole": self.is_whole,
            "is_promotion": self.is_promotion,
            "key": str(self.key) if self.key else "",
            "until": self.until.isoformat() if self.until else "",
        }


def signature_of(kind: Kind, *parts: str) -> str:
    return "|".join((kind, *parts))


def from_json(kept: Mapping[str, Any]) -> Wording:
    """Return the wording that a change kept."""
    return Wording(
        kind=Kind(kept["kind"]),
        said=kept["said"],
        meant=tuple(kept["meant"]),
        direction=Direction(kept["direction"]) if kept["direction"] else None,
        is_whole=kept["is_whole"],
        is_promotion=kept["is_promotion"],
        key=DocumentKey.parse(kept["key"]) if kept["key"] else None,
        until=date.fromisoformat(kept["until"]) if kept["until"] else None,
    )


def wording_of(entry: Any) -> Wording:
    """Return what an entry says, or a row with its columns."""
    return Wording(
        kind=Kind(entry.kind),
        said=entry.said,
        meant=tuple(entry.meant.split(BETWEEN)) if entry.meant else (),
        direction=Direction(entry.direction) if entry.direction else None,
        is_whole=entry.is_whole,
        is_promotion=entry.is_promotion,
        key=DocumentKey(entry.source, entry.document_id) if entry.source else None,
        until=entry.until,
    )


def entry(kind: Kind, said: str, meant: str, direction: Direction) -> Wording:
    """Return an entry of any kind but a pin, of what stands in its boxes.

    :raises TermUnfit: if it cannot be kept
    """
    makers = {
        Kind.WORD: lambda: word(said),
        Kind.FILLER: lambda: filler(said),
        Kind.SYNONYM: lambda: synonym(said, meant, direction),
        Kind.CONFUSABLE: lambda: confusable(said, meant),
    }
    return makers[kind]()


def word(typed: str) -> Wording:
    """
    :raises TermUnfit: if it cannot be a word of its own
    """
    said = term(typed)
    if len(said) < 2:
        raise TermUnfit("专业词至少两个字，一个字不用登记。", field="said")
    if not said.isascii() and any(map(str.isspace, said)):
        raise TermUnfit(f"“{said}”中间有空格，请去掉空格或分成两个词。", field="said")
    return Wording(Kind.WORD, said)


def filler(typed: str) -> Wording:
    """
    :raises TermUnfit: if it is no term
    """
    return Wording(Kind.FILLER, term(typed))


def synonym(said: str, meant: str | Sequence[str], direction: Direction) -> Wording:
    """
    :raises TermUnfit: if a term is none, or says nothing new
    """
    first = term(said)
    others = dict.fromkeys(term(one, "meant") for one in (split(meant) if isinstance(meant, str) else meant))
    others.pop(first, None)
    if not others:
        raise TermUnfit("请填写至少一个与它不同的词，多个词用顿号隔开。", field="meant")
    if len(others) > MOST_MEANT:
        raise TermUnfit(f"一条最多 {MOST_MEANT} 个词，请分成几条。", field="meant")
    return Wording(Kind.SYNONYM, first, tuple(others), direction)


def confusable(wrong: str, right: str) -> Wording:
    """
    :raises TermUnfit: if a term is none, or both are the same
    """
    said, meant = term(wrong), term(right, "meant")
    if said == meant:
        raise TermUnfit("误写和正写相同，不用登记。请核对后修改其中一个。", field="meant")
    return Wording(Kind.CONFUSABLE, said, (meant,))


def pin(
    phrase: str, key: DocumentKey, *, is_whole: bool, is_promotion: bool, until: date | None = None
) -> Wording:
    """
    :raises TermUnfit: if the phrase is none
    """
    return Wording(Kind.PIN, term(phrase), is_whole=is_whole, is_promotion=is_promotion, key=key, until=until)


def term(typed: str, field: str = "said") -> str:
    """Return one term as queries are compared with it.

    :raises TermUnfit: if it is empty, too long, or several
    """
    tidy = "" if len(typed) > LONGEST_TYPED else " ".join(normalise(typed).split())
    if len(typed) > LONGEST_TYPED or len(tidy) > LONGEST_TERM:
        raise TermUnfit(f"“{typed[:LONGEST_TERM]}…”超过 {LONGEST_TERM} 个字，请缩短。", field=field)
    if not tidy:
        raise TermUnfit(field=field)
    if _SEPARATORS.intersection(tidy):
        raise TermUnfit(f"“{tidy}”里有顿号、逗号或分号，请一次只填一个词。", field=field)
    if not any(map(str.isalnum, tidy)):
        raise TermUnfit(f"“{tidy}”里没有文字或数字，查询时用不上，请改写。", field=field)
    return tidy


def is_term(typed: str) -> bool:
    """Tell whether an entry can have this text as one of its terms."""
    try:
        term(typed)
    except TermUnfit:
        return False
    return True


def split(typed: str) -> list[str]:
    """Return the terms of a box in which several stand."""
    for separator in _SEPARATORS:
        typed = typed.replace(separator, BETWEEN)
    return [one for one in map(str.strip, typed.split(BETWEEN)) if one]


def words_in(wordings: Sequence[Wording | None]) -> Iterator[str]:
    """Yield the domain words among these, by which documents are cut."""
    return (one.said for one in wordings if one and one.kind is Kind.WORD)
