"""Which version holds at a moment, as a condition in SQL."""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement
from sqlmodel import col, or_

from kb.models import Publication


def in_force(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return (col(Publication.effective_from) <= at) & or_(
        col(Publication.effective_until).is_(None), col(Publication.effective_until) > at
    )
