"""How deep a Markdown text is nested."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token

_CONTAINERS = frozenset({"blockquote", "list_item"})
_BREAKS = frozenset({"softbreak", "hardbreak"})


def too_deep(tokens: Sequence[Token], deepest: int) -> int | None:
    """Return the first line, from 1, of what is nested deeper than so many levels, if any is.

    A level is a list or a quote among those that it is in; within a paragraph, the marks of
    emphasis and links around a word.
    """
    depth = 0
    for token in tokens:
        if token.type.rpartition("_")[0] in _CONTAINERS:
            depth += token.nesting
        line = token.map[0] if token.map else 0
        if depth > deepest:
            return line + 1
        if (inner := _line_within(token.children or (), deepest)) is not None:
            return line + inner + 1
    return None


def _line_within(tokens: Sequence[Token], deepest: int) -> int | None:
    """Return the line of a paragraph, from 0, in which marks are nested too deeply, if one is."""
    depth = line = 0
    for token in tokens:
        depth += token.nesting
        line += token.type in _BREAKS
        if depth > deepest:
            return line
    return None
