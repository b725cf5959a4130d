"""The versions of an article, and what two drafts say differently."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from core import database
from core.clock import start_of
from kb import editing, publishing, versions, writing
from kb.curating import Stage
from kb.editing import NothingNew, Seen
from kb.models import ArticleVersion
from kb.versions import Difference, NoSuchVersion
from kb.writing import DraftChanged
from tests.conftest import MONDAY_MORNING
from tests.makers import LIBRARIAN, make_article, make_draft, make_scopes

TUESDAY = MONDAY_MORNING + timedelta(days=1)


def seen(version: ArticleVersion) -> Seen:
    return Seen(version.id, version.revision)


def test_a_draft_says_from_when_it_would_be_read(session: Session) -> None:
    draft = make_article(published=False, valid_from=date(2026, 3, 5), valid_until=date(2026, 3, 6))

    (card,) = versions.versions_of(session, draft.article_id, at=MONDAY_MORNING)

    assert card.stage is Stage.DRAFT
    assert (card.reads_from, card.reads_until) == (start_of(date(2026, 3, 5)), start_of(date(2026, 3, 7)))


def test_a_draft_that_would_be_read_at_once_has_no_such_day(session: Session) -> None:
    draft = make_article(published=False)

    assert versions.versions_of(session, draft.article_id, at=TUESDAY)[0].reads_from is None


def test_a_withdrawn_version_says_by_whom(session: Session) -> None:
    version = make_article()
    with database.unit_of_work() as changing:
        publishing.withdraw(changing, version.article_id, actor=LIBRARIAN, at=TUESDAY)

    (card,) = versions.versions_of(session, version.article_id, at=TUESDAY)

    assert (card.stage, card.reads_until, card.withdrawn_at) == (Stage.OVER, TUESDAY, TUESDAY)


def test_a_version_that_was_never_written_is_not_found(session: Session) -> None:
    version = make_article()

    with pytest.raises(NoSuchVersion):
        versions.version_numbered(session, version.article_id, 2)


def test_differences_are_said_in_the_words_of_the_screen(session: Session) -> None:
    make_scopes()
    theirs = make_draft(answer="免费", regions=["330000"], scripts=[{"tier": "gold", "text": "您好"}])
    mine = make_draft(
        answer="免费",
        prices="<table><tr><td>一</td><td>二</td></tr></table>",
        codes=["YJ1"],
        regions=["510000"],
    )

    assert versions.differences(session, theirs, mine) == [
        Difference("话术", "【金卡】您好", ""),
        Difference("资费", "", "一 二"),
        Difference("地区", "浙江", "四川"),
        Difference("代码", "", "YJ1"),
    ]


def test_the_order_of_a_scope_is_no_difference(session: Session) -> None:
    make_scopes()

    one, other = make_draft(regions=["330000", "510000"]), make_draft(regions=["510000", "330000"])

    assert versions.differences(session, one, other) == []


class TestEditing:
    def test_a_draft_that_changes_nothing_is_not_written(self, session: Session) -> None:
        make_scopes()
        version = make_article(answer="免费", regions=["330000", "510000"], scripts=[{"text": "您好"}])
        same = make_draft(
            answer="免费", regions=["510000", "330000"], scripts=[{"text": "您好"}, {"text": ""}]
        )

        saved = editing.save(
            session, version.article_id, same, seen=seen(version), actor=LIBRARIAN, at=TUESDAY
        )

        assert (saved.id, saved.saved_at) == (version.id, MONDAY_MORNING)

    def test_what_was_withdrawn_is_published_anew_as_it_was(self, session: Session) -> None:
        version = make_article(answer="免费")
        publishing.withdraw(session, version.article_id, actor=LIBRARIAN, at=MONDAY_MORNING)

        publication = editing.save_and_publish(
            session,
            version.article_id,
            make_draft(answer="免费"),
            seen=seen(version),
            actor=LIBRARIAN,
            at=TUESDAY,
        )

        assert publication.effective_from == TUESDAY
        assert writing.latest_version(session, version.article_id).number == 2

    def test_what_agents_read_already_is_not_published_again(self, session: Session) -> None:
        version = make_article(answer="免费")

        with pytest.raises(NothingNew):
            editing.save_and_publish(
                session,
                version.article_id,
                make_draft(answer="免费"),
                seen=seen(version),
                actor=LIBRARIAN,
                at=TUESDAY,
            )

    def test_nobody_publishes_what_was_saved_unseen(self, session: Session) -> None:
        version = make_article(published=False)
        as_seen = seen(version)
        draft = make_draft(answer="别人写的")
        editing.save(session, version.article_id, draft, seen=as_seen, actor=LIBRARIAN, at=TUESDAY)

        with pytest.raises(DraftChanged):
            editing.publish(session, version.article_id, seen=as_seen, actor=LIBRARIAN, at=TUESDAY)
