"""Other ways in which a query may be meant, and how much they count."""

from dataclasses import replace
from typing import Any

import pytest

from search.configuration import DEFAULT, Configuration
from search.document import DocumentKey
from search.lexicon.snapshot import Lexicon, Pin
from search.query import SearchQuery, parse_query
from search.readings import Reason
from search.understanding import Understanding
from search.vocabulary import Vocabulary
from tests.conftest import MONDAY_MORNING

LEXICON = Lexicon(
    words=frozenset({"漫游", "流量包", "固话"}),
    synonyms={"座机": ("固话",)},
    expansions={"流量包": ("日包", "月包")},
    fillers=frozenset({"请问", "客户问", "吧"}),
    confusables={"蔓游": "漫游"},
    pins=(
        Pin("宽带", DocumentKey("kb", "broad")),
        Pin("宽带移机", DocumentKey("kb", "moving")),
        Pin("漫游", DocumentKey("kb", "whole"), is_whole=True),
    ),
)
TERMS = Vocabulary(dict.fromkeys(LEXICON.words, 1.0))


def read(text: str, chosen: Configuration = DEFAULT, **lexicon: Any) -> SearchQuery:
    understanding = Understanding(replace(LEXICON, **lexicon), TERMS, chosen)
    return parse_query(text, at=MONDAY_MORNING, understanding=understanding)


def reasons(query: SearchQuery) -> dict[Reason, tuple[str, str]]:
    return {reading.reason: (reading.said, reading.meant) for reading in reversed(query.readings)}


@pytest.mark.parametrize(
    ("typed", "reason", "meant", "counts"),
    [
        ("座机月租", Reason.SYNONYM, "固话", DEFAULT.synonym),
        ("流量包", Reason.EXPANSION, "日包", DEFAULT.expansion),
        ("蔓游", Reason.CONFUSABLE, "漫游", DEFAULT.correction),
        ("慢游", Reason.HOMOPHONE, "漫游", DEFAULT.correction),
        ("manyou", Reason.PINYIN, "漫游", 1.0),
        ("llb", Reason.INITIALS, "流量包", 1.0),
    ],
)
def test_each_reading_adds_its_words_by_its_reason(
    typed: str, reason: Reason, meant: str, counts: float
) -> None:
    query = read(typed)

    assert reasons(query)[reason][1] == meant
    assert query.words[meant] == counts


def test_what_was_said_counts_as_it_was_said() -> None:
    assert read("座机 座机").words["座机"] == 2


@pytest.mark.parametrize(
    ("switch", "typed"),
    [("with_synonyms", "座机"), ("with_pinyin", "manyou"), ("with_corrections", "慢游")],
)
def test_what_is_switched_off_is_not_read(switch: str, typed: str) -> None:
    assert read(typed).readings
    assert read(typed, replace(DEFAULT, **{switch: False})).readings == ()


@pytest.mark.parametrize(
    ("typed", "heard"), [("慢游开通", "漫游开通"), ("manyou", "漫游"), ("座机月租", "座机月租")]
)
def test_the_encoder_hears_what_was_meant_but_no_synonyms(typed: str, heard: str) -> None:
    assert read(typed).asked == heard


def test_codes_are_looked_up_as_they_were_typed() -> None:
    assert read("llb").codes == ("llb",)


def test_syllables_typed_apart_are_one_word() -> None:
    assert reasons(read("man you"))[Reason.PINYIN] == ("manyou", "漫游")


def test_a_filler_is_not_cut_out_of_a_word() -> None:
    assert "问题" in read("客户问题").words
    assert "客户" not in read("客户问 漫游").words


def test_a_sigh_counts_only_where_a_part_ends() -> None:
    assert "吧" not in read("漫游吧").grams
    assert "吧" in read("网吧漫游").grams


def test_pins_stand_by_the_longest_phrase() -> None:
    assert [pin.key.id for pin in read("宽带移机").pins] == ["moving", "broad"]
    assert [pin.key.id for pin in read("漫游").pins] == ["whole"]
    assert read("漫游资费").pins == ()


def test_letters_that_spell_no_term_are_not_held_against_what_was_found() -> None:
    assert "漫游" in [wording.strip() for wording in read("manyou xuyao").wordings]
    assert all("volte" in wording for wording in read("volte 漫游").wordings)


def test_everything_read_otherwise_is_also_one_wording() -> None:
    assert "固话漫游" in read("座机慢游").wordings


MIXED = Vocabulary(
    dict.fromkeys(["5g套餐", "wifi密码", "退改", "基站", "固话", "月租", "流量包", "pin码"], 1.0)
)


def read_mixed(text: str) -> SearchQuery:
    return parse_query(text, at=MONDAY_MORNING, understanding=Understanding(LEXICON, MIXED))


@pytest.mark.parametrize(
    ("typed", "reason", "meant"),
    [
        ("5gtc", Reason.INITIALS, "5g套餐"),
        ("5gtaocan", Reason.PINYIN, "5g套餐"),
        ("5gtaoc", Reason.PINYIN, "5g套餐"),
        ("wifimima", Reason.PINYIN, "wifi密码"),
        ("wifimm", Reason.INITIALS, "wifi密码"),
        ("5gjizhan", Reason.PINYIN, "5g基站"),  # no term, but 5g begins one
        ("59yuan", Reason.PINYIN, "59元"),
        ("5g套餐tg", Reason.INITIALS, "退改"),
        ("pinma", Reason.PINYIN, "pin码"),
    ],
)
def test_letters_are_read_after_what_stands_for_itself(typed: str, reason: Reason, meant: str) -> None:
    query = read_mixed(typed)

    assert reasons(query)[reason][1] == meant
    assert meant in query.asked


@pytest.mark.parametrize(
    ("typed", "code"),
    [("ERR-1023", "err1023"), ("*#06#", "*#06#"), ("iPhone15", "iphone15"), ("cx5g099", "cx5g099")],
)
def test_a_real_code_stays_what_it_is(typed: str, code: str) -> None:
    query = read_mixed(typed)

    assert code in query.codes
    assert query.readings == ()


def test_a_price_that_was_spelt_is_looked_up_as_a_code() -> None:
    assert "59元" in read_mixed("59yuan").codes


def test_who_spells_a_word_means_its_synonyms_too() -> None:
    query = parse_query(
        "zuoji yuezu",
        at=MONDAY_MORNING,
        understanding=Understanding(LEXICON, Vocabulary({"座机": 1.0, "月租": 1.0})),
    )

    assert reasons(query)[Reason.SYNONYM] == ("座机", "固话")
    assert query.words["固话"] == DEFAULT.synonym


@pytest.mark.parametrize("typed", ["manyou", "蔓游", "慢游"])
def test_a_pin_stands_for_what_was_meant(typed: str) -> None:
    assert [pin.key.id for pin in read(typed).pins] == ["whole"]
