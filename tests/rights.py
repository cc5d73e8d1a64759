"""File modes that count even for root, who otherwise may write everything."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

# https://man7.org/linux/man-pages/man2/capset.2.html
_VERSION = 0x20080522
_OVERRIDE = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH


def as_ordinary_user(run: Callable[[], T]) -> T:
    """Run something for which file modes count, in a thread of its own, and return its result."""
    initializer = _give_up_override if os.geteuid() == 0 else None
    with ThreadPoolExecutor(1, initializer=initializer) as thread:
        return thread.submit(run).result()


def _give_up_override() -> None:
    """Give up going past file modes: what a thread may do is its own, and of those it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    data = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then the same, higher
    if libc.capget(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for each in range(3):
        data[each] &= ~_OVERRIDE
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset")
