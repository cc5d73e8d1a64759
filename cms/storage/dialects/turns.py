"""Turns: fair scheduling of concurrent tasks among clients."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from cms.errors import TooManyWaiting

T = TypeVar("T")

# For so long after it last asked a client counts as one of several, in seconds.
_AROUND = 1.0
# So many clients' last turns are remembered before those that have gone are forgotten.
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, eq=False)
class _Waiting:
    client: str
    turn: asyncio.Future[None]


class Turns:
    """A limited number of running tasks, and a queue of waiting ones.

    A single client can use all turns. With several clients, each has at most a quarter of them, so
    that the slow tasks of one client cannot block all others. The next turn goes to the waiting
    client with the fewest running tasks; among equals, to the one whose last turn is longest ago.

    Args:
        size: the number of concurrent tasks.
        waiting: the maximum number of waiting tasks of a client.
    """

    def __init__(self, size: int, waiting: int = 100) -> None:
        self._size = size
        self._most_waiting = waiting
        self._running: Counter[str] = Counter()
        self._waiting: list[_Waiting] = []
        self._seen: dict[str, float] = {}
        # The last turn of each client that is waiting or around, by a count of all turns.
        self._last_turns: dict[str, int] = {}
        self._count = 0

    def of(self, client: str) -> AbstractAsyncContextManager[None]:
        """Return a context that waits for a turn, and holds it for the body.

        Raises:
            TooManyWaiting: if too many tasks of the client are waiting.
        """
        return _Turn(self, client)

    def note(self, client: str) -> None:
        """Note the presence of a client without a turn."""
        now = time.monotonic()
        self._seen.pop(client, None)
        self._seen[client] = now  # the last one seen comes last
        while (oldest := next(iter(self._seen))) and self._seen[oldest] < now - _AROUND:
            del self._seen[oldest]

    async def begin(self, client: str) -> None:
        """Wait for a turn, which :meth:`end` ends.

        Raises:
            TooManyWaiting: if too many tasks of the client are waiting.
        """
        if self._is_free(client):
            self._take(client)
            return
        if sum(each.client == client for each in self._waiting) >= self._most_waiting:
            raise TooManyWaiting(self._most_waiting)
        waiting = _Waiting(client, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.turn.cancelled():  # it had its turn already
                self.end(client)
            raise

    def end(self, client: str) -> None:
        """End a turn."""
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]
        self._go_on()

    def _go_on(self) -> None:
        # What was cancelled in this moment is still in the list, and takes no turn.
        while free := [
            each for each in self._waiting if not each.turn.done() and self._is_free(each.client)
        ]:
            following = min(free, key=lambda each: self._place(each.client))
            self._waiting.remove(following)
            self._take(following.client)
            following.turn.set_result(None)

    def _take(self, client: str) -> None:
        self._running[client] += 1
        self._count += 1
        self._last_turns[client] = self._count
        if len(self._last_turns) > _MOST_REMEMBERED:
            there = self._seen.keys() | {each.client for each in self._waiting}
            self._last_turns = {k: v for k, v in self._last_turns.items() if k in there}

    def _place(self, client: str) -> tuple[int, int]:
        """Return the sort key of a client: its running tasks, then the time of its last turn."""
        return self._running[client], self._last_turns.get(client, 0)

    def _is_free(self, client: str) -> bool:
        if self._running.total() >= self._size:
            return False
        return self._running[client] < self._share(client)

    def _share(self, client: str) -> int:
        """Return the maximum number of concurrent turns of a client."""
        return self._size if self._is_alone(client) else max(1, self._size // 4)

    def _is_alone(self, client: str) -> bool:
        others_seen = len(self._seen) - (client in self._seen)
        others_running = len(self._running) - (client in self._running)
        return not others_seen and not others_running


class _Turn(AbstractAsyncContextManager[None]):
    """A class and no generator, which would take longer than all the rest of a turn."""

    __slots__ = ("_client", "_turns")

    def __init__(self, turns: Turns, client: str) -> None:
        self._turns = turns
        self._client = client

    async def __aenter__(self) -> None:
        self._turns.note(self._client)
        await self._turns.begin(self._client)

    async def __aexit__(self, *_: object) -> None:
        self._turns.end(self._client)


class RestingTurns(Turns):
    """Turns after which a client rests while others are around, so most of the time is theirs.

    Args:
        size: how many tasks run at once.
        rest: for how many times as long as its turn a client gets no other one.
    """

    def __init__(self, size: int, rest: float) -> None:
        super().__init__(size)
        self._rest = rest
        self._resting: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, client: str) -> AsyncIterator[None]:
        """Be one of the tasks that run at once, and let the client rest after it.

        Raises:
            TooManyWaiting: if too many of the client's tasks wait already.
        """
        async with super().of(client):
            began = time.monotonic()
            try:
                yield
            finally:
                if not self._is_alone(client):
                    self._let_rest(client, self._rest * (time.monotonic() - began))

    def _let_rest(self, client: str, seconds: float) -> None:
        def wake() -> None:
            self._resting[client] -= 1
            if not self._resting[client]:
                del self._resting[client]
            self._go_on()

        self._resting[client] += 1
        asyncio.get_running_loop().call_later(seconds, wake)

    def _is_free(self, client: str) -> bool:
        return not self._resting[client] and super()._is_free(client)


async def run_to_end(executor: Executor, work: Callable[[], T]) -> T:
    """Return the result of a function, run in a thread; if cancelled, wait until it has ended."""
    running = asyncio.get_running_loop().run_in_executor(executor, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await wait_for(running)
        raise


async def wait_for(running: asyncio.Future[Any]) -> None:
    """Wait for a task that cannot be cancelled, however often the caller is cancelled."""
    while not running.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([running])
