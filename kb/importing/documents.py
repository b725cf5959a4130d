"""A Word or HTML document as one row: its first heading is the title, the rest the body."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mammoth
from lxml import etree
from lxml import html as lxml_html

from kb.importing.file_kinds import BrokenFile, FileKind
from kb.importing.rows import Problem, Row, unstorable
from kb.importing.spreadsheets import UNREADABLE
from kb.sanitising import clean_html, text_of

TITLE, BODY = "标题", "正文"
HEADINGS = [TITLE, BODY]
_TITLES = ("h1", "h2", "h3")
_SHIFTED = {"h1": "h2", "h5": "h4", "h6": "h4"}
_APART = ("script", "style", "noscript", "template", "nav", "iframe", "object", "svg", "head")
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='标题'] => h1:fresh
p[style-name='标题 1'] => h1:fresh
p[style-name='标题 2'] => h2:fresh
p[style-name='标题 3'] => h3:fresh
"""


@dataclass(frozen=True)
class Document:
    title: str
    body: str
    dropped_images: int

    def row(self, name: str) -> Row:
        cells = {TITLE: self.title, BODY: self.body}
        problems = unstorable(cells)
        if not text_of(self.body):
            problems.append(Problem(BODY, "文件里除标题外没有文字（图片不能导入）。请补上文字后重新导入。"))
        return Row(name, 1, cells, tuple(problems))


def read(path: Path, kind: FileKind, encoding: str, name: str) -> Document:
    """
    :raises BrokenFile: if it cannot be read
    """
    try:
        if kind is FileKind.DOCX:
            return _docx(path, name)
        return _html(path.read_text(encoding), name)
    except (*UNREADABLE, RecursionError, etree.LxmlError) as error:
        raise BrokenFile(name) from error


def _docx(path: Path, name: str) -> Document:
    images = 0

    def drop(_image: Any) -> list[Any]:
        nonlocal images
        images += 1
        return []

    with path.open("rb") as file:
        made = mammoth.convert_to_html(
            file, style_map=_STYLES, convert_image=drop, include_embedded_style_map=False
        )
    return _split(lxml_html.fragment_fromstring(made.value, create_parent="div"), images, Path(name).stem)


def _html(text: str, name: str) -> Document:
    text = text.lstrip().replace("\x00", "")
    if text.startswith("<?xml"):
        text = text.partition("?>")[2]
    tree = lxml_html.document_fromstring(text)
    named = " ".join(tree.findtext(".//title", "").split())
    images = sum(1 for _ in tree.iter("img"))
    return _split(tree, images, named or Path(name).stem)


def _split(tree: Any, images: int, otherwise: str) -> Document:
    for element in list(tree.iter(*_APART)):
        element.drop_tree()
    title = otherwise
    for heading in _headings(tree):
        title = " ".join(heading.text_content().split())
        heading.drop_tree()
        break
    for element in tree.iter(*_SHIFTED):
        element.tag = _SHIFTED[element.tag]
    body = clean_html(lxml_html.tostring(tree, encoding="unicode"))
    return Document(title, body, images)


def _headings(tree: Any) -> Iterator[Any]:
    return (element for element in tree.iter(*_TITLES) if element.text_content().strip())
