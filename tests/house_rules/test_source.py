"""The rules that no linter knows. Each says why, and each is shown to bite."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "search", "subscribers", "kb", "operations", "web")
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "vendor" not in path.parts
)

Rule = Callable[[Path, ast.Module], Iterator[str]]
DRAWERS = {
    "utils",
    "util",
    "helpers",
    "common",
    "misc",
    "service",
    "services",
    "manager",
    "constants",
    "enums",
}


def only_the_unit_of_work_commits(path: Path, tree: ast.Module) -> Iterator[str]:
    """A commit halfway leaves half a change behind when the rest fails."""
    if path.relative_to(ROOT).parts[0] == "search" and "engines" in path.parts:
        return  # an index's commit is not the database's
    if path != ROOT / "core/database.py":
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}:
                yield f"line {node.lineno}: .{node.attr}()"


def only_the_clock_knows_the_time(path: Path, tree: ast.Module) -> Iterator[str]:
    """Time is an argument, so that a rule can be tested at any hour."""
    reads = {"web", "operations"}  # the two ends of the program, where a request or a command begins
    if path.relative_to(ROOT).parts[0] not in reads and path.name not in {"clock.py", "model.py"}:
        for node in ast.walk(tree):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if called and node.func.attr in {"now", "utcnow", "today"}:
                yield f"line {node.lineno}: .{node.func.attr}()"


def modules_are_named_for_what_they_hold(path: Path, _tree: ast.Module) -> Iterator[str]:
    """A drawer without a name fills up."""
    if path.stem in DRAWERS:
        yield f"{path.stem} says nothing about what is inside"


def functions_fit_on_half_a_screen(_path: Path, tree: ast.Module) -> Iterator[str]:
    """A reader should see a function whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > 40:
                yield f"line {node.lineno}: {node.name} has {length} lines"


def modules_fit_in_one_head(path: Path, _tree: ast.Module) -> Iterator[str]:
    """Who opens a file should be able to hold it."""
    lines = len(path.read_text("utf-8").splitlines()) if path.exists() else 0
    if lines > 300:
        yield f"{lines} lines"


def modules_say_what_they_are(_path: Path, tree: ast.Module) -> Iterator[str]:
    """The list of modules with their first lines is the map of the house."""
    if not ast.get_docstring(tree):
        yield "no docstring"


def nothing_is_swallowed(_path: Path, tree: ast.Module) -> Iterator[str]:
    """A failure that leaves no trace comes back at three in the morning."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and all(isinstance(step, ast.Pass) for step in node.body):
            broad = node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception")
            if broad:
                yield f"line {node.lineno}: except … pass"


BAD = {
    only_the_unit_of_work_commits: ("kb/a.py", '"""A."""\nsession.commit()'),
    only_the_clock_knows_the_time: ("kb/a.py", '"""A."""\ndatetime.now()'),
    modules_are_named_for_what_they_hold: ("kb/utils.py", '"""A."""'),
    functions_fit_on_half_a_screen: ("kb/a.py", "def long():\n" + "    pass\n" * 41),
    modules_say_what_they_are: ("kb/a.py", "x = 1"),
    nothing_is_swallowed: ("kb/a.py", "try:\n    x()\nexcept Exception:\n    pass"),
}
RULES: tuple[Rule, ...] = (*BAD, modules_fit_in_one_head)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps(rule: Rule) -> None:
    broken = [
        f"{path.relative_to(ROOT)} {finding}"
        for path in SOURCES
        for finding in rule(path, ast.parse(path.read_text("utf-8")))
    ]

    assert broken == [], rule.__doc__


@pytest.mark.parametrize("rule", BAD, ids=lambda rule: rule.__name__)
def test_the_rule_bites(rule: Rule) -> None:
    name, code = BAD[rule]

    assert list(rule(ROOT / name, ast.parse(code)))


def test_a_long_module_is_noticed(tmp_path: Path) -> None:
    long = tmp_path / "long.py"
    long.write_text("x = 1\n" * 301)

    assert list(modules_fit_in_one_head(long, ast.parse("")))


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_ours(package: str) -> None:
    """A library that ships a top-level `web` or `search` would shadow ours."""
    assert Path(__import__(package).__file__ or "").is_relative_to(ROOT)
