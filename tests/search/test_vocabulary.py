"""Terms by how they are written and how they sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.vocabulary import Decoded, Misheard, Vocabulary

TERMS = Vocabulary(
    {
        "流量包": 5,
        "流量结转": 2,
        "漫游": 3,
        "国际漫游": 4,
        "宽带": 9,
        "宽带移机": 2,
        "来电显示": 1,
        "覆盖": 1,
        "投诉": 1,
        "显示": 1,
    }
)


def nothing_is_a_word(_text: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("letters", "term", "by_sound"),
    [
        ("liuliangbao", "流量包", True),
        ("llb", "流量包", False),
        ("kdyj", "宽带移机", False),
        ("fugaitousu", "覆盖投诉", True),
    ],
)
def test_letters_spell_terms(letters: str, term: str, by_sound: bool) -> None:
    assert TERMS.decode(letters)[0] == Decoded(term, by_sound)


def test_letters_that_spell_nothing_stay_letters() -> None:
    assert TERMS.decode("volte") == []
    assert TERMS.decode("zzz") == []


@pytest.mark.parametrize(
    ("typed", "completions"),
    [
        ("流量", ["流量包", "流量结转"]),  # the more used one first
        ("liul", ["流量包", "流量结转"]),
        ("llj", ["流量结转"]),
        ("kuandaiy", ["宽带移机"]),
        ("liulb", ["流量包"]),  # half syllables, half first letters
        ("漫游", ["国际漫游"]),
        ("", []),
        ("宽带移机", []),
    ],
)
def test_typing_goes_on(typed: str, completions: list[str]) -> None:
    assert TERMS.complete(typed, 5) == completions


@pytest.mark.parametrize(
    ("asked", "said", "meant"),
    [
        ("慢游资费", "慢游", "漫游"),
        ("国际慢游", "国际慢游", "国际漫游"),
        ("来电先是", "来电先是", "来电显示"),
        ("宽代移机", "宽代移机", "宽带移机"),
    ],
)
def test_what_sounds_like_a_term_is_taken_for_it(asked: str, said: str, meant: str) -> None:
    assert TERMS.misheard(asked, nothing_is_a_word) == [Misheard(0, said, meant)]


@pytest.mark.parametrize("asked", ["国际漫游资费", "宽带移机", "今天天气", "流量包 漫游"])
def test_what_is_written_right_is_left_alone(asked: str) -> None:
    assert TERMS.misheard(asked, nothing_is_a_word) == []


def test_a_word_of_two_characters_that_is_a_word_itself_is_only_asked_about() -> None:
    (slip,) = TERMS.misheard("先是", lambda text: text == "先是")

    assert (slip.meant, slip.is_sure) == ("显示", False)


def test_near_terms_share_the_most() -> None:
    assert TERMS.near("国际漫游怎么收费", 2) == ["国际漫游", "漫游"]


@given(st.text(max_size=30))
def test_nothing_that_is_typed_breaks_it(typed: str) -> None:
    TERMS.complete(typed, 5)
    TERMS.near(typed, 5)
    for slip in TERMS.misheard(typed, nothing_is_a_word):
        assert typed[slip.start : slip.start + len(slip.said)] == slip.said


@pytest.mark.parametrize(
    ("typed", "completions"), [("5gt", ["5g套餐"]), ("5gtaoc", ["5g套餐"]), ("wifim", ["wifi密码"])]
)
def test_a_term_that_begins_in_letters_is_completed_too(typed: str, completions: list[str]) -> None:
    assert Vocabulary({"5g套餐": 1, "wifi密码": 1}).complete(typed, 5) == completions


def test_letters_that_begin_with_a_syllable_are_not_taken_apart() -> None:
    terms = Vocabulary({"pin码": 1, "wifi密码": 1})

    assert terms.apart("wifimingling") == ("wifi", "mingling")
    assert terms.apart("pinpai") == ("", "pinpai")
    assert terms.apart("iphone15") == ("", "iphone15")
