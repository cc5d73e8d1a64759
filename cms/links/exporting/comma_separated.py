"""CSV (RFC 4180), which is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import IO

from cms.links.exporting.table import GraphAttribute, Row, Value, text_of

# Spreadsheets take a cell that begins with one of these for a formula, and can send the sheet away.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_DEFUSED = "'"


class CsvTable:
    """A table in CSV. A text that a spreadsheet would run begins with an apostrophe."""

    def __init__(self, file: IO[bytes], columns: Sequence[GraphAttribute]) -> None:
        self._file = file
        self._write([[each.name for each in columns]])

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        self._write([[_cell(each) for each in row] for row in rows])

    def close(self) -> None:
        """Do nothing: a table in CSV has no end."""

    def _write(self, rows: Sequence[Sequence[str]]) -> None:
        text = StringIO(newline="")
        csv.writer(text).writerows(rows)
        self._file.write(text.getvalue().encode())


def _cell(value: Value) -> str:
    text = text_of(value)
    is_formula = isinstance(value, str) and text.startswith(_FORMULA)
    return f"{_DEFUSED}{text}" if is_formula else text
