"""An answer card of what agents do not read: a draft while it is written, or an old version."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core import staff
from core.scope import Dimension, Terms, all_terms
from kb.answers import Answer, ScriptCard, Standing
from kb.categories import tree
from kb.forms import ArticleDraft
from kb.publishing import period_of
from kb.reading import ArticleCard

NOT_KEPT = UUID(int=0)


def as_agents_see(session: Session, draft: ArticleDraft, *, code: str, number: int, at: datetime) -> Answer:
    """Return the answer card that agents would have if the draft were published now."""
    terms = all_terms(session)
    scopes = _scope_names(session, draft, terms)
    return Answer(
        card=_card(session, draft, code, number, scopes, at),
        standing=Standing.UNPUBLISHED,  # nothing of it may be copied to a customer
        conditions=draft.conditions,
        prices=draft.prices,
        steps=draft.steps,
        internal_note=draft.internal_note,
        scripts=_scripts(draft, terms),
        similar_questions=tuple(draft.similar_questions),
        codes=tuple(draft.codes),
        keywords=tuple(draft.keywords),
        scopes=scopes,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
    )


def _scripts(draft: ArticleDraft, terms: Terms) -> tuple[ScriptCard, ...]:
    tiers = {term.code: term.name for term in terms.by_dimension[Dimension.TIER]}
    spoken = [script for script in draft.scripts if script.text]
    return tuple(ScriptCard(NOT_KEPT, one.tier, tiers.get(one.tier, "通用"), one.text) for one in spoken)


def _card(
    session: Session,
    draft: ArticleDraft,
    code: str,
    number: int,
    scopes: dict[str, tuple[str, ...]],
    at: datetime,
) -> ArticleCard:
    begins, ends = period_of(draft.valid_from, draft.valid_until, at)
    categories = {node.id: node.name for node in tree(session)}
    return ArticleCard(
        article_id=NOT_KEPT,
        version_id=NOT_KEPT,
        code=code,
        version_number=number,
        title=draft.title,
        answer=draft.answer,
        kind=draft.kind,
        category_id=draft.category_id,
        category=categories.get(draft.category_id, "") if draft.category_id else "",
        audience=draft.audience,
        region_names=scopes.get(Dimension.REGION.label, ()),
        effective_from=begins,
        effective_until=ends,
        useful_share=None,
    )


def _scope_names(session: Session, draft: ArticleDraft, terms: Terms) -> dict[str, tuple[str, ...]]:
    teams = {team.code: team.name for team in staff.all_teams(session)}
    chosen = {
        Dimension.REGION: draft.regions,
        Dimension.BRAND: draft.brands,
        Dimension.PRODUCT: draft.products,
        Dimension.CHANNEL: draft.channels,
    }
    names = {
        dimension.label: tuple(terms.name(dimension, code) for code in codes)
        for dimension, codes in chosen.items()
    }
    names["班组"] = tuple(teams.get(code, code) for code in draft.teams)
    return {label: held for label, held in names.items() if held}
