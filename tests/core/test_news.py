"""News is a number for each person: it grows with whatever is kept, and with nothing that is not."""

from threading import Thread

import pytest

from core import database, news
from core.identity import Actor


def number_of(actor: Actor) -> int:
    with database.reading() as session:
        return news.numbers(session, [actor.staff_id])[actor.staff_id]


def tell(*actors: Actor) -> None:
    with database.unit_of_work() as session:
        news.tell(session, [actor.staff_id for actor in actors])


def test_each_news_counts_up(each_database: str, agent_chen: Actor, supervisor_he: Actor) -> None:
    tell(agent_chen)
    tell(agent_chen, supervisor_he)

    assert (number_of(agent_chen), number_of(supervisor_he)) == (2, 1)


def test_what_was_rolled_back_is_no_news(each_database: str, agent_chen: Actor) -> None:
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as session:
        news.tell(session, [agent_chen.staff_id])
        _ = 1 / 0

    assert number_of(agent_chen) == 0


def test_news_from_many_at_once_is_all_counted(
    each_database: str, agent_chen: Actor, supervisor_he: Actor
) -> None:
    pairs = [(agent_chen, supervisor_he), (supervisor_he, agent_chen)] * 4
    threads = [Thread(target=tell, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (number_of(agent_chen), number_of(supervisor_he)) == (8, 8)
