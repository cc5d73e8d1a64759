"""The blocks of a text, without the words in most of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from cms.content.markup.parser import Parsed, blocks_in

# Raw HTML, in which an element can have an id, or hide the words after it; and footnotes.
_ANCHORED = re.compile(r"<|\[\^")
_CODE = frozenset({"fence", "code_block"})


@dataclass(frozen=True)
class HeadingBlock:
    """A heading.

    Attributes:
        level: 1 to 6.
        content: its text, as it is written.
        line: its line, from 0, and the first one after it.
    """

    level: int
    content: str
    line: tuple[int, int]


@dataclass(frozen=True)
class Outline:
    """The blocks of a text that is not parsed further.

    Attributes:
        lines: the lines of the text.
        code: the lines of each code block, from 0: the first, and the one after it.
        headings: the headings, in order.
        anchored_lines: the lines of the blocks that can have anchors; ``None`` for all, since
            directives can be around other blocks.
    """

    lines: Sequence[str]
    code: tuple[tuple[int, int], ...]
    headings: tuple[HeadingBlock, ...]
    anchored_lines: tuple[tuple[int, int], ...] | None

    @property
    def anchored(self) -> str:
        """The blocks that can have anchors: rendered alone, they get those of the whole text."""
        if self.anchored_lines is None:
            return "\n".join(self.lines)
        parts = ("\n".join(self.lines[first:end]) for first, end in self.anchored_lines)
        return "\n\n".join(parts)

    def without_first_heading(self) -> Outline | None:
        """Return the outline of the text without the lines of its first heading.

        It is ``None`` if that cannot be said without reading the text again: if the heading is
        within another block.
        """
        (first, end), rest = self.headings[0].line, self.headings[1:]
        if self.anchored_lines is None or (first, end) not in self.anchored_lines:
            return None
        if any(self.lines[:first]):
            return None
        removed = end - first
        return Outline(
            [*self.lines[:first], *self.lines[end:]],
            tuple((start - removed, stop - removed) for start, stop in self.code),
            tuple(
                replace(each, line=(each.line[0] - removed, each.line[1] - removed))
                for each in rest
            ),
            tuple(
                (start - removed, stop - removed)
                for start, stop in self.anchored_lines
                if start >= end
            ),
        )


def outline_of(text: str) -> Outline:
    """Return the outline of a text, which takes a part of the time of rendering it."""
    parsed = blocks_in(text)
    lines = parsed.lines
    return Outline(
        lines,
        tuple(
            (token.map[0], token.map[1])
            for token in parsed.tokens
            if token.type in _CODE and token.map
        ),
        tuple(
            HeadingBlock(int(token.tag[1]), content.content, (token.map[0], token.map[1]))
            for token, content in pairwise(parsed.tokens)
            if token.type == "heading_open" and token.map
        ),
        None if ":::" in text else tuple(_anchored_lines(parsed, lines)),
    )


def _anchored_lines(parsed: Parsed, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the lines of the definitions of links, and of each outermost block with anchors."""
    # Before HTML that can hide them.
    for reference in parsed.env.get("references", {}).values():
        first, end = reference["map"]
        yield first, end
    first, end, has_heading = 0, 0, False
    for token in (*parsed.tokens, None):
        if token is not None and (token.level > 0 or token.nesting < 0):
            has_heading |= token.type == "heading_open"
            continue
        if has_heading or any(_ANCHORED.search(line) for line in lines[first:end]):
            yield first, end
        first, end, has_heading = 0, 0, False
        if token is not None and token.map is not None and token.type not in _CODE:
            first, end = token.map
            has_heading = token.type == "heading_open"
