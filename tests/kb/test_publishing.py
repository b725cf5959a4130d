"""Putting a version in force, for its period, and taking it away."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, select

from core import audit, database
from core.clock import start_of
from core.errors import NotAllowed
from core.identity import Actor
from kb import answers, publishing, writing
from kb.models import ArticleVersion, Publication
from kb.publishing import AlreadyPublished, NotPublished, ValidityOver
from kb.reading import cards_for
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article, make_draft

A_DAY = timedelta(days=1)


def add_version(before: ArticleVersion, title: str, *, at: datetime, **content: object) -> ArticleVersion:
    with database.unit_of_work() as session:
        newest = writing.latest_version(session, before.article_id)
        version = writing.save_draft(
            session,
            before.article_id,
            make_draft(title, **content),
            seen_version=newest.id,
            seen_revision=newest.revision,
            actor=LIBRARIAN,
            at=at,
        )
        publishing.publish(session, version, actor=LIBRARIAN, at=at)
        return version


def title_at(version: ArticleVersion, reader: Actor, at: datetime) -> str | None:
    with database.reading() as session:
        card = cards_for(session, reader, [version.article_id], at=at).get(version.article_id)
    return card.title if card else None


def test_a_published_version_is_read_at_once(each_database: str, agent_chen: Actor) -> None:
    version = make_article("移机费")

    assert title_at(version, agent_chen, MONDAY_MORNING) == "移机费"


def test_a_draft_is_read_by_nobody_on_the_desk(each_database: str, agent_chen: Actor) -> None:
    version = make_article("移机费", published=False)

    assert title_at(version, agent_chen, MONDAY_MORNING) is None


def test_a_future_version_takes_over_at_its_midnight(each_database: str, agent_chen: Actor) -> None:
    old = make_article("旧移机费")
    new = add_version(old, "新移机费", at=MONDAY_MORNING, valid_from=date(2026, 4, 1))
    midnight = start_of(date(2026, 4, 1))

    assert title_at(new, agent_chen, midnight - timedelta(seconds=1)) == "旧移机费"
    assert title_at(new, agent_chen, midnight) == "新移机费"


def test_a_correction_made_meanwhile_gives_way_to_the_future_version(
    each_database: str, agent_chen: Actor
) -> None:
    old = make_article("旧")
    add_version(old, "明天的", at=MONDAY_MORNING, valid_from=date(2026, 4, 1))

    add_version(old, "更正", at=MONDAY_MORNING + A_DAY)

    assert title_at(old, agent_chen, MONDAY_MORNING + A_DAY) == "更正"
    assert title_at(old, agent_chen, start_of(date(2026, 4, 1))) == "明天的"


def test_the_last_valid_day_counts_whole(each_database: str, agent_chen: Actor) -> None:
    version = make_article("春节活动", valid_until=date(2026, 3, 8))

    assert title_at(version, agent_chen, start_of(date(2026, 3, 9)) - timedelta(seconds=1)) == "春节活动"
    assert title_at(version, agent_chen, start_of(date(2026, 3, 9))) is None


def test_what_is_over_cannot_be_published(each_database: str) -> None:
    version = make_article("去年的", published=False, valid_until=date(2025, 12, 31))

    with pytest.raises(ValidityOver), database.unit_of_work() as session:
        publishing.publish(session, version, actor=LIBRARIAN, at=MONDAY_MORNING)


def test_nothing_is_published_twice(each_database: str) -> None:
    version = make_article("移机费")

    with pytest.raises(AlreadyPublished), database.unit_of_work() as session:
        publishing.publish(session, version, actor=LIBRARIAN, at=MONDAY_MORNING)


def test_withdrawing_takes_away_what_holds_and_what_waits(each_database: str, agent_chen: Actor) -> None:
    old = make_article("旧")
    add_version(old, "将来", at=MONDAY_MORNING, valid_from=date(2026, 4, 1))

    with database.unit_of_work() as session:
        publishing.withdraw(session, old.article_id, actor=LIBRARIAN, at=MONDAY_MORNING + A_DAY)

    assert title_at(old, agent_chen, MONDAY_MORNING + A_DAY) is None
    assert title_at(old, agent_chen, start_of(date(2026, 4, 1))) is None
    with pytest.raises(NotPublished), database.unit_of_work() as session:
        publishing.withdraw(session, old.article_id, actor=LIBRARIAN, at=MONDAY_MORNING + 2 * A_DAY)


def test_a_withdrawn_article_still_says_what_it_was(each_database: str, agent_chen: Actor) -> None:
    version = make_article("移机费")
    with database.unit_of_work() as session:
        publishing.withdraw(session, version.article_id, actor=LIBRARIAN, at=MONDAY_MORNING + A_DAY)

    with database.reading() as session:
        answer = answers.answer_for(session, agent_chen, "KB-00001", at=MONDAY_MORNING + 2 * A_DAY)

    assert (answer.card.title, answer.standing) == ("移机费", "withdrawn")


def test_only_who_may_publish_does(each_database: str, agent_chen: Actor, supervisor_he: Actor) -> None:
    version = make_article("移机费", published=False)

    for actor in (agent_chen, supervisor_he):
        with pytest.raises(NotAllowed), database.unit_of_work() as session:
            publishing.publish(session, version, actor=actor, at=MONDAY_MORNING)


def test_publishing_and_withdrawing_are_on_the_record(each_database: str) -> None:
    version = make_article("移机费")
    with database.unit_of_work() as session:
        publishing.withdraw(session, version.article_id, actor=LIBRARIAN, at=MONDAY_MORNING)

    with database.reading() as session:
        entries = session.exec(audit.entries(subject_id=str(version.article_id))).all()

    assert [entry.action for entry in entries] == [
        "kb.article.withdrawn",
        "kb.article.published",
        "kb.article.started",
    ]


DAYS = st.integers(0, 20)
PUBLISHED = st.lists(
    st.tuples(DAYS, st.none() | DAYS, st.none() | DAYS), min_size=1, max_size=6
)  # (published on, first valid day, last valid day), as days after Monday


@given(PUBLISHED)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_published_at_most_one_version_holds_at_any_moment(
    session: Session, wishes: Sequence[tuple[int, int | None, int | None]]
) -> None:
    SQLModel.metadata.drop_all(session.get_bind())
    SQLModel.metadata.create_all(session.get_bind())
    first = writing.start_article(session, make_draft("甲"), actor=LIBRARIAN, at=MONDAY_MORNING)
    for on, begins, ends in sorted(wishes, key=lambda wish: wish[0]):
        _publish_on(session, first, on, begins, ends)

    periods = session.exec(select(Publication)).all()
    session.commit()

    for day in range(60):
        moment = MONDAY_MORNING + day * A_DAY / 2
        holding = [one for one in periods if _holds(one, moment)]
        assert len(holding) <= 1


def _publish_on(
    session: Session, first: ArticleVersion, on: int, begins: int | None, ends: int | None
) -> None:
    at = MONDAY_MORNING + on * A_DAY
    days = [None if day is None else (MONDAY_MORNING + day * A_DAY).date() for day in (begins, ends)]
    if days[0] and days[1] and days[1] < days[0]:
        days.reverse()
    newest = writing.latest_version(session, first.article_id)
    version = writing.save_draft(
        session,
        first.article_id,
        make_draft("甲", valid_from=days[0], valid_until=days[1]),
        seen_version=newest.id,
        seen_revision=newest.revision,
        actor=LIBRARIAN,
        at=at,
    )
    try:
        publishing.publish(session, version, actor=LIBRARIAN, at=at)
    except ValidityOver:
        session.expire_all()


def _holds(publication: Publication, at: datetime) -> bool:
    ends = publication.effective_until
    return publication.effective_from <= at and (ends is None or ends > at)
