"""A part of the app is made once, in a thread, for all who wait for it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import pytest

from graphql_api.on_demand import OnDemand


class Making:
    """Makes numbers, each as soon as it is allowed to."""

    def __init__(self) -> None:
        self.allowed = threading.Event()
        self.threads: list[threading.Thread] = []
        self.fails = False

    def __call__(self) -> int:
        self.threads.append(threading.current_thread())
        assert self.allowed.wait(30)
        if self.fails:
            raise RuntimeError("it cannot be made")
        return len(self.threads)


async def test_it_is_made_once_for_all_who_wait_and_later_ones() -> None:
    making = Making()
    part = OnDemand(making)
    waiting = [asyncio.create_task(part.get()) for _ in range(3)]
    await asyncio.sleep(0)
    making.allowed.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await part.get() == 1
    assert making.threads != [threading.current_thread()]


async def test_its_thread_ends_with_it() -> None:
    making = Making()
    making.allowed.set()
    await OnDemand(making).get()
    (thread,) = making.threads
    await asyncio.to_thread(thread.join, 30)
    assert not thread.is_alive()


async def test_one_who_waits_no_longer_takes_it_from_nobody() -> None:
    making = Making()
    part = OnDemand(making)
    first, second = (asyncio.create_task(part.get()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    making.allowed.set()
    assert await second == 1


async def test_it_is_tried_again_after_a_failure() -> None:
    making = Making()
    making.fails = True
    making.allowed.set()
    part = OnDemand(making)
    with pytest.raises(RuntimeError, match="cannot be made"):
        await part.get()
    await part.close()
    making.fails = False
    assert await part.get() == 2


async def test_the_end_waits_for_the_thread_and_starts_none() -> None:
    making = Making()
    part = OnDemand(making)
    await part.close()
    assert making.threads == []
    waiting = asyncio.create_task(part.get())
    await asyncio.sleep(0)
    closing = asyncio.create_task(part.close())
    await asyncio.sleep(0)
    assert not closing.done()
    making.allowed.set()
    await closing
    assert await waiting == 1
