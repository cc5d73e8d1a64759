"""Directives: ``:::name {key="value"}``, ``::name[text]{…}`` and ``:name[text]{…}``.

The forms are those of https://talk.commonmark.org/t/generic-directives-plugins-syntax. Only names
that are declared are directives; all else is text. The lines between ``:::name`` and ``:::`` are
found by a plugin; the two other forms have no plugin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from cms.content.markup.attributes import read_attributes
from cms.content.markup.directive_values import Call, CallFault

_NAME = re.compile(r"\s*([A-Za-z][\w-]*)(?=[\s\[{]|$)")
_INLINE = re.compile(r":([A-Za-z][\w-]*)(?=[\[{])")
_BRACKET = re.compile(r"\\.|([\[\]])", re.DOTALL)
_SPACES = re.compile(r"\s*")
_BEFORE_BLOCKS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}

_UNREADABLE = 'expected attributes such as {key="value"}'
_MORE = "expected nothing after the attributes"


# The part of a line or paragraph in which a directive is, and its index there.
Place: TypeAlias = tuple[str, int]


def directives_plugin(parser: MarkdownIt, names: frozenset[str]) -> None:
    """Let a parser read directives with these names."""

    def is_declared(words: str, _marks: str) -> bool:
        return name_in(words) in names

    def read_leaf(state: StateBlock, start: int, _end: int, silent: bool) -> bool:  # noqa: FBT001
        return _read_leaf(state, start, names, silent=silent)

    def read_inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
        return _read_inline(state, names, silent=silent)

    container_plugin(parser, "directive", validate=is_declared)
    parser.block.ruler.before("fence", "leaf_directive", read_leaf, _BEFORE_BLOCKS)
    parser.inline.ruler.push("text_directive", read_inline)


def name_in(words: str) -> str:
    """Return the name with which words begin; empty if they begin with none."""
    match = _NAME.match(words)
    return match[1] if match is not None else ""


def read_call(words: str) -> Call:
    """Return the directive that the words behind its colons tell, which begin with a name.

    A label has brackets, or is all that is between the name and the attributes: ``tip Title``.
    """
    name = name_in(words)
    start = _after_spaces(words, words.index(name) + len(name))
    if words.startswith("[", start):
        end = closing_brackets(words).get(start)
        if end is None:
            return Call(name, fault=CallFault("expected ] at the end of the label", start))
        label, start = words[start + 1 : end], _after_spaces(words, end + 1)
    else:
        braces = words.find("{", start)
        end = len(words) if braces < 0 else braces
        label, start = words[start:end].strip(), end
    return _with_attributes(name, label, words, start)


def _with_attributes(name: str, label: str, words: str, start: int) -> Call:
    rest = words[start:].rstrip()
    if not rest:
        return Call(name, label)
    read = read_attributes(words, start)
    if read is None:
        return Call(name, label, fault=CallFault(_UNREADABLE, start))
    attributes, end = read
    after = _after_spaces(words, end)
    fault = CallFault(_MORE, after) if after < len(words) else None
    return Call(name, label, attributes, fault)


def _read_leaf(state: StateBlock, line: int, names: frozenset[str], *, silent: bool) -> bool:
    start = state.bMarks[line] + state.tShift[line]
    is_leaf = state.src.startswith("::", start) and not state.src.startswith(":::", start)
    if not is_leaf or state.is_code_block(line):
        return False
    words = state.src[start + 2 : state.eMarks[line]]
    if name_in(words) not in names:
        return False
    if not silent:
        token = state.push("leaf_directive_open", "div", 1)
        token.info, token.markup, token.map = words, "::", [line, line + 1]
        state.push("leaf_directive_close", "div", -1)
        state.line = line + 1
    return True


def _read_inline(state: StateInline, names: frozenset[str], *, silent: bool) -> bool:
    start, end = state.pos, state.posMax
    if state.src[start] != ":" or state.src[start - 1 : start] == ":":
        return False
    match = _INLINE.match(state.src, start, end)
    if match is None or match[1] not in names:
        return False
    inner = after = match.end()
    if state.src[after] == "[":
        closing = _brackets_of(state).get(after, end)
        if closing >= end:
            return False
        inner, after = after + 1, closing + 1
    label = (inner, max(after - 1, inner))
    call, after = _inline_call(match[1], state, after)
    if not silent:
        _push_inline(state, call, start, label)
    state.pos, state.posMax = after, end
    return True


def _inline_call(name: str, state: StateInline, start: int) -> tuple[Call, int]:
    """Return the directive with its attributes, and the index after them."""
    read = read_attributes(state.src, start)
    if read is not None and read[1] <= state.posMax:
        return Call(name, attributes=read[0]), read[1]
    fault = CallFault(_UNREADABLE, start) if state.src.startswith("{", start) else None
    return Call(name, fault=fault), start


def _push_inline(state: StateInline, call: Call, start: int, label: tuple[int, int]) -> None:
    token = state.push("text_directive_open", "span", 1)
    token.meta = {"call": call, "place": (state.src, start)}
    state.pos, state.posMax = label
    state.md.inline.tokenize(state)
    state.push("text_directive_close", "span", -1)


def _brackets_of(state: StateInline) -> Mapping[int, int]:
    """Return the pairs of brackets in a paragraph, which are looked for once."""
    kept = state.env.get("brackets")
    if kept is None or kept[0] is not state.src:
        kept = state.env["brackets"] = (state.src, closing_brackets(state.src))
    brackets: Mapping[int, int] = kept[1]
    return brackets


def closing_brackets(text: str) -> Mapping[int, int]:
    """Return the index of the closing bracket of each opening one, by its index."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKET.finditer(text):
        if match[1] == "[":
            opened.append(match.start())
        elif match[1] == "]" and opened:
            pairs[opened.pop()] = match.start()
    return pairs


def calls_in(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    """Yield each opening token of a directive, and the block in which it is."""
    for token in tokens:
        if "call" in token.meta:
            yield token, token
        for inner in token.children or ():
            if "call" in inner.meta:
                yield inner, token


def _after_spaces(text: str, start: int) -> int:
    match = _SPACES.match(text, start)
    return match.end() if match is not None else start
