"""Loading the sample centre, again and again, without ever touching what somebody changed."""

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, select

from core import database, numbering, sign_in
from core.clock import start_of
from core.identity import Actor, Role, Staff, StaffRole, Team
from core.scope import Dimension, Region
from kb import categories, publishing, writing
from kb.forms import ArticleDraft, ScriptDraft
from kb.models import Article, ArticleVersion
from operations.sample_centre import golden, wrap_up_codes

PASSWORD = "zhida2026"  # noqa: S105 - printed at every start; the sample centre keeps no secret
RESERVED = 999  # the samples' own codes; articles that people write begin after it
_SCOPES = ("regions", "brands", "products", "channels", "teams")
LOADER = Actor(UUID(int=0), "样例", roles=frozenset({Role.EDITOR, Role.ADMIN}))


class SampleArticle(SQLModel, table=True):
    """What a sample article said when it was loaded, and the last version that the loader itself wrote."""

    __tablename__ = "operations_sample_article"

    code: str = Field(primary_key=True)
    fingerprint: str
    version_id: UUID | None = Field(default=None, foreign_key="kb_version.id")


@dataclass(frozen=True)
class Loaded:
    added: int
    renewed: int
    kept: int


def load(at: datetime, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Loaded:
    """Add what is missing and renew what nobody edited; one transaction an article."""
    with database.unit_of_work() as session:
        _load_scopes_and_people(session, at)
        numbering.reserve(session, writing.COUNTER, RESERVED)
    texts = sorted(articles(), key=lambda article: str(article["code"]))
    results = []
    for done, article in enumerate(texts, start=1):
        with database.unit_of_work() as session:
            results.append(_load_article(session, article, at))
        progress(done, len(texts))
    with database.unit_of_work() as session:
        golden.load(session, actor=LOADER, at=at)
        wrap_up_codes.load(session, actor=LOADER, at=at)
    return Loaded(results.count("added"), results.count("renewed"), results.count("kept"))


def people() -> list[dict[str, Any]]:
    """Return who can sign in to the sample centre: login, name, team, roles."""
    return list(_toml("centre.toml")["staff"])


def _toml(*path: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("operations.sample_centre").joinpath(*path).read_text("utf-8"))


def articles() -> Iterator[dict[str, Any]]:
    folder: Traversable = resources.files("operations.sample_centre") / "articles"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield from tomllib.loads(file.read_text("utf-8"))["article"]


def _load_scopes_and_people(session: Session, at: datetime) -> None:
    centre = _toml("centre.toml")
    for dimension in Dimension:
        for position, term in enumerate(centre[dimension.value]):
            _add_term(session, dimension, term, position)
    for team in centre["team"]:
        if session.exec(select(Team).where(Team.code == team["code"])).first() is None:
            session.add(Team(code=team["code"], name=team["name"], created_at=at))
    session.flush()
    if session.exec(select(Staff.id)).first() is None:  # a centre with staff of its own wants no strangers
        _hire(session, centre["staff"], at)


def _add_term(session: Session, dimension: Dimension, term: dict[str, Any], position: int) -> None:
    if session.get(dimension.table, term["code"]) is None:
        made = dimension.table(code=term["code"], name=term["name"], position=position)
        if isinstance(made, Region):
            made.parent_code = term.get("parent")
        session.add(made)
        session.flush()


def _hire(session: Session, staff: list[dict[str, Any]], at: datetime) -> None:
    teams = {team.code: team.id for team in session.exec(select(Team))}
    for one in staff:
        hired = Staff(
            login=one["login"],
            name=one["name"],
            team_id=teams[one["team"]],
            password_hash=sign_in.hash_password(PASSWORD, one["login"]),
            created_at=at,
        )
        session.add(hired)
        session.flush()
        session.add_all([StaffRole(staff_id=hired.id, role=role) for role in one["roles"]])


def _load_article(session: Session, article: dict[str, Any], at: datetime) -> str:
    code = article["code"]
    fingerprint = hashlib.sha256(json.dumps(article, default=str, sort_keys=True).encode()).hexdigest()
    sample = session.get(SampleArticle, code)
    if sample is None:
        version = _publish_all(session, article, at)
        session.add(SampleArticle(code=code, fingerprint=fingerprint, version_id=version.id))
        return "added"
    if sample.fingerprint == fingerprint or _was_touched(session, sample):
        return "kept"
    sample.version_id = _renew(session, article, sample, at).id
    sample.fingerprint = fingerprint
    session.add(sample)
    return "renewed"


def _was_touched(session: Session, sample: SampleArticle) -> bool:
    """Tell whether a person wrote, withdrew or removed something since the loader did."""
    version = session.get(ArticleVersion, sample.version_id) if sample.version_id else None
    if version is None:
        return True
    newest = writing.latest_version(session, version.article_id)
    own = publishing.publications_of(session, version.article_id)
    return newest.id != version.id or any(one.withdrawn_at for one in own)


def _publish_all(session: Session, article: dict[str, Any], at: datetime) -> ArticleVersion:
    """Publish each version on the day it began, the oldest first, as it would have happened."""
    texts = [article | {"valid_until": None} | other for other in article.get("other_version", [])]
    texts = sorted([*texts, article], key=_first_day)
    number = int(str(article["code"]).removeprefix("KB-"))
    version = writing.start_numbered(session, number, _draft(session, texts[0], at), actor=LOADER, at=at)
    _publish_on_its_day(session, version, texts[0], at)
    for text in texts[1:]:
        version = _next(session, version.article_id, _draft(session, text, at), at)
        _publish_on_its_day(session, version, text, at)
    return version


def _publish_on_its_day(
    session: Session, version: ArticleVersion, text: dict[str, Any], at: datetime
) -> None:
    publishing.publish(session, version, actor=LOADER, at=min(at, start_of(_first_day(text))))


def _renew(session: Session, article: dict[str, Any], sample: SampleArticle, at: datetime) -> ArticleVersion:
    held = session.get_one(ArticleVersion, sample.version_id)
    version = _next(session, session.get_one(Article, held.article_id).id, _draft(session, article, at), at)
    publishing.publish(session, version, actor=LOADER, at=at)
    return version


def _next(session: Session, article_id: UUID, draft: ArticleDraft, at: datetime) -> ArticleVersion:
    newest = writing.latest_version(session, article_id)
    return writing.save_draft(
        session,
        article_id,
        draft,
        seen_version=newest.id,
        seen_revision=newest.revision,
        actor=LOADER,
        at=at,
    )


def _first_day(text: dict[str, Any]) -> date:
    return text["valid_from"] if isinstance(text.get("valid_from"), date) else date(2025, 1, 1)


def _draft(session: Session, text: dict[str, Any], at: datetime) -> ArticleDraft:
    known = {name: text.get(name, []) for name in (*_SCOPES, "similar_questions", "codes", "keywords")}
    written = {
        name: text.get(name, "") for name in ("answer", "conditions", "prices", "steps", "internal_note")
    }
    return ArticleDraft(
        title=text["title"],
        kind=text["kind"],
        category_id=categories.by_path(session, text["category"], actor=LOADER, at=at),
        scripts=[ScriptDraft(**script) for script in text.get("script", [])],
        audience=text.get("audience", "customers"),
        valid_from=text.get("valid_from"),
        valid_until=text.get("valid_until"),
        **known,
        **written,
    )
