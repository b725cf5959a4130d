"""SQLite's full text as a peer: no text breaks its query, and it finds what it can."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.peers.fts5 import Fts5, trigrams
from search.document import DocumentKey, SearchDocument

DOCUMENTS = [
    SearchDocument(DocumentKey("set", "roaming"), title="国际漫游怎么收费", codes=("ROAM-30",)),
    SearchDocument(DocumentKey("set", "moving"), title="宽带移机要几天"),
]


@pytest.fixture(scope="module", params=["unicode61", "trigram"])
def peer(request: pytest.FixtureRequest) -> Fts5:
    made = Fts5(request.param)
    made.index(DOCUMENTS)
    return made


@example(text='AND 漫游"收费" NOT')
@given(text=st.text(max_size=300) | st.text('"*()-+^:{}AND OR NOT漫游收费', max_size=200))
def test_nothing_that_can_be_typed_is_taken_for_syntax(peer: Fts5, text: str) -> None:
    assert set(peer.ask(text, 10)) <= {"roaming", "moving"}


def test_a_word_within_a_run_is_found_by_trigrams_alone() -> None:
    by_words, by_three = Fts5("unicode61"), Fts5("trigram")
    for one in (by_words, by_three):
        one.index(DOCUMENTS)

    assert by_three.ask("漫游怎么算", 10) == ["roaming"]
    assert by_words.ask("漫游怎么算", 10) == []
    assert by_words.ask("roam", 10) == ["roaming"]


def test_two_characters_have_no_trigram() -> None:
    assert trigrams("漫游 5G") == []
    assert trigrams("漫游费 漫游费用") == ["漫游费", "游费用"]
