"""Blocks that are completed once the parser has found them: heading ids, callouts, directives."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import Literal

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from cms.content.markup.allowed_html import MARK
from cms.content.markup.attributes import Attribute, read_attributes
from cms.content.markup.directives import read_call

_CALLOUT = re.compile(
    r"\[!(?P<kind>[A-Za-z][\w-]*)\](?P<fold>[+-]?)(?:[ \t]+(?P<title>[^\n]*))?(?:\n|$)"
)
_DIRECTIVES = frozenset({"container_directive_open", "leaf_directive_open"})


def complete_blocks(state: StateCore) -> None:
    """Complete the blocks of a text, before the words in them are parsed."""
    tokens = state.tokens
    for token, content in pairwise(tokens):
        match token.type:
            case "heading_open":
                _read_heading(token, content)
            case "th_open" | "td_open":
                _align(token)
            case "list_item_open" | "bullet_list_open" | "ordered_list_open":
                _mark_class(token)
            case _:
                pass
    if any(token.type in _DIRECTIVES for token in tokens):
        tokens = list(_with_labels(tokens))
    if "[!" in state.src:
        tokens = _with_callouts(tokens)
    state.tokens = tokens


def _read_heading(heading: Token, content: Token) -> None:
    """Move attributes at the end of a heading from its words to its token."""
    words, attributes = split_heading(content.content)
    content.content = words
    heading.meta["attributes"] = [each for each in attributes if each.kind == "key"]
    for each in attributes:
        if each.kind == "id":
            heading.meta["id"] = each.name
        elif each.kind == "class":
            heading.attrJoin(f"{MARK}class", each.name)


def split_heading(words: str) -> tuple[str, Sequence[Attribute]]:
    """Return the words of a heading without the attributes at its end, and these.

    Braces have attributes if one is an id or a class, and all keys have values; others are words.
    """
    start = words.rfind("{") if words.endswith("}") else -1
    read = read_attributes(words, start) if start == 0 or words[start - 1 : start] == " " else None
    if start < 0 or read is None or read[1] != len(words):
        return words, ()
    is_marked = any(each.kind in {"id", "class"} for each in read[0])
    is_whole = all(each.kind != "lines" and _has_value(each) for each in read[0])
    return (words[:start].rstrip(), read[0]) if is_marked and is_whole else (words, ())


def _has_value(attribute: Attribute) -> bool:
    return attribute.kind != "key" or attribute.value is not None


def _align(cell: Token) -> None:
    """Move the alignment of a cell from ``style``, which is removed, to the attribute ``align``."""
    if style := cell.attrs.pop("style", None):
        cell.attrSet("align", str(style).removeprefix("text-align:"))


def _mark_class(token: Token) -> None:
    if (name := token.attrs.pop("class", None)) is not None:
        token.attrs[f"{MARK}class"] = name


def _with_labels(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield tokens with what directives say, and with the words of their labels."""
    for token in tokens:
        yield token
        if token.type not in _DIRECTIVES:
            continue
        call = read_call(token.info)
        token.meta = {"call": call}
        label = _words(call.label, token.map)
        if token.type == "leaf_directive_open":
            yield label
        elif call.label:
            yield _part("directive_label_open", "p", 1, {f"{MARK}data-directive-label": ""})
            yield label
            yield _part("directive_label_close", "p", -1)


def _with_callouts(tokens: Sequence[Token]) -> list[Token]:
    """Return tokens in which quotes that begin with ``[!kind]`` are callouts."""
    completed: list[Token] = []
    tags: list[str] = []  # of the open callouts; empty for quotes
    following = iter(range(len(tokens)))
    for index in following:
        token = tokens[index]
        if token.type == "blockquote_open":
            opening = _callout(token, tokens[index + 1 : index + 4])
            tags.append(token.tag if opening else "")
            completed += opening or [token]
            # The paragraph with the mark is part of the opening.
            deque(islice(following, 3 if opening else 0), maxlen=0)
            continue
        if token.type == "blockquote_close" and (tag := tags.pop()):
            token.type, token.tag = "alert_close", tag
        completed.append(token)
    return completed


def _callout(quote: Token, first: Sequence[Token]) -> list[Token]:
    """Return the tokens of the title and the first paragraph; none if the quote is no callout."""
    content = first[1] if first[0].type == "paragraph_open" else None
    match = _CALLOUT.match(content.content) if content is not None else None
    if match is None or content is None:
        return []
    kind, fold = match["kind"].lower(), match["fold"]
    title = (match["title"] or "").strip() or kind.replace("-", " ").capitalize()
    quote.type, quote.tag = "alert_open", "details" if fold else "div"
    quote.meta = {"kind": kind, "fold": fold}
    quote.attrs = {f"{MARK}class": f"markdown-alert markdown-alert-{kind}"}
    quote.attrs[f"{MARK}data-alert"] = kind
    if fold == "+":
        quote.attrs["open"] = ""
    tag = "summary" if fold else "p"
    opening = [
        quote,
        _part("alert_title_open", tag, 1, {f"{MARK}class": "markdown-alert-title"}),
        _words(title, first[0].map),
        _part("alert_title_close", tag, -1),
    ]
    rest = content.content[match.end() :]
    if rest:
        content.content = rest
        line, end = content.map or (0, 1)
        content.map = [line + 1, end]
        opening += first
    return opening


def _part(
    kind: str, tag: str, nesting: Literal[-1, 1], attributes: Mapping[str, str] | None = None
) -> Token:
    return Token(kind, tag, nesting, attrs=dict(attributes or {}), block=True)


def _words(content: str, lines: list[int] | None) -> Token:
    return Token("inline", "", 0, content=content, map=lines, children=[], block=True)
