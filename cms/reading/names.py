"""Tables under other names."""

from __future__ import annotations

from functools import cache

from sqlalchemy import FromClause

from cms.tables import Base


@cache
def named(table: type[Base], name: str) -> FromClause:
    """Return a table under another name: the same object each time.

    To make the columns of an alias is a large part of the work of a new statement.
    """
    return table.__table__.alias(name)
