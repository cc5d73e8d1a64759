"""One account has so many sockets and operations at a time, however many clients it runs."""

from __future__ import annotations

from contextlib import AsyncExitStack

from cms.authorization.actor import Actor
from graphql_api.http.live import LiveLimits
from graphql_api.http.quota import Quotas
from tests.builders import Newsroom
from tests.graphql_api.http.desk import ME, Socket
from tests.graphql_api.http.test_live import CHANGED, Live, following, live_desk, streaming


async def refused_code(live: Live, actor: Actor) -> int | None:
    """Return the code with which a socket is closed that is one too many."""
    async with live.desk.socket(await live.desk.secret(actor)) as socket:
        return await socket.closed()


async def open_sockets(stack: AsyncExitStack, live: Live, actor: Actor, count: int) -> list[Socket]:
    """Open so many sockets of one account."""
    return [await stack.enter_async_context(following(live, actor)) for _ in range(count)]


async def test_an_account_has_ten_sockets(newsroom: Newsroom) -> None:
    async with live_desk(newsroom) as live, AsyncExitStack() as stack:
        sockets = await open_sockets(stack, live, newsroom.author, 10)
        other = await live.desk.issue(newsroom.author)  # another token is the same account
        async with live.desk.socket(other) as socket:
            assert await socket.closed() == 1013
        assert await refused_code(live, newsroom.author) == 1013
        await open_sockets(stack, live, newsroom.publisher, 1)
        await sockets[0].connection.close()
        await open_sockets(stack, live, newsroom.author, 1)
        assert await refused_code(live, newsroom.author) == 1013


async def test_an_account_has_so_many_subscriptions_on_all_sockets(newsroom: Newsroom) -> None:
    limits = LiveLimits(operations=4, turn_seconds=0.05, first_seconds=0.05)
    async with live_desk(newsroom, limits) as live, AsyncExitStack() as stack:
        one, two = await open_sockets(stack, live, newsroom.author, 2)
        (other,) = await open_sockets(stack, live, newsroom.publisher, 1)
        for number in range(2):
            await one.subscribe(f"a{number}", CHANGED)
            await two.subscribe(f"b{number}", CHANGED)
        await live.tail.followed_by(4)
        for socket in (one, two):
            (error,) = await socket.ask("more", ME)
            assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
        async with streaming(live, newsroom.author, CHANGED) as events:
            told = await events.next()
            assert told["errors"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}
        assert "errors" not in await other.ask("1", ME)
        await one.connection.close()
        await two.send({"id": "b0", "type": "complete"})
        assert "errors" not in await two.ask("again", ME)


async def test_a_stream_of_events_is_one_of_them_until_it_ends(newsroom: Newsroom) -> None:
    limits = LiveLimits(operations=1, turn_seconds=0.05, first_seconds=0.01)
    async with live_desk(newsroom, limits) as live, following(live, newsroom.author) as socket:
        async with streaming(live, newsroom.author, CHANGED):
            await live.tail.followed_by(1)
            (error,) = await socket.ask("1", ME)
            assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
        while isinstance(await socket.ask("2", ME), list):
            pass  # until the server has noticed that the stream has gone


def test_an_account_without_anything_open_is_forgotten() -> None:
    quotas, limits = Quotas(), LiveLimits()
    quota = quotas.of(Actor(account_id="a"), limits)
    assert quotas.of(Actor(account_id="a", session_id="other"), limits) is quota
    assert quotas.of(Actor(account_id="b"), limits) is not quota
    del quota
    assert list(quotas._quotas) == []
