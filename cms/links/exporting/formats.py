"""The formats of exports, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cms.links.exporting.comma_separated import CsvTable
from cms.links.exporting.dot import DotWriter
from cms.links.exporting.gexf import GexfWriter
from cms.links.exporting.graphml import GraphMLWriter
from cms.links.exporting.node_link import NodeLinkWriter
from cms.links.exporting.parquet import ParquetTable, load_arrow
from cms.links.exporting.table import Part, Schema, Writer
from cms.links.exporting.tables import TablesWriter

MakeWriter: TypeAlias = Callable[[Schema, Part | None], Writer]

_ZIP = "application/zip"


@dataclass(frozen=True)
class Format:
    """A format of exports.

    Attributes:
        name: the name at the shell and in URLs.
        suffix: the suffix of a file.
        media_type: the media type of a response.
        write: makes a writer.
        has_parts: whether it has a table of nodes and one of edges, which can be had by themselves.
        require: raises ``ExtraMissing`` if the format needs a library that is not installed.
    """

    name: str
    suffix: str
    media_type: str
    write: MakeWriter
    has_parts: bool = False
    require: Callable[[], object] = bool

    def file_of(self, part: Part | None) -> tuple[str, str]:
        """Return the name and the media type of the file of an export, or of a part of it."""
        if self.has_parts and part is None:
            return f"links-{self.name}.zip", _ZIP
        return f"{'links' if part is None else part.value}{self.suffix}", self.media_type


def _csv(schema: Schema, part: Part | None) -> Writer:
    return TablesWriter(schema, ".csv", CsvTable, part, compresses=True)


def _parquet(schema: Schema, part: Part | None) -> Writer:
    return TablesWriter(schema, ".parquet", ParquetTable, part, compresses=False)


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("graphml", ".graphml", "application/graphml+xml", lambda *g: GraphMLWriter(g[0])),
        Format("gexf", ".gexf", "application/gexf+xml", lambda *g: GexfWriter(g[0])),
        Format("csv", ".csv", "text/csv; charset=utf-8", _csv, has_parts=True),
        Format("json", ".json", "application/json", lambda *g: NodeLinkWriter(g[0])),
        Format("dot", ".dot", "text/vnd.graphviz", lambda *g: DotWriter(g[0])),
        Format(
            "parquet",
            ".parquet",
            "application/vnd.apache.parquet",
            _parquet,
            has_parts=True,
            require=load_arrow,
        ),
    )
}
