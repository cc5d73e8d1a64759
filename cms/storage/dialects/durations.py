"""Durations of statements, by which a statement runs on the event loop or in a thread."""

from __future__ import annotations

import math
from collections import OrderedDict

# Maximum last duration, in seconds, of a statement that is run on the event loop.
FAST = 0.0005
# Seconds after which a question on the event loop is interrupted and asked in a thread instead.
LONGEST_ON_LOOP = 0.005
# The same for one that takes little CPU time, but waits: for a disk, or while other programs run.
LONGEST_WAIT_ON_LOOP = 0.1
# Instructions of SQLite's virtual machine between two checks of the deadline; about 0.1 ms.
STEPS_BETWEEN_CHECKS = 10_000
# Number of statements whose last duration is kept.
_MOST_STATEMENTS = 1_000
_UNKNOWN = (math.inf, math.inf)


class RecentDurations:
    """The durations of the thousand most recent statements, in seconds.

    The longer of two consecutive durations is ignored, since other programs can interrupt a run.
    """

    def __init__(self) -> None:
        # Of each statement, its duration, and that of its last run.
        self._seconds: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def of(self, sql: str) -> float:
        """Return the duration of a statement; infinity if it is not known."""
        return self._seconds.get(hash(sql), _UNKNOWN)[0]

    def note(self, sql: str, seconds: float) -> None:
        """Record a duration; after slow runs the stored duration decreases gradually."""
        # The key is a hash, since a thousand statements can be large.
        place = hash(sql)
        duration, last = self._seconds.get(place, (0.0, seconds))
        self._seconds[place] = max(min(seconds, last), 0.8 * duration), seconds
        self._seconds.move_to_end(place)
        if len(self._seconds) > _MOST_STATEMENTS:
            self._seconds.popitem(last=False)

    def note_excess(self, sql: str, seconds: float) -> None:
        """Record that a run was ended when it had taken too long, so that the next is elsewhere."""
        self._seconds[hash(sql)] = seconds, seconds
