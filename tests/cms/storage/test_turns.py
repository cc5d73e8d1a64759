"""What runs at once is shared fairly among clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cms.errors import TooManyWaiting
from cms.storage.dialects import RestingTurns, Turns, wait_for


class Work:
    """Tasks that take a turn and go on until they are told to end."""

    def __init__(self, turns: Turns) -> None:
        self.running: list[str] = []
        self._turns = turns
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, *names: str) -> None:
        """Begin a task for each name, whose first letter is the client."""
        for name in names:
            self._ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._run(name))
        await self._settle()

    async def end(self, *names: str) -> None:
        """End tasks that run."""
        for name in names:
            self._ends[name].set()
        await self._settle()

    async def cancel(self, *names: str) -> None:
        """Cancel tasks, whether they run or wait."""
        for name in names:
            self._tasks[name].cancel()
        await self._settle()

    def end_and_cancel(self, ended: str, cancelled: str) -> None:
        """End one task and cancel another before either goes on."""
        self._ends[ended].set()
        self._tasks[cancelled].cancel()

    async def close(self) -> None:
        """End all that is left."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, name: str) -> None:
        async with self._turns.of(name[0]):
            self.running.append(name)
            try:
                await self._ends[name].wait()
            finally:
                self.running.remove(name)

    async def _settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


@asynccontextmanager
async def working(turns: Turns) -> AsyncIterator[Work]:
    work = Work(turns)
    try:
        yield work
    finally:
        await work.close()


async def test_a_client_alone_has_all_turns() -> None:
    async with working(Turns(4)) as work:
        await work.begin("a1", "a2", "a3", "a4", "a5")
        assert work.running == ["a1", "a2", "a3", "a4"]
        await work.end("a2")
        assert work.running == ["a1", "a3", "a4", "a5"]


async def test_several_clients_have_a_quarter_each_at_most() -> None:
    async with working(Turns(8)) as work:
        await work.begin("b1", "a1", "a2", "a3", "c1")
        assert work.running == ["b1", "a1", "a2", "c1"]


async def test_what_a_client_has_begun_alone_leaves_it_nothing_more_when_another_comes() -> None:
    async with working(Turns(4)) as work:
        await work.begin("a1", "a2", "a3", "a4", "a5", "b1")
        await work.end("a1")
        assert work.running == ["a2", "a3", "a4", "b1"]
        await work.end("a2", "a3")
        assert work.running == ["a4", "b1"]


async def test_the_next_turn_is_that_of_the_client_with_the_fewest() -> None:
    async with working(Turns(1)) as work:
        await work.begin("a1", "a2", "a3", "b1", "c1")
        order = []
        for _ in range(5):
            order += work.running
            await work.end(*work.running)
        assert order == ["a1", "b1", "c1", "a2", "a3"]


async def test_many_tasks_of_one_client_do_not_stand_before_one_of_another() -> None:
    async with working(Turns(1)) as work:
        await work.begin("a1", *(f"a{number}" for number in range(2, 40)), "b1")
        await work.end("a1")
        assert work.running == ["b1"]
        await work.end("b1")
        assert work.running == ["a2"]


async def test_a_client_rests_after_its_turn_while_others_are_around() -> None:
    turns = RestingTurns(1, rest=1e9)
    async with working(turns) as work:
        await work.begin("a1", "a2")
        await work.end("a1")
        assert work.running == ["a2"]  # alone, it goes on
        turns.note("b")
        await work.begin("a3")
        await work.end("a2")
        assert work.running == []
        await work.begin("b1")
        assert work.running == ["b1"]


async def test_a_client_that_has_rested_goes_on() -> None:
    turns = RestingTurns(1, rest=1e-9)
    async with asyncio.timeout(20), working(turns) as work:
        turns.note("b")
        await work.begin("a1")
        await work.end("a1")
        async with turns.of("a"):
            pass


async def test_a_turn_is_over_when_its_thread_is_however_often_it_is_cancelled() -> None:
    running: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(wait_for(running))
    for _ in range(3):
        await asyncio.sleep(0)
        waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    running.set_result(None)
    await waiting


async def test_a_client_that_only_passes_by_counts_as_one() -> None:
    turns = Turns(4)
    async with working(turns) as work:
        turns.note("b")
        await work.begin("a1", "a2")
        assert work.running == ["a1"]


async def test_what_is_given_up_takes_no_turn_and_gives_its_own_back() -> None:
    async with working(Turns(1)) as work:
        await work.begin("a1", "a2", "a3")
        await work.cancel("a2")
        await work.cancel("a1")
        assert work.running == ["a3"]
        await work.end("a3")
        await work.begin("a4")
        assert work.running == ["a4"]


async def test_what_is_cancelled_while_a_turn_ends_keeps_no_turn() -> None:
    async with working(Turns(1)) as work:
        await work.begin("a1", "a2", "a3")
        work.end_and_cancel("a1", "a2")
        await work.end("a1")
        assert work.running == ["a3"]


async def test_more_than_may_wait_is_refused() -> None:
    turns = Turns(1, waiting=2)
    async with working(turns) as work:
        await work.begin("a1", "a2", "a3")
        with pytest.raises(TooManyWaiting, match="2 of your requests are already waiting"):
            async with turns.of("a"):
                pass
        await work.begin("b1")
        await work.end("a1")
        assert work.running != []
