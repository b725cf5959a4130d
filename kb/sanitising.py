"""HTML that people wrote or Office produced, made safe to show; and the plain text in it."""

import re

import nh3
from lxml import html as lxml_html

TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "a",
    "strong", "b", "em", "i", "u", "s", "sub", "sup", "table", "caption", "thead", "tbody", "tfoot", "tr",
    "th", "td",
}  # fmt: skip
_ATTRIBUTES = {
    "td": {"rowspan", "colspan"},
    "th": {"rowspan", "colspan", "scope"},
    "a": {"href", "title"},
    "ol": {"start"},
}
_LARGEST_SPAN = 100
_BLOCKS = {"p", "h1", "h2", "h3", "h4", "li", "tr", "br", "blockquote", "caption", "div", "table"}


def clean_html(html: str) -> str:
    """Return only what an article may contain: structure, tables with merged cells, plain links."""
    cleaner = nh3.Cleaner(
        tags=TAGS,
        clean_content_tags={"script", "style", "title"},
        attributes=_ATTRIBUTES,
        attribute_filter=_sane_attribute,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )
    return cleaner.clean(html.replace("\x00", "")).strip()


def _sane_attribute(_tag: str, name: str, value: str) -> str | None:
    """A cell that spans a million columns stops the browser."""
    if name in {"rowspan", "colspan", "start"}:
        return value if value.isdigit() and 0 < int(value[:4]) <= _LARGEST_SPAN else None
    return value


def text_of(html: str) -> str:
    """Return the words of the HTML, a line for each block and a space between the cells of a row."""
    if not html.strip():
        return ""
    tree = lxml_html.fragment_fromstring(html.replace("\x00", ""), create_parent="div")
    for element in tree.iter():
        if element.tag in _BLOCKS:
            element.tail = "\n" + (element.tail or "")
        elif element.tag in {"td", "th"}:
            element.tail = " " + (element.tail or "")
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in tree.text_content().splitlines())
    return "\n".join(line for line in lines if line)


def html_of(text: str) -> str:
    """Return plain text as paragraphs."""
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"<p>{nh3.clean_text(line)}</p>" for line in lines if line)
