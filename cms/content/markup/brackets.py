"""Brackets of links and pictures, paired once for each paragraph.

The rules of the parser read on from each opening bracket to find where its words end. In a text
with many brackets that are no links, they would take hundreds of steps for each.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from markdown_it.rules_inline import StateInline

# Maximum number of brackets within those of a link or a picture; with more, they are text.
DEEPEST_BRACKETS = 10

_MARK = re.compile(r"\\.|`+|[\[\]]", re.DOTALL)
# What can be a tag of HTML, a bare address, or the address and the title of a link. None is read
# beyond the next mark of its kind, so that many of them take time for their length.
_TAG = r"<[A-Za-z/](?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+>|<[^\s<>]++>"
_TITLE = r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\)"
_ADDRESS = r"<[^<>\n]*+>|(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*+\))*+"
_TARGET = rf"\(\s*+(?:{_ADDRESS})(?:\s++(?:(?:{_TITLE})\s*+)?)?\)"
_OUTSIDE_TAGS = re.compile(rf"\\.|`+|{_TAG}|\](?:{_TARGET})?+|\[", re.DOTALL)
_CODE = re.compile(r"(?<!`)`+")

InlineRule: TypeAlias = Callable[[StateInline, bool], bool]


def bounded_to_pairs(rule: InlineRule) -> InlineRule:
    """Return a rule for links or pictures that reads only at brackets that are closed."""

    def read(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # as rules are called
        bracket = state.pos + (state.src[state.pos] == "!")
        if not state.src.startswith("[", bracket) or bracket not in _closed_in(state):
            return False
        return rule(state, silent)

    return read


def closed_brackets(text: str) -> frozenset[int]:
    """Return the indexes of the opening brackets in a paragraph that can be closed in it.

    Brackets in code are not those of links. Nor are those with more than
    :data:`DEEPEST_BRACKETS` pairs within each other between them. Brackets in what can be a tag
    of HTML or an address are counted, or left out if a bracket is not closed with them.
    """
    closed, is_complete = _pairs_in(text, _MARK)
    return closed if is_complete else closed | _pairs_in(text, _OUTSIDE_TAGS)[0]


def _pairs_in(text: str, marks: re.Pattern[str]) -> tuple[frozenset[int], bool]:
    """Return the indexes of opening brackets that are closed, and whether all are."""
    code = _CodeSpans(text)
    closed: set[int] = set()
    opened: list[_Opened] = []
    position = 0
    while (mark := marks.search(text, position)) is not None:
        position = mark.end()
        if mark[0][0] == "`":
            position = code.end_of(mark.start(), position)
        elif mark[0] == "[":
            opened.append(_Opened(mark.start()))
        elif mark[0][0] == "]" and opened:
            pair = opened.pop()
            if pair.height <= DEEPEST_BRACKETS:
                closed.add(pair.start)
            if opened:
                opened[-1].height = max(opened[-1].height, pair.height + 1)
    return frozenset(closed), not opened


@dataclass
class _Opened:
    """An opening bracket with the number of pairs within each other after it."""

    start: int
    height: int = 0


class _CodeSpans:
    """The runs of backticks in a text, by their lengths."""

    def __init__(self, text: str) -> None:
        self._starts: defaultdict[int, list[int]] = defaultdict(list)
        for run in _CODE.finditer(text) if "`" in text else ():
            self._starts[len(run[0])].append(run.start())

    def end_of(self, start: int, end: int) -> int:
        """Return the index after the code that a run of backticks opens, or after the run."""
        length = end - start
        starts: Sequence[int] = self._starts[length]
        index = bisect_right(starts, start)
        return starts[index] + length if index < len(starts) else end


def _closed_in(state: StateInline) -> frozenset[int]:
    # The words of a picture are read within its paragraph.
    kept: dict[str, frozenset[int]] = state.env.setdefault("closed_brackets", {})
    closed = kept.get(state.src)
    if closed is None:
        closed = kept[state.src] = closed_brackets(state.src)
    return closed
