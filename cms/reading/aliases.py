"""Pieces of SQL that relations are made of."""

from __future__ import annotations

from functools import cache

from sqlalchemy import ColumnElement, FromClause, Text, literal_column

from cms.tables import Base


@cache
def aliased_table(table: type[Base], name: str) -> FromClause:
    """Return a table under another name: the same object each time.

    To make the columns of an alias is a large part of the work of a new statement.
    """
    return table.__table__.alias(name)


def constant(value: str) -> ColumnElement[str]:
    """Return a text that the site declares as a constant."""
    quoted = value.replace("'", "''")
    return literal_column(f"'{quoted}'", Text())


def word(own: str) -> ColumnElement[str]:
    """Return a text of our own as a constant; it has no quotes in it."""
    return literal_column(f"'{own}'", Text())
