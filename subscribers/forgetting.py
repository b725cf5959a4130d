"""What goes of corrections and duplicates when a person is erased."""

from typing import Any

from sqlmodel import col, select

from subscribers.correcting.models import Correction, CorrectionStep, Duplicate
from subscribers.rights.erasing import Fate, Part


def _corrections_of(customers: Any) -> Any:
    return select(Correction.id).where(col(Correction.customer_id).in_(customers))


PARTS = (
    Part(
        "更正的经过",
        Fate.REMOVED,
        CorrectionStep,
        lambda customers: col(CorrectionStep.correction_id).in_(_corrections_of(customers)),
    ),
    Part(
        "座席的更正",
        Fate.REMOVED,
        Correction,
        lambda customers: col(Correction.customer_id).in_(customers),
    ),
    Part(
        "重复客户的判断",
        Fate.REMOVED,
        Duplicate,
        lambda customers: col(Duplicate.first_id).in_(customers) | col(Duplicate.second_id).in_(customers),
    ),
)
