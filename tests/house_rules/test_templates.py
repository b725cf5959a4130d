"""What holds for every template. Each rule says why, and each is shown to bite."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jinja2 import meta, nodes

from web.templating import environment

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "web/templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
EVERYWHERE = {"request", "frame", "asset"}
ICONS = set(re.findall(r'<symbol id="i-([^"]+)"', (ROOT / "web/static/icons.svg").read_text()))
UPGRADE_CHECK = ROOT / "web/static/vendor/htmx-4.0.1/upgrade-check.py"

Rule = Callable[[str, str], Iterator[str]]


def _is_fragment(name: str) -> bool:
    return Path(name).name.startswith("_")


def a_fragment_says_what_it_needs(name: str, source: str) -> Iterator[str]:
    """Several routes draw the same fragment: what each must pass stands in its first line."""
    if not _is_fragment(name):
        return
    declaration = re.match(r"\{#- needs: (.*?) -#\}", source)
    if declaration is None:
        yield "the first line of a fragment is {#- needs: … -#}"
        return
    said = "" if declaration[1] == "nothing" else declaration[1]
    declared = set(re.findall(r"(\w+)(?: \([^)]*\))?(?:, |$)", said))
    used = _used(source) - EVERYWHERE
    if used != declared:
        yield f"declares {sorted(declared)}, uses {sorted(used)}"


def _used(source: str) -> set[str]:
    """Return what a template uses, with what its includes use and it does not give them itself."""
    tree = environment.parse(source)
    return meta.find_undeclared_variables(tree) | set(_wanted_by_includes(tree, frozenset()))


def _wanted_by_includes(node: nodes.Node, given: frozenset[str]) -> Iterator[str]:
    given |= _names(*getattr(node, "targets", ()), getattr(node, "target", None))
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Include) and isinstance(child.template, nodes.Const):
            yield from _used((TEMPLATES / child.template.value).read_text()) - given
        elif isinstance(child, nodes.Assign):
            given |= _names(child.target)
        else:
            yield from _wanted_by_includes(child, given)


def _names(*targets: nodes.Node | None) -> frozenset[str]:
    found = [node for target in targets if target for node in (target, *target.find_all(nodes.Name))]
    return frozenset(node.name for node in found if isinstance(node, nodes.Name))


def no_style_in_the_markup(_name: str, source: str) -> Iterator[str]:
    """`style-src 'self'` blocks it: the page would look right on no machine but the one that wrote it."""
    yield from re.findall(r"""<style\b|\sstyle\s*=""", source)


def no_script_in_the_markup(_name: str, source: str) -> Iterator[str]:
    """`script-src 'self'` blocks it, silently."""
    yield from re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", source)
    markup = re.sub(r"{%.*?%}", "", source, flags=re.DOTALL)
    yield from re.findall(r"\son[a-z]+\s*=|javascript:", markup)


def htmx_evaluates_nothing(_name: str, source: str) -> Iterator[str]:
    """`hx-on`, `js:` and trigger filters need eval, which the policy forbids; htmx's check lets them pass."""
    yield from re.findall(r"\shx-on\S*", source)
    yield from re.findall(r"""=["'](?:js|javascript):""", source)
    yield from re.findall(r"""hx-trigger(?::inherited)?=["'][^"']*\[""", source)


def every_icon_is_in_the_sprite(_name: str, source: str) -> Iterator[str]:
    """An icon that is missing draws nothing. Add it to deploy/vendor.py and run that."""
    yield from set(re.findall(r"""\bicon\(["']([a-z0-9-]+)["']""", source)) - ICONS


def every_form_that_writes_carries_the_token(_name: str, source: str) -> Iterator[str]:
    """Without it the form is refused where there is no JavaScript."""
    for form in re.findall(r'<form[^>]*method="post".*?</form>', source, re.DOTALL):
        if '{% include "_csrf.html" %}' not in form:
            yield form[:60]


def nothing_comes_from_elsewhere(_name: str, source: str) -> Iterator[str]:
    """The centre's network has no way out."""
    yield from re.findall(r"""(?:src|href|action)=["'](?:https?:)?//[^"']*""", source)


def a_reader_sees_it_whole(name: str, source: str) -> Iterator[str]:
    """A long template hides a part that several pages could share."""
    lines, most = source.count("\n"), 60 if _is_fragment(name) else 120
    if lines > most:
        yield f"{lines} lines, at most {most}"


RULES: tuple[Rule, ...] = (
    a_fragment_says_what_it_needs,
    no_style_in_the_markup,
    no_script_in_the_markup,
    htmx_evaluates_nothing,
    every_icon_is_in_the_sprite,
    every_form_that_writes_carries_the_token,
    nothing_comes_from_elsewhere,
    a_reader_sees_it_whole,
)

BAD: dict[Rule, tuple[str, ...]] = {
    a_fragment_says_what_it_needs: (
        "<p>{{ card.title }}</p>",
        "{#- needs: card, other -#}{{ card.title }}",
        '{#- needs: nothing -#}{% for page in [] %}{% endfor %}{% include "_pager.html" %}',
    ),
    no_style_in_the_markup: ('<p style="color: red">', "<style>p {}</style>"),
    no_script_in_the_markup: (
        "<script>alert(1)</script>",
        '<p onclick="go()">',
        '<a href="javascript:go()">',
    ),
    htmx_evaluates_nothing: (
        '<p hx-on:click="go()">',
        """<p hx-vals='js:{"a": 1}'>""",
        '<p hx-trigger="keyup[key==1]">',
    ),
    every_icon_is_in_the_sprite: ('{{ icon("no-such-icon") }}',),
    every_form_that_writes_carries_the_token: ('<form method="post" action="/a"><button>a</button></form>',),
    nothing_comes_from_elsewhere: ('<img src="//cdn.example/a.png">', '<a href="https://example.com">'),
    a_reader_sees_it_whole: ("\n" * 121,),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_templates_keep(rule: Rule) -> None:
    broken = [
        f"{name}: {finding}" for name in NAMES for finding in rule(name, (TEMPLATES / name).read_text())
    ]

    assert broken == [], rule.__doc__


@pytest.mark.parametrize(("rule", "bad"), [(rule, bad) for rule in RULES for bad in BAD[rule]])
def test_the_rule_bites(rule: Rule, bad: str) -> None:
    assert list(rule("_bad.html", bad))


def test_htmx_finds_nothing_of_its_former_self() -> None:
    checked = subprocess.run(
        [sys.executable, UPGRADE_CHECK, TEMPLATES], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout


def test_the_check_of_htmx_bites(tmp_path: Path) -> None:
    (tmp_path / "old.html").write_text('<div hx-target="#a"><button hx-get="/a">a</button></div>')

    checked = subprocess.run([sys.executable, UPGRADE_CHECK, tmp_path], capture_output=True, check=False)

    assert checked.returncode == 1
