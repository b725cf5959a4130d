"""The documents say what is."""

import re
from pathlib import Path

import pytest

from core.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_every_setting_is_in_the_guide_with_its_default_and_meaning() -> None:
    rows = dict(re.findall(r"\| `(ZHIDA_\w+)` \| (.*?) \|\n", (DOCS / "running.md").read_text("utf-8")))

    wanted = {
        f"ZHIDA_{name.upper()}": f"`{field.default}` | {field.description}"
        for name, field in Settings.model_fields.items()
    }
    assert rows == {name: row.replace("``", "（空）") for name, row in wanted.items()}


@pytest.mark.parametrize("document", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_the_files_that_a_document_names_are_there(document: Path) -> None:
    named = re.findall(
        r"`((?:core|search|subscribers|kb|operations|web|tests|deploy|benchmarks)/[\w/.*-]+)`",
        document.read_text("utf-8"),
    )

    missing = [name for name in named if not list(DOCS.parent.glob(name.rstrip("/")))]

    assert missing == []
