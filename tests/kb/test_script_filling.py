"""The blanks in a script."""

from kb.script_filling import blanks, fill, pieces

SCRIPT = "{客户称呼}，违约金{违约金金额}元。{客户称呼}请放心。"


def test_each_blank_is_asked_for_once_in_order() -> None:
    assert blanks(SCRIPT) == ("客户称呼", "违约金金额")


def test_what_is_known_is_filled_and_the_rest_stays_to_be_seen() -> None:
    assert (
        fill(SCRIPT, {"客户称呼": "陈女士", "违约金金额": " "})
        == "陈女士，违约金{违约金金额}元。陈女士请放心。"
    )


def test_the_pieces_put_together_are_the_script() -> None:
    together = "".join(words or f"{{{blank}}}" for words, blank in pieces(SCRIPT))

    assert together == SCRIPT


def test_braces_that_hold_no_name_are_words() -> None:
    assert blanks("{} {\n} {" + "长" * 21 + "}") == ()
