"""JSON in SQL, on SQLite and on PostgreSQL: the only dialect names of the API.

Each element is one idea with two spellings; the library's own words on how that works are at
https://docs.sqlalchemy.org/en/21/core/compiler.html. Where both databases read the same SQL
in the same way (``->``, ``->>``, ``substr``), there is no element.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, Self

from sqlalchemy import (
    ColumnElement,
    Dialect,
    FromClause,
    FunctionElement,
    Integer,
    Text,
    column,
    literal_column,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean, NullType, TypeDecorator

from cms.storage.dialects import DialectFunction, Moment, TextOf
from graphql_api.planner.source import Columns, Sql, SqlType

# What stands where there is no value, and an error says why, begins like this. No content can
# hold it, since text with control characters is refused; see graphql_api.planner.null_propagation.
MARK = b'"\\u0001'
# A value that has to be there and is not.
MISSING = MARK + b'missing"'
# A number that is larger than a double can be.
OUT_OF_RANGE = MARK + b'out of range"'

# PostgreSQL's functions take at most 100 arguments.
_MOST_PAIRS = 50


class JsonObject(FunctionElement[Any]):
    """An object: names and values in turn."""

    inherit_cache = True
    type = NullType()

    def __init__(self, pairs: Sequence[tuple[str, Sql]]) -> None:
        self.count = len(pairs)
        super().__init__(*(part for name, value in pairs for part in (text(name), json_of(value))))


@compiles(JsonObject, "sqlite")
def _(element: JsonObject, compiler: SQLCompiler, **kw: object) -> str:
    return f"json_object({_list(element, compiler, kw)})"


@compiles(JsonObject, "postgresql")
def _(element: JsonObject, compiler: SQLCompiler, **kw: object) -> str:
    if element.count <= _MOST_PAIRS:
        return f"json_build_object({_list(element, compiler, kw)})"
    parts = [compiler.process(clause, **kw) for clause in element.clauses]
    size = 2 * _MOST_PAIRS
    objects = [
        f"json_build_object({', '.join(parts[start : start + size])})::text"
        for start in range(0, len(parts), size)
    ]
    # {…} and {…} become {…, …}, since there is no function that joins two of type json.
    joined = " || ', ' || ".join(f"substr(left({each}, -1), 2)" for each in objects)
    return f"('{{' || {joined} || '}}')::json"


class JsonArray(FunctionElement[Any]):
    """The aggregate of all rows into an array, in order; of those only that ``where`` keeps."""

    inherit_cache = True
    type = NullType()

    def __init__(
        self,
        value: Sql,
        order: Sequence[Sql],
        where: ColumnElement[bool] | None = None,
    ) -> None:
        self.is_filtered = where is not None
        kept = [where] if where is not None else []
        super().__init__(json_of(value), *kept, *order)


@compiles(JsonArray, "sqlite")
def _(element: JsonArray, compiler: SQLCompiler, **kw: object) -> str:
    return _aggregate("json_group_array", element, compiler, kw)


@compiles(JsonArray, "postgresql")
def _(element: JsonArray, compiler: SQLCompiler, **kw: object) -> str:
    return f"coalesce({_aggregate('json_agg', element, compiler, kw)}, '[]'::json)"


def _aggregate(name: str, element: JsonArray, compiler: SQLCompiler, kw: dict[str, object]) -> str:
    value, *rest = (compiler.process(clause, **kw) for clause in element.clauses)
    kept = f" filter (where {rest.pop(0)})" if element.is_filtered else ""
    order = f" order by {', '.join(rest)}" if rest else ""
    return f"{name}({value}{order}){kept}"


class JsonTuple(DialectFunction):
    """An array of these values."""

    type = NullType()
    sqlite = "json_array({all})"
    postgresql = "json_build_array({all})"


class WithoutNulls(DialectFunction):
    """An object without the keys that hold nothing."""

    type = NullType()
    sqlite = "json_patch('{{}}', {0})"
    postgresql = "json_strip_nulls({0})"


class ScriptSafe(DialectFunction):
    """JSON as text that can stand in a script element: it cannot end there."""

    type = Text()
    sqlite = "replace({0}, '<', '\\u003c')"
    postgresql = "replace(({0})::text, '<', '\\u003c')"


class Hexadecimal(DialectFunction):
    """Text as the hexadecimal of its UTF-8 bytes."""

    type = Text()
    sqlite = "lower(hex({0}))"
    postgresql = "encode(convert_to(({0})::text, 'UTF8'), 'hex')"


class InDoubles(DialectFunction):
    """A decimal number as a double, or the mark of what is out of their range."""

    type = NullType()
    sqlite = (
        "(case when abs({0}) > 1.7976931348623157e308 then char(1) || 'out of range' else {0} end)"
    )
    postgresql = (
        "(case when abs({0}) > 1.7976931348623157e308::numeric "
        """then '"\\u0001out of range"'::json """
        "when abs({0}) < 2.2250738585072014e-308::numeric then to_json(0) "
        "else to_json(({0})::float8) end)"
    )


class _Condition(DialectFunction):
    """A function that is true or false, in parentheses."""

    type = Boolean()

    def self_group(self, against: Any = None) -> Self:
        """Return the condition as it is.

        SQLAlchemy would compare it with 1 where a database has no booleans, and SQLite uses no
        index for what is compared with 1.
        """
        del against
        return self


class IsOneOf(_Condition):
    """Whether the first value is in the second, a list parameter."""

    sqlite = "({0} in (select value from json_each({1})))"
    postgresql = "({0} = any({1}))"


class Contains(_Condition):
    """Whether the first text contains the second."""

    sqlite = "(instr({all}) > 0)"
    postgresql = "(strpos({all}) > 0)"


class JoinedText(DialectFunction):
    """The aggregate of a text of all rows into one, in the order of the second value."""

    type = Text()
    sqlite = "group_concat({0}, '' order by {1})"
    postgresql = "string_agg({0}, '' order by {1})"


class RowCount(DialectFunction):
    """A number of rows, for LIMIT and OFFSET."""

    type = Integer()
    # A bare parameter as the limit is looked at when the statement is prepared, which then has
    # to be done again whenever it is bound anew.
    sqlite = "({0} + 0)"
    postgresql = "({0})"


class _MomentText(DialectFunction):
    """A time as ISO 8601 text in UTC."""

    type = Text()
    sqlite = "{0}"
    postgresql = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


class _BooleanJson(DialectFunction):
    """True or false as JSON."""

    type = NullType()
    sqlite = "json(case {0} when 1 then 'true' when 0 then 'false' end)"
    postgresql = "({0})"


class _Elements(DialectFunction):
    """The elements of an array, as rows."""

    name = "elements"
    sqlite = "json_each({0})"
    postgresql = "jsonb_array_elements({0}) with ordinality"


class _ElementIndex(DialectFunction):
    """An element's place in its array, from 0, of its key and its ordinality."""

    sqlite = "{0}"
    postgresql = "({1} - 1)"


class JsonConstant(FunctionElement[Any]):
    """A piece of JSON that is known beforehand, of one of PostgreSQL's two types of JSON."""

    inherit_cache = False
    type = NullType()

    def __init__(self, json: bytes, kind: Literal["json", "jsonb"]) -> None:
        self.quoted = "'" + json.decode().replace("'", "''") + "'"
        self.kind = kind
        super().__init__()


@compiles(JsonConstant, "sqlite")
def _(element: JsonConstant, compiler: SQLCompiler, **kw: object) -> str:
    return f"json({element.quoted})"


@compiles(JsonConstant, "postgresql")
def _(element: JsonConstant, compiler: SQLCompiler, **kw: object) -> str:
    return f"{element.quoted}::{element.kind}"


def json_of(value: Sql) -> Sql:
    """Return the value in the form in which JSON shows it."""
    if isinstance(value.type, Moment):
        return _MomentText(value)
    if isinstance(value.type, Boolean):
        return _BooleanJson(value)
    return value


class Elements:
    """The elements of a JSON array, as a relation."""

    def __init__(self, array: Sql) -> None:
        self._array = array

    def type_of(self, column: str) -> SqlType | None:
        """Return the type of a column, or ``None`` if there is none of this name."""
        return NullType() if column in {"value", "key", "ordinality"} else None

    def under(self, name: str, columns: Sequence[str]) -> FromClause:
        """Return the elements as rows."""
        del columns  # the database's function has all of them
        return _Elements(self._array).table_valued(
            column("value"), column("key"), column("ordinality"), name=name
        )


def element_index(element: Columns) -> ColumnElement[int]:
    """Return an element's place in its array, from 0."""
    return _ElementIndex(element.key, element.ordinality)


def element_text(element: Columns) -> ColumnElement[str]:
    """Return an element that is text, as text."""
    return TextOf(element.value)


class TypedList(TypeDecorator[list[Any]]):
    """The type of a parameter that is a list of values of one type."""

    impl = Text
    cache_ok = True

    def __init__(self, item: SqlType) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> SqlType:
        """Return an array where there are arrays, and JSON elsewhere."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(self.item.dialect_impl(dialect)))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        """Return what the driver takes."""
        convert = self.item.dialect_impl(dialect).bind_processor(dialect)
        items = [convert(item) if convert is not None else item for item in value or ()]
        return items if dialect.name == "postgresql" else json.dumps(items)


def member(document: Sql, name: str) -> Sql:
    """Return what a JSON object holds under a name, as JSON; null if there is nothing."""
    return document.op("->", precedence=15)(text(name))


def text(constant: str) -> ColumnElement[str]:
    """Return a text that the schema or the site has chosen, never a client."""
    quoted = constant.replace("'", "''")
    return literal_column(f"'{quoted}'", Text())


def _list(element: FunctionElement[Any], compiler: SQLCompiler, kw: dict[str, object]) -> str:
    return compiler.process(element.clauses, **kw)
