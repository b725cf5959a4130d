"""What is kept of a query's candidates adds up to what a search would have said."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from search.configuration import Configuration
from search.document import DocumentKey
from search.engines.base import Scored
from search.hits import Signal
from search.kept_scores import Candidates, mark_of, pack, place_of, ranked, unpack
from search.ranking import fuse

KEYS = [DocumentKey("kb", str(number)) for number in range(30)]


@st.composite
def scored(draw: st.DrawFn) -> tuple[Scored, ...]:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=20))
    scores = draw(
        st.lists(st.floats(0.0625, 40, width=32), min_size=len(keys), max_size=len(keys), unique=True)
    )
    return tuple(map(Scored, keys, sorted(scores, reverse=True)))


searches = st.dictionaries(st.sampled_from(list(Signal)), scored(), max_size=5)


@given(searches)
def test_the_order_is_that_of_the_ranking(found: dict[Signal, tuple[Scored, ...]]) -> None:
    hits = fuse(found, Configuration())

    marks = ranked({signal: Candidates.of(list_) for signal, list_ in found.items()}, Configuration())

    score_of = {mark_of(hit.key): hit.score for hit in hits}
    assert set(marks.tolist()) == set(score_of)
    scores = [score_of[mark] for mark in marks.tolist()]
    assert all(above >= below - 1e-9 for above, below in itertools.pairwise(scores))


@given(searches)
def test_what_is_packed_comes_back(found: dict[Signal, tuple[Scored, ...]]) -> None:
    lists = {signal: Candidates.of(scored) for signal, scored in found.items()}

    again = unpack(*pack(lists))

    assert {signal: (one.marks.tolist(), one.scores.tolist()) for signal, one in again.items()} == {
        signal: (one.marks.tolist(), one.scores.tolist()) for signal, one in lists.items()
    }


@given(scored(), st.sampled_from(KEYS), st.floats(0, 40, width=32))
def test_a_new_score_takes_its_place_and_leaves_the_others(
    found: tuple[Scored, ...], key: DocumentKey, score: float
) -> None:
    candidates = Candidates.of(found)

    changed = candidates.with_score(mark_of(key), score)

    others = [mark_of(hit.key) for hit in found if hit.key != key]
    assert [mark for mark in changed.marks.tolist() if mark != mark_of(key)] == others
    assert (place_of(changed.marks, mark_of(key)) is not None) == (score > 0)
    assert changed.scores.tolist() == sorted(changed.scores.tolist(), reverse=True)
