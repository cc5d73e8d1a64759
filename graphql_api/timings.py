"""The time of a request's steps."""

from __future__ import annotations

import time


class Timings(dict[str, float]):
    """The seconds of each step of one request, by the step's name.

    A repeated step, such as one for each field of a mutation, has the sum.
    """

    def step(self, name: str) -> _Step:
        """Return a context that adds the time of its block to a step, even if the block fails."""
        return _Step(self, name)


class _Step:
    """A class and no generator, since a request has seven of them."""

    __slots__ = ("_began", "_name", "_timings")

    def __init__(self, timings: Timings, name: str) -> None:
        self._timings = timings
        self._name = name
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        spent = time.perf_counter() - self._began
        self._timings[self._name] = self._timings.get(self._name, 0.0) + spent
