"""The processor time of this process and of a database server; it reads ``/proc`` of Linux."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_NANOSECONDS = 1e9


class CpuTime:
    """The processor time that questions take, whatever else the machine does.

    Args:
        cluster: the folder of a running server of PostgreSQL that is counted as well.
    """

    def __init__(self, cluster: Path | None) -> None:
        self._server = int((cluster / "postmaster.pid").read_text().split()[0]) if cluster else None

    def seconds(self) -> float:
        """Return the seconds so far; workers of a parallel query that have ended are left out."""
        return time.process_time() + sum(self._of_database())

    def _of_database(self) -> Iterator[float]:
        if self._server is None:
            return
        children = _PROC / f"{self._server}/task/{self._server}/children"
        for child in children.read_text().split():
            try:
                yield int((_PROC / child / "schedstat").read_text().split()[0]) / _NANOSECONDS
            except (FileNotFoundError, ProcessLookupError):  # it has just ended
                continue
