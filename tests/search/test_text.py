"""One spelling, cut into words, grams and codes."""

import warnings

import pytest

from search import text
from search.lexicon.shipped import lines, shipped

SENTENCES = (
    "携号转网需要满足什么条件，副卡还能不能用",
    "我家光猫亮红灯，宽带上不去网了怎么办",
    "国际漫游流量包按天计费，次日零点自动失效",
    "停机保号每月五元，最长可以办理十二个月",
    "客户要求退订增值业务并双倍返还已经扣除的费用",
    "银行代扣失败后会在三天之内再次扣款，请保持余额充足",
    "套餐变更次月生效，当月仍按原套餐收取月租",
    "请提供机主身份证件原件，到营业厅办理过户手续",
)


@pytest.mark.parametrize(
    ("written", "one_spelling"),
    [
        ("ＣＸ５Ｇ０９９", "cx5g099"),
        ("國際漫遊資費", "国际漫游资费"),
        ("乾隆皇帝 乾燥", "乾隆皇帝 干燥"),
        ("Ⅲ类 ½ ①", "iii类 1⁄2 1"),
        ("宽\u200b带\ufeff 移\u00ad机", "宽带 移机"),
        ("a\x00b\ud800c\nd", "a b c d"),
    ],
)
def test_one_spelling(written: str, one_spelling: str) -> None:
    assert text.normalise(written) == one_spelling


def test_words_are_those_of_jieba() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's own, at its first compilation
        import jieba
    for word in lines("words.txt"):
        jieba.add_word(text.normalise(word))

    for sentence in SENTENCES:
        cut = [word for word in jieba.cut_for_search(sentence) if word.isalnum()]
        assert sorted(shipped().cutter.words(sentence)) == sorted(cut), sentence


@pytest.mark.parametrize("word", lines("words.txt"))
def test_a_word_of_the_trade_stays_whole(word: str) -> None:
    assert text.normalise(word) in shipped().cutter.words(f"请问{word}的规定")


def test_the_words_of_the_trade_are_listed_once() -> None:
    listed = [text.normalise(word) for word in lines("words.txt")]

    assert len(listed) == len(set(listed))


def test_words_hold_no_signs() -> None:
    assert shipped().cutter.words("流量，(套餐) a:b *x* 。！") == ["流量", "套餐", "a", "b", "x"]


def test_grams_are_characters_and_neighbours_and_stop_at_a_sign() -> None:
    assert text.grams("漫游，费5G") == ["漫", "游", "漫游", "费", "5g"]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("CX5G059 是什么", ["cx5g059"]),
        ("cx5g-059", ["cx5g059"]),
        ("报错ERR-1023了", ["err1023"]),
        ("err 1023", ["err1023", "1023"]),
        ("拨*#06#看串号", ["*#06#"]),
        ("**21*号码#", ["**21*"]),
        ("发到10068", ["10068"]),
        ("宽带651", ["651"]),
        ("59元套餐", ["59元"]),
        ("￥59.9块钱的", ["59.9元"]),
        ("129块", ["129元"]),
        ("5G 套餐 4g 2026年", []),
        ("普通的一句话", []),
        ("KB-00117", ["kb00117"]),
    ],
)
def test_codes(said: str, codes: list[str]) -> None:
    assert text.codes(said) == codes


def test_a_code_without_digits_is_a_run_of_letters() -> None:
    assert text.latin("光猫LOS亮红灯，发cxll") == ["los", "cxll"]


def test_clean_gives_nothing_that_a_c_library_stumbles_over() -> None:
    nasty = "\ufdfa" * 50 + "\x00\ud800\udfff正常\u200b"

    cleaned = text.clean(nasty, 200)

    assert len(cleaned) <= 200
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert text.clean("\x00\ud800正常\u200b", 200) == "正常"
