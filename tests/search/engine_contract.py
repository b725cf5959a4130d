"""What every engine must do. A test module subclasses this and says how to make its engine."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from search.document import ANY, DocumentKey
from search.embeddings import MeaningUnavailable
from search.engines.base import Engine, EngineUnavailable, Preparing, Progress, RecipeDiffers
from search.hits import Signal
from tests.conftest import MONDAY_MORNING
from tests.search.library import by_words, fill, ids_of, make_document, make_query, put, remove
from tests.search.stand_ins import OTHER_RECIPE, RECIPE, LetterEncoder

A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)


class EngineContract:
    """`empty` is an engine for `RECIPE` with no index yet; `reopened` is it as another process sees it.

    `with_another_recipe` is an engine for `OTHER_RECIPE`, of another dimension, on the same index: a process
    that was started after the setting had changed.
    """

    @pytest.fixture
    def empty(self) -> Iterator[Engine]:
        raise NotImplementedError

    @pytest.fixture
    def reopened(self, empty: Engine) -> Engine:
        raise NotImplementedError

    @pytest.fixture
    def with_another_recipe(self, empty: Engine) -> Engine:
        raise NotImplementedError

    @pytest.fixture
    def engine(self, empty: Engine) -> Engine:
        fill(empty)
        return empty

    @pytest.fixture
    def letters(self) -> LetterEncoder:
        return LetterEncoder()

    def nearest(self, engine: Engine, letters: LetterEncoder, text: str, **wish: object) -> list[str]:
        query = make_query(text, **wish)  # type: ignore[arg-type]  # passed on as they came
        return ids_of(
            engine.match_meaning(query, letters.vector_of(text), 10, made_by=letters.recipe), Signal.MEANING
        )

    def encode_all(self, engine: Engine, letters: LetterEncoder) -> None:
        while engine.encode_pending(letters, 8):
            pass

    def test_without_an_index_it_says_so(self, empty: Engine, letters: LetterEncoder) -> None:
        query = make_query("漫游")

        with pytest.raises(EngineUnavailable):
            empty.match_words(query, 10)
        with pytest.raises(EngineUnavailable):
            empty.match_meaning(query, letters.vector_of("漫游"), 10, made_by=RECIPE)
        with pytest.raises(EngineUnavailable):
            empty.status()
        with pytest.raises(EngineUnavailable):
            empty.containing("漫游", 10)
        with pytest.raises(EngineUnavailable):
            put(empty, make_document("a"))

    def test_what_was_put_is_found_at_once(self, engine: Engine) -> None:
        put(engine, make_document("a", "国际漫游资费"), make_document("b", "宽带移机"))

        assert by_words(engine, "漫游") == ["a"]

    def test_another_process_finds_it_at_once(self, engine: Engine, reopened: Engine) -> None:
        assert by_words(reopened, "漫游") == []

        put(engine, make_document("a", "国际漫游资费"))

        assert by_words(reopened, "漫游") == ["a"]

    @pytest.mark.parametrize("part", ["title", "summary", "body", "questions", "keywords"])
    def test_every_part_of_a_document_is_searched(self, engine: Engine, part: str) -> None:
        said = ("停机保号每月五元",) if part in {"questions", "keywords"} else "停机保号每月五元"
        document = replace(make_document("a", "保号"), **{part: said})  # type: ignore[arg-type]  # as said
        put(engine, document, make_document("b"))

        assert by_words(engine, "停机") == ["a"]

    def test_what_stands_in_the_title_comes_before_what_is_mentioned(self, engine: Engine) -> None:
        put(
            engine,
            make_document("mentions", "套餐变更", body="变更以后宽带照常使用，速率不变，次月生效"),
            make_document("is about", "宽带报装", body="预约上门时间"),
        )

        assert by_words(engine, "宽带") == ["is about", "mentions"]

    def test_the_documents_that_contain_a_term_are_listed_wherever_it_stands(self, engine: Engine) -> None:
        put(
            engine,
            make_document("title", "云宽带报装"),
            make_document("body", "报装", body="先办理云宽带再约上门"),
            make_document("question", "报装", questions=("什么是云宽带",)),
            make_document("halves", "云电脑", body="宽带"),
        )

        listed = {key.id for key in engine.containing("云宽带", 10)}

        assert listed == {"title", "body", "question"}
        assert len(engine.containing("云宽带", 2)) == 2
        assert engine.containing("没有的词", 10) == []

    def test_a_replaced_document_is_found_by_its_new_words_only(self, engine: Engine) -> None:
        put(engine, make_document("a", "国际漫游"))
        put(engine, make_document("a", "宽带移机"))

        assert by_words(engine, "漫游") == []
        assert by_words(engine, "宽带") == ["a"]
        assert engine.status().documents == 1

    def test_the_same_document_twice_in_one_batch_is_one(self, engine: Engine) -> None:
        put(engine, make_document("a", "国际漫游"), make_document("a", "宽带移机"))

        assert engine.status().documents == 1
        assert by_words(engine, "宽带") == ["a"]

    def test_a_removed_document_is_found_no_more(self, engine: Engine, letters: LetterEncoder) -> None:
        put(engine, make_document("a", "国际漫游"), make_document("b", "国际漫游"))
        self.encode_all(engine, letters)

        remove(engine, "a", "never there")

        assert by_words(engine, "漫游") == ["b"]
        assert self.nearest(engine, letters, "国际漫游") == ["b"]
        assert engine.status().documents == 1

    def test_a_wish_leaves_what_fits_it_or_fits_everything(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(
            engine,
            make_document("zhejiang", filters={"region": ("330000",)}),
            make_document("sichuan", filters={"region": ("510000",)}),
            make_document("both", filters={"region": ("330000", "510000")}),
            make_document("everywhere", filters={"region": (ANY,)}),
            make_document("says nothing"),
        )
        self.encode_all(engine, letters)
        wish = {"region": {"330000", "330100"}}

        fitting = {"zhejiang", "both", "everywhere"}
        assert set(by_words(engine, "宽带", filters=wish)) == fitting
        assert set(self.nearest(engine, letters, "宽带移机", filters=wish)) == fitting
        assert len(by_words(engine, "宽带")) == 5

    def test_all_wishes_must_be_met(self, engine: Engine) -> None:
        put(
            engine,
            make_document("a", filters={"region": ("330000",), "team": ("hotline1",)}),
            make_document("b", filters={"region": ("330000",), "team": ("hotline2",)}),
        )

        found = by_words(engine, "宽带", filters={"region": {"330000"}, "team": {"hotline2"}})

        assert found == ["b"]

    def test_a_rare_fit_is_found_among_many_that_do_not_fit(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        crowd = [make_document(f"c{n}", "宽带 宽带", filters={"team": ("hotline1",)}) for n in range(60)]
        put(engine, *crowd, make_document("rare", "家里的宽带", filters={"team": ("hotline2",)}))
        self.encode_all(engine, letters)

        assert by_words(engine, "宽带", filters={"team": {"hotline2"}}) == ["rare"]
        assert self.nearest(engine, letters, "宽带", filters={"team": {"hotline2"}}) == ["rare"]

    def test_a_document_holds_until_its_moment_and_not_in_it(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", valid_until=MONDAY_MORNING))
        self.encode_all(engine, letters)

        before = MONDAY_MORNING - A_MINUTE
        assert by_words(engine, "宽带", at=before) == ["a"]
        assert by_words(engine, "宽带", at=MONDAY_MORNING) == []
        assert self.nearest(engine, letters, "宽带", at=before) == ["a"]
        assert self.nearest(engine, letters, "宽带", at=MONDAY_MORNING) == []

    def test_a_document_begins_in_its_moment_and_not_before(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", valid_from=MONDAY_MORNING))
        self.encode_all(engine, letters)

        before = MONDAY_MORNING - A_MINUTE
        assert by_words(engine, "宽带", at=before) == []
        assert by_words(engine, "宽带", at=MONDAY_MORNING) == ["a"]
        assert self.nearest(engine, letters, "宽带", at=before) == []
        assert self.nearest(engine, letters, "宽带", at=MONDAY_MORNING) == ["a"]

    def test_a_query_for_another_day_finds_what_held_then(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        old = {"valid_from": MONDAY_MORNING - 9 * A_DAY, "valid_until": MONDAY_MORNING - 2 * A_DAY}
        put(
            engine,
            make_document("old", "宽带移机费一百元", codes=("YJ100",), of_another_day=True, **old),
            make_document("new", "宽带移机费五十元", valid_from=MONDAY_MORNING - 2 * A_DAY),
            make_document("to come", valid_from=MONDAY_MORNING + A_DAY, of_another_day=True),
        )
        self.encode_all(engine, letters)

        for day, found in ((-5, ["old"]), (-1, ["new"]), (+2, ["new", "to come"])):
            wish = {"at": MONDAY_MORNING + day * A_DAY, "of_another_day": True}
            assert sorted(by_words(engine, "宽带移机费", **wish)) == found
            assert sorted(self.nearest(engine, letters, "宽带移机费", **wish)) == found
        then = make_query("YJ100", at=MONDAY_MORNING - 5 * A_DAY, of_another_day=True)
        assert ids_of(engine.match_words(then, 10), Signal.CODES) == ["old"]
        asked = make_query("移机费", at=then.at, of_another_day=True)
        assert engine.share_found(asked, [DocumentKey("kb", "old")])[DocumentKey("kb", "old")] > 0.9

    def test_what_holds_now_is_found_among_many_that_held_once(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        over = {"valid_from": MONDAY_MORNING - A_DAY, "valid_until": MONDAY_MORNING, "of_another_day": True}
        put(engine, *(make_document(f"p{n}", "宽带 宽带", **over) for n in range(60)))
        put(engine, make_document("rare", "家里的宽带"))
        self.encode_all(engine, letters)

        assert by_words(engine, "宽带") == ["rare"]
        assert self.nearest(engine, letters, "宽带") == ["rare"]

    def test_what_held_for_a_day_is_found_among_many_of_other_days(self, engine: Engine) -> None:
        def of(day: int) -> dict[str, object]:
            begins = MONDAY_MORNING - day * A_DAY
            return {"valid_from": begins, "valid_until": begins + A_DAY, "of_another_day": True}

        put(engine, *(make_document(f"p{n}", "宽带 宽带", **of(9)) for n in range(60)))
        put(engine, make_document("rare", "家里的宽带", **of(5)))

        then = MONDAY_MORNING - 5 * A_DAY + A_MINUTE
        assert by_words(engine, "宽带", at=then, of_another_day=True) == ["rare"]

    def test_a_quoted_phrase_must_be_in_one_field(self, engine: Engine, letters: LetterEncoder) -> None:
        put(
            engine,
            make_document("in the title", "宽带提前解约"),
            make_document("in the text", "宽带说明", body="客户可以提前解约，收违约金"),
            make_document("apart", "宽带提前办理", body="解约另见"),
            make_document("not at all", "宽带移机"),
        )
        self.encode_all(engine, letters)

        found = {"in the title", "in the text"}
        assert set(by_words(engine, '宽带 "提前解约"')) == found
        assert set(self.nearest(engine, letters, '宽带 "提前解约"')) == found

    def test_a_quoted_code_is_found_where_it_was_declared(self, engine: Engine) -> None:
        put(engine, make_document("a", "宽带提速", codes=("KDTS100",)), make_document("b", "宽带提速"))

        assert by_words(engine, '宽带 "KDTS100"') == ["a"]

    def test_what_is_excluded_is_not_found(self, engine: Engine, letters: LetterEncoder) -> None:
        put(
            engine,
            make_document("in the title", "宽带移机"),
            make_document("in the text", "宽带说明", body="也可以移机"),
            make_document("without", "宽带提速"),
            make_document("its letters apart", "宽带机顶盒移动"),
        )
        self.encode_all(engine, letters)

        found = {"without", "its letters apart"}
        assert set(by_words(engine, "宽带 -移机")) == found
        assert set(self.nearest(engine, letters, "宽带 -移机")) == found

    def test_what_lacks_the_excluded_words_is_never_lost(self, engine: Engine) -> None:
        put(engine, make_document("a", "宽带违约", body="约金价收费"), make_document("b", "宽带5G畅享"))

        assert "a" in by_words(engine, "宽带 -违约金")
        assert "b" in by_words(engine, "宽带 -5G专享畅享")

    def test_a_rare_phrase_is_found_among_many(self, engine: Engine) -> None:
        put(engine, *(make_document(f"c{n}", "宽带 宽带") for n in range(60)))
        put(engine, make_document("rare", "家里的宽带说明", body="以及光猫的颜色"))

        assert by_words(engine, '宽带 "光猫"') == ["rare"]
        assert by_words(engine, "家里 宽带 -光猫 -说明") != []

    def test_a_code_is_found_exactly_however_it_is_written(self, engine: Engine) -> None:
        put(
            engine,
            make_document("a", "光猫报错", codes=("ERR-1023",)),
            make_document("b", "光猫报错", codes=("ERR-1024",)),
        )

        for spelling in ("ERR-1023", "err1023", "ＥＲＲ－１０２３", "err 1023"):
            found = engine.match_words(make_query(spelling), 10)
            assert ids_of(found, Signal.CODES) == ["a"], spelling

    def test_a_code_that_few_have_says_more_than_one_that_all_have(self, engine: Engine) -> None:
        put(engine, *(make_document(str(n), codes=("10068",)) for n in range(30)))
        put(engine, make_document("rare", codes=("10068", "CXLL")))

        codes = engine.match_words(make_query("发 CXLL 到 10068"), 40).by_signal[Signal.CODES]

        assert codes[0].key.id == "rare"
        assert codes[0].score > 0.9
        assert codes[1].score < 0.2

    def test_the_middle_of_a_word_is_found_by_grams(self, engine: Engine) -> None:
        put(engine, make_document("a", "亲情网加成员"), make_document("b", "宽带移机"))

        found = engine.match_words(make_query("情网"), 10)

        assert ids_of(found, Signal.GRAMS) == ["a"]

    def test_it_tells_how_much_of_the_question_a_document_has(self, engine: Engine) -> None:
        put(engine, make_document("a", "国际漫游资费"), make_document("b", "宽带移机资费"))
        keys = [DocumentKey("kb", id_) for id_ in "ab"]

        shares = engine.share_found(make_query("国际漫游资费"), keys)

        assert shares[keys[0]] == pytest.approx(1)
        assert 0 < shares[keys[1]] < 0.5
        assert engine.share_found(make_query("国际漫游资费"), []) == {}

    def test_a_trial_scores_a_document_as_the_index_scores_it(self, engine: Engine) -> None:
        documents = [
            make_document(
                str(number),
                f"宽带移机怎么办理{'，跨省' * number}",
                summary="提前一天预约",
                body="师傅上门，带好光猫。" * (1 + 7 * number),
                questions=("搬家后宽带怎么办", "YJ99 怎么退"),
                codes=(f"CX{number}", "YJ99"),
            )
            for number in range(5)
        ]
        put(engine, *documents, make_document("other", "国际漫游", body="按天计费"))

        for text in ("宽带移机", "kdyj", "CX3", "yj99 师傅上门", "跨省搬家", "国际漫游怎么办理"):
            query = make_query(text)
            found = engine.match_words(query, 10).by_signal
            shares = engine.share_found(query, [document.key for document in documents])
            for document in documents:
                trial = engine.trial(document)
                scores = {
                    signal: hit.score
                    for signal, scored in found.items()
                    for hit in scored
                    if hit.key == document.key and hit.score
                }
                assert trial.scores(query) == pytest.approx(scores, rel=1e-3)
                assert trial.share(query) == pytest.approx(shares.get(document.key, 0.0), rel=1e-3)

    def test_a_trial_writes_nothing(self, engine: Engine) -> None:
        put(engine, make_document("a", "国际漫游"))

        engine.trial(make_document("a", "宽带移机")).scores(make_query("宽带移机"))

        assert by_words(engine, "宽带移机") == []
        assert by_words(engine, "漫游") == ["a"]

    def test_what_only_the_trial_has_counts_as_its_own(self, engine: Engine) -> None:
        put(engine, make_document("a", "国际漫游"))

        scores = engine.trial(make_document("b", "火星套餐", codes=("HX100",))).scores(
            make_query("火星 HX100")
        )

        assert scores[Signal.CODES] == pytest.approx(1.0)
        assert scores[Signal.GRAMS] > 0

    def test_it_gives_the_vectors_of_texts_that_it_knows(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", "国际漫游"))
        self.encode_all(engine, letters)

        known = engine.known_vectors(["国际漫游", "宽带移机"], made_by=RECIPE)

        assert set(known) == {"国际漫游"}
        assert known["国际漫游"] == pytest.approx(letters.vector_of("国际漫游"))

    def test_meaning_waits_for_its_vectors_and_then_finds(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", "国际漫游资费"), make_document("b", "宽带移机"))
        assert self.nearest(engine, letters, "漫游资费") == []
        assert engine.status().meaning == Progress(0, 2)

        self.encode_all(engine, letters)

        assert self.nearest(engine, letters, "漫游资费")[0] == "a"
        assert engine.status().meaning == Progress(2, 2)

    def test_meaning_takes_the_best_of_a_documents_texts(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(
            engine,
            make_document("a", "资费说明", questions=("出国怎么上网",), body="无关的内容" * 30),
            make_document("b", "出国办事指南"),
        )
        self.encode_all(engine, letters)

        found = engine.match_meaning(
            make_query("出国怎么上网"), letters.vector_of("出国怎么上网"), 10, made_by=RECIPE
        ).by_signal[Signal.MEANING]

        assert [hit.key.id for hit in found] == ["a", "b"]
        assert found[0].score == pytest.approx(1, abs=1e-5)

    def test_what_still_waits_is_admitted(self, engine: Engine, letters: LetterEncoder) -> None:
        put(engine, make_document("a", "国际漫游"), make_document("b", "宽带移机"))
        query, vector = make_query("漫游"), letters.vector_of("漫游")

        assert engine.match_meaning(query, vector, 10, made_by=RECIPE).catching_up
        self.encode_all(engine, letters)
        assert not engine.match_meaning(query, vector, 10, made_by=RECIPE).catching_up

    def test_an_edit_keeps_the_vectors_of_what_it_did_not_touch(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", "国际漫游", questions=("出国怎么上网",)))
        self.encode_all(engine, letters)
        letters.seen.clear()

        put(engine, make_document("a", "国际及港澳台漫游", questions=("出国怎么上网",)))
        self.encode_all(engine, letters)

        assert letters.seen == ["国际及港澳台漫游"]

    def test_an_edited_document_is_no_longer_near_what_it_said(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", "国际漫游"), make_document("b", "国际长途"))
        self.encode_all(engine, letters)
        assert self.nearest(engine, letters, "国际漫游") == ["a", "b"]

        put(engine, make_document("a", "宽带移机"))
        self.encode_all(engine, letters)

        assert self.nearest(engine, letters, "国际漫游") == ["b", "a"]

    def test_what_changed_last_is_encoded_first(self, engine: Engine, letters: LetterEncoder) -> None:
        put(engine, *(make_document(str(n), f"旧知识{n}") for n in range(5)))
        put(engine, make_document("new", "刚发布的公告"))

        engine.encode_pending(letters, 2)

        assert letters.seen[0] == "刚发布的公告"

    def test_a_text_that_the_encoder_cannot_bear_is_not_tried_for_ever(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        letters.cannot_bear.add("毒药")
        put(engine, make_document("a", "毒药"), make_document("b", "国际漫游"))

        self.encode_all(engine, letters)

        assert engine.status().meaning.pending == 0
        assert self.nearest(engine, letters, "国际漫游") == ["b"]
        assert by_words(engine, "毒药") == ["a"]

    def test_without_the_encoder_texts_go_on_waiting(self, engine: Engine, letters: LetterEncoder) -> None:
        put(engine, make_document("a", "国际漫游"))

        def fail() -> None:
            raise MeaningUnavailable

        letters.before_it_answers = fail
        with pytest.raises(MeaningUnavailable):
            engine.encode_pending(letters, 8)

        assert engine.status().meaning == Progress(0, 1)

    def test_a_change_during_encoding_is_not_given_the_old_vector(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", "国际漫游"))
        letters.before_it_answers = lambda: put(engine, make_document("a", "宽带移机"))

        engine.encode_pending(letters, 8)

        assert self.nearest(engine, letters, "国际漫游") == []
        assert engine.status().meaning == Progress(0, 1)

    def test_vectors_of_another_recipe_are_refused_by_name(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", "国际漫游"))
        other = LetterEncoder(type(RECIPE)("letters", 48, "2"))

        assert engine.encode_pending(other, 8) == 0
        assert engine.status().meaning == Progress(0, 1)

    @pytest.mark.parametrize("alike", ["name", "dimension", "version", "prompts"])
    def test_a_vector_of_another_recipe_is_refused_by_name(
        self, engine: Engine, letters: LetterEncoder, alike: str
    ) -> None:
        put(engine, make_document("a", "国际漫游"))
        self.encode_all(engine, letters)
        other = {"name": "x", "dimension": 32, "version": "2", "prompts": "问："}
        field = "query_prompt" if alike == "prompts" else alike
        made_by = replace(RECIPE, **{field: other[alike]})  # type: ignore[arg-type]  # each field has its own
        stranger = LetterEncoder(made_by)

        with pytest.raises(RecipeDiffers):
            engine.match_meaning(make_query("漫游"), stranger.vector_of("漫游"), 10, made_by=made_by)
        with pytest.raises(RecipeDiffers):
            engine.known_vectors(["国际漫游"], made_by=made_by)

    def test_it_knows_the_whole_recipe_of_its_vectors(
        self, engine: Engine, reopened: Engine, with_another_recipe: Engine
    ) -> None:
        for one in (engine, reopened, with_another_recipe):
            recipe = one.recipe()
            assert (recipe, one.status().recipe) == (RECIPE, RECIPE)
            assert recipe is not None
            assert recipe.model == RECIPE.model
        assert not engine.status().recipe_differs
        assert with_another_recipe.status().recipe_differs

    def test_after_the_setting_changed_the_old_vectors_go_on_answering(
        self, engine: Engine, letters: LetterEncoder, with_another_recipe: Engine
    ) -> None:
        put(engine, make_document("a", "国际漫游"))
        self.encode_all(engine, letters)

        assert by_words(with_another_recipe, "漫游") == ["a"]
        assert self.nearest(with_another_recipe, letters, "漫游") == ["a"]

        put(with_another_recipe, make_document("b", "国际长途"))
        assert with_another_recipe.encode_pending(letters, 8) == 1
        assert set(self.nearest(engine, letters, "国际漫游")) == {"a", "b"}

    def test_vectors_of_a_new_recipe_are_made_beside_the_old_and_then_switched_to(
        self, engine: Engine, letters: LetterEncoder, with_another_recipe: Engine
    ) -> None:
        put(engine, make_document("a", "国际漫游"), make_document("b", "宽带移机"))
        self.encode_all(engine, letters)
        others = LetterEncoder(OTHER_RECIPE)

        with with_another_recipe.writing(wait=5) as writer:
            generation = writer.begin()
            writer.put([make_document("a", "国际漫游"), make_document("b", "宽带移机")], only=generation)

        for one in (engine, with_another_recipe):
            preparing = one.status().preparing
            assert preparing == Preparing(generation, OTHER_RECIPE, Progress(0, 2))
            assert one.status().recipe == RECIPE
            assert self.nearest(one, letters, "漫游")[0] == "a"
            with pytest.raises(RecipeDiffers):
                self.nearest(one, others, "漫游")

        self.encode_all(with_another_recipe, others)
        assert len(others.seen) == 2
        assert self.nearest(engine, letters, "漫游")[0] == "a"
        with with_another_recipe.writing(wait=5) as writer:
            writer.switch(generation)

        for one in (engine, with_another_recipe):
            until = time.monotonic() + 1
            while one.recipe() != OTHER_RECIPE:  # another process may learn of it a moment later
                assert time.monotonic() < until
            assert one.status().meaning == Progress(2, 2)
            assert self.nearest(one, others, "漫游")[0] == "a"
            with pytest.raises(RecipeDiffers):
                self.nearest(one, letters, "漫游")

    def test_what_changes_meanwhile_waits_for_a_vector_of_either_recipe(
        self, engine: Engine, letters: LetterEncoder, with_another_recipe: Engine
    ) -> None:
        others = LetterEncoder(OTHER_RECIPE)
        with with_another_recipe.writing(wait=5) as writer:
            generation = writer.begin()
        put(engine, make_document("a", "国际漫游"))

        assert (engine.encode_pending(letters, 8), engine.encode_pending(others, 8)) == (1, 1)
        assert (engine.encode_pending(letters, 8), engine.encode_pending(others, 8)) == (0, 0)
        assert self.nearest(engine, letters, "漫游") == ["a"]
        with engine.writing(wait=5) as writer:
            writer.switch(generation)
        assert self.nearest(engine, others, "漫游") == ["a"]

    def test_a_generation_may_be_begun_with_the_recipe_in_use(
        self, engine: Engine, letters: LetterEncoder, with_another_recipe: Engine
    ) -> None:
        put(engine, make_document("a", "国际漫游"))
        self.encode_all(engine, letters)

        with with_another_recipe.writing(wait=5) as writer:
            generation = writer.begin(keep_recipe=True)
            writer.put([make_document("a", "国际漫游")], only=generation)
            writer.switch(generation)

        assert engine.recipe() == RECIPE
        assert engine.status().meaning == Progress(1, 1)

    def test_two_who_encode_at_once_share_the_texts(self, engine: Engine, reopened: Engine) -> None:
        put(engine, *(make_document(str(number), f"第{number}号公告") for number in range(30)))
        encoders = LetterEncoder(), LetterEncoder()

        def encode(mine: Engine, encoder: LetterEncoder) -> None:
            while mine.encode_pending(encoder, 3):
                pass

        with ThreadPoolExecutor() as both:
            list(both.map(encode, (engine, reopened), encoders))

        taken = [text for encoder in encoders for text in encoder.seen]
        assert len(taken) == len(set(taken)) == engine.status().meaning.total
        assert engine.status().meaning.pending == 0

    def test_what_was_being_built_can_be_abandoned(self, engine: Engine) -> None:
        put(engine, make_document("a", "国际漫游"))
        with engine.writing(wait=5) as writer:
            writer.begin()

        with engine.writing(wait=5) as writer:
            writer.abandon()
            writer.abandon()

        assert (engine.status().building, engine.status().preparing) == (None, None)
        assert by_words(engine, "漫游") == ["a"]

    def test_a_new_generation_is_seen_only_after_the_switch(self, engine: Engine, reopened: Engine) -> None:
        put(engine, make_document("old", "国际漫游"))

        with engine.writing(wait=5) as writer:
            generation = writer.begin()
            writer.put([make_document("new", "国际漫游")], only=generation)
        assert by_words(engine, "漫游") == by_words(reopened, "漫游") == ["old"]
        assert engine.status().building == generation

        with engine.writing(wait=5) as writer:
            writer.switch(generation)
        assert by_words(engine, "漫游") == by_words(reopened, "漫游") == ["new"]
        assert engine.status().building is None

    def test_changes_reach_the_generation_that_is_being_built(self, engine: Engine) -> None:
        with engine.writing(wait=5) as writer:
            generation = writer.begin()
        put(engine, make_document("a", "国际漫游"), make_document("b", "国际漫游"))
        remove(engine, "b")

        with engine.writing(wait=5) as writer:
            assert writer.keys(generation) == {DocumentKey("kb", "a")}
            assert writer.is_sound(generation)
            writer.switch(generation)

        assert by_words(engine, "漫游") == ["a"]

    def test_a_new_generation_takes_over_known_vectors(self, engine: Engine, letters: LetterEncoder) -> None:
        put(engine, make_document("a", "国际漫游"), make_document("b", "宽带移机"))
        self.encode_all(engine, letters)

        fill(engine, make_document("a", "国际漫游"), make_document("c", "补换卡"))

        assert engine.status().meaning == Progress(1, 2)
        assert self.nearest(engine, letters, "国际漫游") == ["a"]

    def test_vectors_made_while_building_are_taken_over_too(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", "国际漫游"))
        with engine.writing(wait=5) as writer:
            generation = writer.begin()
            writer.put([make_document("a", "国际漫游")], only=generation)

        self.encode_all(engine, letters)
        with engine.writing(wait=5) as writer:
            writer.switch(generation)

        assert engine.status().meaning == Progress(1, 1)

    def test_an_unfinished_generation_is_dropped_by_the_next(self, engine: Engine) -> None:
        with engine.writing(wait=5) as writer:
            left = writer.begin()
            writer.put([make_document("a")], only=left)

        with engine.writing(wait=5) as writer:
            generation = writer.begin()
            assert writer.keys(generation) == set()

        assert engine.status().building == generation != left

    def test_switching_under_readers_shows_one_whole_generation_or_the_other(self, engine: Engine) -> None:
        def documents(name: str) -> list[object]:
            return [make_document(f"{name}{n}", "国际漫游") for n in range(5)]

        fill(engine, *documents("a"))  # type: ignore[arg-type]  # documents they are
        over, seen = Event(), set()

        def read() -> None:
            while not over.is_set():
                found = frozenset(id_[0] for id_ in by_words(engine, "漫游"))
                seen.add((found, len(found)))

        with ThreadPoolExecutor(3) as pool:
            reading = [pool.submit(read) for _ in range(3)]
            for name in "bcdef":
                fill(engine, *documents(name))  # type: ignore[arg-type]  # documents they are
            over.set()
            for reader in reading:
                reader.result()

        assert {size for _, size in seen} == {1}
        assert by_words(engine, "漫游")[0][0] == "f"

    def test_many_threads_search_while_one_writes(self, engine: Engine, letters: LetterEncoder) -> None:
        put(engine, make_document("constant", "国际漫游"))
        self.encode_all(engine, letters)
        over = Event()

        def read() -> int:
            rounds = 0
            while not over.is_set() or rounds == 0:
                assert "constant" in by_words(engine, "漫游")
                assert "constant" in self.nearest(engine, letters, "国际漫游")
                rounds += 1
            return rounds

        with ThreadPoolExecutor(3) as pool:
            reading = [pool.submit(read) for _ in range(3)]
            for number in range(12):
                put(engine, make_document(str(number % 4), f"宽带移机{number}"))
                self.encode_all(engine, letters)
            over.set()
            assert all(reader.result() > 0 for reader in reading)

    def test_a_vector_that_is_not_a_number_never_gets_in(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        put(engine, make_document("a", "国际漫游"), make_document("b", "宽带移机"))
        letters.is_broken = True

        engine.encode_pending(letters, 8)

        sound = LetterEncoder()
        assert self.nearest(engine, sound, "国际漫游") == []
        assert engine.status().meaning.pending == 0

    @pytest.mark.parametrize(
        "typed", ["(花呗", "a:b", '"', "*", "a AND", "[1 TO 2]", "\\", "+-!{}", "😀", "/.*/", "漫游~2^3"]
    )
    def test_the_signs_of_a_query_language_are_only_signs(self, engine: Engine, typed: str) -> None:
        put(engine, make_document("a", "国际漫游"))

        engine.match_words(make_query(typed), 10)
        assert by_words(engine, f"{typed} 漫游") == ["a"]

    def test_it_tells_what_each_document_was_when_it_was_indexed(
        self, engine: Engine, letters: LetterEncoder
    ) -> None:
        first, second = make_document("a", "国际漫游"), make_document("b", filters={"region": ("1", "2")})
        put(engine, first, second)
        self.encode_all(engine, letters)
        same = replace(second, filters={"region": ("2", "1")})
        edited = replace(first, summary="按天计费")

        with engine.writing(wait=5) as writer:
            generation = engine.status().generation
            assert writer.digests(generation) == {first.key: first.digest, second.key: same.digest}
            writer.put([edited])
            assert writer.digests(generation)[first.key] == edited.digest != first.digest
