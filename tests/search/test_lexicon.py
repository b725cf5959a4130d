"""Editors keep the words of the trade; every change is logged, seen everywhere, and can be taken back."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from core import audit, database, jobs
from core.errors import DomainError, Invalid, NotAllowed
from core.identity import Actor, Role
from search import understanding
from search.document import DocumentKey
from search.lexicon import changing, compiling, current, stocking, undoing, wording
from search.lexicon.clashing import EntryClashes
from search.lexicon.models import Direction, Kind, LexiconChange, LexiconEntry, LexiconMove
from search.lexicon.shipped import shipped
from search.lexicon.snapshot import Lexicon
from search.lexicon.undoing import CannotUndo, UndoneBefore
from search.lexicon.wording import TermUnfit, Wording
from search.query import parse_query
from tests.conftest import MONDAY_MORNING
from tests.people import hire

TWO_WAY, ONE_WAY = Direction.TWO_WAY, Direction.ONE_WAY
KB_1 = DocumentKey("kb", "1")


def keep(editor: Actor, *wordings: Wording) -> list[int]:
    with database.unit_of_work() as session:
        return [changing.add(session, one, actor=editor, at=MONDAY_MORNING) for one in wordings]


def take_back(editor: Actor, number: int) -> int:
    with database.unit_of_work() as session:
        return undoing.undo(session, number, actor=editor, at=MONDAY_MORNING)


def entry_of(said: str, *kinds: Kind) -> LexiconEntry:
    with database.reading() as session:
        of_term = select(LexiconEntry).where(LexiconEntry.said == said)
        return session.exec(of_term.where(col(LexiconEntry.kind).in_(kinds or tuple(Kind)))).one()


def reword(editor: Actor, said: str, new: Wording) -> int:
    entry = entry_of(said, new.kind)
    with database.unit_of_work() as session:
        return changing.change(session, entry.id, new, seen=entry.changed_in, actor=editor, at=MONDAY_MORNING)


def drop(editor: Actor, said: str) -> int:
    entry = entry_of(said)
    with database.unit_of_work() as session:
        return changing.remove(session, entry.id, seen=entry.changed_in, actor=editor, at=MONDAY_MORNING)


def now() -> Lexicon:
    return current.refresh()


def stock() -> int:
    with database.unit_of_work() as session:
        return stocking.stock(session, at=MONDAY_MORNING)


def test_a_new_centre_has_what_is_shipped_and_then_keeps_it_itself(each_database: str) -> None:
    assert now() is shipped()

    assert stock() > 500
    assert stock() == 0

    kept = now()
    assert kept is not shipped()
    assert (kept.words, kept.fillers) == (shipped().words, shipped().fillers)
    assert {said: set(meant) for said, meant in kept.synonyms.items()} == {
        said: set(meant) for said, meant in shipped().synonyms.items()
    }


def test_what_an_editor_removed_does_not_come_back_with_the_next_version(
    centre: Path, editor_lin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock()
    drop(editor_lin, "携入")
    reword(editor_lin, "销户", wording.synonym("销户", "注销、消户", TWO_WAY))
    newer = {"words.txt": ("携入", "云宽带"), "fillers.txt": ("请问",)}
    monkeypatch.setattr(stocking, "ways_to_say", lambda: [("销户的办法", ("销户",))])
    monkeypatch.setattr(stocking, "lines", newer.__getitem__)

    assert stock() == 2

    assert "云宽带" in now().words
    assert "携入" not in now().words
    assert set(now().synonyms["销户"]) == {"注销", "消户"}


def test_a_shipped_word_that_an_editor_calls_a_filler_is_left_out(centre: Path, editor_lin: Actor) -> None:
    keep(editor_lin, wording.filler("副卡"))

    stock()

    assert "副卡" in now().fillers
    assert "副卡" not in now().words
    assert "携入" in now().words


def test_each_kind_is_read_in_queries_at_once(each_database: str) -> None:
    lin = hire("lin", "林悦", "editor")
    numbers = keep(
        lin,
        wording.word("云宽带"),
        wording.filler("哎呀"),
        wording.synonym("机顶盒", ["电视盒", "魔盒"], TWO_WAY),
        wording.synonym("家宽", ["宽带"], ONE_WAY),
        wording.synonym("流量", ["流量包"], Direction.EXPANSION),
        wording.confusable("慢游", "漫游"),
        wording.pin("宽带移机", KB_1, is_whole=False, is_promotion=False),
    )

    kept = now()

    assert numbers == list(range(1, 8))
    assert kept.words == {"云宽带"}
    assert kept.fillers == {"哎呀"}
    assert kept.synonyms["魔盒"] == ("机顶盒", "电视盒")
    assert kept.synonyms["家宽"] == ("宽带",)
    assert "宽带" not in kept.synonyms
    assert kept.expansions == {"流量": ("流量包",)}
    assert kept.confusables == {"慢游": "漫游"}
    query = parse_query("慢游", at=MONDAY_MORNING, understanding=understanding.current())
    assert [reading.meant for reading in query.corrections] == ["漫游"]


def test_terms_are_kept_in_one_spelling(centre: Path, editor_lin: Actor) -> None:
    keep(editor_lin, wording.word(" 雲寬帶ＰＬＵＳ "))

    assert now().words == {"云宽带plus"}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "不能为空"),
        ("　 ", "不能为空"),
        ("宽带、光纤", "一次只填一个"),
        ("宽" * 21, "超过 20 个字"),
        ("宽" * 5000, "超过 20 个字"),
        ("!!！", "没有文字或数字"),
    ],
)
def test_a_term_that_is_none_is_refused_by_name(typed: str, message: str) -> None:
    with pytest.raises(TermUnfit, match=message):
        wording.filler(typed)


def test_an_entry_must_say_something(centre: Path) -> None:
    with pytest.raises(Invalid, match="相同"):
        wording.confusable("漫游", "漫遊")
    with pytest.raises(Invalid, match="至少一个"):
        wording.synonym("漫游", "漫遊", TWO_WAY)
    with pytest.raises(Invalid, match="至少两个字"):
        wording.word("网")


def test_the_same_thing_twice_is_refused_with_the_entry_that_has_it(each_database: str) -> None:
    lin = hire("lin", "林悦", "editor")
    keep(lin, wording.synonym("宽带", ["宽频", "网线"], TWO_WAY), wording.word("云宽带"))

    with pytest.raises(EntryClashes, match="宽带 ⇄ 宽频、网线") as refused:
        keep(lin, wording.synonym("网线", ["宽带", "宽频"], TWO_WAY))
    assert refused.value.entry_id == entry_of("宽带").id
    with pytest.raises(EntryClashes, match="云宽带"):
        keep(lin, wording.word("云寬帶"))


def test_a_word_is_not_also_a_filler_or_a_slip(centre: Path, editor_lin: Actor) -> None:
    keep(editor_lin, wording.word("云宽带"), wording.filler("哎呀"), wording.confusable("慢游", "漫游"))

    for clashing in (
        wording.filler("云宽带"),
        wording.word("哎呀"),
        wording.word("慢游"),
        wording.confusable("云宽带", "宽带"),
    ):
        with pytest.raises(EntryClashes):
            keep(editor_lin, clashing)


def test_corrections_do_not_lead_in_a_circle(centre: Path, editor_lin: Actor) -> None:
    keep(editor_lin, wording.confusable("慢游", "漫游"))

    for circle in (wording.confusable("漫游", "慢游"), wording.confusable("蛮游", "慢游")):
        with pytest.raises(EntryClashes, match="改来改去"):
            keep(editor_lin, circle)
    assert reword(editor_lin, "慢游", wording.confusable("慢游", "漫遊费"))


def test_a_pin_holds_until_its_last_day(centre: Path, editor_lin: Actor) -> None:
    stock()
    last = date(2026, 3, 2)
    keep(editor_lin, wording.pin("校园卡", KB_1, is_whole=True, is_promotion=False, until=last))

    reading = understanding.current()
    on_the_day = parse_query("请问校园卡", at=MONDAY_MORNING, understanding=reading)
    a_day_later = parse_query("校园卡", at=MONDAY_MORNING + timedelta(days=1), understanding=reading)

    assert [pin.key for pin in on_the_day.pins] == [KB_1]
    assert a_day_later.pins == ()


def test_the_last_change_is_taken_back(each_database: str) -> None:
    lin = hire("lin", "林悦", "editor")
    (added,) = keep(lin, wording.word("云宽带"))
    changed = reword(lin, "云宽带", wording.word("云宽带套餐"))

    take_back(lin, changed)
    assert now().words == {"云宽带"}
    take_back(lin, added)
    assert now().words == frozenset()

    with pytest.raises(UndoneBefore):
        take_back(lin, added)


def test_an_older_change_is_taken_back_unless_a_later_one_touched_it(centre: Path, editor_lin: Actor) -> None:
    first, second = keep(editor_lin, wording.word("云宽带"), wording.word("云电脑"))
    third = reword(editor_lin, "云宽带", wording.word("云宽带套餐"))

    with pytest.raises(CannotUndo, match=f"请先撤销第 {third} 次改动"):
        take_back(editor_lin, first)
    undone = take_back(editor_lin, second)
    with pytest.raises(CannotUndo, match="本身就是撤销"):
        take_back(editor_lin, undone)

    assert now().words == {"云宽带套餐"}


def test_a_removed_entry_does_not_come_back_against_its_successor(centre: Path, editor_lin: Actor) -> None:
    keep(editor_lin, wording.word("云宽带"))
    removed = drop(editor_lin, "云宽带")
    keep(editor_lin, wording.filler("云宽带"))

    with pytest.raises(EntryClashes, match="已是语气词"):
        take_back(editor_lin, removed)
    assert now().fillers == {"云宽带"}


def test_two_editors_do_not_write_over_each_other(centre: Path, editor_lin: Actor) -> None:
    keep(editor_lin, wording.word("云宽带"))
    seen = entry_of("云宽带")
    reword(editor_lin, "云宽带", wording.word("云宽带套餐"))

    with pytest.raises(changing.EntryChangedSince), database.unit_of_work() as session:
        changing.remove(session, seen.id, seen=seen.changed_in, actor=editor_lin, at=MONDAY_MORNING)


def test_only_those_who_keep_the_lexicon_change_it(centre: Path, agent_chen: Actor) -> None:
    with pytest.raises(NotAllowed):
        keep(agent_chen, wording.word("云宽带"))


def test_a_change_is_in_the_audit_trail(centre: Path, editor_lin: Actor) -> None:
    keep(editor_lin, wording.synonym("宽带", ["宽频"], TWO_WAY))

    with database.reading() as session:
        (entry,) = session.exec(audit.entries(action="search.lexicon")).all()
    assert (entry.action, entry.staff_name) == ("search.lexicon.added", "林悦")
    assert entry.details["entries"] == ["宽带 ⇄ 宽频"]


def test_a_word_has_its_documents_cut_anew_and_a_filler_does_not(centre: Path, editor_lin: Actor) -> None:
    keep(editor_lin, wording.filler("哎呀"))
    with database.reading() as session:
        assert changing.RECUT not in jobs.waiting(session)

    keep(editor_lin, wording.word("云宽带"))
    with database.reading() as session:
        assert jobs.waiting(session)[changing.RECUT] == 1


def test_stocking_a_new_centre_cuts_nothing_anew(session: Session) -> None:
    stocking.stock(session, at=MONDAY_MORNING)

    assert changing.RECUT not in jobs.waiting(session)


TERMS = st.sampled_from(["宽带", "宽频", "光纤", "慢游", "漫游", "请问"])
WORDINGS = st.one_of(
    st.builds(wording.word, TERMS),
    st.builds(wording.filler, TERMS),
    st.tuples(TERMS, TERMS)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: wording.confusable(*pair)),
    st.tuples(TERMS, TERMS, st.sampled_from(Direction))
    .filter(lambda three: three[0] != three[1])
    .map(lambda three: wording.synonym(three[0], [three[1]], three[2])),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), WORDINGS),
        st.tuples(st.just("change"), st.integers(0, 9), WORDINGS),
        st.tuples(st.just("remove"), st.integers(0, 9)),
        st.tuples(st.just("undo"), st.integers(1, 20)),
    ),
    max_size=25,
)


def carry_out(step: tuple[object, ...], editor: Actor) -> None:
    with database.unit_of_work() as session:
        entries = session.exec(select(LexiconEntry).order_by(LexiconEntry.signature)).all()
        match step:
            case ("add", Wording() as new):
                changing.add(session, new, actor=editor, at=MONDAY_MORNING)
            case ("undo", int(number)):
                undoing.undo(session, number, actor=editor, at=MONDAY_MORNING)
            case ("change", int(place), Wording() as new) if entries:
                one = entries[place % len(entries)]
                changing.change(session, one.id, new, seen=one.changed_in, actor=editor, at=MONDAY_MORNING)
            case ("remove", int(place)) if entries:
                one = entries[place % len(entries)]
                changing.remove(session, one.id, seen=one.changed_in, actor=editor, at=MONDAY_MORNING)


def replayed(session: Session) -> Lexicon:
    """Build the lexicon from nothing but the log."""
    held: dict[UUID, Wording] = {}
    for move in session.exec(select(LexiconMove).order_by(LexiconMove.change)):
        if move.after:
            held[move.entry_id] = wording.from_json(move.after)
        else:
            del held[move.entry_id]
    return compiling.lexicon_of(sorted(held.values(), key=lambda one: one.signature))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_editors_do_the_lexicon_is_what_its_log_says(
    steps: list[tuple[object, ...]], session: Session
) -> None:
    editor = Actor(UUID(int=7), "林悦", roles=frozenset({Role.EDITOR}))
    for table in (LexiconMove, LexiconEntry):
        with database.unit_of_work() as emptied:
            emptied.exec(table.__table__.delete())
    with database.unit_of_work() as emptied:
        emptied.exec(LexiconChange.__table__.delete())

    for step in steps:
        try:
            carry_out(step, editor)
        except DomainError:
            continue  # refused, and nothing of it stays

    with database.reading() as reading:
        entries = sorted(dict(current.entries(reading)).values(), key=lambda one: one.signature)
        assert compiling.lexicon_of(entries) == replayed(reading)
    words = {one.said for one in entries if one.kind == "word"}
    assert not words & {one.said for one in entries if one.kind == "filler"}


@settings(max_examples=150, deadline=None)
@given(said=st.text(max_size=30), meant=st.text(max_size=30), asked=st.text(max_size=60))
def test_nothing_that_is_typed_in_the_lexicon_breaks_reading_a_query(
    said: str, meant: str, asked: str
) -> None:
    kept: list[Wording] = []
    makers = (
        lambda: wording.word(said),
        lambda: wording.filler(meant),
        lambda: wording.confusable(said, meant),
        lambda: wording.synonym(said, meant, TWO_WAY),
        lambda: wording.synonym(meant, said, Direction.EXPANSION),
        lambda: wording.pin(said, KB_1, is_whole=False, is_promotion=True),
    )
    for make in makers:
        try:
            kept.append(make())
        except Invalid:
            continue
    lexicon = compiling.lexicon_of(kept)
    reading = understanding.Understanding(
        lexicon, understanding.Vocabulary(dict.fromkeys(understanding.terms_of(lexicon), 1.0))
    )

    for text in (asked, said, meant, f"{said}{asked}{meant}"):
        query = parse_query(text, at=MONDAY_MORNING, understanding=reading)
        assert all(query.words)
        assert not any(character.isspace() for token in query.words for character in token)
