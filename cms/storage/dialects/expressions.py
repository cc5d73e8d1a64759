"""SQL expressions that differ between the databases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Dialect,
    FunctionElement,
    Integer,
    Select,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    column,
    literal_column,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator, TypeEngine

from cms.storage.dialects.columns import JsonDocument, Moment
from cms.storage.dialects.dialect_function import AsCondition, DialectFunction


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


class IsAmongRows(AsCondition, DialectFunction):
    """SQL condition: the first value is in a row of the second, a subquery of few rows.

    PostgreSQL would often take the rows for many, and read a table for them.
    """

    sqlite = "({0} in {1})"
    postgresql = "({0} = any(array{1}))"


class IsLookedUp(AsCondition, DialectFunction):
    """SQL condition: the first value equals the second, by which an index finds it row by row.

    PostgreSQL would read a table to join all of it, where it takes few rows for many.
    """

    sqlite = "({0} = {1})"
    postgresql = "({0} = any(array[{1}]))"


class DistinctTexts(DialectFunction):
    """A JSON array of the distinct texts of a group of rows, in order.

    Made from JSON text, SQLite's binary form of it is the same as that of a parameter.
    """

    type = JsonDocument
    sqlite = "jsonb(json_group_array(distinct {0} order by {0}))"
    postgresql = "jsonb_agg(distinct {0} order by {0})"


class WithMembers(DialectFunction):
    """A JSON object with the members of another one, none of which is null, in place of its own."""

    type = JsonDocument
    sqlite = "jsonb_patch({0}, {1})"
    postgresql = "({0} || ({1}))"


class Unindexed(DialectFunction):
    """A value by which a database finds no rows, for another way to find them is better."""

    sqlite = "+{0}"
    postgresql = "coalesce({0}, {0})"

    def __init__(self, value: ColumnElement[Any]) -> None:
        super().__init__(value)
        self.type = value.type


class ArchivedAt(DialectFunction):
    """The time at which an entry was archived, found by an index of archived entries; or null.

    SQLite would look up each entry by the index of all, since that is unique.
    """

    type = Moment()
    sqlite = (
        "(select archived.archived_at from entry as archived indexed by ix_entry_archived_at"
        " where archived.id = {0} and archived.archived_at is not null)"
    )
    postgresql = sqlite.replace(" indexed by ix_entry_archived_at", "")


class MomentText(DialectFunction):
    """A column of times as text in the API's form; in SQLite, exactly the stored text."""

    type = Text()
    sqlite = "{0}"
    postgresql = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


class _Texts(TypeDecorator[list[str]]):
    """A list of texts in one parameter: a JSON array in SQLite, an array in PostgreSQL."""

    impl = JSON
    cache_ok = True

    @property
    def python_type(self) -> type[list[str]]:
        """The Python type of its values."""
        return list

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the parameter's type in this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(JSON())
        return dialect.type_descriptor(postgresql.ARRAY(Text()))


class _IsAmong(DialectFunction):
    """SQL condition: a value is in a list of texts, one parameter.

    PostgreSQL plans a statement again each time while it sees that few values are in the list. It
    does not see into a subquery, and keeps the plan: planning takes longer than such a statement.
    """

    type = Boolean()
    sqlite = "({0} IN (SELECT value FROM json_each({1})))"
    postgresql = "({0} = ANY (ARRAY(SELECT unnest({1}))))"

    def self_group(self, against: object = None) -> Any:
        """Return itself: compared with 1, as booleans are in SQLite, it could use no index."""
        del against
        return self


class DocumentText(DialectFunction):
    """A JSON document as text."""

    type = Text()
    sqlite = "json({0})"
    postgresql = "({0})::text"


class InOrderOf(AsCondition, DialectFunction):
    """SQL condition that is true of all rows with a key, which is a text that is never empty.

    SQLite would read all rows by the smallest index that has their columns, and sort them; with it,
    it reads them in the order of the key. As it expects few, it makes no filter of the rows that
    they are joined to, for which it would read all of these.
    """

    sqlite = "likelihood({0} > '', 0.000001)"
    postgresql = "({0} > '')"


class HasText(AsCondition, DialectFunction):
    """SQL condition: the first value, a JSON array, has the second, a text."""

    sqlite = "exists(select 1 from json_each({0}) where value = {1})"
    postgresql = "jsonb_exists({0}, {1})"


class _ElementsOf(DialectFunction):
    sqlite = "json_each({0})"
    postgresql = "jsonb_array_elements({0})"


class _TextItself(DialectFunction):
    type = Text()
    sqlite = "{0}"
    postgresql = "({0} #>> '{{}}')"


def present_moment() -> ColumnElement[datetime]:
    """Return the time of the statement, by the database's clock."""
    return _Moment(0)


def moment_ago(seconds: int) -> ColumnElement[datetime]:
    """Return the time this many seconds before the statement, by the database's clock."""
    return _Moment(seconds)


def is_among(column_: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """Return whether a column has one of these texts, however many they are.

    They are one parameter, so that a statement has one text for one value and for thousands.
    """
    return _IsAmong(column_, bindparam(None, texts(values), _Texts()))


def is_among_given(column_: Any, name: str) -> ColumnElement[bool]:
    """Return whether a column has one of the texts in a parameter of this name.

    The value of the parameter is a list of texts, of :func:`texts`. So a statement that is run
    often is built once.
    """
    return _IsAmong(column_, bindparam(name, type_=_Texts()))


def texts(values: Iterable[str]) -> list[str]:
    """Return texts as the value of a parameter of :func:`is_among_given`."""
    return sorted(set(values))


def hold_rows(
    chosen: Select[*tuple[Any, ...]], *, shared: Sequence[type[Any]], alone: type[Any]
) -> Select[*tuple[Any, ...]]:
    """Return a query whose rows are held until the transaction ends.

    SQLite has one writer at a time, which holds everything. PostgreSQL leaves out rows that no
    longer belong together once the locks are granted.

    Args:
        chosen: the query.
        shared: tables whose rows do not change meanwhile; others can hold them as well.
        alone: table whose rows no other transaction holds.
    """
    held = chosen.with_for_update(read=True, of=shared)
    return held.suffix_with(f"FOR UPDATE OF {alone.__tablename__}", dialect="postgresql")


def upsert(table: type[Any]) -> postgresql.Insert:
    """Return an insertion that can have an ``ON CONFLICT``, which SQLite spells the same way."""
    return postgresql.insert(table)


def elements_of(array: Any, name: str) -> TableValuedAlias:
    """Return the elements of a JSON array, as rows with a column ``value``."""
    return _ElementsOf(array).table_valued(column("value"), name=name)


def element_text(elements: TableValuedAlias, key: str) -> ColumnElement[str]:
    """Return an element's member with this key, as text."""
    return elements.c.value.op("->>", return_type=Text())(_name(key))


def element_json(elements: TableValuedAlias, key: str) -> ColumnElement[Any]:
    """Return an element's member with this key, as JSON."""
    return elements.c.value.op("->", return_type=JsonDocument)(_name(key))


def _name(key: str) -> ColumnElement[str]:
    return literal_column(f"'{key}'")  # it stands in the code, and has no quotes


def element_itself(elements: TableValuedAlias) -> ColumnElement[str]:
    """Return an element, which is a text."""
    return _TextItself(elements.c.value)


def element_number(elements: TableValuedAlias, key: str) -> ColumnElement[int]:
    """Return an element's member with this key, as an integer."""
    return cast(element_text(elements, key), Integer)
