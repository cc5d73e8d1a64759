"""Directives of a parsed text: their values, and the places of the errors in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from cms.content.markup.directive_values import Call, Directives, DirectiveValues
from cms.content.markup.directives import calls_in
from cms.content.markup.parser import Parsed

# The end of a directive, also within quotes and lists.
_COLONS = re.compile(r"[ \t>]*(:{3,})[ \t]*")
# Blocks that can be around a directive, and of which the last line is known.
_AROUND = ("container_directive", "blockquote", "alert", "list_item")
_OPENING, _CLOSING = ({f"{each}_{end}" for each in _AROUND} for end in ("open", "close"))
# Number of errors after which no more are looked for.
MOST_FAULTS = 50


@dataclass(frozen=True)
class DirectiveFault:
    """An error in a directive.

    Attributes:
        line: its line in the source, from 1.
        column: its column there, from 1.
        message: its cause and remedy.
        is_missing: whether it only prevents publication, as a required value that is missing.
    """

    line: int
    column: int
    message: str
    is_missing: bool = False

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


def read_directives(parsed: Parsed, directives: Directives) -> Sequence[DirectiveFault]:
    """Give the tokens of directives their values, and return the first errors in them.

    Args:
        parsed: the parsed text.
        directives: the directives that it can contain.
    """
    if not directives.names:
        return ()
    found: list[DirectiveFault] = []
    lines = parsed.lines
    unclosed = {id(token): remedy for token, remedy in _unclosed(parsed)}
    for token, block in calls_in(parsed.tokens):
        call: Call = token.meta["call"]
        values = token.meta["values"] = directives.read(call)
        if len(found) < MOST_FAULTS:
            if remedy := unclosed.get(id(token)):
                message = f"{call.name} is not closed; {remedy}"
                found.append(DirectiveFault(*_place(lines, token, block, 0), message))
            found += _faults_of(lines, token, block, values)
    return found


def _unclosed(parsed: Parsed) -> Iterator[tuple[Token, str]]:
    """Yield the directives whose closing colons are not in the block around them, with a remedy."""
    lines = parsed.lines
    around: list[tuple[int, str]] = [(len(lines), "")]  # ends of blocks, and colons of directives
    for token in parsed.tokens:
        if token.type in _CLOSING:
            around.pop()
        if token.type not in _OPENING:
            continue
        is_directive = token.type == "container_directive_open"
        limit, outer = around[-1]
        _, end = token.map or (0, limit)
        around.append((end, token.markup if is_directive else ""))
        colons = _COLONS.fullmatch(lines[end]) if end < limit else None
        if is_directive and (colons is None or len(colons[1]) < len(token.markup)):
            if outer and len(outer) <= len(token.markup):
                yield token, f"write more colons for the directive around it than {token.markup}"
            else:
                yield token, f"write {token.markup} on a line after its content"


def _faults_of(
    lines: Sequence[str], token: Token, block: Token, values: DirectiveValues
) -> Iterator[DirectiveFault]:
    call: Call = token.meta["call"]
    for fault in (*([call.fault] if call.fault else ()), *values.faults):
        yield DirectiveFault(*_place(lines, token, block, fault.start), fault.message)
    for label in values.missing:
        message = f"{label} of {call.name} is required"
        yield DirectiveFault(*_place(lines, token, block, 0), message, is_missing=True)


def _place(lines: Sequence[str], token: Token, block: Token, start: int) -> tuple[int, int]:
    """Return the line and column of an index in the words of a directive.

    Indexes are those of the paragraph for a directive within words, else of what is behind its
    colons. Blocks are indented by quotes and lists around them.
    """
    first = (block.map or [0])[0]
    if token is block:
        words = f"{token.markup}{token.info}"
        return first + 1, _column(lines, first, words) + len(token.markup) + start
    content, own = token.meta["place"]
    before = content[: max(start, own)]
    line = first + before.count("\n")
    words = content.split("\n")[before.count("\n")]
    indent = len(words) - len(words.lstrip())
    return line + 1, _column(lines, line, words) + len(before.rpartition("\n")[2]) - indent


def _column(lines: Sequence[str], line: int, words: str) -> int:
    """Return the column, from 1, at which words begin in a line."""
    return max(lines[min(line, len(lines) - 1)].find(words.strip()), 0) + 1
