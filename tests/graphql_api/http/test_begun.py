"""A coroutine that begins at once ends as if it had been awaited."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.http.begun import Begun


async def test_what_waits_for_nothing_is_done_at_once() -> None:
    async def answer() -> int:
        return 42

    begun = Begun(answer())
    assert begun.is_done
    assert await begun == 42


async def test_what_fails_before_it_waits_fails_at_once() -> None:
    async def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        Begun(fail())


async def test_the_rest_waits_as_often_as_it_has_to() -> None:
    turns: list[asyncio.Future[int]] = [asyncio.get_running_loop().create_future() for _ in "abc"]

    async def add() -> int:
        return sum([await each for each in turns])

    begun = Begun(add())
    assert not begun.is_done
    for number, turn in enumerate(turns):
        asyncio.get_running_loop().call_later(0, turn.set_result, number)
    assert await begun == 3


async def test_a_time_limit_interrupts_the_rest_which_can_clean_up() -> None:
    cleaned: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("cleaned")

    begun = Begun(wait())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await begun
    assert cleaned == ["cleaned"]


async def test_an_exception_of_what_it_waits_for_is_raised_in_it() -> None:
    failing: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def recover() -> int:
        try:
            return await failing
        except KeyError:
            return 1

    begun = Begun(recover())
    failing.set_exception(KeyError())
    assert await begun == 1
