"""Column types, and options of tables and indexes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Index,
    Text,
    text,  # noqa: TID251  # what an index is about
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite import JSONB as SQLITE_JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from cms.clock import to_milliseconds

# Text that is compared and ordered by code points, on both databases.
Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Words = Key
JsonDocument = SQLITE_JSONB(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
# A table option: rows are stored in the order of the primary key, on databases that support it.
CLUSTERED = {"sqlite_with_rowid": False}


class Moment(TypeDecorator[datetime]):
    """A point in time, in UTC, to the millisecond.

    In SQLite it is text, ``2026-11-24T05:22:12.123Z``, which sorts chronologically and is the
    API's form.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's type in this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True, precision=3))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return the value for the driver."""
        if value is None:
            return None
        moment = to_milliseconds(value)
        return as_text(moment) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return a timezone-aware time in UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return moment.astimezone(UTC)


def as_text(moment: datetime) -> str:
    """Return a time in the API's form: ISO 8601, in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def given_by_index(dialect: Dialect, *values: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
    """Return the expressions whose values a database takes from an index over them.

    PostgreSQL computes each again, from its row.
    """
    return values if dialect.name == "sqlite" else ()


def partial_index(
    name: str, *columns: str, where: str, unique: bool = False, include: Sequence[str] = ()
) -> Index:
    """Return an index over the rows for which the SQL condition ``where`` is true.

    Where the condition begins with a column that is null, this is the last one of the index.

    Args:
        name: its name.
        *columns: its columns.
        where: the condition.
        unique: whether no two of the rows may have the same values.
        include: further columns on PostgreSQL, which prefers a unique index to a wider one.
    """
    column, _, test = where.partition(" ")
    if test.startswith("is null") and not unique:
        # SQLite reads the index alone only if it has all columns, those of the condition too; if
        # not, it often prefers another index, and reads rows.
        columns = (*columns, column)
    condition = text(where)
    return Index(
        name,
        *columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
        postgresql_include=list(include),
    )
