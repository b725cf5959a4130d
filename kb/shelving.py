"""After a category has moved: its articles are found under another path."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from core import database
from kb.categories import with_descendants
from kb.in_force import in_force
from kb.models import ArticleVersion, Publication
from kb.search_source import key_of, period_key
from search import indexing


def index_moved(payload: dict[str, Any], at: datetime) -> None:
    """Have the index look again at whatever is in force, was or will be, in a `CategoryMoved`."""
    with database.unit_of_work() as session:
        concerned = with_descendants(session, UUID(payload["category_id"]))
        held = (
            select(Publication, in_force(at))
            .join(ArticleVersion, col(ArticleVersion.id) == Publication.version_id)
            .where(col(ArticleVersion.category_id).in_(concerned))
        )
        for publication, is_in_force in session.exec(held).all():
            key = key_of(publication.article_id) if is_in_force else period_key(publication.id)
            indexing.schedule(session, key, at=at)
