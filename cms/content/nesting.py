"""Nesting depth of Markdown, and of HTML in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

_CONTAINERS = frozenset(
    {"alert", "blockquote", "container_directive", "dd", "footnote_reference", "list_item"}
)
_BREAKS = frozenset({"softbreak", "hardbreak"})
# Elements at which a reader of HTML searches all open ones for a paragraph to close, so that deep
# nesting takes quadratic time.
_SEARCHING = frozenset(
    {
        *("address", "article", "aside", "blockquote", "center", "details", "dialog", "dir"),
        *("div", "dl", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup"),
        *("listing", "main", "menu", "nav", "ol", "pre", "search", "section", "summary", "ul"),
    }
)
_ATTRIBUTES = (
    r"""(?:[\s/]++|=?+[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]++)?+)?+|=)*+(?:>|\Z)"""
)
# Tags, and what a reader of HTML passes over: comments, and elements whose content is text.
_TAG = re.compile(
    r"<!--(?:-?>|[\s\S]*?(?:--!?>|\Z))|<(?:[!?]|/(?![a-z]))[^>]*+"
    r"|<(?P<text>iframe|noembed|noframes|script|style|textarea|title|xmp)(?=[\s/>])"
    rf"{_ATTRIBUTES}[\s\S]*?(?:</(?P=text)(?=[\s/>])|\Z)"
    rf"|<(?P<end>/?)(?P<name>[a-z][^\s/>]*+){_ATTRIBUTES}",
    re.IGNORECASE,
)
# What lines begin with: each enclosing block takes a column of it. The end of the line before is
# found much faster than the beginning of one.
_BEGINNINGS = re.compile(r"\n(?:\[\^[^\s\[\]]*+\]|[\W\d_])++")
# Labels of footnotes that end neither there nor at the next space.
_ODD_LABEL = re.compile(r"\[\^[^\s\[\]]*(?:\[|[^\S \n])")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
# Each mark of emphasis and each link has one of these, but a bare address, which has no marks.
_MARKS = "*_~["


def is_flat(text: str, deepest: int) -> bool:
    """Return whether a text certainly does not exceed a nesting depth, without parsing it.

    Args:
        text: a text without directives.
        deepest: maximum number of levels; of a text with about as many marks in a paragraph, it
            is not certain.
    """
    if "\r" in text:  # ends of lines that are looked for are others
        return False
    if _ODD_LABEL.search(text) is not None:
        return False
    beginnings = _BEGINNINGS.findall(f"\n{text}")
    return all(len(each.expandtabs(4)) <= deepest + 1 for each in beginnings) and not any(
        len(each) >= deepest and sum(map(each.count, _MARKS)) >= deepest
        for each in _PARAGRAPH.split(text)
    )


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


def first_deep_element(tokens: Sequence[Token], deepest: int) -> int | None:
    """Return the first line, from 1, with an HTML element that exceeds a depth, or ``None``.

    Args:
        tokens: tokens of the parser.
        deepest: maximum number of elements that are not closed before it.
    """
    pieces = list(html_in(tokens))
    html = "".join(piece for _, piece in pieces)
    opened: list[str] = []
    numbers: Counter[str] = Counter()
    for tag in _TAG.finditer(html):
        name = (tag["name"] or "").lower()
        if name not in _SEARCHING:
            continue
        if not tag["end"]:
            opened.append(name)
            numbers[name] += 1
        while tag["end"] and numbers[name]:  # it ends all elements in it, too
            last = opened.pop()
            numbers[last] -= 1
            if last == name:
                break
        if len(opened) > deepest:
            return _line_at(pieces, tag.start())
    return None


def _line_at(pieces: Sequence[tuple[int, str]], offset: int) -> int:
    """Return the line, from 1, of a place in pieces of HTML, each with its first line, from 0."""
    for line, piece in pieces:
        if offset < len(piece):
            return line + piece.count("\n", 0, offset) + 1
        offset -= len(piece)
    raise ValueError(offset)


def html_in(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Yield each piece of HTML in a text, with its first line, from 0."""
    for token in tokens:
        line = token.map[0] if token.map else 0
        if token.type == "html_block":
            yield line, token.content
        for inner in token.children or ():
            line += inner.type in _BREAKS
            if inner.type == "html_inline":
                yield line, inner.content
