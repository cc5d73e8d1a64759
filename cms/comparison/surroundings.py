"""The text around a passage: its sentence, its line, the heading above it and the lines nearby."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cms.comparison.word_diff import words_in

# Maximum number of characters kept before and after a passage to identify it.
CONTEXT = 200

# Number of unchanged characters that an edited passage needs on each side of it: where the line is
# short, in addition to the whole line, and where it is too long to be known, as in prose.
_LEAST_OF_SHORT_LINE = 32
_LEAST_OF_LONG_LINE = 64

_SENTENCE_BEGIN = re.compile(r"[.!?]\s+|[\u3002\uff01\uff1f\n]")
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)|[\u3002\uff01\uff1f\n]")
_HEADING = re.compile(r"^#{1,6}[ \t].*$", re.MULTILINE)


class Evidence(NamedTuple):
    """The likeness of what is around a place to what was around a passage, in order of weight.

    Attributes:
        has_line: whether the line is the same.
        has_sentence: whether the sentence is the same, or a line without the end of one.
        line: share of the words of the line; 0 for a line too long to be known.
        has_heading: whether the heading above is the same.
        nearby: number of characters of the lines nearby that are the same.
        adjacent: number of characters right before and after that are the same.
    """

    has_line: bool
    has_sentence: bool
    line: float
    has_heading: bool
    nearby: int
    adjacent: int


@dataclass(frozen=True)
class Surroundings:
    """The text before and after a place, up to :data:`CONTEXT` characters each."""

    before: str
    after: str

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Surroundings:
        """Return the surroundings of a part of a text."""
        return cls(text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])

    @cached_property
    def line(self) -> tuple[str, str]:
        """The parts of its line before and after the place, as far as they are known."""
        return self.before.rpartition("\n")[2], self.after.partition("\n")[0]

    @cached_property
    def sentence(self) -> tuple[str, str]:
        """The parts of its sentence before and after the place, within the line."""
        ends = [match.end() for match in _SENTENCE_BEGIN.finditer(self.before)]
        end = _SENTENCE_END.search(self.after)
        return self.before[ends[-1] if ends else 0 :], self.after[
            : end.start()
        ] if end else self.after

    @property
    def begins_text(self) -> bool:
        """True if the text before is complete."""
        return len(self.before) < CONTEXT

    @property
    def ends_text(self) -> bool:
        """True if the text after is complete."""
        return len(self.after) < CONTEXT

    @cached_property
    def nearby(self) -> frozenset[str]:
        """The other lines that are known as a whole."""
        above, below = self.before.split("\n")[:-1], self.after.split("\n")[1:]
        known = [
            *(above if self.begins_text else above[1:]),
            *(below if self.ends_text else below[:-1]),
        ]
        return frozenset(line for line in map(str.strip, known) if line)

    @cached_property
    def heading(self) -> str | None:
        """The nearest heading above, if it is known."""
        found = _HEADING.findall(self.before.rpartition("\n")[0])
        return found[-1].strip() if found else None

    @cached_property
    def required(self) -> tuple[int, int]:
        """Numbers of characters before and after that an edited passage has to keep."""
        knows_begin, knows_end = self._knows_line
        before, after = (
            max(len(part) + 1, _LEAST_OF_SHORT_LINE) if is_known else _LEAST_OF_LONG_LINE
            for part, is_known in zip(self.line, (knows_begin, knows_end), strict=True)
        )
        return min(before, len(self.before)), min(after, len(self.after))

    def is_kept_in(self, now: Surroundings) -> bool:
        """Return whether the surroundings of a place have as much of these as is required."""
        before, after = self.required
        return (
            _common_end(self.before, now.before) >= before
            and _common_beginning(self.after, now.after) >= after
            and (before < len(self.before) or self.before == now.before)
            and (after < len(self.after) or self.after == now.after)
        )

    def evidence(self, now: Surroundings) -> Evidence:
        """Return the likeness of the surroundings of a place to these."""
        is_known = all((*self._knows_line, *now._knows_line))
        return Evidence(
            has_line=self.line == now.line,
            has_sentence=self.sentence == now.sentence,
            line=_share_of_words("\n".join(self.line), "\n".join(now.line)) if is_known else 0.0,
            has_heading=self.heading is not None and self.heading == now.heading,
            nearby=sum(map(len, self.nearby & now.nearby)),
            adjacent=_common_end(self.before, now.before)
            + _common_beginning(self.after, now.after),
        )

    @property
    def _knows_line(self) -> tuple[bool, bool]:
        return (
            self.begins_text or "\n" in self.before,
            self.ends_text or "\n" in self.after,
        )


def _share_of_words(old: str, new: str) -> float:
    """Return the Dice coefficient of the words, 1 if neither text has any."""
    before, after = (Counter(match[0] for match in words_in(text)) for text in (old, new))
    total = before.total() + after.total()
    return 2 * (before & after).total() / total if total else 1.0


def _common_beginning(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(one: str, other: str) -> int:
    return _common_beginning(one[::-1], other[::-1])
