"""The text of a page while it is converted, with the lines of its file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from cms.content.markup.outline import Outline, outline_of

# The start and the end of a piece of text, and what replaces it.
Edit: TypeAlias = tuple[int, int, str]

# One of these is in every text with a code block.
_CODE_MARKS = ("```", "~~~", "    ", "\t")
_BACKTICKS = re.compile(r"`+")
# A text that begins so and has no blank line is one block of HTML, in which nothing is code.
_HTML = "<div>\n"
_BLANK_LINE = re.compile(r"\n[ \t]*+\n")
# A line that can begin a block of HTML, also in a list or a quote.
_MAY_BE_HTML = re.compile(r"^[ \t>*+\d.)-]*+<[A-Za-z/!?]", re.MULTILINE)


@dataclass(frozen=True)
class Body:
    """A text.

    Attributes:
        text: the text.
        lines: the line in the file of each line of the text.
        known_outline: its outline, if that is known already.
    """

    text: str
    lines: Sequence[int]
    known_outline: Outline | None = field(default=None, compare=False, repr=False)

    def line_at(self, offset: int) -> int:
        """Return the line in the file of a place in the text."""
        return self.lines[min(bisect_right(self._ends, offset - 1), len(self.lines) - 1)]

    def start_of(self, line: int) -> int:
        """Return the place at which a line of the text begins, counted from 0."""
        if line == 0:
            return 0
        return self._ends[line - 1] + 1 if line <= len(self._ends) else len(self.text)

    def edited(self, edits: Iterable[Edit]) -> Body:
        """Return the text with pieces replaced, none of which overlap."""
        pieces: list[str] = []
        lines: list[int] = [self.lines[0]]
        done = 0
        for start, end, new in sorted(edits, key=lambda each: each[:2]):
            pieces += [self.text[done:start], new]
            lines += self.lines[self._index(done) + 1 : self._index(start) + 1]
            first, last = self._index(start), self._index(end)
            lines += [self.lines[min(first + 1 + each, last)] for each in range(new.count("\n"))]
            if not new and (start == 0 or self.text[start - 1] == "\n"):  # whole lines are left out
                lines[-1] = self.lines[last]
            done = end
        pieces.append(self.text[done:])
        lines += self.lines[self._index(done) + 1 :]
        return Body("".join(pieces), lines) if done else self

    def without_first_heading(self) -> Body:
        """Return the text without the lines of its first heading."""
        start, end = map(self.start_of, self.outline.headings[0].line)
        outline = self.outline.without_first_heading()
        return replace(self.edited([(start, end, "")]), known_outline=outline)

    def trimmed(self) -> Body:
        """Return the text without blank lines at both ends, as texts are stored."""
        start = len(self.text) - len(self.text.lstrip("\n"))
        text = self.text.strip("\n").rstrip()
        return Body(text, self.lines[start : start + text.count("\n") + 1])

    @cached_property
    def code(self) -> Sequence[tuple[int, int]]:
        """The places of code: blocks, and spans within text; in order."""
        if self.text.startswith(_HTML) and _BLANK_LINE.search(self.text) is None:
            return ()
        return self._code_of(self.text)

    @cached_property
    def shown_code(self) -> Sequence[tuple[int, int]]:
        """The places of code, but not those in blocks of HTML, where backticks mark none."""
        if "`" not in self.text or _MAY_BE_HTML.search(self.text) is None:
            return self.code
        html = self._places(self.outline.html)
        return self._code_of(_without_backticks(self.text, html)) if html else self.code

    def _code_of(self, text: str) -> Sequence[tuple[int, int]]:
        has_blocks = any(mark in self.text for mark in _CODE_MARKS)
        blocks = self._places(self.outline.code) if has_blocks else []
        outside = [each for each in _code_spans(text) if not covers(blocks, each[0])]
        return sorted([*blocks, *outside])

    def _places(self, lines: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(self.start_of(first), self.start_of(end)) for first, end in lines]

    @cached_property
    def outline(self) -> Outline:
        """The headings and the code of the text, and its blocks with anchors."""
        return self.known_outline or outline_of(self.text)

    def is_code(self, offset: int) -> bool:
        """Return whether a place in the text is in code."""
        return covers(self.code, offset)

    def is_shown_as_code(self, offset: int) -> bool:
        """Return whether a place in the text is in code, once it is Markdown."""
        return covers(self.shown_code, offset)

    @cached_property
    def _ends(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self.text)]

    def _index(self, offset: int) -> int:
        return bisect_right(self._ends, offset - 1)


def body_of(text: str, first_line: int) -> Body:
    """Return a text that begins at a line of a file."""
    return Body(text, range(first_line, first_line + text.count("\n") + 1))


def _without_backticks(text: str, places: Iterable[tuple[int, int]]) -> str:
    """Return a text of the same length in which some places have no backticks."""
    pieces: list[str] = []
    done = 0
    for start, end in places:
        pieces += [text[done:start], text[start:end].replace("`", " ")]
        done = end
    return "".join([*pieces, text[done:]])


def _code_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of code within paragraphs: between equally many backticks."""
    runs = [match.span() for match in _BACKTICKS.finditer(text)]
    closing: dict[int, int] = {}  # for each length, the next run after this one
    ends: list[int | None] = []
    for index in range(len(runs) - 1, -1, -1):
        start, end = runs[index]
        ends.append(closing.get(end - start))
        closing[end - start] = index
    ends.reverse()
    index = 0
    while index < len(runs):
        (start, end), close = runs[index], ends[index]
        index += 1
        if close is None or text[max(start - 1, 0)] == "\\":
            continue
        before_close, last = runs[close]
        if text.find("\n\n", end, before_close) < 0:
            yield start, last
            index = close + 1


def covers(ranges: Sequence[tuple[int, int]], offset: int) -> bool:
    """Return whether a place is in one of some ranges, which are in order."""
    index = bisect_right(ranges, (offset, float("inf")))
    return index > 0 and ranges[index - 1][0] <= offset < ranges[index - 1][1]
