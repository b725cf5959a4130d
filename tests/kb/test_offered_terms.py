"""What is completed while one types follows what is published, whenever that was."""

import pytest

from core import database
from kb.offered_terms import TERMS
from tests.conftest import MONDAY_MORNING
from tests.makers import make_article

pytestmark = pytest.mark.usefixtures("each_database", "centre")


def version() -> object:
    with database.reading() as session:
        return TERMS.version(session)


def test_what_is_published_at_the_same_moment_is_a_change_too() -> None:
    """Two may be published at one moment, or the earlier of two be committed last."""
    make_article("国际漫游", at=MONDAY_MORNING)
    before = version()
    assert version() == before

    make_article("流量结转", at=MONDAY_MORNING)

    assert version() != before
    with database.reading() as session:
        assert {"国际漫游", "流量结转"} <= TERMS.used(session).keys()
