"""The time that the steps of a request take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Timings(dict[str, float]):
    """The seconds that each step of one request has taken, by the step's name.

    A step that is done several times, as for each field of a mutation, has the sum.
    """

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to a step, also if the block fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self[name] = self.get(name, 0.0) + time.perf_counter() - began
