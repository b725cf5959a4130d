"""Each text that is encoded says one thing."""

from search.passages import LONGEST, PASSAGE, cut, passages_of
from tests.search.library import make_document


def test_sentences_stay_whole_and_nothing_is_lost() -> None:
    body = "".join(f"第{number}句话说明一件事情，字数不多也不少。" for number in range(60))

    pieces = cut(body)

    assert "".join(pieces) == body
    assert all(piece.endswith("。") for piece in pieces)
    assert all(PASSAGE / 2 < len(piece) <= PASSAGE for piece in pieces[:-1])


def test_a_sentence_without_end_is_broken() -> None:
    assert [len(piece) for piece in cut("流" * 500)] == [LONGEST, LONGEST, 500 - 2 * LONGEST]


def test_title_questions_summary_and_body_each_once() -> None:
    document = make_document(
        "a", "宽带移机", questions=("搬家了宽带怎么办", "宽带移机"), summary="预约即可。", body="  \n"
    )

    assert passages_of(document) == ["宽带移机", "搬家了宽带怎么办", "预约即可。"]
