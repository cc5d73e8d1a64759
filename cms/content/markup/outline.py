"""The blocks of a text, without the words in most of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from threading import Lock

from cachetools import LRUCache, cached
from markdown_it.token import Token

from cms.content.markup.parser import blocks_in, with_plain_ends

# Blocks with anchors, or that are HTML: an element can have an id, or hide the words after it.
_ANCHORED = frozenset({"heading_open", "html_block", "footnote_reference_open"})
_TAG = re.compile(r"<[A-Za-z/!?]")
_CODE_SPAN = re.compile(r"`[^`]+`")
# Words with one of these can have code elsewhere than between each two backticks: escapes, links,
# directives, addresses.
_UNSURE = ("``", "\\", "[", "{", "://", "www.", "@")
_CODE = frozenset({"fence", "code_block"})
_HTML = "html_block"
# Blocks that end at a mark, and not at a blank line; some HTML does.
_OPEN = frozenset({"fence", _HTML})
# After the end of a line, which is found much faster than the beginning of one: a heading that can
# begin a section, or a line that begins or ends code. Before a definition, a heading can be a term
# of the list that began above.
_SECTION = re.compile(
    r"\n(?:#{1,6}[ \t](?!.*\n\s*[:~]\s)| {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*))"
)

# Number of characters of the sections that are kept, each of which counts for some more.
_MOST_CHARACTERS = 1_000_000
_CHARACTERS_OF_SECTION = 200


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
        html: the lines of each block of HTML.
        headings: the headings, in order.
        anchored_lines: the lines of the blocks that can have anchors; ``None`` for all, since
            directives can be around other blocks.
    """

    lines: Sequence[str]
    code: tuple[tuple[int, int], ...]
    html: tuple[tuple[int, int], ...]
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
            tuple((start - removed, stop - removed) for start, stop in self.html),
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
    """Return the outline of a text, which takes a part of the time of rendering it.

    A section is read once, also if other sections of the text have changed since.
    """
    plain = with_plain_ends(text)
    sections = list(_sections(plain))
    references: dict[str, tuple[int, int]] = {}
    for first, section in sections:
        for label, lines in section.references:
            references.setdefault(label, _moved(lines, first))
    # Definitions come first, before HTML that can hide them.
    anchored = (*references.values(), *_moved_all(sections, lambda each: each.anchored))
    return Outline(
        plain.split("\n"),
        tuple(_moved_all(sections, lambda each: each.code)),
        tuple(_moved_all(sections, lambda each: each.html)),
        tuple(
            replace(each, line=_moved(each.line, first))
            for first, section in sections
            for each in section.headings
        ),
        None if ":::" in plain else anchored,
    )


@dataclass(frozen=True)
class _Section:
    """The outline of a part of a text, with lines from its beginning.

    Attributes:
        size: its number of characters.
        code: as in :class:`Outline`.
        html: as in :class:`Outline`.
        headings: as in :class:`Outline`.
        anchored: the lines of each outermost block with anchors.
        references: the labels of the definitions of links, with their lines.
        is_open: whether its last block has no end in it.
    """

    size: int
    code: Sequence[tuple[int, int]]
    html: Sequence[tuple[int, int]]
    headings: Sequence[HeadingBlock]
    anchored: Sequence[tuple[int, int]]
    references: Sequence[tuple[str, tuple[int, int]]]
    is_open: bool


def _sections(text: str) -> Iterator[tuple[int, _Section]]:
    """Yield the sections of a text, each with the number of lines before it.

    A section begins with a heading after a blank line, where all blocks end but code and HTML that
    have no end before it. If there is such a block, the rest of the text is one section.
    """
    first = start = 0
    for end in (*_starts(text), len(text)):
        section = _section_of(text[start:end])
        if section.is_open and end < len(text):
            yield first, _section_of(text[start:])
            return
        yield first, section
        first += text.count("\n", start, end)
        start = end


def _starts(text: str) -> Iterator[int]:
    """Yield the places at which sections seem to begin; in code, few do."""
    fence = ""
    for match in _SECTION.finditer(f"\n{text}"):  # so that it starts at the place in the text
        if mark := match["fence"]:
            if not fence:
                fence = mark
            elif mark.startswith(fence) and not match["info"].strip():
                fence = ""
        elif not fence and text.endswith("\n\n", 0, match.start()):
            yield match.start()


@cached(
    LRUCache(_MOST_CHARACTERS, getsizeof=lambda section: section.size + _CHARACTERS_OF_SECTION),
    lock=Lock(),
)
def _section_of(text: str) -> _Section:
    parsed = blocks_in(text)
    outermost = [token for token in parsed.tokens if token.level == 0 and token.map]
    last = outermost[-1] if outermost else None
    return _Section(
        len(text),
        tuple(_lines_of(token) for token in parsed.tokens if token.type in _CODE and token.map),
        tuple(_lines_of(token) for token in parsed.tokens if token.type == _HTML and token.map),
        tuple(
            HeadingBlock(int(token.tag[1]), content.content, _lines_of(token))
            for token, content in pairwise(parsed.tokens)
            if token.type == "heading_open" and token.map
        ),
        tuple(_anchored_lines(parsed.tokens)),
        tuple(
            (label, (reference["map"][0], reference["map"][1]))
            for label, reference in parsed.env.get("references", {}).items()
        ),
        # Only such blocks can have the blank line before a heading.
        last is not None
        and last.type in _OPEN
        and _lines_of(last)[1] > text.rstrip("\n").count("\n") + 1,
    )


def _anchored_lines(tokens: Iterable[Token]) -> Iterator[tuple[int, int]]:
    """Yield the lines of each outermost block with anchors."""
    lines, is_anchored = (0, 0), False
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            if is_anchored:
                yield lines
            lines, is_anchored = _lines_of(token), False
        if not is_anchored:
            is_anchored = token.type in _ANCHORED or (
                token.type == "inline" and _can_have_anchor(token.content)
            )
    if is_anchored:
        yield lines


def _can_have_anchor(words: str) -> bool:
    """Return whether words can have HTML, or refer to a footnote."""
    if "[^" in words:
        return True
    if "<" not in words:
        return False
    is_sure = not any(each in words for each in _UNSURE)
    return _TAG.search(_CODE_SPAN.sub("", words) if is_sure else words) is not None


def _lines_of(token: Token) -> tuple[int, int]:
    first, end = token.map or (0, 0)
    return first, end


def _moved_all(
    sections: Iterable[tuple[int, _Section]],
    lines_of: Callable[[_Section], Sequence[tuple[int, int]]],
) -> Iterator[tuple[int, int]]:
    for first, section in sections:
        yield from (_moved(lines, first) for lines in lines_of(section))


def _moved(lines: tuple[int, int], by: int) -> tuple[int, int]:
    return lines[0] + by, lines[1] + by
