"""GEXF 1.3, the format of Gephi: https://gexf.net."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cms.content.xml_characters import as_attribute, as_content
from cms.links.exporting.table import STATUS, AttributeKind, GraphAttribute, Row, Schema, text_of

_NAMESPACE = "http://gexf.net/1.3"
_TYPES: Mapping[AttributeKind, str] = {
    AttributeKind.TEXT: "string",
    AttributeKind.INTEGER: "long",
    AttributeKind.NUMBER: "double",
    AttributeKind.BOOLEAN: "boolean",
    AttributeKind.TIME: "string",
}
_KIND = "kind"


class GexfWriter:
    """Writes GEXF. A graph of two moments is dynamic: each node and edge has a start and an end.

    Parallel edges differ in their kind.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._node_status, self._edge_status = _place(schema.nodes), _place(schema.edges)
        self._kind = next(at for at, each in enumerate(schema.edges) if each.name == _KIND)

    def begin(self) -> bytes:
        """Return the declarations of all attributes, and the start of the nodes."""
        facts = "; ".join(f"{name}: {value}" for name, value in self._schema.facts.items())
        described = as_content(facts)
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<gexf xmlns="{_NAMESPACE}" version="1.3">',
            f"<meta><creator>Copydesk</creator><description>{described}</description></meta>",
            f'<graph defaultedgetype="directed" idtype="string"{self._mode()}>',
            *_attributes("node", self._schema.nodes[1:]),
            *_attributes("edge", self._schema.edges[3:]),
            "<nodes>",
        ]
        return _lines(lines)

    def nodes(self, rows: Sequence[Row]) -> bytes:
        """Return nodes, whose labels are their titles."""
        title = self._schema.node_title
        return _lines(
            f"<node id={as_attribute(text_of(row[0]))} label={as_attribute(text_of(row[title]))}"
            f"{self._span(row, self._node_status)}>{_values(row[1:])}</node>"
            for row in rows
        )

    def between(self) -> bytes:
        """Return the end of the nodes and the start of the edges."""
        return b"</nodes>\n<edges>\n"

    def edges(self, rows: Sequence[Row]) -> bytes:
        """Return edges."""
        return _lines(self._edge(row) for row in rows)

    def end(self) -> bytes:
        """Return the end of the document."""
        return b"</edges>\n</graph>\n</gexf>\n"

    def _edge(self, row: Row) -> str:
        label = row[self._schema.edge_label]
        shown = "" if label is None else f" label={as_attribute(text_of(label))}"
        return (
            f"<edge id={as_attribute(text_of(row[0]))} source={as_attribute(text_of(row[1]))}"
            f" target={as_attribute(text_of(row[2]))} kind={as_attribute(text_of(row[self._kind]))}"
            f"{shown}{self._span(row, self._edge_status)}>{_values(row[3:])}</edge>"
        )

    def _mode(self) -> str:
        period = self._schema.period
        if period is None:
            return ' mode="static"'
        return (
            f' mode="dynamic" timeformat="{period.format}"'
            f' start="{period.begun}" end="{period.ended}"'
        )

    def _span(self, row: Row, status: int | None) -> str:
        if self._schema.period is None or status is None:
            return ""
        begun, ended = self._schema.period.of(text_of(row[status]))
        return f' start="{begun}" end="{ended}"'


def _place(attributes: Sequence[GraphAttribute]) -> int | None:
    return attributes.index(STATUS) if STATUS in attributes else None


def _attributes(owner: str, attributes: Sequence[GraphAttribute]) -> Iterable[str]:
    yield f'<attributes class="{owner}" mode="static">'
    for at, each in enumerate(attributes):
        title = as_attribute(each.name)
        yield f'<attribute id="{at}" title={title} type="{_TYPES[each.kind]}"/>'
    yield "</attributes>"


def _values(values: Row) -> str:
    found = "".join(
        f'<attvalue for="{at}" value={as_attribute(text_of(value))}/>'
        for at, value in enumerate(values)
        if value is not None
    )
    return f"<attvalues>{found}</attvalues>"


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
