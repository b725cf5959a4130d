"""The editor's form: what is typed into it, what may be chosen in it, and the screen around it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator
from sqlmodel import Session

from core import scope, staff
from core.scope import Dimension, Region, Term
from kb import categories, editing, feedback, versions, writing
from kb.curating import Stage
from kb.editing import Seen
from kb.forms import LONGEST_ANSWER, ArticleDraft, Lines
from kb.models import Article, ArticleVersion, Audience, Kind
from kb.script_filling import blanks
from kb.search_effect import SearchEffect
from web.dependencies import ReadDb
from web.forms import Form, blank
from web.htmx import toast, wants_fragment
from web.security import EDITOR_POLICY, policy_header
from web.templating import page_or_fragment
from web.wording import signal_name

SPARE_ROWS = 2  # for browsers without scripts
HELP = {
    "title": "",
    "answer": "显示在搜索结果最上方，座席张口就能说",
    "scripts": "可写入待填内容，例如 {客户称呼}；座席复制前会被提醒填写",
    "conditions": "",
    "prices": "",
    "steps": "",
    "internal_note": "只给座席看，复制时不会带出",
    "kind": "",
    "category_id": "",
    "valid_from": "",
    "valid_until": "",
    "audience": "",
    "regions": "",
    "brands": "",
    "products": "",
    "channels": "",
    "teams": "",
    "similar_questions": "每行一个",
    "codes": "每行一个：套餐代码、短号、错误码",
    "keywords": "每行一个",
}


class Act(StrEnum):
    SAVE = "save"
    PUBLISH = "publish"


def _split(given: Any) -> Any:
    return [line for text in given for line in text.splitlines()] if isinstance(given, list) else given


TypedLines = Annotated[Lines, BeforeValidator(_split)]


class SeenByEditor(BaseModel):
    """`loss_known` names the golden queries that the editor agrees to lose."""

    seen_version: UUID = UUID(int=0)
    seen_revision: int = 0
    loss_known: Annotated[str, Field(max_length=32)] = ""

    @property
    def seen(self) -> Seen:
        return Seen(self.seen_version, self.seen_revision)


class TypedArticle(ArticleDraft, SeenByEditor):
    """An article as the form sends it: lists as lines of a box, scripts as two columns.

    `over` is the newest version and revision, once an editor has looked at them and insists.
    """

    act: Act = Act.SAVE
    over: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}:\d{1,9}$")] | None = None
    similar_questions: TypedLines = []
    codes: TypedLines = []
    keywords: TypedLines = []
    script_tier: list[str] = []
    script_text: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _with_scripts(cls, typed: dict[str, Any]) -> dict[str, Any]:
        columns = zip(typed.get("script_tier", []), typed.get("script_text", []), strict=False)
        return typed | {"scripts": [{"tier": tier, "text": text} for tier, text in columns if text.strip()]}

    @field_validator("*", mode="before")
    @classmethod
    def _with_plain_line_ends(cls, typed: Any) -> Any:
        """Forms send every line end as two characters; a text must not look changed by that."""
        return typed.replace("\r\n", "\n") if isinstance(typed, str) else typed

    @property
    def seen(self) -> Seen:
        if not self.over:
            return super().seen
        version, _, revision = self.over.partition(":")
        return Seen(UUID(version), int(revision))


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    depth: int = 0


@dataclass(frozen=True)
class Pick:
    """A list of codes of which any number may be chosen; none means `all_label`."""

    name: str
    label: str
    all_label: str
    choices: tuple[Choice, ...]


def _in_path(db: ReadDb, code: str) -> Article:
    return editing.article_by_code(db, code)


ArticleInPath = Annotated[Article, Depends(_in_path)]


def form_of(session: Session, version: ArticleVersion) -> Form[Any]:
    """Return the form as it shows a saved version."""
    draft = writing.draft_of(session, version)
    values = draft.model_dump(mode="json", exclude={"scripts"})
    values |= {name: [str(value) for value in values[name]] for name in writing.SCOPES}
    values |= {name: ["\n".join(values[name])] for name in ("similar_questions", "codes", "keywords")}
    return blank(
        **values,
        script_tier=[script.tier for script in draft.scripts],
        script_text=[script.text for script in draft.scripts],
        seen_version=str(version.id),
        seen_revision=str(version.revision),
    )


def show_editor(
    request: Request,
    db: Session,
    article: Article | None,
    form: Form[Any],
    *,
    at: datetime,
    loss: SearchEffect | None = None,
) -> Response:
    """Show the editor as a page; to htmx, only what a save changes: what was typed stays as it is.

    `loss`: the golden queries that would be lost, if the editor has to agree to that first.
    """
    history = versions.versions_of(db, article.id, at=at) if article else []
    response = page_or_fragment(
        request,
        page="knowledge/edit.html",
        fragment="knowledge/_reply.html",
        status_code=form.status if form.errors else 200,
        article=article,
        form=form,
        versions=history,
        read_now=next((one for one in history if one.stage is Stage.IN_FORCE), None),
        scheduled=[one for one in history if one.stage is Stage.SCHEDULED],
        differences=_conflict(db, article, form),
        waiting=feedback.awaiting(db, article.id) if article else 0,
        loss=loss,
        signal_name=signal_name,
        help=HELP,
        longest_answer=LONGEST_ANSWER,
        **_choices(db, form),
    )
    response.headers["Content-Security-Policy"] = policy_header(EDITOR_POLICY)
    return response


def show_saved(request: Request, db: Session, article: Article, said: str, *, at: datetime) -> Response:
    if not wants_fragment(request):
        return RedirectResponse(f"/knowledge/{article.code}", 303)
    form = form_of(db, writing.latest_version(db, article.id))
    return toast(show_editor(request, db, article, form, at=at), said)


def _conflict(db: Session, article: Article | None, form: Form[Any]) -> list[versions.Difference] | None:
    """Return what the newest version says differently, if somebody saved it unseen."""
    if article is None or form.status != 409 or form.data is None:
        return None
    latest = writing.latest_version(db, article.id)
    if form.data.seen == Seen(latest.id, latest.revision):
        return None
    return versions.differences(db, writing.draft_of(db, latest), form.data)


def _choices(db: Session, form: Form[Any]) -> dict[str, Any]:
    terms = scope.all_terms(db)
    values = form.values
    tiers = _living(terms.by_dimension[Dimension.TIER], values.get("script_tier", []))
    nodes = categories.tree(db)
    return {
        "kinds": [(kind.value, kind.label) for kind in Kind],
        "audiences": [(audience.value, audience.label) for audience in Audience],
        "categories": [("", "未分类"), *((str(node.id), node.path) for node in nodes)],
        "tiers": [Choice("", "通用"), *tiers],
        "script_rows": _script_rows(values),
        "picks": [
            *(_pick(name, dimension, terms, values) for name, dimension in _DIMENSIONS.items()),
            Pick("teams", "可见班组", "全部班组", tuple(_teams(db))),
        ],
    }


_DIMENSIONS = {
    "regions": Dimension.REGION,
    "brands": Dimension.BRAND,
    "products": Dimension.PRODUCT,
    "channels": Dimension.CHANNEL,
}


def _pick(name: str, dimension: Dimension, terms: scope.Terms, values: dict[str, Any]) -> Pick:
    offered = _living(terms.by_dimension[dimension], values.get(name, []))
    return Pick(name, f"适用{dimension.label}", f"全部{dimension.label}", tuple(offered))


def _living(terms: Iterable[Term], chosen: Iterable[str]) -> list[Choice]:
    """Return what may be chosen, and the retired terms that already are."""
    held = set(chosen)
    return [
        Choice(term.code, term.name, int(isinstance(term, Region) and term.parent_code is not None))
        for term in terms
        if not term.retired or term.code in held
    ]


def _teams(db: Session) -> list[Choice]:
    return [Choice(team.code, team.name) for team in staff.all_teams(db)]


def _script_rows(values: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the rows of scripts (tier, text, its blanks), then the spare ones."""
    columns = zip(values.get("script_tier", []), values.get("script_text", []), strict=False)
    typed = [(tier, text, blanks(text)) for tier, text in columns if text.strip()]
    return [*typed, *[("", "", ())] * SPARE_ROWS]
