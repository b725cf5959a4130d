"""What people see of a copied row: its values with the open corrections laid over them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from subscribers.correcting.models import Correction, CorrectionState
from subscribers.correcting.rules import Rules, rules_of
from subscribers.correcting.survivorship import Claim, Stated, survivor
from subscribers.entities import ENTITIES, Field, Shape
from subscribers.models import Copied


@dataclass(frozen=True)
class Effective:
    """`value` is what people see, `source` what the source says; both as the files write them."""

    field: Field
    value: str
    source: str
    correction: Correction | None = None

    @property
    def is_corrected(self) -> bool:
        """Tell whether the agent's value is the one that is seen."""
        return self.correction is not None and self.value == self.correction.proposed

    @property
    def is_doubted(self) -> bool:
        """Tell whether source and agent stand against each other."""
        return self.correction is not None and self.correction.state == CorrectionState.CONFLICT


Overlay = Mapping[str, Effective]  # by the name of the field


def overlaid(session: Session, entity: str, rows: Iterable[Copied]) -> dict[int, Overlay]:
    """Return, by row number, each field as people see it. Two statements, however many rows.

    Certificates and references to other rows are left out: agents correct neither.
    """
    rows = list(rows)
    found = open_corrections(session, entity, [row.id for row in rows if row.id is not None])
    return laid_over(entity, rows, found, rules_of(session))


def open_corrections(session: Session, entity: str, ids: Collection[int]) -> list[Correction]:
    if not ids:
        return []
    return list(session.execute(_open(), {"entity": entity, "ids": list(ids)}).scalars())


@cache
def _open() -> Any:
    """Put together once: each card asks it."""
    ids: Any = bindparam("ids", expanding=True)
    about = (col(Correction.entity) == bindparam("entity")) & col(Correction.row_id).in_(ids)
    return select(Correction).where(about, col(Correction.is_open))


def laid_over(
    entity: str, rows: Sequence[Copied], corrections: Iterable[Correction], rules: Rules
) -> dict[int, Overlay]:
    """Return what `overlaid` does, from what is at hand."""
    said = {(one.row_id, one.field): one for one in corrections if one.entity == entity}
    return {
        row.id: {
            field.name: _effective(field, row, said.get((row.id, field.name)), rules)
            for field in ENTITIES[entity].fields
            if field.shape not in {Shape.CERTIFICATE, Shape.REFERENCE}
        }
        for row in rows
        if row.id is not None
    }


def source_text(row: Copied, field: Field) -> str:
    """Return what the source says of a field, as the files write it."""
    value = getattr(row, field.name)
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def stated(row: Copied, field: Field) -> Stated:
    return Stated(source_text(row, field), row.changed_at, is_gone=row.gone_at is not None)


def claim(correction: Correction) -> Claim:
    return Claim(
        proposed=correction.proposed,
        affirmed_at=correction.affirmed_at,
        base=correction.base,
        met=correction.met,
        contradictions=correction.contradictions,
    )


def _effective(field: Field, row: Copied, correction: Correction | None, rules: Rules) -> Effective:
    source = stated(row, field)
    if correction is None:
        return Effective(field, source.value, source.value)
    rule = rules[correction.entity, field.name].survives
    return Effective(field, survivor(rule, source, claim(correction)).value, source.value, correction)
