"""The time of a request's steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Timings(dict[str, float]):
    """The seconds of each step of one request, by the step's name.

    A repeated step, such as one for each field of a mutation, has the sum.
    """

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time of the block to a step, even if the block fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self[name] = self.get(name, 0.0) + time.perf_counter() - began
