"""How a text sounds, and how letters are cut into syllables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg import mmseg

from search import pinyin


@pytest.mark.parametrize(
    ("hanzi", "sound"),
    [
        ("流量包", "liu liang bao"),
        ("重庆银行", "cong qin yin hang"),  # of several readings, the one that the neighbours ask for
        ("调休", "tiao xiu"),
        ("差旅", "cai lv"),
        ("转账", "zuan zang"),  # zh and z are one
        ("银龄", "yin lin"),  # ing and in are one
    ],
)
def test_what_hanzi_sound_like(hanzi: str, sound: str) -> None:
    assert pinyin.syllables(hanzi) == tuple(sound.split())


@pytest.mark.parametrize(
    ("letters", "first_way"),
    [
        ("liuliangbao", "liu liang bao"),
        ("zhuanwang", "zuan wang"),
        ("xian", "xian"),
    ],
)
def test_letters_are_cut_into_the_fewest_syllables(letters: str, first_way: str) -> None:
    assert pinyin.cut(letters)[0] == tuple(first_way.split())


def test_both_ways_to_cut_are_kept() -> None:
    assert set(pinyin.cut("xian")) == {("xian",), ("xi", "an")}


def test_an_unfinished_syllable_may_end_in_every_way() -> None:
    assert {way[-1] for way in pinyin.unfinished("liulia")} >= {"lian", "liang", "liao"}
    assert pinyin.unfinished("llb") == []


@pytest.mark.parametrize("letters", ["llb", "vv", "esim", "bcdf", ""])
def test_what_is_no_syllables_cannot_be_cut(letters: str) -> None:
    assert pinyin.cut(letters) == []


@pytest.mark.parametrize(
    ("letters", "hanzi", "fits"),
    [
        ("liulb", "流量包", True),
        ("llbao", "流量包", True),
        ("llb", "流量包", True),
        ("liuli", "流量包", False),  # the last syllable may be unfinished, but not left out
        ("zhzh", "转账", True),
        ("zhuanz", "转账", True),
        ("kdy", "宽带", False),
    ],
)
def test_letters_stand_for_syllables_whole_or_shortened(letters: str, hanzi: str, fits: bool) -> None:
    assert pinyin.says(letters, pinyin.syllables(hanzi)) is fits


def test_a_text_is_indexed_by_pairs_of_syllables_and_by_first_letters_of_its_words() -> None:
    tokens = pinyin.tokens("宽带移机 ok", ["宽带", "移机"])

    assert {"kuan'dai", "dai'yi", "yi'ji", "kd", "kdy", "kdyj", "yj"} <= set(tokens)
    assert "dy" not in tokens  # no word begins there


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=60))
def test_whatever_letters_are_typed_the_ways_spell_them(letters: str) -> None:
    for way in pinyin.cut(letters):
        assert all(way)
        assert len(way) <= len(letters)
    assert len(pinyin.folded_letters(letters)) <= len(letters)


@given(
    st.lists(
        st.sampled_from(sorted(PHRASES_DICT)[::50]).flatmap(
            lambda one: st.sampled_from([one, one[:1], one[:-1], one[1:]])
        )
    )
)
def test_runs_are_cut_as_the_library_cuts_them(parts: list[str]) -> None:
    run = "".join(parts)
    assert pinyin._pieces(run) == list(mmseg.seg.cut(run))
