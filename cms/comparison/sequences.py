"""Common runs and pairs of two sequences."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from diff_match_patch import diff_match_patch

# Seconds after which a comparison ends with a coarser, still correct result.
_PATIENCE = 1.0

_COMPARER = diff_match_patch()
_COMPARER.Diff_Timeout = _PATIENCE


class Run(NamedTuple):
    """A run of items that is the same in both sequences.

    Attributes:
        old: start index in the old sequence.
        new: start index in the new sequence.
        length: number of items.
    """

    old: int
    new: int
    length: int


def equal_runs(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Run]:
    """Return the kept runs, in order; removed and added items are between them.

    No two runs are adjacent in both sequences, and none is empty. Computed by
    diff-match-patch (Myers' algorithm).
    """
    # The library compares characters, so each distinct item is mapped to one.
    characters: dict[Hashable, str] = {}

    def encode(items: Sequence[Hashable]) -> str:
        return "".join(characters.setdefault(item, chr(len(characters))) for item in items)

    return _runs(_COMPARER.diff_main(encode(old), encode(new), checklines=False))


def _runs(differences: Sequence[tuple[int, str]]) -> list[Run]:
    runs, old, new = [], 0, 0
    for operation, items in differences:
        if operation == diff_match_patch.DIFF_EQUAL:
            runs.append(Run(old, new, len(items)))
        old += len(items) if operation != diff_match_patch.DIFF_INSERT else 0
        new += len(items) if operation != diff_match_patch.DIFF_DELETE else 0
    return runs


def equal_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the indexes of equal items: pairs in the same order first, then moved ones."""
    pairs = [
        (run.old + offset, run.new + offset)
        for run in equal_runs(old, new)
        for offset in range(run.length)
    ]
    old_left, new_left = unpaired_indexes(pairs, len(old), len(new))
    waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for index in old_left:
        waiting[old[index]].append(index)
    moved = [(waiting[new[index]].popleft(), index) for index in new_left if waiting[new[index]]]
    return pairs + moved


def unpaired_indexes(
    pairs: Sequence[tuple[int, int]], old_length: int, new_length: int
) -> tuple[list[int], list[int]]:
    """Return the indexes in the old and in the new sequence that are in no pair."""
    old_taken, new_taken = {old for old, _ in pairs}, {new for _, new in pairs}
    return (
        [index for index in range(old_length) if index not in old_taken],
        [index for index in range(new_length) if index not in new_taken],
    )


def moved_positions(order: Sequence[int]) -> frozenset[int]:
    """Return the fewest positions to remove from ``order`` so that the rest is increasing.

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
