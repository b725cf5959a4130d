"""Golden queries as a file: JSON lines of query, relevant article codes, kind, held_out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ValidationError
from sqlmodel import Session, col, select

from core.errors import Invalid
from core.identity import Actor
from kb.models import Article, code_of
from kb.search_source import SOURCE, key_of
from search.document import DocumentKey
from search.golden import Golden, Grade, all_golden
from search.golden_keeping import FROM_USE, Wording, Written, add_many


class GoldenFileUnusable(Invalid):
    message = '须是一个 JSON，例如 {"query": "宽带移机", "relevant": ["KB-00101"]}。请改正后再导入。'


class Row(BaseModel):
    """A line: `helps` are those of the relevant that are no full answer, `wrong` was looked at in vain."""

    query: str
    relevant: list[str]
    kind: str = FROM_USE
    held_out: bool = False
    helps: list[str] = []
    wrong: list[str] = []

    @property
    def codes(self) -> set[str]:
        return {*self.relevant, *self.wrong}

    def written(self, keys: Mapping[str, DocumentKey]) -> Written:
        grades = {keys[code]: Grade.HELPS if code in self.helps else Grade.ANSWERS for code in self.relevant}
        grades |= {keys[code]: Grade.WRONG for code in self.wrong}
        return Written(Wording(self.query, self.kind, self.held_out), grades)


@dataclass(frozen=True)
class Taken:
    """What came of a file; `unknown` names codes that the centre does not have."""

    added: int
    known: int
    unknown: tuple[str, ...] = ()


def export_lines(session: Session) -> Iterator[str]:
    codes = {key: code for code, key in keys_by_code(session).items()}
    for golden in all_golden(session):
        yield _row(golden, codes).model_dump_json()


def import_lines(session: Session, lines: Iterable[str], *, actor: Actor, at: datetime) -> Taken:
    """Take in what is not there yet. A query of which an article is missing is left out, and said.

    :raises GoldenFileUnusable: if a line is no such row
    """
    rows = list(rows_of(lines))
    keys = keys_by_code(session)
    whole = [row for row in rows if row.codes <= keys.keys()]
    added = add_many(session, [row.written(keys) for row in whole], actor=actor, at=at)
    unknown = sorted({code for row in rows for code in row.codes} - keys.keys())
    return Taken(added, len(whole) - added, tuple(unknown))


def rows_of(lines: Iterable[str]) -> Iterator[Row]:
    """
    :raises GoldenFileUnusable: at the first line that is no such row
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield Row.model_validate_json(line)
            except ValidationError as error:
                raise GoldenFileUnusable(f"第 {number} 行{GoldenFileUnusable.message}") from error


def keys_by_code(session: Session) -> dict[str, DocumentKey]:
    articles = session.exec(select(Article.number, Article.id).order_by(col(Article.number)))
    return {code_of(number): key_of(id_) for number, id_ in articles}


def _row(golden: Golden, codes: Mapping[DocumentKey, str]) -> Row:
    graded = [(codes[key], grade) for key, grade in golden.grades.items() if key.source == SOURCE]
    return Row(
        query=golden.text,
        relevant=sorted(code for code, grade in graded if grade > Grade.WRONG),
        kind=golden.kind,
        held_out=golden.held_out,
        helps=sorted(code for code, grade in graded if grade is Grade.HELPS),
        wrong=sorted(code for code, grade in graded if grade is Grade.WRONG),
    )
