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
    """Return the indexes of the opening brackets in a paragraph that are closed in it.

    Brackets in code are not those of links. Nor are those with more than
    :data:`DEEPEST_BRACKETS` pairs within each other between them.
    """
    code = _CodeSpans(text)
    closed: set[int] = set()
    opened: list[_Opened] = []
    position = 0
    while (mark := _MARK.search(text, position)) is not None:
        position = mark.end()
        if mark[0][0] == "`":
            position = code.end_of(mark.start(), position)
        elif mark[0] == "[":
            opened.append(_Opened(mark.start()))
        elif mark[0] == "]" and opened:
            pair = opened.pop()
            if pair.height <= DEEPEST_BRACKETS:
                closed.add(pair.start)
            if opened:
                opened[-1].height = max(opened[-1].height, pair.height + 1)
    return frozenset(closed)


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
    kept = state.env.get("closed_brackets")
    if kept is None or kept[0] is not state.src:
        kept = state.env["closed_brackets"] = (state.src, closed_brackets(state.src))
    closed: frozenset[int] = kept[1]
    return closed
