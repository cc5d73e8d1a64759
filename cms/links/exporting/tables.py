"""A table of nodes and a table of edges: both in a ZIP archive, or one of them by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO, Protocol, TypeAlias

from cms.links.exporting.archive import Alone, Archive, Store
from cms.links.exporting.table import GraphAttribute, Part, Row, Schema


class Table(Protocol):
    """A table that is written to a file."""

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Write the end of the table."""


# Begins a table with these columns in a file.
OpenTable: TypeAlias = Callable[[IO[bytes], Sequence[GraphAttribute]], Table]


class TablesWriter:
    """Writes the tables.

    Args:
        schema: the attributes, which are the columns.
        suffix: the suffix of the files in an archive.
        open_table: begins a table.
        part: the only table; ``None`` for both.
        compresses: whether an archive compresses them.
    """

    def __init__(
        self,
        schema: Schema,
        suffix: str,
        open_table: OpenTable,
        part: Part | None,
        *,
        compresses: bool,
    ) -> None:
        self._schema, self._suffix, self._open_table, self._part = schema, suffix, open_table, part
        self._store: Store = Archive(compresses=compresses) if part is None else Alone()
        self._file: IO[bytes] | None = None
        self._table: Table | None = None

    def begin(self) -> bytes:
        """Return the start of the nodes."""
        return self._begin(Part.NODES, self._schema.nodes)

    def nodes(self, rows: Sequence[Row]) -> bytes:
        """Return nodes."""
        return self._write(rows)

    def between(self) -> bytes:
        """Return the end of the nodes and the start of the edges."""
        return self._finish() + self._begin(Part.EDGES, self._schema.edges)

    def edges(self, rows: Sequence[Row]) -> bytes:
        """Return edges."""
        return self._write(rows)

    def end(self) -> bytes:
        """Return the end of the edges, and of the archive."""
        return self._finish() + self._store.close()

    def _begin(self, part: Part, columns: Sequence[GraphAttribute]) -> bytes:
        if self._part in {None, part}:
            self._file = self._store.open(f"{part.value}{self._suffix}")
            self._table = self._open_table(self._file, columns)
        return self._store.take()

    def _write(self, rows: Sequence[Row]) -> bytes:
        if self._table is not None:
            self._table.write(rows)
        return self._store.take()

    def _finish(self) -> bytes:
        if self._table is not None and self._file is not None:
            self._table.close()
            self._file.close()
        self._table = self._file = None
        return self._store.take()
