"""HTML from editors and Office: structure stays, danger goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.sanitising import clean_html, html_of, text_of


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<p>移机<script>alert(1)</script></p>", "<p>移机</p>"),
        ("<style>p{color:red}</style><p style='x' class='y' onclick='z'>移机</p>", "<p>移机</p>"),
        ('<a href="javascript:alert(1)">点</a>', '<a rel="noopener noreferrer">点</a>'),
        ('<a href="data:text/html,x">点</a>', '<a rel="noopener noreferrer">点</a>'),
        ('<img src="x" onerror="alert(1)">移机', "移机"),
        ("<iframe src='http://x'></iframe>移机", "移机"),
        ("<!-- 内部 --><p>移机</p>", "<p>移机</p>"),
        ("<p>移\x00机</p>", "<p>移机</p>"),
    ],
)
def test_what_could_do_harm_is_taken_out(dirty: str, clean: str) -> None:
    assert clean_html(dirty) == clean


def test_merged_cells_stay() -> None:
    table = '<table><tbody><tr><td colspan="2">合计</td><td rowspan="3">元</td></tr></tbody></table>'

    assert clean_html(table) == table


@pytest.mark.parametrize("span", ["99999999", "-1", "0", "abc", "1e9"])
def test_a_span_that_would_stop_the_browser_goes(span: str) -> None:
    assert "span" not in clean_html(f'<table><tbody><tr><td colspan="{span}">x</td></tr></tbody></table>')


def test_the_text_keeps_lines_and_cells_apart() -> None:
    html = "<ol><li>核验机主</li><li>试算</li></ol><table><tr><td>59元</td><td>20GB</td></tr></table>"

    assert text_of(html) == "核验机主\n试算\n59元 20GB"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(html: str) -> None:
    once = clean_html(html)

    assert clean_html(once) == once


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_plain_text_survives_becoming_html(text: str) -> None:
    squeezed = "".join(text.split())

    assert "".join(text_of(clean_html(html_of(text))).split()) == squeezed
