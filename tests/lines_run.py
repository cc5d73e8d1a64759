"""The number of Python lines that a function runs: a measure of work that no other load changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def lines_run(function: Callable[[], object]) -> int:
    """Return the number of Python lines that run when a function is called."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        function()
    finally:
        sys.settrace(before)
    return count
