"""The versions of an article: who wrote each, when it was read, and what two say differently."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from core import staff
from core.errors import NotFound
from core.scope import Dimension, Terms, all_terms
from kb.categories import tree
from kb.curating import Stage, history_of, stage_of
from kb.forms import ArticleDraft
from kb.models import ArticleVersion, Publication
from kb.publishing import period_of
from kb.sanitising import text_of


class NoSuchVersion(NotFound):
    message = "这篇知识没有这个版本，可能是已删除的草稿。请从“版本”里重新选择。"


@dataclass(frozen=True)
class VersionCard:
    """A version as the history lists it.

    `reads_from` and `reads_until` are when agents read it; of a draft, when they would if it were published.
    A draft without `reads_from` would be read at once.
    """

    id: UUID
    number: int
    revision: int
    title: str
    author: str
    saved_at: datetime
    stage: Stage
    reads_from: datetime | None
    reads_until: datetime | None
    withdrawn_by: str
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Difference:
    """What two people say of the same thing, as plain text."""

    label: str
    theirs: str
    mine: str


def versions_of(session: Session, article_id: UUID, *, at: datetime) -> list[VersionCard]:
    """Return every version, newest first."""
    history = history_of(session, article_id)
    people = {version.author_id for version, _ in history}
    people |= {held.withdrawn_by for _, held in history if held and held.withdrawn_by}
    names = staff.names_of(session, people)
    return [_card(version, held, names, at) for version, held in history]


def version_numbered(session: Session, article_id: UUID, number: int) -> ArticleVersion:
    """
    :raises NoSuchVersion: if there is none of that number
    """
    wanted = select(ArticleVersion).where(ArticleVersion.article_id == article_id)
    version = session.exec(wanted.where(ArticleVersion.number == number)).first()
    if version is None:
        raise NoSuchVersion
    return version


def differences(session: Session, theirs: ArticleDraft, mine: ArticleDraft) -> list[Difference]:
    """Return, in the order of the screen, what the two drafts say differently."""
    terms, categories = all_terms(session), {node.id: node.path for node in tree(session)}
    teams = {team.code: team.name for team in staff.all_teams(session)}
    spoken = [dict(_said(draft, terms, categories, teams)) for draft in (theirs, mine)]
    return [
        Difference(label, said, spoken[1][label])
        for label, said in spoken[0].items()
        if said != spoken[1][label]
    ]


def _card(
    version: ArticleVersion, held: Publication | None, names: dict[UUID, str], at: datetime
) -> VersionCard:
    begins, ends = period_of(version.valid_from, version.valid_until, at)
    return VersionCard(
        id=version.id,
        number=version.number,
        revision=version.revision,
        title=version.title,
        author=names.get(version.author_id, "系统"),
        saved_at=version.saved_at,
        stage=stage_of(version, [held] if held else [], at),
        reads_from=held.effective_from if held else (begins if begins > at else None),
        reads_until=held.effective_until if held else ends,
        withdrawn_by=names.get(held.withdrawn_by, "") if held and held.withdrawn_by else "",
        withdrawn_at=held.withdrawn_at if held else None,
    )


def _said(
    draft: ArticleDraft, terms: Terms, categories: dict[UUID, str], teams: dict[str, str]
) -> Iterator[tuple[str, str]]:
    yield "标题", draft.title
    yield "一句话答案", draft.answer
    tiers = {term.code: term.name for term in terms.by_dimension[Dimension.TIER]}
    scripts = [script for script in draft.scripts if script.text]
    yield "话术", "\n".join(f"【{tiers.get(one.tier, '通用')}】{one.text}" for one in scripts)
    yield "办理条件", text_of(draft.conditions)
    yield "资费", text_of(draft.prices)
    yield "办理步骤", text_of(draft.steps)
    yield "内部备注", text_of(draft.internal_note)
    yield "类型", draft.kind.label
    yield "分类", categories.get(draft.category_id, "") if draft.category_id else ""
    yield "生效", str(draft.valid_from or "")
    yield "失效", str(draft.valid_until or "")
    yield "对象", draft.audience.label
    for label, dimension, codes in (
        ("地区", Dimension.REGION, draft.regions),
        ("品牌", Dimension.BRAND, draft.brands),
        ("产品", Dimension.PRODUCT, draft.products),
        ("渠道", Dimension.CHANNEL, draft.channels),
    ):
        yield label, "、".join(sorted(terms.name(dimension, code) for code in codes))
    yield "班组", "、".join(sorted(teams.get(code, code) for code in draft.teams))
    yield "相似问法", "\n".join(draft.similar_questions)
    yield "代码", "\n".join(draft.codes)
    yield "关键词", "\n".join(draft.keywords)
