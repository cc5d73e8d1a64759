"""Nesting depth of Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token

_CONTAINERS = frozenset(
    {"alert", "blockquote", "container_directive", "dd", "footnote_reference", "list_item"}
)
_BREAKS = frozenset({"softbreak", "hardbreak"})


def first_deep_line(tokens: Sequence[Token], deepest: int) -> int | None:
    """Return the first line, from 1, that exceeds a nesting depth, or ``None``.

    In blocks, each enclosing list, quote, callout, definition, footnote or directive is a level;
    within a paragraph, each mark of emphasis
    and each link around a word.

    Args:
        tokens: tokens of the parser.
        deepest: maximum number of levels.
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
    """Return the first line of a paragraph, from 0, that exceeds a nesting depth, or ``None``."""
    depth = line = 0
    for token in tokens:
        depth += token.nesting
        line += token.type in _BREAKS
        if depth > deepest:
            return line
    return None
