"""What an import does with each row: start an article, change one, leave it, or refuse the row."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, select

from core.identity import Actor
from kb import writing
from kb.forms import ArticleDraft
from kb.importing.drafting import Drafter, RowRefused
from kb.importing.headings import Meaning
from kb.importing.models import ImportedRow
from kb.importing.naming import CategoryPaths, scope_names
from kb.importing.rows import Problem, Row
from kb.models import Article, ArticleVersion, code_of
from search.text import normalise

_AROUND = re.compile(r"\s+|[?？。！!.…～~]+$")


class Outcome(StrEnum):
    STARTED = "started"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Outcome.STARTED: "新增",
    Outcome.CHANGED: "更新",
    Outcome.UNCHANGED: "不变",
    Outcome.REFUSED: "被拒",
}


@dataclass(frozen=True)
class Judgement:
    row: Row
    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    key: str = ""
    digest: str = ""
    draft: ArticleDraft | None = None
    known: ImportedRow | None = None
    latest: ArticleVersion | None = None


@dataclass(frozen=True)
class Reading:
    """How the rows of a batch are to be understood, and for whom."""

    mapping: Mapping[str, Meaning]
    source: str
    actor: Actor
    at: datetime
    writing: bool

    def said(self, row: Row) -> dict[Meaning, str]:
        """Return what the row says by meaning; columns of one meaning follow each other."""
        said: dict[Meaning, str] = {}
        for heading, text in row.cells.items():
            meaning = self.mapping.get(heading)
            if meaning and text.strip():
                said[meaning] = f"{said[meaning]}\n{text}" if meaning in said else text
        return said

    def heading(self, meaning: Meaning | None, row: Row) -> str:
        if meaning is None:
            return ""
        return next((head for head in row.cells if self.mapping.get(head) == meaning), meaning.label)


class Judge:
    """Judges the rows of one batch in order, and remembers them: no two may contradict each other."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._seen: dict[str, tuple[str, Row]] = {}

    def remember(self, rows: Iterable[Row]) -> None:
        """Take note of rows that were judged before an interruption."""
        for row in rows:
            said = self._reading.said(row)
            if not row.problems and said.get(Meaning.TITLE):
                self._seen.setdefault(key_of(said, row), (digest_of(said), _without_cells(row)))

    def judge(self, session: Session, rows: Sequence[Row]) -> list[Judgement]:
        saids = [self._reading.said(row) for row in rows]
        keys = [
            key_of(said, row) if said.get(Meaning.TITLE) else ""
            for said, row in zip(saids, rows, strict=True)
        ]
        known = _known(session, self._reading.source, keys)
        bench = _Bench(session, self._reading, known)
        return [self._one(bench, row, said, key) for row, said, key in zip(rows, saids, keys, strict=True)]

    def _one(self, bench: "_Bench", row: Row, said: dict[Meaning, str], key: str) -> Judgement:
        if row.problems or not key:
            missing = Problem(Meaning.TITLE.label, "没有写问题。请补上问题，或删掉这一行。")
            return Judgement(row, Outcome.REFUSED, row.problems or (missing,))
        digest = digest_of(said)
        twin = self._seen.setdefault(key, (digest, _without_cells(row)))
        if twin[1].line != row.line or twin[1].file != row.file:
            return _beside_its_twin(row, key, digest, twin)
        try:
            return bench.judge(row, said, key, digest)
        except RowRefused as refused:
            found = [Problem(self._reading.heading(meaning, row), why) for meaning, why in refused.problems]
            return Judgement(row, Outcome.REFUSED, tuple(found), key, digest)


class _Bench:
    """What a chunk of rows is compared with, read in a few queries."""

    def __init__(self, session: Session, reading: Reading, known: dict[str, ImportedRow]) -> None:
        self._session, self._known = session, known
        self._latest = _latest(session, [row.article_id for row in known.values()])
        paths = CategoryPaths(session, writing=reading.writing, actor=reading.actor, at=reading.at)
        self._drafter = Drafter(scope_names(session), paths)

    def judge(self, row: Row, said: dict[Meaning, str], key: str, digest: str) -> Judgement:
        """
        :raises RowRefused: if the row cannot be taken
        """
        known = self._known.get(key)
        number, latest = self._latest.get(known.article_id, (0, None)) if known else (0, None)
        if known and latest and known.digest == digest:
            return Judgement(row, Outcome.UNCHANGED, key=key, digest=digest)
        draft = self._drafter.draft(said)
        if known is None or latest is None:
            return Judgement(row, Outcome.STARTED, (), key, digest, draft, known)
        if draft == writing.draft_of(self._session, latest):
            return Judgement(row, Outcome.UNCHANGED, (), key, digest, draft)
        if (latest.id, latest.revision) != (known.version_id, known.revision):
            raise RowRefused(
                [(None, f"{code_of(number)} 导入后有人改过，没有覆盖。请在该篇里手工合并这一行的内容。")]
            )
        return Judgement(row, Outcome.CHANGED, (), key, digest, draft, known, latest)


def key_of(said: Mapping[Meaning, str], row: Row) -> str:
    """Return what makes a row the same row next time: its own number, or else its question."""
    external = said.get(Meaning.EXTERNAL_ID, "").strip()
    if external:
        told = f"id {external}"
    else:
        question = normalise(said[Meaning.TITLE])
        told = f"question {_AROUND.sub('', question) or question}"
    return hashlib.sha256(told.encode()).hexdigest()


def digest_of(said: Mapping[Meaning, str]) -> str:
    told = json.dumps(sorted(said.items()), ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def _without_cells(row: Row) -> Row:
    return Row(row.file, row.line, {})


def _beside_its_twin(row: Row, key: str, digest: str, twin: tuple[str, Row]) -> Judgement:
    if twin[0] == digest:
        return Judgement(row, Outcome.UNCHANGED, key=key, digest=digest)
    where = f"第 {twin[1].line} 行" if twin[1].file == row.file else f"“{twin[1].file}”第 {twin[1].line} 行"
    problem = Problem(
        "", f"与{where}是同一个问题（或编号相同），内容却不一样。请合并成一行，或改用不同的编号。"
    )
    return Judgement(row, Outcome.REFUSED, (problem,), key, digest)


def _known(session: Session, source: str, keys: Iterable[str]) -> dict[str, ImportedRow]:
    wanted = select(ImportedRow).where(ImportedRow.source == source, col(ImportedRow.key).in_(set(keys)))
    return {row.key: row for row in session.exec(wanted)}


def _latest(session: Session, article_ids: Iterable[UUID]) -> dict[UUID, tuple[int, ArticleVersion]]:
    versions = (
        select(Article.number, ArticleVersion)
        .join(ArticleVersion, col(ArticleVersion.article_id) == Article.id)
        .where(col(Article.id).in_(list(article_ids)))
        .order_by(col(ArticleVersion.number))
    )
    return {version.article_id: (number, version) for number, version in session.exec(versions)}
