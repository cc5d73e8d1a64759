"""Common parts of two sequences."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from diff_match_patch import diff_match_patch

# A comparison that takes longer than this many seconds ends with a coarser result, which is
# still a correct one.
_PATIENCE = 1.0

_COMPARER = diff_match_patch()
_COMPARER.Diff_Timeout = _PATIENCE


class Run(NamedTuple):
    """A run of items that is the same in both sequences.

    Attributes:
        old: its start in the old sequence.
        new: its start in the new sequence.
        length: the number of items.
    """

    old: int
    new: int
    length: int


def equal_runs(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Run]:
    """Return the common runs, in order; items between two runs were removed and added.

    Two runs never touch on both sides, and none is empty.
    """
    # The library compares characters, so each different item becomes one.
    characters: dict[Hashable, str] = {}

    def encoded(items: Sequence[Hashable]) -> str:
        return "".join(characters.setdefault(item, chr(len(characters))) for item in items)

    return _runs(_COMPARER.diff_main(encoded(old), encoded(new), checklines=False))


def equal_characters(old: str, new: str) -> list[Run]:
    """Return the common runs of characters, without coincidental ones."""
    differences = _COMPARER.diff_main(old, new, checklines=False)
    _COMPARER.diff_cleanupSemantic(differences)
    return _runs(differences)


def _runs(differences: Sequence[tuple[int, str]]) -> list[Run]:
    runs, old, new = [], 0, 0
    for operation, items in differences:
        if operation == diff_match_patch.DIFF_EQUAL:
            runs.append(Run(old, new, len(items)))
        old += len(items) if operation != diff_match_patch.DIFF_INSERT else 0
        new += len(items) if operation != diff_match_patch.DIFF_DELETE else 0
    return runs


def equal_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the indexes of equal items: first those that kept their order, then the others."""
    pairs = [
        (run.old + offset, run.new + offset)
        for run in equal_runs(old, new)
        for offset in range(run.length)
    ]
    old_left, new_left = left_over(pairs, len(old), len(new))
    waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for index in old_left:
        waiting[old[index]].append(index)
    moved = [(waiting[new[index]].popleft(), index) for index in new_left if waiting[new[index]]]
    return pairs + moved


def left_over(
    pairs: Sequence[tuple[int, int]], old_length: int, new_length: int
) -> tuple[list[int], list[int]]:
    """Return the indexes without a partner in the old and in the new sequence."""
    old_taken, new_taken = {old for old, _ in pairs}, {new for _, new in pairs}
    return (
        [index for index in range(old_length) if index not in old_taken],
        [index for index in range(new_length) if index not in new_taken],
    )


def moved_in(order: Sequence[int]) -> frozenset[int]:
    """Return the smallest set of positions in ``order`` without which the rest is increasing.

    The rest is a longest increasing subsequence, found by patience sorting.
    """
    tops: list[int] = []
    positions: list[int] = []
    before: list[int | None] = []
    for position, number in enumerate(order):
        pile = bisect_left(tops, number)
        before.append(positions[pile - 1] if pile else None)
        tops[pile : pile + 1] = [number]
        positions[pile : pile + 1] = [position]
    kept: set[int] = set()
    last = positions[-1] if positions else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return frozenset(range(len(order))) - kept
