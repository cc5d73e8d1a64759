"""Word-by-word difference of two texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import Literal, NamedTuple

from cms.comparison.sequences import Run, equal_runs
from cms.content.canonical_json import JsonObject

Operation = Literal["SAME", "ADDED", "REMOVED"]

# Kana and Han have no spaces between words, so they are compared character by character.
_DENSE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_DENSE_CHARACTER = re.compile(f"[{_DENSE}]")
_UNIT = re.compile(rf"(\A(?=\s)|[{_DENSE}]|[^\s{_DENSE}]+)(\s*)")
_WORD = re.compile(rf"[{_DENSE}]|[^\W{_DENSE}]+")
_ENDS_SENTENCE = (".", "!", "?", ":", ";", "\u3002")


@dataclass(frozen=True)
class WordChange:
    """A run of words that were all kept, added or removed.

    Attributes:
        operation: whether they were kept, added or removed.
        text: the words, with the white space after them.
    """

    operation: Operation
    text: str

    def to_json(self) -> JsonObject:
        """Return the JSON form for the API."""
        return {"operation": self.operation, "text": self.text}


class _Unit(NamedTuple):
    word: str
    space: str

    @property
    def text(self) -> str:
        return self.word + self.space


def words_between(old: str, new: str) -> tuple[WordChange, ...]:
    """Return the changes that turn the old text into the new one.

    The ``SAME`` and ``ADDED`` parts together are the new text, the ``SAME`` and ``REMOVED`` ones
    the old text. If only the white space after a word differs, the word is ``SAME`` and the
    white space has changes of its own.
    """
    if old == new:
        return (WordChange("SAME", new),) if new else ()
    old_units, new_units = _units(old), _units(new)
    runs = list(_join_runs(_runs(old_units, new_units)))
    readable = _shift_gaps(_drop_chance_runs(runs, old_units, new_units), old_units, new_units)
    return tuple(_collate(_steps(readable, old_units, new_units)))


def words_in(text: str) -> Iterator[re.Match[str]]:
    """Yield the words, without punctuation and whitespace."""
    return _WORD.finditer(text)


def is_dense(char: str) -> bool:
    """Return whether a character is of a script without spaces between words."""
    return _DENSE_CHARACTER.match(char) is not None


def likeness_of(old: frozenset[str], new: frozenset[str]) -> float:
    """Return the Dice coefficient of two vocabularies, from 0 to 1; 0 if both are empty."""
    total = len(old) + len(new)
    return 2 * len(old & new) / total if total else 0.0


def vocabulary(text: str) -> frozenset[str]:
    """Return the distinct words of a text, case-folded."""
    return frozenset(match[0].casefold() for match in words_in(text))


def _units(text: str) -> list[_Unit]:
    return [_Unit(match[1], match[2]) for match in _UNIT.finditer(text)]


def _runs(old: Sequence[_Unit], new: Sequence[_Unit]) -> Iterator[Run]:
    """Yield the runs of equal words: whole lines are matched first, then the words between.

    This keeps the cost of a long text in proportion to its edits.
    """
    old_lines, new_lines = _lines(old), _lines(new)
    old_starts = [0, *accumulate(map(len, old_lines))]
    new_starts = [0, *accumulate(map(len, new_lines))]
    left = Run(0, 0, 0)
    for lines in [*equal_runs(old_lines, new_lines), Run(len(old_lines), len(new_lines), 0)]:
        start, end = old_starts[lines.old], old_starts[lines.old + lines.length]
        right = Run(start, new_starts[lines.new], end - start)
        old_gap, new_gap = left.old + left.length, left.new + left.length
        between = equal_runs(
            [unit.word for unit in old[old_gap : right.old]],
            [unit.word for unit in new[new_gap : right.new]],
        )
        yield from (Run(old_gap + run.old, new_gap + run.new, run.length) for run in between)
        yield right
        left = right


def _lines(units: Sequence[_Unit]) -> list[tuple[str, ...]]:
    """Return the words of each line."""
    lines: list[list[str]] = [[]]
    for unit in units:
        lines[-1].append(unit.word)
        if "\n" in unit.space:
            lines.append([])
    return [tuple(line) for line in lines if line]


def _join_runs(runs: Iterable[Run]) -> Iterator[Run]:
    """Join runs that are adjacent in both texts, and drop empty ones."""
    last = Run(0, 0, 0)
    for run in runs:
        if (last.old + last.length, last.new + last.length) == (run.old, run.new):
            last = last._replace(length=last.length + run.length)
            continue
        if last.length:
            yield last
        last = run
    if last.length:
        yield last


def _drop_chance_runs(
    runs: Sequence[Run], old: Sequence[_Unit], new: Sequence[_Unit]
) -> Sequence[Run]:
    """Drop each run that is no longer than the changes before and after it.

    Showing a few coincidentally equal words within a rewritten sentence makes it hard to read.
    """
    old_sizes = [0, *accumulate(len(unit.text) for unit in old)]
    new_sizes = [0, *accumulate(len(unit.text) for unit in new)]

    def gap(left: Run, right: Run) -> int:
        return max(
            old_sizes[right.old] - old_sizes[left.old + left.length],
            new_sizes[right.new] - new_sizes[left.new + left.length],
        )

    def is_chance(left: Run, run: Run, right: Run) -> bool:
        size = old_sizes[run.old + run.length] - old_sizes[run.old]
        return size <= min(gap(left, run), gap(run, right))

    kept = [Run(0, 0, 0)]
    for run in [*runs, Run(len(old), len(new), 0)]:
        while len(kept) > 1 and is_chance(kept[-2], kept[-1], run):
            kept.pop()
        kept.append(run)
    return kept


def _shift_gaps(runs: Sequence[Run], old: Sequence[_Unit], new: Sequence[_Unit]) -> Sequence[Run]:
    """Shift each insertion or removal to the most readable of its equivalent positions.

    A new paragraph that starts like the next one should begin and end at paragraph breaks.
    """
    slid = list(runs)
    for index in range(len(slid) - 1):
        left, right = slid[index], slid[index + 1]
        old_gap, new_gap = (left.old + left.length, right.old), (left.new + left.length, right.new)
        is_addition, is_removal = old_gap[0] == old_gap[1], new_gap[0] == new_gap[1]
        if is_addition == is_removal:
            continue
        units, gap = (new, new_gap) if is_addition else (old, old_gap)
        shift = _best_shift(units, gap, left.length, right.length)
        slid[index] = left._replace(length=left.length + shift)
        slid[index + 1] = Run(right.old + shift, right.new + shift, right.length - shift)
    return slid


def _best_shift(units: Sequence[_Unit], gap: tuple[int, int], before: int, after: int) -> int:
    """Return the number of words by which to shift a gap; negative is towards the beginning.

    Args:
        units: the text that has the extra words.
        gap: start and end of the extra words.
        before: number of common words before the gap.
        after: number of common words after the gap.
    """
    start, end = gap
    least, most = 0, 0
    while -least < before and units[start + least - 1].word == units[end + least - 1].word:
        least -= 1
    while most < after and units[start + most].word == units[end + most].word:
        most += 1
    return max(
        range(least, most + 1),
        key=lambda shift: (
            _break_strength(units, start + shift) + _break_strength(units, end + shift),
            -abs(shift),
        ),
    )


def _break_strength(units: Sequence[_Unit], position: int) -> int:
    """Return how strong the break before the word at this position is, from 0 to 4."""
    if position in (0, len(units)):
        return 4
    unit = units[position - 1]
    if (breaks := unit.space.count("\n")) > 0:
        return 3 if breaks > 1 else 2
    return 1 if unit.word.endswith(_ENDS_SENTENCE) else 0


def _steps(runs: Sequence[Run], old: Sequence[_Unit], new: Sequence[_Unit]) -> Iterator[WordChange]:
    for left, right in pairwise([*runs, Run(len(old), len(new), 0)]):
        yield from _same_words(left, old, new)
        for unit in old[left.old + left.length : right.old]:
            yield WordChange("REMOVED", unit.text)
        for unit in new[left.new + left.length : right.new]:
            yield WordChange("ADDED", unit.text)


def _same_words(run: Run, old: Sequence[_Unit], new: Sequence[_Unit]) -> Iterator[WordChange]:
    for offset in range(run.length):
        before, after = old[run.old + offset], new[run.new + offset]
        if before.space == after.space:
            yield WordChange("SAME", after.text)
            continue
        yield WordChange("SAME", after.word)
        yield WordChange("REMOVED", before.space)
        yield WordChange("ADDED", after.space)


def _collate(steps: Iterable[WordChange]) -> Iterator[WordChange]:
    """Join adjacent parts with the same operation; removals come before additions."""
    for is_same, group in groupby(
        (step for step in steps if step.text), key=lambda step: step.operation == "SAME"
    ):
        members = list(group)
        operations: tuple[Operation, ...] = ("SAME",) if is_same else ("REMOVED", "ADDED")
        for operation in operations:
            text = "".join(step.text for step in members if step.operation == operation)
            if text:
                yield WordChange(operation, text)
