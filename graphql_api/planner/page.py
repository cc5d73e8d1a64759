"""One page of a connection's rows, and what can be said about it.

The page is selected first, by keys and limit; only of its rows is JSON made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

from sqlalchemy import (
    Select,
    Subquery,
    and_,
    case,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from graphql_api.planner.arguments import Given
from graphql_api.planner.cursors import cursor_of, is_ahead, is_behind
from graphql_api.planner.declarations import Call, OrderKey, Rows, Sql
from graphql_api.planner.filters import Condition, condition_of
from graphql_api.planner.json_sql import JsonArray
from graphql_api.planner.ordering import order_by, order_keys, order_mark
from graphql_api.planner.paging import number, paging_of
from graphql_api.planner.plan import Body, Field, Typename
from graphql_api.planner.statement import Parameters

_PLACE = "place_on_page"

IsWithin: TypeAlias = Callable[[Sequence[OrderKey], Sequence[Sql]], Condition]


class Page:
    """A page of the connection that a field asks for.

    Args:
        field: the field, whose arguments say which page.
        rows: gives all rows of the connection, each time under a new alias.
        call: what the declaration was called with.
        parameters: the statement's parameters.
    """

    def __init__(
        self, field: Field, rows: Callable[[], Rows], call: Call, parameters: Parameters
    ) -> None:
        self._all_rows = rows
        self._call = call
        self._parameters = parameters
        self._mark = order_mark(call.arguments.get("orderBy"))
        self._paging = paging_of(call.arguments, field.node)
        self._limit = number(self._paging.size, parameters)
        # One row more than the page has tells whether there are more.
        self._looks_ahead = _asks_for(field.body, {"hasNextPage", "hasPreviousPage"})
        self.is_needed = _asks_for(field.body, {"nodes", "edges", "pageInfo"})
        every = rows()
        self.source: Subquery = self._select(every).subquery()
        self.rows = replace(every, source=self.source, row=self.source.c)

    def summed_up(self, value: Sql) -> Sql:
        """Return a value that is made of the whole page, however many rows it has."""
        # Counting makes it one group, also where nothing else in the value is an aggregate.
        summed_up = case((func.count() >= literal_column("0"), value))
        found = select(summed_up).select_from(self.source)
        return found.correlate_except(self.source).scalar_subquery()

    def array(self, value: Sql, *, reverse: bool = False) -> Sql:
        """Return the array of a value of each row of the page, in order."""
        kept = self.source.c[_PLACE] <= self._limit if self._looks_ahead else None
        return JsonArray(value, order_by(self._keys, reverse=reverse), kept)

    def fact(self, name: str) -> Sql:
        """Return a leaf of a connection, of an edge, or of a ``pageInfo``."""
        match name:
            case "cursor":
                return cursor_of(self._mark, self._keys)
            case "totalCount":
                return self._matching(func.count()).scalar_subquery()
            case "startCursor":
                return self._first_cursor(reverse=False)
            case "endCursor":
                return self._first_cursor(reverse=True)
            case "hasNextPage":
                return self._goes_on()
            case "hasPreviousPage":
                return self._went_before()
            case _:
                raise TypeError(f"a connection has no {name}")

    @cached_property
    def _keys(self) -> tuple[OrderKey, ...]:
        return self._keys_of(self.rows)

    def _keys_of(self, rows: Rows) -> tuple[OrderKey, ...]:
        return order_keys(self._call.arguments.get("orderBy"), rows.row, rows.order)

    def _select(self, rows: Rows) -> Select[*tuple[Any, ...]]:
        keys = self._keys_of(rows)
        order = order_by(keys, reverse=self._paging.is_backward)
        chosen = (
            select(*rows.source.c)
            .select_from(rows.source)
            .where(*self._conditions(rows), *self._range(keys))
            .order_by(*order)
            .limit(self._limit + 1 if self._looks_ahead else self._limit)
            .offset(number(self._paging.skip, self._parameters) if self._paging.skip else None)
            .correlate_except(rows.source)
        )
        return self._numbered(chosen.subquery(), rows) if self._looks_ahead else chosen

    def _numbered(self, page: Subquery, rows: Rows) -> Select[*tuple[Any, ...]]:
        """Return the page's rows with their places on it, which tell the one too many."""
        keys = self._keys_of(replace(rows, source=page, row=page.c))
        order = order_by(keys, reverse=self._paging.is_backward)
        return select(*page.c, func.row_number().over(order_by=order).label(_PLACE))

    def _conditions(self, rows: Rows) -> tuple[Condition, ...]:
        where = condition_of(self._call.arguments.get("where"), rows.row, self._call)
        return (*rows.where, where)

    def _range(self, keys: tuple[OrderKey, ...]) -> list[Condition]:
        conditions = []
        if self._paging.after is not None:
            conditions.append(is_behind(keys, self._cursor(self._paging.after, keys)))
        if self._paging.before is not None:
            conditions.append(is_ahead(keys, self._cursor(self._paging.before, keys)))
        return conditions

    def _cursor(self, given: Given, keys: tuple[OrderKey, ...]) -> list[Sql]:
        return self._paging.cursor_values(given, self._mark, keys, self._parameters)

    def _matching(self, value: Sql) -> Select[tuple[object]]:
        """Return a select over all rows of the connection."""
        rows = self._all_rows()
        found = select(value).select_from(rows.source).where(*self._conditions(rows))
        return found.correlate_except(rows.source)

    def _first_cursor(self, *, reverse: bool) -> Sql:
        cursors = self.array(cursor_of(self._mark, self._keys), reverse=reverse)
        return cursors.op("->")(literal_column("0"))

    def _goes_on(self) -> Condition:
        reasons = [] if self._paging.is_backward else [func.count() > self._limit]
        if self._paging.before is not None:
            reasons.append(self._has_any_beyond(self._paging.before, is_ahead))
        return or_(false(), *reasons)

    def _went_before(self) -> Condition:
        reasons = [func.count() > self._limit] if self._paging.is_backward else []
        if self._paging.after is not None:
            reasons.append(self._has_any_beyond(self._paging.after, is_behind))
        if self._paging.skip is not None:
            skipped = number(self._paging.skip, self._parameters) > 0
            reasons.append(and_(skipped, self._matching(true()).exists()))
        return or_(false(), *reasons)

    def _has_any_beyond(self, cursor: Given, is_within: IsWithin) -> Condition:
        """Say whether there are rows on the other side of a cursor, or the cursor's own."""
        rows = self._all_rows()
        keys = self._keys_of(rows)
        beyond = not_(is_within(keys, self._cursor(cursor, keys)))
        found = select(true()).select_from(rows.source).where(*self._conditions(rows), beyond)
        return found.correlate_except(rows.source).exists()


def _asks_for(body: Body | None, names: set[str]) -> bool:
    """Say whether one of these leaves is selected anywhere in a connection's own objects."""
    fields = (field for each in (body.cases if body else ()) for field in each.fields)
    return any(
        not isinstance(field, Typename)
        and (field.name in names or (field.name == "pageInfo" and _asks_for(field.body, names)))
        for field in fields
    )
