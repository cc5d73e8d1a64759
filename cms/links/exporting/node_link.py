"""JSON as networkx writes and reads it: ``networkx.node_link_graph``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from cms.links.exporting.table import Row, Schema, text_of

_KEY = "key"  # that of an edge among parallel ones


class NodeLinkWriter:
    """Writes one JSON object with the nodes and the edges. A missing value is null."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._nodes = [each.name for each in schema.nodes]
        self._edges = [_KEY, *(each.name for each in schema.edges[1:])]
        self._has_rows = False

    def begin(self) -> bytes:
        """Return the facts about the graph, and the start of the nodes."""
        graph = orjson.dumps(dict(self._schema.facts))
        return b'{"directed":true,"multigraph":true,"graph":%b,"nodes":[\n' % graph

    def nodes(self, rows: Sequence[Row]) -> bytes:
        """Return nodes."""
        return self._objects(self._nodes, rows)

    def between(self) -> bytes:
        """Return the end of the nodes and the start of the edges."""
        self._has_rows = False
        return b'\n],"edges":[\n'

    def edges(self, rows: Sequence[Row]) -> bytes:
        """Return edges."""
        return self._objects(self._edges, rows)

    def end(self) -> bytes:
        """Return the end of the object."""
        return b"\n]}\n"

    def _objects(self, names: Sequence[str], rows: Sequence[Row]) -> bytes:
        found = b",\n".join(_json(names, row) for row in rows)
        if self._has_rows and found:
            found = b",\n" + found
        self._has_rows = self._has_rows or bool(found)
        return found


def _json(names: Iterable[str], row: Row) -> bytes:
    values = dict(zip(names, row, strict=True))
    return orjson.dumps(values, text_of, orjson.OPT_PASSTHROUGH_DATETIME)
