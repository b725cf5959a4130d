"""What an editor does at the import desk, and the files that are brought there."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import docx
import openpyxl
from sqlmodel import col, select

from core import database
from core.identity import Actor
from kb import writing
from kb.forms import ArticleDraft
from kb.importing import refused_rows
from kb.importing.batches import find, refusals
from kb.importing.carrying_out import carry_out
from kb.importing.checking import check
from kb.importing.models import ImportBatch, ImportRefusal
from kb.importing.receiving import Upload, prepare
from kb.models import Article, ArticleVersion
from tests.conftest import MONDAY_MORNING

File = tuple[str, bytes]


def bring(*files: File, actor: Actor, source: str = "") -> UUID:
    uploads = [Upload(name, io.BytesIO(content)) for name, content in files]
    return prepare(uploads, source=source, actor=actor, at=MONDAY_MORNING)


def checked(*files: File, actor: Actor, source: str = "") -> ImportBatch:
    return check(bring(*files, actor=actor, source=source), actor=actor, at=MONDAY_MORNING)


def imported(*files: File, actor: Actor, source: str = "") -> ImportBatch:
    return carry_out(checked(*files, actor=actor, source=source).id, actor=actor, at=MONDAY_MORNING)


def batch_of(batch_id: UUID) -> ImportBatch:
    with database.reading() as session:
        return find(session, batch_id)


def refused(batch: ImportBatch) -> list[ImportRefusal]:
    with database.reading() as session:
        return list(session.exec(refusals(batch.id)))


def reasons(batch: ImportBatch) -> str:
    """Every reason of every refused row, with line and field."""
    return "\n".join(
        f"{row.line} {problem['field']} {problem['reason']}"
        for row in refused(batch)
        for problem in row.problems
    )


def refused_file(batch: ImportBatch) -> bytes:
    with database.reading() as session:
        return "".join(refused_rows.as_csv(session, batch)).encode()


def drafts() -> list[ArticleDraft]:
    """Every article as its latest version says it, in the order of their numbers."""
    with database.reading() as session:
        articles = session.exec(select(Article).order_by(col(Article.number))).all()
        return [
            writing.draft_of(session, writing.latest_version(session, article.id)) for article in articles
        ]


def versions() -> list[ArticleVersion]:
    with database.reading() as session:
        return list(session.exec(select(ArticleVersion).order_by(col(ArticleVersion.number))))


def csv_file(rows: Iterable[Sequence[str]], *, encoding: str = "utf-8", name: str = "faq.csv") -> File:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return name, written.getvalue().encode(encoding)


def jsonl_file(*rows: Any, name: str = "faq.jsonl") -> File:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    return name, "\n".join(lines).encode()


def rows_of_csv(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))


def xlsx_file(book: Any, name: str = "faq.xlsx") -> File:
    kept = io.BytesIO()
    book.save(kept)
    return name, kept.getvalue()


def workbook(*rows: Sequence[Any]) -> Any:
    book: Any = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


def docx_file(document: Any, name: str = "移机.docx") -> File:
    kept = io.BytesIO()
    document.save(kept)
    return name, kept.getvalue()


def document(*paragraphs: str, title: str = "") -> Any:
    made = docx.Document()
    if title:
        made.add_heading(title, 1)
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    return made


def rewritten(file: File, part: str, change: Any) -> File:
    """The same Office file, one of its parts changed by hand."""
    name, content = file
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            said = old.read(entry)
            new.writestr(entry, change(said) if entry == part else said)
    return name, kept.getvalue()
