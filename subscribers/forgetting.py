"""What goes of corrections, duplicates, quick profiles and reveals when a person is erased."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from subscribers.correcting.models import Correction, CorrectionStep, Duplicate
from subscribers.models import Customer, SubscriptionNumber
from subscribers.quick_profile import QuickProfile
from subscribers.revealing import Reveal
from subscribers.rights.erasing import Fate, Part
from subscribers.rights.holdings import subscriptions_of


def _corrections_of(customers: Any) -> Any:
    return select(Correction.id).where(col(Correction.customer_id).in_(customers))


def noted_of(customers: Any) -> ColumnElement[bool]:
    """Return which profiles are of a number that is theirs, or at which they can be reached."""
    held = select(SubscriptionNumber.number).where(
        col(SubscriptionNumber.subscription_id).in_(subscriptions_of(customers))
    )
    reached = select(Customer.phone).where(col(Customer.id).in_(customers))
    return col(QuickProfile.number).in_(held) | col(QuickProfile.number).in_(reached)


PARTS = (
    Part("快速建档", Fate.REMOVED, QuickProfile, noted_of),
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
    # who saw which field when, and the reason from the list, stay: the law wants them kept
    Part(
        "查看记录的说明",
        Fate.BLANKED,
        Reveal,
        lambda customers: col(Reveal.customer_id).in_(customers),
        {"note": ""},
    ),
)
