"""Coroutines that begin at once."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """A coroutine that has already run to its end, or to the first thing that it has to wait for.

    So a time limit, which takes longer to set up than most requests to arrive, is set up only if
    there is a wait. Awaiting it runs the rest in the same task, and returns the result.

    Attributes:
        is_done: whether it ran to its end.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        try:
            self._awaited = coroutine.send(None)
        except StopIteration as end:
            self._result: T = end.value
            self.is_done = True
        else:
            self.is_done = False

    def __await__(self) -> Generator[Any, Any, T]:
        return self._result if self.is_done else (yield from self._rest())

    def _rest(self) -> Generator[Any, Any, T]:
        """Pass on to the event loop all that the coroutine awaits, and the loop's replies."""
        awaited = self._awaited
        while True:
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001  # raised in the coroutine instead
                proceed = partial(self._coroutine.throw, error)
            else:
                proceed = partial(self._coroutine.send, None)
            try:
                awaited = proceed()
            except StopIteration as end:
                result: T = end.value
                return result
