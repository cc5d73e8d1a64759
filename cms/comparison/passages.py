"""Finding a passage again in a text that may have changed."""

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
    """Where a passage may stand.

    Attributes:
        start: its first character.
        end: the character behind its last.
        context: how many characters around it are as they were, 64 at most. Where the text
            began or ended there, and still does, a whole side counts.
        distance: how many characters it is from where it stood.
    """

    start: int
    end: int
    context: int
    distance: int


class Window(NamedTuple):
    """A part of a text that may hold an edited passage.

    Attributes:
        start: its first character.
        end: the character behind its last.
        share: which part of the passage's words it has, with those around it: from 0 to 1.
    """

    start: int
    end: int
    share: float


@dataclass(frozen=True)
class Passage:
    """A stretch of text with what stood around it.

    Attributes:
        before: up to 32 characters in front of it.
        quote: the stretch itself.
        after: up to 32 characters behind it.
        start: where it started.
    """

    before: str
    quote: str
    after: str
    start: int

    @property
    def whole(self) -> str:
        """The stretch with what stood around it."""
        return self.before + self.quote + self.after

    def exact_matches(self, text: str) -> Iterator[Match]:
        """Yield where exactly these words stand."""
        start = text.find(self.quote)
        while start >= 0:
            yield self._match(text, start)
            start = text.find(self.quote, start + 1)

    def match_in_place(self, text: str) -> Match | None:
        """Return the match where the passage stood, if nothing has changed there."""
        if not text.startswith(self.whole, self.start - len(self.before)):
            return None
        match = self._match(text, self.start)
        return match if match.context == 2 * CONTEXT else None

    def window(self, text: str) -> Window:
        """Return the part of a text that shares most words with the passage."""
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
        """Return where in the window the passage now stands, if one would recognise it."""
        excerpt = text[window.start : window.end]
        runs = [
            Run(0, 0, 0),
            *equal_characters(self.whole, excerpt),
            Run(len(self.whole), len(excerpt), 0),
        ]
        first = len(self.before)
        start, end = _start_in(runs, first), _end_in(runs, first + len(self.quote))
        if start >= end or _likeness(self.quote, excerpt[start:end]) < _LEAST_LIKENESS:
            return None
        return window.start + start, window.start + end

    def _match(self, text: str, start: int) -> Match:
        end = start + len(self.quote)
        before = text[max(0, start - CONTEXT) : start]
        after = text[end : end + CONTEXT]
        context = _context_length(self.before[::-1], before[::-1]) + _context_length(
            self.after, after
        )
        return Match(start, end, context, abs(start - self.start))


def _context_length(was: str, now: str) -> int:
    """Return how much of one side is as it was, from the passage outwards."""
    if was == now:
        return CONTEXT
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(was, now, strict=False)))


def _shared_counts(words: Sequence[str], wanted: Counter[str], size: int) -> Iterator[int]:
    """Yield how many of the wanted words are among the first ``size``, and so on by one."""
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
    """Return where what starts at this position of the old text starts in the new one.

    What was put in front of it does not belong to it; what replaced its beginning does.
    """
    index = next(index for index, run in enumerate(runs) if position < run.old + run.length)
    run = runs[index]
    if position >= run.old:
        return run.new + position - run.old
    return _within_gap(runs[index - 1], run, position)


def _end_in(runs: Sequence[Run], position: int) -> int:
    """Return where what ends at this position of the old text ends in the new one."""
    index = next(index for index, run in enumerate(runs) if position <= run.old + run.length)
    run = runs[index]
    if position > run.old:
        return run.new + position - run.old
    return _within_gap(runs[index - 1], run, position)


def _within_gap(left: Run, right: Run, position: int) -> int:
    """Return the place in what replaced a stretch that is as far on as this position was."""
    old_start, new_start = left.old + left.length, left.new + left.length
    part = (position - old_start) / (right.old - old_start)
    return new_start + round(part * (right.new - new_start))


def _likeness(old: str, new: str) -> float:
    common = sum(run.length for run in equal_characters(old, new))
    return 2 * common / (len(old) + len(new))
