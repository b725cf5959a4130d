"""Asking before a publication that loses golden queries."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from kb.forms import ArticleDraft
from kb.models import Article
from kb.search_effect import LosesGolden, SearchEffect, refuse_unseen_loss
from web.forms import Form


def unseen_loss(
    session: Session, article: Article | None, draft: ArticleDraft, form: Form[Any], *, at: datetime
) -> SearchEffect | None:
    """Return what a publication would lose that the editor has not agreed to, and refuse the form then.

    This is asked before anything is written, so that nobody waits for the database meanwhile.
    """
    try:
        refuse_unseen_loss(session, article, draft, accepted=form.values.get("loss_known", ""), at=at)
    except LosesGolden as error:
        form.refuse(error)
        return error.effect
    return None
