"""``orderBy`` → the keys of a total order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from graphql_api.planner.arguments import Argument, Known
from graphql_api.planner.declarations import Call, OrderKey, Row
from graphql_api.planner.source import Sql


@dataclass(frozen=True, eq=False)
class OrderTerm:
    """One value of an ``orderBy`` enum.

    Attributes:
        name: the enum value: ``publishedAt_DESC``.
        sql: the compared value, of a row and of the rows that the call's view shows.
        descending: whether the largest comes first.
        nullable: whether the value can be null.
    """

    name: str
    sql: Callable[[Row, Call], Sql]
    descending: bool
    nullable: bool


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


def order_size(argument: Argument) -> int:
    """Return the number of keys of an order, without those of the relation."""
    return len(_terms(argument))
