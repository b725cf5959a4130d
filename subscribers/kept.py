"""How long it is kept what agents noted of callers, how they knew them, and what they were shown."""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col

from subscribers.forgetting import noted_of
from subscribers.quick_profile import QuickProfile
from subscribers.revealing import Reveal
from subscribers.rights.kept import held
from subscribers.rights.retention import Kept
from subscribers.verifying import Verification


def _profiles(before: datetime) -> ColumnElement[bool]:
    return (col(QuickProfile.changed_at) < before) & ~noted_of(held())


def _verifications(before: datetime) -> ColumnElement[bool]:
    return (col(Verification.created_at) < before) & col(Verification.customer_id).not_in(held())


def _reveals(before: datetime) -> ColumnElement[bool]:
    return (col(Reveal.created_at) < before) & col(Reveal.customer_id).not_in(held())


KEPT = (
    Kept("profile", "快速建档", "最后一次填写", 12, 1, col(QuickProfile.id), _profiles),
    Kept("verification", "核身记录", "核身时间", 36, 6, col(Verification.id), _verifications),
    Kept("reveal", "查看完整资料的记录", "查看时间", 60, 36, col(Reveal.id), _reveals),
)
