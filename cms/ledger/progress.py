"""Progress of long work, for those who wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

from cms.ledger.chain import ignore_progress

# Gives a function that shows the progress of a part of some work, given its name and its length;
# the function is called with the number of further steps.
Watch: TypeAlias = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]


@contextmanager
def unwatched(_label: str, _length: int) -> Iterator[Callable[[int], object]]:
    """Show no progress: the default."""
    yield ignore_progress
