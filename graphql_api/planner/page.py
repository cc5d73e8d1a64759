"""One page of a connection's rows, and the facts about it.

The page is selected first, by keys and limit, and JSON is made only of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    JSON,
    FromClause,
    Integer,
    ScalarSelect,
    and_,
    case,
    exists,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.types import NullType

from graphql_api.planner.arguments import Given, Read
from graphql_api.planner.cursors import cursor_of, is_ahead, is_behind
from graphql_api.planner.declarations import Call, Connection, Row, Rows
from graphql_api.planner.emptiness import without_empty
from graphql_api.planner.filters import Condition
from graphql_api.planner.json_sql import JsonArray, ReadOnce, kept_apart
from graphql_api.planner.look_ups import same_in_all
from graphql_api.planner.ordering import order_by
from graphql_api.planner.page_rows import PageRows, Side
from graphql_api.planner.paging import number, paging_of
from graphql_api.planner.plan import Body, PlannedField, Typename
from graphql_api.planner.source import (
    Columns,
    Relation,
    Selectable,
    Source,
    Sql,
    SqlType,
    select_over,
)
from graphql_api.planner.statement import Parameters

_PLACE = "place_on_page"


class Page:
    """A page of a connection.

    Args:
        field: the selected field.
        declaration: the declaration of the connection.
        row: the row of the object with the connection.
        call: the arguments and the view.
        parameters: the statement's parameters.

    Attributes:
        call: the arguments and the view.
        rows: all rows of the connection.
        columns: the columns of the page's own rows.
    """

    def __init__(
        self,
        field: PlannedField,
        declaration: Connection,
        row: Row,
        call: Call,
        parameters: Parameters,
    ) -> None:
        rows = declaration.rows(row, call)
        self.rows = rows
        self.call = call
        self._parameters = parameters
        self._paging = paging_of(call.arguments, field.node, declaration.largest)
        self._page_rows = PageRows(rows, call, self._paging, parameters)
        self._mark, self._keys = self._page_rows.mark, self._page_rows.keys
        self._limit = number(self._paging.size, parameters)
        # One more row than the page has shows whether there are more.
        self._looks_ahead = _asks_for(field.body, {"hasNextPage", "hasPreviousPage"})
        self._is_needed = _asks_for(field.body, {"nodes", "edges", "pageInfo"})
        self._has_array = _asks_for(field.body, {"nodes", "edges"})
        # A page has no arrays in an order beside those without: for an aggregate in an order,
        # PostgreSQL sorts the rows of all of them.
        self._comes_in_order = not (self._paging.is_backward or _asks_for(field.body, {"pageInfo"}))
        self._source = call.source(_Rows(rows, self._select))
        same = dict(same_in_all(call.arguments.get("where"), call))
        self.columns = self._source.columns.knowing(same)
        if not self._is_needed:
            # A bad argument is an error whatever is selected.
            parameters.checks += self._paging.checks(self._mark, self._keys(self.columns))

    def aggregate(self, value: Sql) -> Sql:
        """Return a value of the whole page as one row, even if the page is empty."""
        if not self._is_needed:
            return value
        if not self._has_array:
            # The count makes the rows one group.
            value = case((func.count() >= literal_column("0"), value))
        return select_over(self._source, value, ())

    def array(self, value: Sql, *, reverse: bool = False) -> Sql:
        """Return the array of a value of each row of the page, in order."""
        if self._comes_in_order:
            return JsonArray(value, ())
        kept = self.columns[_PLACE] <= self._limit if self._looks_ahead else None
        return JsonArray(value, order_by(self._keys(self.columns), reverse=reverse), kept)

    def fact(self, name: str) -> Sql:
        """Return a leaf of a connection, of an edge, or of a ``pageInfo``."""
        match name:
            case "cursor":
                return cursor_of(self._mark, self._keys(self.columns))
            case "rank":
                search = self.rows.search
                return search.rank(self.columns) if search is not None else null()
            case "totalCount":
                return self._over_all(func.count())
            case "startCursor":
                return self._first_cursor(reverse=False)
            case "endCursor":
                return self._first_cursor(reverse=True)
            case "hasNextPage":
                return self._has_next_page()
            case "hasPreviousPage":
                return self._has_previous_page()
            case _:
                raise TypeError(f"a connection has no {name}")

    @property
    def is_whole(self) -> bool:
        """True if the rows that match are all of them, which are counted ahead; see Rows."""
        is_filtered = without_empty(self.call.arguments.get("where")) is not None
        return self.rows.is_whole and not is_filtered and self.rows.search is None

    def over_all(
        self, values: Mapping[str, Callable[[Row], Sql]], among: Relation | None = None
    ) -> Selectable:
        """Return values of each row of the connection that matches, by name, whatever the page.

        Args:
            values: the values of a row.
            among: the relation that these rows are read from, if it is not that of all rows.
        """
        source = self.call.source(among or self.rows.relation)
        row = self.rows.row(source.columns)
        conditions = self._page_rows.conditions_of_all(source.columns)
        chosen = select(*(value(row).label(name) for name, value in values.items()))
        return chosen.select_from(source.clause()).where(*conditions)

    def values(
        self,
        value: Callable[[Row], Sql],
        related: Callable[[Row, Call], Rows] | None = None,
        key: Callable[[Row], Sql] | None = None,
    ) -> Selectable:
        """Return a ``value`` of each row of the connection that matches.

        Args:
            value: the value of a row, or of each related row.
            related: the related rows of a row.
            key: the unique key of a row; with it, equal values of its related rows count once.
        """
        if related is None:
            return self.over_all({"value": value})
        source = self.call.source(self.rows.relation)
        row = self.rows.row(source.columns)
        conditions = self._page_rows.conditions_of_all(source.columns)
        others = related(row, self.call)
        beside = self.call.source(others.relation)
        chosen = select(value(others.row(beside.columns)).label("value"))
        if key is not None:
            chosen = chosen.add_columns(key(row).label("key")).distinct()
        further = others.conditions(beside.columns)
        return chosen.select_from(source.clause(), beside.clause()).where(*conditions, *further)

    def limit_of(self, read: Read) -> Sql:
        """Return a number of rows as a parameter."""
        return number(read, self._parameters)

    def _select(self, used: Sequence[str]) -> Selectable:
        """Return the page's rows, by limit, with these columns."""
        if not self._looks_ahead:
            return self._page_rows.select(used, self._limit)
        source = self.call.source(
            _Rows(self.rows, partial(self._page_rows.select, limit=self._limit + 1))
        )
        order = order_by(self._keys(source.columns), reverse=self._paging.is_backward)
        place = func.row_number().over(order_by=order).label(_PLACE)
        shown = [source.columns[name].label(name) for name in used if name != _PLACE]
        return select(*shown, place).select_from(source.clause())

    def _over_all(
        self, value: Sql, further: Callable[[Columns], Condition] | None = None
    ) -> ScalarSelect[Any]:
        """Return a value of all rows of the connection that match."""
        source = self.call.source(self.rows.relation)
        conditions = self._page_rows.conditions_of_all(source.columns)
        if further is not None:
            conditions = (*conditions, further(source.columns))
        return select_over(source, value, conditions)

    def _first_cursor(self, *, reverse: bool) -> Sql:
        cursors = self.array(cursor_of(self._mark, self._keys(self.columns)), reverse=reverse)
        return cursors.op("->")(literal_column("0"))

    def _has_next_page(self) -> Condition:
        reasons = [] if self._paging.is_backward else [func.count() > self._limit]
        if self._paging.before is not None:
            reasons.append(self._has_any_beyond(self._paging.before, is_ahead))
        return or_(false(), *reasons)

    def _has_previous_page(self) -> Condition:
        reasons = [func.count() > self._limit] if self._paging.is_backward else []
        if self._paging.after is not None:
            reasons.append(self._has_any_beyond(self._paging.after, is_behind))
        if self._paging.skip is not None:
            skipped = number(self._paging.skip, self._parameters) > 0
            reasons.append(and_(skipped, exists(self._over_all(true()).element)))
        return or_(false(), *reasons)

    def _has_any_beyond(self, cursor: Given, side: Side) -> Condition:
        """Return whether there are rows on the other side of a cursor, or the cursor's own."""

        def is_beyond(columns: Columns) -> Condition:
            return not_(self._page_rows.is_within(cursor, side, columns))

        return exists(self._over_all(true(), is_beyond).element)


@dataclass(frozen=True)
class _Rows:
    """Some rows of a connection, as a relation."""

    rows: Rows
    select: Callable[[Sequence[str]], Selectable]

    def type_of(self, column: str) -> SqlType | None:
        """Return the type of a column, or ``None`` if there is none of this name."""
        return Integer() if column == _PLACE else self.rows.relation.type_of(column)

    def under(self, name: str, columns: Sequence[str]) -> FromClause:
        """Return the rows as a subquery."""
        return self.select(columns).subquery(name)


@dataclass(frozen=True)
class FirstRow:
    """The first of some rows, as a relation.

    Attributes:
        rows: the rows, with their order.
        source: adds a relation to the statement.
    """

    rows: Rows
    source: Callable[[Relation], Source]

    def type_of(self, column: str) -> SqlType | None:
        """Return the type of a column, or ``None`` if there is none of this name."""
        return self.rows.relation.type_of(column)

    def under(self, name: str, columns: Sequence[str]) -> FromClause:
        """Return the row as a subquery."""
        source = self.source(self.rows.relation)
        shown = [source.columns[each].label(each) for each in columns]
        chosen = (
            select(*(shown or [literal_column("1").label("one")]))
            .where(*self.rows.conditions(source.columns))
            .order_by(*order_by(self.rows.order(source.columns)))
            .limit(literal_column("1"))
        )
        return chosen.select_from(source.clause()).subquery(name)


class Shared:
    """Rows with values of their own, as a relation: each value is made once, wherever it is used.

    So is each JSON document of the rows, which is large and compressed.

    Args:
        rows: the rows.
        source: adds a relation to the statement.

    Attributes:
        columns: the columns of the rows, for the values.
    """

    def __init__(self, rows: Rows, source: Callable[[Relation], Source]) -> None:
        self._rows = rows
        self._source = source(rows.relation)
        self._values: dict[str, Sql] = {}
        self.columns = self._source.columns

    def add(self, value: Sql) -> str:
        """Add a value, which is JSON, and return the name of its column."""
        name = f"shared_{len(self._values) + 1}"
        self._values[name] = value
        return name

    def type_of(self, column: str) -> SqlType | None:
        """Return the type of a column, or ``None`` if there is none of this name."""
        return NullType() if column in self._values else self._rows.relation.type_of(column)

    def under(self, name: str, columns: Sequence[str]) -> FromClause:
        """Return the rows as a subquery."""
        shown = [self._value(each).label(each) for each in columns]
        chosen = select(*shown).where(*self._rows.conditions(self.columns))
        return kept_apart(chosen.select_from(self._source.clause())).subquery(name)

    def _value(self, name: str) -> Sql:
        if name in self._values:
            return self._values[name]
        value = self.columns[name]
        return ReadOnce(value) if isinstance(value.type, JSON) else value


def _asks_for(body: Body | None, names: set[str]) -> bool:
    """Return whether one of these fields is selected on a connection or its ``pageInfo``."""
    fields = (field for each in (body.cases if body else ()) for field in each.fields)
    return any(
        not isinstance(field, Typename)
        and (field.name in names or (field.name == "pageInfo" and _asks_for(field.body, names)))
        for field in fields
    )
