"""``orderBy`` → the keys of a total order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from sqlalchemy import case

from cms.reading.view import Perspective, View
from cms.reading.visibility import Leading
from graphql_api.planner.arguments import Argument, Known
from graphql_api.planner.declarations import Call, OrderKey, Row
from graphql_api.planner.source import Sql

# What a view shows: what is public now, perhaps with a preview, or was in the past, or drafts.
ViewKind: TypeAlias = Literal["now", "preview", "past", "drafts"]


@dataclass(frozen=True, eq=False)
class OrderTerm:
    """One value of an ``orderBy`` enum.

    Attributes:
        name: the enum value: ``publishedAt_DESC``.
        sql: the compared value, of a row and of the rows that the call's view shows.
        descending: whether the largest comes first.
        nullable: whether the value can be null.
        leading: the column by whose values an index has the rows in this order, where not all rows
            have one.
        group: the column that alone determines the value.
        beside: the key after it in that index, which is different for every row.
        indexed_in: the kinds of view in which an index has the rows in this order.
    """

    name: str
    sql: Callable[[Row, Call], Sql]
    descending: bool
    nullable: bool
    leading: Leading | None = None
    indexed_in: frozenset[ViewKind] = frozenset()
    beside: Callable[[Row], Sql] | None = None
    group: str | None = None


def order_mark(argument: Argument) -> str:
    """Return the mark of the cursors of an order, so that no other order accepts them."""
    return ",".join(term.name for term in _terms(argument))


def order_keys(argument: Argument, row: Row, call: Call) -> tuple[OrderKey, ...]:
    """Return the keys of the requested terms.

    The relation's own order follows them. It ends with a key that is different for every row, so
    the whole is stable.
    """
    terms = _terms(argument)
    keys = [OrderKey(term.sql(row, call), term.descending, term.nullable) for term in terms]
    if len(terms) == 1 and (beside := terms[0].beside) is not None:
        (first,), value = keys, beside(row)
        own = case((first.sql.is_not(None), value))
        keys.append(OrderKey(own, first.descending, nullable=True, beside=value))
    return tuple(keys)


def order_by(keys: Sequence[OrderKey], *, reverse: bool = False) -> list[Sql]:
    """Return the expressions to order by; nulls come last, or first in reverse."""
    expressions: list[Sql] = []
    for key in keys:
        if key.is_same:
            continue
        ordered = key.sql.desc() if key.descending is not reverse else key.sql.asc()
        if key.nullable:
            ordered = ordered.nulls_first() if reverse else ordered.nulls_last()
        expressions.append(ordered)
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


def leading_column(argument: Argument, kind: ViewKind) -> Leading | None:
    """Return the column by whose values an index has the rows in order, if one does.

    Args:
        argument: the order.
        kind: the kind of the view.
    """
    terms = _terms(argument)
    leading = terms[0].leading if terms else None
    # Drafts, of which a preview shows one, do not repeat the values of their fields.
    has_drafts = kind == "drafts" or (kind == "preview" and leading == "field_values")
    return None if has_drafts or kind == "past" else leading


def first_term(argument: Argument) -> OrderTerm | None:
    """Return the first term of an order, if there is one."""
    terms = _terms(argument)
    return terms[0] if terms else None


def is_indexed(argument: Argument, kind: ViewKind) -> bool:
    """Return whether an index has the rows in an order, in a kind of view."""
    terms = _terms(argument)
    if not terms:
        return True
    # Of an order with further keys, all rows with the same first value are sorted.
    has_few_equal = len(terms) == 1 or terms[0].beside is None
    order_of = "now" if kind == "preview" else kind
    is_led = terms[0].leading is None or leading_column(argument, kind) is not None
    return order_of in terms[0].indexed_in and has_few_equal and is_led


def kind_of(view: View) -> ViewKind:
    """Return the kind of a view."""
    if view.perspective is Perspective.DRAFT:
        return "drafts"
    if view.preview is not None:
        return "preview"
    return "now" if view.past is None else "past"


def order_size(argument: Argument) -> int:
    """Return the number of keys of an order, without those of the relation."""
    return len(_terms(argument))
