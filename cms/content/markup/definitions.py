"""Definitions of links and footnotes in a source, which a part of it can need from another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cms.content.markup.parser import Parsed

_MARK = re.compile(r"\[([^\[\]]+)\]")


@dataclass(frozen=True)
class Definition:
    """A definition that is not within another block.

    Attributes:
        mark: its label without brackets, as it is compared.
        first: its first line, from 0.
        end: the line after its last one.
    """

    mark: str
    first: int
    end: int


class Definitions:
    """The definitions of a source.

    Args:
        parsed: its blocks.
    """

    def __init__(self, parsed: Parsed) -> None:
        self._lines = parsed.lines
        found = [
            *_links_of(parsed.env.get("references", {})),
            *(
                Definition(_compared(f"^{token.meta['label']}"), *token.map)
                for token in parsed.tokens
                if token.type == "footnote_reference_open" and token.level == 0 and token.map
            ),
        ]
        self._all: dict[str, Definition] = {}
        for each in found:
            self._all.setdefault(each.mark, each)
        self._defining = {
            line for each in self._all.values() for line in range(each.first, each.end)
        }

    def complete(self, ranges: Sequence[tuple[int, int]]) -> Sequence[str]:
        """Return the text of each range of lines, with all definitions that it needs.

        A definition is left out of a range that does not need it if another does.
        """
        needed = [self._needed(first, end) for first, end in ranges]
        anywhere = {mark for marks in needed for mark in marks}
        return [
            self._text(first, end, marks, anywhere)
            for (first, end), marks in zip(ranges, needed, strict=True)
        ]

    def _needed(self, first: int, end: int) -> Mapping[str, Definition]:
        """Return the definitions that a range refers to, itself or by a definition, by marks."""
        lines = (line for line in range(first, end) if line not in self._defining)
        waiting = _marks_in(self._lines[line] for line in lines)
        needed: dict[str, Definition] = {}
        while waiting:
            mark = waiting.pop()
            if mark in self._all and mark not in needed:
                each = needed[mark] = self._all[mark]
                waiting |= _marks_in(self._lines[each.first : each.end])
        return needed

    def _text(
        self, first: int, end: int, needed: Mapping[str, Definition], anywhere: set[str]
    ) -> str:
        own = {mark for mark, each in self._all.items() if first <= each.first < end}
        left_out = {
            line
            for mark in own & anywhere - needed.keys()
            for line in range(self._all[mark].first, self._all[mark].end)
        }
        lines = [self._lines[line] for line in range(first, end) if line not in left_out]
        foreign = [each for mark, each in needed.items() if mark not in own]
        added = (
            "\n".join(self._lines[each.first : each.end]).strip("\n")
            for each in sorted(foreign, key=lambda each: each.first)
        )
        return "\n\n".join(filter(None, ["\n".join(lines).strip("\n"), *added]))


def _links_of(references: Mapping[str, Mapping[str, list[int]]]) -> Iterable[Definition]:
    """Yield the definitions of links."""
    for label, reference in references.items():
        first, end = reference["map"]
        yield Definition(_compared(label), first, end)


def _marks_in(lines: Iterable[str]) -> set[str]:
    return {_compared(mark) for line in lines for mark in _MARK.findall(line)}


def _compared(label: str) -> str:
    return " ".join(label.split()).casefold()
