"""SQL expressions that differ between the databases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FunctionElement,
    Integer,
    TableValuedAlias,
    Text,
    cast,
    column,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from cms.storage.dialects.columns import Moment
from cms.storage.dialects.dialect_function import DialectFunction


class _Moment(FunctionElement[datetime]):
    inherit_cache = False
    type = Moment()

    def __init__(self, seconds_ago: int) -> None:
        self.seconds_ago = seconds_ago
        super().__init__()


@compiles(_Moment, "sqlite")
def _(element: _Moment, _compiler: SQLCompiler, **_kw: Any) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{element.seconds_ago} seconds')"


@compiles(_Moment, "postgresql")
def _(element: _Moment, _compiler: SQLCompiler, **_kw: Any) -> str:
    return f"(now() - interval '{element.seconds_ago} seconds')"


class MomentText(DialectFunction):
    """A column of times as text in the API's form; in SQLite, exactly the stored text."""

    type = Text()
    sqlite = "{0}"
    postgresql = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


class _ElementsOf(DialectFunction):
    sqlite = "json_each({0})"
    postgresql = "jsonb_array_elements({0})"


def present_moment() -> ColumnElement[datetime]:
    """Return the time of the statement, by the database's clock."""
    return _Moment(0)


def moment_ago(seconds: int) -> ColumnElement[datetime]:
    """Return the time this many seconds before the statement, by the database's clock."""
    return _Moment(seconds)


def elements_of(array: Any, name: str) -> TableValuedAlias:
    """Return the elements of a JSON array, as rows with a column ``value``."""
    return _ElementsOf(array).table_valued(column("value"), name=name)


def element_text(elements: TableValuedAlias, key: str) -> ColumnElement[str]:
    """Return an element's member with this key, as text."""
    return elements.c.value.op("->>", return_type=Text())(literal(key, literal_execute=True))


def element_number(elements: TableValuedAlias, key: str) -> ColumnElement[int]:
    """Return an element's member with this key, as an integer."""
    return cast(element_text(elements, key), Integer)
