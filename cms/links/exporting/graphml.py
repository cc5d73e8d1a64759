"""GraphML: http://graphml.graphdrawing.org/primer/graphml-primer.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cms.content.xml_characters import as_attribute, as_content
from cms.links.exporting.table import AttributeKind, GraphAttribute, Row, Schema, text_of

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
# GraphML has no times; they are texts.
_TYPES: Mapping[AttributeKind, str] = {
    AttributeKind.TEXT: "string",
    AttributeKind.INTEGER: "long",
    AttributeKind.NUMBER: "double",
    AttributeKind.BOOLEAN: "boolean",
    AttributeKind.TIME: "string",
}


class GraphMLWriter:
    """Writes GraphML, whose values are ``data`` elements; a missing value has none."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def begin(self) -> bytes:
        """Return the declarations of all attributes, and the start of the graph."""
        facts = [
            f'<key id="g{at}" for="graph" attr.name={as_attribute(name)}'
            f' attr.type="{"long" if isinstance(value, int) else "string"}"/>'
            for at, (name, value) in enumerate(self._schema.facts.items())
        ]
        values = [
            f'<data key="g{at}">{as_content(str(value))}</data>'
            for at, value in enumerate(self._schema.facts.values())
        ]
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<graphml xmlns="{_NAMESPACE}">',
            *facts,
            *_keys("node", "n", self._schema.nodes[1:]),
            *_keys("edge", "e", self._schema.edges[3:]),
            '<graph id="links" edgedefault="directed">',
            *values,
        ]
        return _lines(lines)

    def nodes(self, rows: Sequence[Row]) -> bytes:
        """Return nodes."""
        return _lines(
            f"<node id={as_attribute(text_of(row[0]))}>{_data('n', row[1:])}</node>" for row in rows
        )

    def between(self) -> bytes:
        """Return nothing: edges follow the nodes."""
        return b""

    def edges(self, rows: Sequence[Row]) -> bytes:
        """Return edges."""
        return _lines(
            f"<edge id={as_attribute(text_of(row[0]))} source={as_attribute(text_of(row[1]))}"
            f" target={as_attribute(text_of(row[2]))}>{_data('e', row[3:])}</edge>"
            for row in rows
        )

    def end(self) -> bytes:
        """Return the end of the document."""
        return b"</graph>\n</graphml>\n"


def _keys(owner: str, prefix: str, attributes: Sequence[GraphAttribute]) -> Iterator[str]:
    for at, each in enumerate(attributes):
        yield (
            f'<key id="{prefix}{at}" for="{owner}" attr.name={as_attribute(each.name)}'
            f' attr.type="{_TYPES[each.kind]}"/>'
        )


def _data(prefix: str, values: Row) -> str:
    return "".join(
        f'<data key="{prefix}{at}">{as_content(text_of(value))}</data>'
        for at, value in enumerate(values)
        if value is not None
    )


def _lines(lines: Iterator[str] | Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
