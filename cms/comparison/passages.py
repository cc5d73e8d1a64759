"""Search for a passage in a changed text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from cms.comparison.sequences import Run, equal_characters
from cms.comparison.word_diff import words_in

CONTEXT = 32  # characters before and after a passage that help to find it again

# What has less in common with the passage than this is something else.
_LEAST_LIKENESS = 0.5


class Match(NamedTuple):
    """A candidate position of a passage.

    Attributes:
        start: its first character.
        end: the position after its last character.
        context: the number of unchanged characters around it, at most 64. A side where the text
            began or ended, and still does, counts in full.
        distance: the distance from its old position in characters.
    """

    start: int
    end: int
    context: int
    distance: int


class Window(NamedTuple):
    """A part of a text that may contain an edited passage.

    Attributes:
        start: its first character.
        end: the position after its last character.
        share: the share of the words of the passage and its context that it has, from 0 to 1.
    """

    start: int
    end: int
    share: float


@dataclass(frozen=True)
class Passage:
    """A passage with its context.

    Attributes:
        before: up to 32 characters before it.
        quote: the passage itself.
        after: up to 32 characters after it.
        start: its position.
    """

    before: str
    quote: str
    after: str
    start: int

    @property
    def whole(self) -> str:
        """The passage with its context."""
        return self.before + self.quote + self.after

    def exact_matches(self, text: str) -> Iterator[Match]:
        """Yield the exact matches."""
        start = text.find(self.quote)
        while start >= 0:
            yield self._match(text, start)
            start = text.find(self.quote, start + 1)

    def match_in_place(self, text: str) -> Match | None:
        """Return the match at the old position, if nothing has changed there."""
        if not text.startswith(self.whole, self.start - len(self.before)):
            return None
        match = self._match(text, self.start)
        return match if match.context == 2 * CONTEXT else None

    def window(self, text: str) -> Window:
        """Return the part of a text that shares the most words with the passage."""
        words = list(words_in(text))
        wanted = Counter(match[0].casefold() for match in words_in(self.whole))
        size = min(wanted.total(), len(words))
        if not size:
            return Window(0, 0, 0.0)
        counts = _shared_counts([match[0].casefold() for match in words], wanted, size)
        near = self.start - len(self.before)
        shared, _, first = max(
            (shared, -abs(words[first].start() - near), first)
            for first, shared in enumerate(counts)
        )
        # What was put in between the words may have driven them out of the window.
        margin = CONTEXT + len(self.quote) // 2
        return Window(
            max(0, words[first].start() - margin),
            min(len(text), words[first + size - 1].end() + margin),
            shared / wanted.total(),
        )

    def edited_match(self, text: str, window: Window) -> tuple[int, int] | None:
        """Return the edited passage in the window, if it is recognisable."""
        excerpt = text[window.start : window.end]
        runs = [
            Run(0, 0, 0),
            *equal_characters(self.whole, excerpt),
            Run(len(self.whole), len(excerpt), 0),
        ]
        first = len(self.before)
        start, end = _start_in(runs, first), _end_in(runs, first + len(self.quote))
        if start >= end or _common_part(self.quote, excerpt[start:end]) < _LEAST_LIKENESS:
            return None
        return window.start + start, window.start + end

    def _match(self, text: str, start: int) -> Match:
        end = start + len(self.quote)
        before = text[max(0, start - CONTEXT) : start]
        after = text[end : end + CONTEXT]
        context = _context(self.before[::-1], before[::-1]) + _context(self.after, after)
        return Match(start, end, context, abs(start - self.start))


def _context(was: str, now: str) -> int:
    """Return the number of unchanged characters on one side of the passage."""
    if was == now:
        return CONTEXT
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(was, now, strict=False)))


def _shared_counts(words: Sequence[str], wanted: Counter[str], size: int) -> Iterator[int]:
    """Yield the number of wanted words in each window of ``size`` words."""
    present: Counter[str] = Counter()
    shared = 0
    for index, word in enumerate(words):
        present[word] += 1
        shared += present[word] <= wanted[word]
        if index >= size:
            gone = words[index - size]
            shared -= present[gone] <= wanted[gone]
            present[gone] -= 1
        if index >= size - 1:
            yield shared


def _start_in(runs: Sequence[Run], position: int) -> int:
    """Return the new start of a passage that starts at this position of the old text.

    Text inserted before it is excluded; text that replaced its beginning is included.
    """
    index = next(index for index, run in enumerate(runs) if position < run.old + run.length)
    run = runs[index]
    if position >= run.old:
        return run.new + position - run.old
    return _within_gap(runs[index - 1], run, position)


def _end_in(runs: Sequence[Run], position: int) -> int:
    """Return the new end of a passage that ends at this position of the old text."""
    index = next(index for index, run in enumerate(runs) if position <= run.old + run.length)
    run = runs[index]
    if position > run.old:
        return run.new + position - run.old
    return _within_gap(runs[index - 1], run, position)


def _within_gap(left: Run, right: Run, position: int) -> int:
    """Return the proportional position in the replacement of a passage."""
    old_start, new_start = left.old + left.length, left.new + left.length
    part = (position - old_start) / (right.old - old_start)
    return new_start + round(part * (right.new - new_start))


def _common_part(old: str, new: str) -> float:
    common = sum(run.length for run in equal_characters(old, new))
    return 2 * common / (len(old) + len(new))
