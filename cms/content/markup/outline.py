"""The blocks of a text, without the words in most of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
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
        code: the lines of each code block, from 0: the first, and the one after it.
        headings: the headings, in order.
        anchored: the blocks that can have anchors. Rendered alone, they get the anchors of the
            whole text.
    """

    code: tuple[tuple[int, int], ...]
    headings: tuple[HeadingBlock, ...]
    anchored: str


def outline_of(text: str) -> Outline:
    """Return the outline of a text, which takes a part of the time of rendering it."""
    parsed = blocks_in(text)
    return Outline(
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
        # Directives can be around other blocks.
        text if ":::" in text else _anchored(parsed),
    )


def _anchored(parsed: Parsed) -> str:
    lines = parsed.lines
    return "\n\n".join("\n".join(lines[first:end]) for first, end in _anchored_lines(parsed))


def _anchored_lines(parsed: Parsed) -> Iterator[tuple[int, int]]:
    """Yield the lines of the definitions of links, and of each outermost block with anchors."""
    # Before HTML that can hide them.
    for reference in parsed.env.get("references", {}).values():
        first, end = reference["map"]
        yield first, end
    lines = parsed.lines
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
