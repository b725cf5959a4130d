"""A stream says what there is now, again after each change, and nothing to whoever has it already."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core import database, news
from core.identity import Actor
from web.live_events import OVER, RECONNECT, Present, SessionOver, message, stream


def present(actor: Actor, seen: int | None) -> Present | None:
    with database.reading() as session:
        number = news.numbers(session, [actor.staff_id])[actor.staff_id]
    return None if number == seen else Present(number, f"<p>{number}</p>")


def tell(actor: Actor) -> None:
    with database.unit_of_work() as session:
        news.tell(session, [actor.staff_id])


async def _next(said: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(said), 20)


def test_a_stream_follows_what_changes(agent_chen: Actor) -> None:
    async def listen() -> None:
        said = stream(agent_chen.staff_id, None, lambda seen: present(agent_chen, seen))
        assert await _next(said) == RECONNECT
        assert "data: <p>0</p>" in await _next(said)
        tell(agent_chen)
        assert "id: 1" in await _next(said)
        await said.aclose()  # type: ignore[attr-defined]

    asyncio.run(listen())


def test_a_browser_that_comes_back_gets_only_what_it_missed(agent_chen: Actor) -> None:
    tell(agent_chen)

    async def listen() -> None:
        said = stream(agent_chen.staff_id, 1, lambda seen: present(agent_chen, seen))
        await _next(said)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(said), 1)

        missed = stream(agent_chen.staff_id, 0, lambda seen: present(agent_chen, seen))
        await _next(missed)
        assert "id: 1" in await _next(missed)
        await missed.aclose()  # type: ignore[attr-defined]

    asyncio.run(listen())


def test_a_stream_ends_with_the_session(agent_chen: Actor) -> None:
    def look(_seen: int | None) -> Present | None:
        raise SessionOver

    async def listen() -> list[str]:
        return [said async for said in stream(agent_chen.staff_id, None, look)]

    assert asyncio.run(listen()) == [RECONNECT, OVER]


def test_a_line_of_a_page_is_a_line_of_the_stream() -> None:
    said = message(Present(3, "<p>\r\n</p>"))

    assert said == "id: 3\nevent: calls\ndata: <p>\ndata: </p>\n\n"
