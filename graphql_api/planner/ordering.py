"""``orderBy`` → the keys of a total order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from cms.reading.visibility import Leading
from graphql_api.planner.arguments import Argument, Known
from graphql_api.planner.declarations import Call, OrderKey, Row
from graphql_api.planner.source import Sql

# What a view shows: what is public now, or was in the past, or drafts.
ViewKind: TypeAlias = Literal["now", "past", "drafts"]


@dataclass(frozen=True, eq=False)
class OrderTerm:
    """One value of an ``orderBy`` enum.

    Attributes:
        name: the enum value: ``publishedAt_DESC``.
        sql: the compared value, of a row and of the rows that the call's view shows.
        descending: whether the largest comes first.
        nullable: whether the value can be null.
        leading: the column of another table with an index that has the rows in this order.
        indexed_in: the kinds of view in which an index has the rows in this order.
    """

    name: str
    sql: Callable[[Row, Call], Sql]
    descending: bool
    nullable: bool
    leading: Leading | None = None
    indexed_in: frozenset[ViewKind] = frozenset()


def order_mark(argument: Argument) -> str:
    """Return the mark of the cursors of an order, so that no other order accepts them."""
    return ",".join(term.name for term in _terms(argument))


def order_keys(argument: Argument, row: Row, call: Call) -> tuple[OrderKey, ...]:
    """Return the keys of the requested terms.

    The relation's own order follows them. It ends with a key that is different for every row, so
    the whole is stable.
    """
    return tuple(
        OrderKey(term.sql(row, call), term.descending, term.nullable) for term in _terms(argument)
    )


def order_by(keys: Sequence[OrderKey], *, reverse: bool = False) -> list[Sql]:
    """Return the expressions to order by; nulls come last, or first in reverse."""
    expressions: list[Sql] = []
    for key in keys:
        if key.is_same:
            continue
        if key.nullable:
            is_null = key.sql.is_(None)
            expressions.append(is_null.desc() if reverse else is_null.asc())
        expressions.append(key.sql.desc() if key.descending is not reverse else key.sql.asc())
    return expressions


def _terms(argument: Argument) -> list[OrderTerm]:
    items = argument if isinstance(argument, tuple) else ()
    members = (item.value for item in items if isinstance(item, Known))
    terms = [member.value for member in members if isinstance(member, Enum)]
    # A repeated key has no effect.
    first: dict[str, OrderTerm] = {}
    for term in terms:
        first.setdefault(term.name.rpartition("_")[0], term)
    return list(first.values())


def leading_column(argument: Argument) -> Leading | None:
    """Return the column of another table by which an index has the rows in order, if one does."""
    terms = _terms(argument)
    return terms[0].leading if terms else None


def is_indexed(argument: Argument, kind: ViewKind) -> bool:
    """Return whether an index has the rows in an order, in a kind of view."""
    terms = _terms(argument)
    return not terms or kind in terms[0].indexed_in


def order_size(argument: Argument) -> int:
    """Return the number of keys of an order, without those of the relation."""
    return len(_terms(argument))
