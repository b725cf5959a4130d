"""The form of a lexicon entry: what is typed into it, and how an entry looks in it."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import Session

from kb.pinning import PinnedArticle, key_by_code
from search.document import DocumentKey
from search.lexicon import wording
from search.lexicon.models import Direction, Kind, LexiconEntry
from search.lexicon.wording import BETWEEN, Wording
from web.forms import Form, blank

DIRECTIONS = (
    (Direction.TWO_WAY.value, "双向：说哪个都能查到另一个"),
    (Direction.ONE_WAY.value, "单向：说左边的，也查右边的"),
    (Direction.EXPANSION.value, "扩展：左边是统称，右边是具体的"),
)
HELP = {
    Kind.WORD: "业务里的专有说法，不该被拆开的词，例如“携号转网”。",
    Kind.SYNONYM: "说法不同、意思相同的词，例如“宽带”和“宽频”。",
    Kind.FILLER: "查询时去掉的客套话，例如“请问一下”。",
    Kind.CONFUSABLE: "容易打错的写法，例如“慢游”应为“漫游”。查询时会提示，不会悄悄改。",
    Kind.PIN: "查到这个说法时，把一篇知识排在最前，或往前提。",
}
SAID = {
    Kind.WORD: "专业词",
    Kind.SYNONYM: "词",
    Kind.FILLER: "语气词",
    Kind.CONFUSABLE: "误写",
    Kind.PIN: "查询里的说法",
}


class TypedEntry(BaseModel):
    """`picked` is chosen from what was looked up for `code`. `seen`: see `search.lexicon.changing.change`."""

    kind: Kind
    entry_id: UUID | None = None
    seen: int = 0
    said: str = ""
    meant: str = ""
    direction: Direction = Direction.TWO_WAY
    code: Annotated[str, Field(max_length=40)] = ""
    picked: str = ""
    extent: Literal["part", "whole"] = "part"
    weight: Literal["pin", "promotion"] = "pin"
    until: date | None = None


def worded(db: Session, typed: TypedEntry) -> Wording:
    """Return what was typed as an entry.

    :raises TermUnfit: if a term cannot be kept
    :raises NoArticleToPin: if the article is not known
    """
    if typed.kind is not Kind.PIN:
        return wording.entry(typed.kind, typed.said, typed.meant, typed.direction)
    wording.term(typed.said)  # the phrase is spoken of before the article
    return wording.pin(
        typed.said,
        key_by_code(db, typed.picked or typed.code),
        is_whole=typed.extent == "whole",
        is_promotion=typed.weight == "promotion",
        until=typed.until,
    )


def form_of(entry: LexiconEntry, pinned: dict[DocumentKey, PinnedArticle]) -> Form[Any]:
    """Return the form as it shows a kept entry."""
    kept = wording.wording_of(entry)
    article = pinned.get(kept.key) if kept.key else None
    return blank(
        kind=kept.kind.value,
        entry_id=str(entry.id),
        seen=str(entry.changed_in),
        said=kept.said,
        meant=BETWEEN.join(kept.meant),
        direction=kept.direction.value if kept.direction else "",
        code=article.code if article else "",
        extent="whole" if kept.is_whole else "part",
        weight="promotion" if kept.is_promotion else "pin",
        until=kept.until.isoformat() if kept.until else "",
    )
