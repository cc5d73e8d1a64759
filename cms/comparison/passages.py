"""Search for a quoted passage in a later version of its text.

The quote itself comes first: where it stands as whole words. An edited quote is found only between
unchanged surroundings, since the next line of a table or a list is often as much like it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

from cms.comparison.surroundings import CONTEXT, Surroundings
from cms.comparison.word_diff import is_dense

# Minimum likeness, from 0 to 1, at which text counts as an edited version of the quote; in tiny
# texts, of which the characters are compared rather than pairs of them, chance is likelier.
_LEAST_LIKENESS, _LEAST_LIKENESS_OF_TINY = 0.5, 0.65
# Minimum number of characters of a text that is not tiny.
_TINY = 8
# Maximum number of characters of the text in place of an edited quote, beside twice its length.
_LONGER = 64
# Maximum numbers of places of a quote that are compared, of occurrences among which they are, and
# of places of its surroundings.
MOST_PLACES = 30
_MOST_OCCURRENCES = 500
_MOST_SURROUNDINGS = 5
# Of a quote with more places, only those with so many same characters on both sides are compared.
_WIDER = (0, 8, 32, CONTEXT)

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, eq=False)
class SearchedText:
    """A text in which passages are searched.

    Attributes:
        text: the text.
    """

    text: str

    @cached_property
    def _squeezed(self) -> tuple[str, list[int], list[int]]:
        """The text with one space for each run of white space.

        Then, in order, the offsets after these runs in it, and those in the text.
        """
        squeezed, offsets, originals, last = [], [0], [0], 0
        length = 0
        for match in _SPACES.finditer(self.text):
            squeezed += [self.text[last : match.start()], " "]
            length += match.start() - last + 1
            offsets.append(length)
            originals.append(match.end())
            last = match.end()
        return "".join([*squeezed, self.text[last:]]), offsets, originals

    def occurrences(self, words: str) -> list[tuple[int, int]]:
        """Return the start and end of each occurrence, up to a limit."""
        return [(start, start + len(words)) for start in _occurrences(self.text, words)]

    def wrapped_occurrences(self, words: str) -> list[tuple[int, int]]:
        """Return the occurrences with any white space between the words."""
        text, offsets, originals = self._squeezed

        def original(offset: int) -> int:
            index = bisect_right(offsets, offset) - 1
            return originals[index] + offset - offsets[index]

        squeezed = _SPACES.sub(" ", words)
        return [
            (original(start), original(start + len(squeezed) - 1) + 1)
            for start in _occurrences(text, squeezed)
        ]


@dataclass(frozen=True, eq=False)
class Passage:
    """A quoted range of text with its surroundings.

    Attributes:
        quote: the quoted text.
        around: its surroundings.
        start: offset of its first character in the original text.
    """

    quote: str
    around: Surroundings
    start: int

    def is_in_place(self, text: str) -> bool:
        """Return whether the quote and its surroundings are where they were."""
        end = self.start + len(self.quote)
        is_there = text.startswith(self.quote, self.start)
        return is_there and Surroundings.of(text, self.start, end) == self.around

    def places(self, searched: SearchedText) -> list[tuple[int, int]]:
        """Return the places of the quote; as whole words, if it was whole words.

        Of a quote with very many places, they are those with some of its surroundings.
        """
        before, after = self.around.before, self.around.after
        places: list[tuple[int, int]] = []
        for size in _WIDER:
            left, right = before[max(0, len(before) - size) :] if size else "", after[:size]
            found = searched.occurrences(left + self.quote + right)
            inner = [(start + len(left), end - len(right)) for start, end in found]
            places = self._whole(searched.text, inner)
            if len(found) <= _MOST_OCCURRENCES and len(places) <= MOST_PLACES:
                break
        if not places and _SPACES.search(self.quote.strip()):
            wrapped = searched.wrapped_occurrences(self.quote.strip())
            places = self._whole(searched.text, wrapped)
        return places[:MOST_PLACES]

    def edited_places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places at which text like the quote is between unchanged surroundings."""
        around = self.around
        size, _ = around.required
        before = around.before[len(around.before) - size :]
        is_at_start = around.begins_text and size == len(around.before)
        starts = [0] if is_at_start else _occurrences(text, before)
        for start in islice(starts, _MOST_SURROUNDINGS):
            place = start + len(before)
            if not text.startswith(before, start):
                continue
            end = self._edited_end(text, place)
            if place < end and _is_like(self.quote, text[place:end]):
                yield place, end

    def _edited_end(self, text: str, start: int) -> int:
        """Return the end of what is in place of the quote from here; -1 if it is not there."""
        _, size = self.around.required
        after, longest = self.around.after[:size], 2 * len(self.quote) + _LONGER
        if self.around.ends_text and size == len(self.around.after):
            end = len(text) - size
            return end if end - start <= longest and text.endswith(after) else -1
        return text.find(after, start, start + longest + size)

    def _whole(self, text: str, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the places that do not begin or end within a word, unless the quote did."""
        begins_inside, ends_inside = self._is_inside_words
        return [
            (start, end)
            for start, end in places
            if (begins_inside or not _splits_word(text, start))
            and (ends_inside or not _splits_word(text, end))
        ]

    @cached_property
    def _is_inside_words(self) -> tuple[bool, bool]:
        before, after = self.around.before, self.around.after
        whole = before + self.quote + after
        return (
            _splits_word(whole, len(before)),
            _splits_word(whole, len(before) + len(self.quote)),
        )


def _occurrences(text: str, words: str) -> list[int]:
    """Return the offsets of the occurrences, one more than are compared at most.

    Long ones do not overlap, so that the time is linear in the text.
    """
    found: list[int] = []
    step = 1 if len(words) <= CONTEXT else len(words)
    start = text.find(words)
    while start >= 0 and len(found) <= _MOST_OCCURRENCES:
        found.append(start)
        start = text.find(words, start + step)
    return found


def _splits_word(text: str, offset: int) -> bool:
    """Return whether an offset is within a word or a number, such as 2.5."""
    if not 0 < offset < len(text):
        return False
    left, right = text[offset - 1], text[offset]
    if _is_letter(left) and _is_letter(right):
        return not (is_dense(left) or is_dense(right))
    if left in ".,":
        return right.isdecimal() and text[offset - 2 : offset - 1].isdecimal()
    return right in ".," and left.isdecimal() and text[offset + 1 : offset + 2].isdecimal()


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or char == "_"


def _is_like(old: str, new: str) -> bool:
    """Return whether a text is like another, by the Dice coefficient of pairs of characters."""
    is_tiny = min(len(old), len(new)) < _TINY
    before, after = (Counter(text if is_tiny else pairwise(text)) for text in (old, new))
    share = 2 * (before & after).total() / (before.total() + after.total())
    return share >= (_LEAST_LIKENESS_OF_TINY if is_tiny else _LEAST_LIKENESS)
