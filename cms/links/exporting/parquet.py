"""Apache Parquet, for DuckDB, Spark and data frames: https://parquet.apache.org."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from cms.errors import ExtraMissing
from cms.links.exporting.table import AttributeKind, GraphAttribute, Row


class ParquetTable:
    """A table in Parquet; each call of :meth:`write` is a row group.

    Raises:
        ExtraMissing: if the extra is not installed.
    """

    def __init__(self, file: IO[bytes], columns: Sequence[GraphAttribute]) -> None:
        self._arrow, parquet = load_arrow()
        types = _types(self._arrow)
        self._schema = self._arrow.schema([(each.name, types[each.kind]) for each in columns])
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        if not rows:
            return
        arrays = [
            self._arrow.array(values, field.type)
            for values, field in zip(zip(*rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.table(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the end of the table."""
        self._writer.close()


def load_arrow() -> tuple[Any, Any]:
    """Return the modules ``pyarrow`` and ``pyarrow.parquet``.

    Raises:
        ExtraMissing: if they are not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  # an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise ExtraMissing(
            "Parquet needs the extra [graph]; install it on the server: "
            "pip install 'copydesk[graph]'"
        ) from None
    return pa, parquet


def _types(arrow: Any) -> Mapping[AttributeKind, Any]:
    return {
        AttributeKind.TEXT: arrow.string(),
        AttributeKind.INTEGER: arrow.int64(),
        AttributeKind.NUMBER: arrow.float64(),
        AttributeKind.BOOLEAN: arrow.bool_(),
        AttributeKind.TIME: arrow.timestamp("ms", "UTC"),
    }
