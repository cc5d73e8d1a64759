"""DOT, the language of Graphviz: https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from cms.links.exporting.table import (
    LABEL,
    TITLE,
    GraphAttribute,
    Row,
    Schema,
    Value,
    text_of,
)

# A string of DOT has no escapes for these; a line break would end a label's line.
_SPACE = re.compile(r"[\x00-\x20\x7f]+")


class DotWriter:
    """Writes a directed graph of DOT; titles are the labels of nodes. A missing value is left out.

    White space and control characters become single spaces.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def begin(self) -> bytes:
        """Return the start of the graph, with the facts about it as its attributes."""
        facts = (
            f"{_quoted(name)}={_quoted(str(each))};" for name, each in self._schema.facts.items()
        )
        return _lines(["digraph links {", *facts])

    def nodes(self, rows: Sequence[Row]) -> bytes:
        """Return nodes."""
        attributes = self._schema.nodes[1:]
        return _lines(f"{_id(row[0])} [{_pairs(attributes, row[1:])}];" for row in rows)

    def between(self) -> bytes:
        """Return nothing: edges follow the nodes."""
        return b""

    def edges(self, rows: Sequence[Row]) -> bytes:
        """Return edges."""
        attributes = (self._schema.edges[0], *self._schema.edges[3:])
        return _lines(
            f"{_id(row[1])} -> {_id(row[2])} [{_pairs(attributes, (row[0], *row[3:]))}];"
            for row in rows
        )

    def end(self) -> bytes:
        """Return the end of the graph."""
        return b"}\n"


def _id(value: Value) -> str:
    return _quoted(text_of(value))


def _pairs(attributes: Sequence[GraphAttribute], values: Row) -> str:
    return ", ".join(_each_pair(attributes, values))


def _each_pair(attributes: Sequence[GraphAttribute], values: Row) -> Iterator[str]:
    for attribute, value in zip(attributes, values, strict=True):
        if value is None:
            continue
        name = LABEL.name if attribute == TITLE else attribute.name
        yield f"{name}={_quoted(text_of(value))}"


def _quoted(text: str) -> str:
    r"""Return a text as a quoted string.

    In strings of DOT only ``\"`` is an escape, but labels read ``\\`` as one backslash, and others
    would have escapes: ``\N`` is the name of the node.
    """
    plain = _SPACE.sub(" ", text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
