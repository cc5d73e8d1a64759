"""JSON in SQL, on SQLite and on PostgreSQL: the only dialect names of the API.

Each element compiles to one expression per dialect, see
https://docs.sqlalchemy.org/en/21/core/compiler.html. SQL that means the same on both databases
(``->``, ``->>``, ``substr``) needs no element.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

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

from cms.storage.dialects import (
    AsCondition,
    DecimalText,
    DialectFunction,
    Moment,
    Scaled,
    TextOf,
)
from graphql_api.planner.source import Columns, Selectable, Sql, SqlType

# The beginning of each mark that stands for an error instead of a value. No content can contain
# it, since text with control characters is refused; see graphql_api.planner.null_propagation.
MARK = b'"\\u0001'
# A required value that is missing.
MISSING = MARK + b'missing"'
# All data of an operation of which a condition is not met.
UNMET = MARK + b'unmet"'
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
    # Joined as text, since no function joins two values of type json.
    joined = " || ', ' || ".join(f"substr(left({each}, -1), 2)" for each in objects)
    return f"('{{' || {joined} || '}}')::json"


class JsonArray(FunctionElement[Any]):
    """The aggregate of all rows that match ``where`` into an array, in order."""

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


class Repeated(FunctionElement[Any]):
    """A value that stands in a statement several times, in the same place of the same select.

    Its SQL is made once, and copied.
    """

    inherit_cache = True

    def __init__(self, value: Sql) -> None:
        self.type = value.type
        self.made: tuple[SQLCompiler, str] | None = None
        super().__init__(value)


@compiles(Repeated)
def _(element: Repeated, compiler: SQLCompiler, **kw: object) -> str:
    if element.made is None or element.made[0] is not compiler:
        element.made = compiler, _list(element, compiler, kw)
    return element.made[1]


class JsonTuple(DialectFunction):
    """An array of these values."""

    type = NullType()
    sqlite = "json_array({all})"
    postgresql = "json_build_array({all})"


class WithoutNulls(DialectFunction):
    """An object without its keys whose values are null."""

    type = NullType()
    sqlite = "json_patch('{{}}', {0})"
    postgresql = "json_strip_nulls({0})"


class ReadOnce(DialectFunction):
    """A JSON document that several values are taken from.

    PostgreSQL would read and decompress a large one for each of them.
    """

    sqlite = "{0}"
    postgresql = "({0} #> '{{}}')"

    def __init__(self, document: Sql) -> None:
        super().__init__(document)
        self.type = document.type


class ScriptSafe(DialectFunction):
    """JSON as text for a script element, which it cannot end."""

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


class IsOneOf(AsCondition, DialectFunction):
    """SQL condition: the first value is in the second, a list parameter."""

    sqlite = "({0} in (select value from json_each({1})))"
    postgresql = "({0} = any({1}))"


class IsAmongMany(AsCondition, DialectFunction):
    """SQL condition: the first value is among the rows of the second, a subquery, by no index.

    The databases would take an index over the value for better than one in the order of a list,
    which they can stop reading at the end of the page.
    """

    sqlite = "(+{0} in {1})"
    postgresql = "(coalesce({0}, {0}) = any(array{1}))"


class BeginsIf(AsCondition, DialectFunction):
    """SQL condition: the second value, a condition, for a list by the first, at least the third.

    SQLite looks at a condition for each row that it reads; but if the end of what it reads is null,
    it reads none. PostgreSQL looks at a condition on no row once.
    """

    sqlite = "({0} >= case when {1} then {2} end)"
    postgresql = "{1}"


class Contains(AsCondition, DialectFunction):
    """SQL condition: the first text contains the second."""

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
    # A bare parameter as the limit is read when the statement is prepared, which would then have
    # to be prepared again for each value.
    sqlite = "({0} + 0)"
    postgresql = "({0})"


class UnpeekedParameter(DialectFunction):
    """A parameter whose value no plan depends on."""

    # SQLite compares a bare parameter with the condition of a partial index, such as that the type
    # is Category, when it prepares the statement. It would prepare it again for each value.
    sqlite = "+{0}"
    postgresql = "{0}"

    def __init__(self, parameter: Sql) -> None:
        super().__init__(parameter)
        self.type = parameter.type


class _MomentText(DialectFunction):
    """A time as ISO 8601 text in UTC."""

    type = Text()
    sqlite = "{0}"
    postgresql = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


class _BooleanJson(DialectFunction):
    """A boolean as JSON."""

    type = NullType()
    sqlite = "json(case {0} when 1 then 'true' when 0 then 'false' end)"
    postgresql = "({0})"


class _Elements(DialectFunction):
    """The elements of an array, as rows."""

    name = "elements"
    sqlite = "json_each({0})"
    postgresql = "jsonb_array_elements({0}) with ordinality"


class _ElementIndex(DialectFunction):
    """An element's index in its array, from 0, from its key and its ordinality."""

    sqlite = "{0}"
    postgresql = "({1} - 1)"


class JsonConstant(FunctionElement[Any]):
    """Constant JSON, of one of PostgreSQL's two types of JSON."""

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
    """Return a value in the form that it has in JSON."""
    if isinstance(value.type, Moment):
        return _MomentText(value)
    if isinstance(value.type, Boolean):
        return _BooleanJson(value)
    if isinstance(value.type, Scaled):
        return DecimalText(value, value.type.places)
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
    """Return an element's index in its array, from 0."""
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
        """Return an array type if the dialect has one, otherwise JSON."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(self.item.dialect_impl(dialect)))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        """Return the value in the form of the driver."""
        if dialect.name == "postgresql":
            return [*(value or ())]  # the array converts its items
        convert = self.item.dialect_impl(dialect).bind_processor(dialect)
        return json.dumps([convert(item) if convert is not None else item for item in value or ()])


class _Member(FunctionElement[Any]):
    """A member of a JSON object, or of an object inside it, as JSON."""

    type: SqlType = NullType()

    def __init__(self, document: Sql, path: tuple[str, ...]) -> None:
        super().__init__(document)
        self.path = path


class _MemberText(_Member):
    """A member that is text, as text."""

    type = Text()


class _HasMember(AsCondition, _Member):
    """SQL condition: there is such a member, though it may be null."""


# A path is followed at once. Each step by itself would copy the whole member that it takes.
@compiles(_Member, "sqlite")
def _(element: _Member, compiler: SQLCompiler, **kw: object) -> str:
    (document,) = (compiler.process(each, **kw) for each in element.clauses)
    names = "".join(f'."{name}"' for name in element.path)
    match element:
        case _HasMember():
            return f"(json_type({document}, '${names}') is not null)"
        case _MemberText():
            return f"({document} ->> '${names}')"
        case _:
            return f"({document} -> '${names}')"


@compiles(_Member, "postgresql")
def _(element: _Member, compiler: SQLCompiler, **kw: object) -> str:
    (document,) = (compiler.process(each, **kw) for each in element.clauses)
    names = ",".join(f'"{name}"' for name in element.path)
    match element:
        case _HasMember():
            return f"(({document} #> '{{{names}}}') is not null)"
        case _MemberText():
            return f"""(({document} #>> '{{{names}}}') collate "C")"""
        case _:
            return f"({document} #> '{{{names}}}')"


def keeps_json(dialect: Dialect) -> bool:
    """Return whether JSON that a subquery makes is still JSON outside of it.

    On SQLite it is text, which would have to be read again.
    """
    return dialect.name == "postgresql"


def kept_apart(chosen: Selectable) -> Selectable:
    """Return a select that makes each value once; PostgreSQL would put it back where it is used."""
    return chosen.suffix_with("offset 0", dialect="postgresql")


def member(document: Sql, name: str) -> Sql:
    """Return a member of a JSON object as JSON; null if there is none."""
    return _Member(*_step(document, name))


def member_text(document: Sql, name: str) -> Sql:
    """Return a member of a JSON object, which is text, as text; null if there is none."""
    return _MemberText(*_step(document, name))


def has_member(document: Sql, name: str) -> ColumnElement[bool]:
    """Return whether a JSON object has a member; it may be null."""
    return _HasMember(*_step(document, name))


def _step(document: Sql, name: str) -> tuple[Sql, tuple[str, ...]]:
    if not set(name).isdisjoint("'\"\\"):
        raise ValueError(f"{name!r} cannot be a step of a path")
    if isinstance(document, _Member):
        (inside,) = document.clauses
        return inside, (*document.path, name)
    return document, (name,)


def text(constant: str) -> ColumnElement[str]:
    """Return a text of the schema or the site, never of a client, as a literal."""
    quoted = constant.replace("'", "''")
    return literal_column(f"'{quoted}'", Text())


def _list(element: FunctionElement[Any], compiler: SQLCompiler, kw: dict[str, object]) -> str:
    return compiler.process(element.clauses, **kw)
