"""Paragraphs that no other kind of block can be, which are most of a text.

The parser asks the rules of all blocks at each line of a paragraph, and of headings with a line
under them twice. They all begin at one of a few characters.
"""

from __future__ import annotations

from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import StateBlock

from cms.content.markup.openings import BLOCK_MARKS

# The first character of a definition, before which there can be a blank line.
_DEFINITION = frozenset(":~")


def read_plain_paragraph(
    state: StateBlock,
    start: int,
    _end: int,
    silent: bool,  # noqa: FBT001  # as rules are called
) -> bool:
    """Read a paragraph none of whose lines can begin, end or underline another block."""
    if silent or state.is_code_block(start):
        return False
    line = start
    while line < state.lineMax and (first := _first_of(state, line)):
        if first in BLOCK_MARKS:
            return False
        line += 1
    if line + 1 < state.lineMax and _first_of(state, line + 1) in _DEFINITION:
        return False
    words = mdTrim(state.getLines(start, line, state.blkIndent, keepLastLF=False))
    state.line = line
    state.push("paragraph_open", "p", 1).map = [start, line]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = words, [start, line], []
    state.push("paragraph_close", "p", -1)
    return True


def _first_of(state: StateBlock, line: int) -> str:
    """Return the first character of a line that is no space; empty if there is none."""
    place = state.bMarks[line] + state.tShift[line]
    return state.src[place] if place < state.eMarks[line] else ""
