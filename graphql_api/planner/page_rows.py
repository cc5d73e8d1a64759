"""The rows of one page of a connection, found without reading all rows.

Where indexes find the rows that conditions keep, those of the first condition that keeps few are
looked up and sorted. If all of them keep many, the list is read in its order up to the end of the
page, which is not far then. So no page takes long, however many rows there are.

A search is such a condition. By rank, those of many matches are ranked and sorted that have a word
in their title or summary; all others have the same points, and are read in the order of the list.

A list that no index has in its order as a whole is read in parts: one for each locale, and the rows
without a value of the first key by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from sqlalchemy import (
    FromClause,
    Integer,
    Text,
    and_,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.types import Boolean, Float

from cms.reading.visibility import Leading
from cms.storage.dialects import IsAmongRows, Moment, Scaled, Unindexed
from graphql_api.planner.arguments import Given
from graphql_api.planner.cursors import is_ahead, is_behind
from graphql_api.planner.declarations import Call, Found, OrderKey, Rows, Search
from graphql_api.planner.filters import Condition, condition_of
from graphql_api.planner.groups import SIZE, Bound, Groups
from graphql_api.planner.json_sql import BeginsIf, RowCount
from graphql_api.planner.look_ups import found_by
from graphql_api.planner.ordering import (
    first_term,
    kind_of,
    leading_column,
    order_by,
    order_keys,
    order_mark,
)
from graphql_api.planner.paging import Paging, number
from graphql_api.planner.source import Chosen, Columns, Relation, Selectable, Sql
from graphql_api.planner.statement import Parameters

# Compares the keys of a row with the values of a cursor.
Side: TypeAlias = Callable[[Sequence[OrderKey], Sequence[Sql]], Condition]
# The parts of a relation, each of which an index has in an order; see Rows.
InOrder: TypeAlias = Callable[[Leading | None], Sequence[Selectable]]

# So many rows are looked up and sorted in a few milliseconds; and of so many, a page is found soon
# by reading a list in its order.
_FEW = literal_column("2000", Integer())
# The names of the keys of rows that are found in several ways.
_KEY = "key_"


@dataclass(frozen=True)
class _Way:
    """One of the ways in which rows of a page are found.

    Attributes:
        relation: the relation that they are read from.
        found_by: the number of the look-up whose rows they are; ``None`` to read in order.
        has_value: whether the first key has a value; ``None`` for all rows.
        is_best: of a search by rank, whether they have more points than every match has; ``None``
            for other rows.
    """

    relation: Relation
    found_by: int | None = None
    has_value: bool | None = None
    is_best: bool | None = None

    @property
    def is_last(self) -> bool:
        """True if the rows come after those that are found in other ways."""
        return self.has_value is False or self.is_best is False


class PageRows:
    """The rows that a connection has on a page.

    Args:
        rows: all rows of the connection.
        call: the arguments and the view.
        paging: the page.
        parameters: the statement's parameters.

    Attributes:
        mark: the mark of the order in cursors.
    """

    def __init__(self, rows: Rows, call: Call, paging: Paging, parameters: Parameters) -> None:
        self.mark = order_mark(call.arguments.get("orderBy"))
        self._rows = rows
        self._call = call
        self._paging = paging
        self._parameters = parameters
        # The indexes with these columns have them of what is public now.
        self._leading = leading_column(call.arguments.get("orderBy"), kind_of(call.view))
        found = self._found(call.source(rows.relation).columns)
        self._look_ups = len(found)
        # Only once, unless they depend on the object that the rows belong to: then SQLite would
        # make them again for each row.
        self._some = (
            [each.values.limit(_FEW).cte().prefix_with("MATERIALIZED") for each in found]
            if rows.found is None or rows.search is not None
            else []
        )
        self._ways = tuple(self._all_ways())
        self._groups = self._groups_of_order()

    def keys(self, columns: Columns) -> tuple[OrderKey, ...]:
        """Return the keys of the order."""
        order = self._call.arguments.get("orderBy")
        return (*order_keys(order, columns, self._call), *self._rows.order(columns))

    def select(self, used: Sequence[str], limit: Sql) -> Selectable:
        """Return the page's rows with these columns, in order.

        Args:
            used: the names of the columns.
            limit: the largest number of rows.
        """
        reach = limit
        if self._paging.skip is not None:
            reach = limit + number(self._paging.skip, self._parameters)
        if len(self._ways) == 1:
            (way,) = self._ways
            return self._with_offset(self._of_way(way, used, limit, reach))
        every = self._of_ways(used, reach).subquery()
        shown = [every.c[each] for each in used] or [literal_column("1").label("one")]
        columns = self._call.source(self._rows.relation).columns
        keys = [
            replace(key, sql=every.c[f"{_KEY}{at}"]) for at, key in enumerate(self.keys(columns))
        ]
        ordered = select(*shown).select_from(every).order_by(*self._order(keys))
        page = self._with_offset(ordered.limit(RowCount(limit)))
        return page.add_cte(*self._some, nest_here=True) if self._some else page

    def conditions_of_all(self, columns: Columns) -> tuple[Condition, ...]:
        """Return the conditions for reading all rows: those that an index finds, if one does."""
        first = self._found(columns)[:1] if self._rows.search is None else ()
        few = [each.column.in_(each.values) for each in first if not each.is_of_list]
        return (*few, *self._conditions(columns))

    def is_within(self, cursor: Given, side: Side, columns: Columns) -> Condition:
        """Return whether a row is on a side of a cursor."""
        keys = self.keys(columns)
        return side(keys, self._cursor(cursor, keys))

    def _all_ways(self) -> Iterator[_Way]:
        """Yield the ways in which the rows are found, none of which finds one of another."""
        relation, search = self._rows.relation, self._rows.search
        in_order = self._rows.in_order
        if search is not None and in_order is not None:
            yield from self._ways_of_search(search, in_order)
            return
        yield from (_Way(relation, number) for number in range(self._look_ups))
        if in_order is None:
            yield _Way(relation)
        else:
            yield from self._ways_in_order(in_order, Chosen)

    def _ways_of_search(self, search: Search, in_order: InOrder) -> Iterator[_Way]:
        """Yield the ways for a search: few rows are ranked and sorted, of many only the best."""
        are_many = _are_many(self._some[0], _FEW)
        yield _Way(search.found(not_(are_many)), 0)
        others = partial(search.in_order, are_many)
        if search.best is None:
            yield from self._ways_in_order(in_order, others)
            return
        yield _Way(search.best(are_many), is_best=True)
        yield from (_Way(others(each), is_best=False) for each in in_order(None))

    def _ways_in_order(
        self, in_order: InOrder, made: Callable[[Selectable], Relation]
    ) -> Iterator[_Way]:
        """Yield the ways that read rows in an order, given the relation that is made of each."""
        leading = self._leading
        if leading is None:
            yield from (_Way(made(each)) for each in in_order(None))
        else:
            yield from (_Way(made(each), has_value=True) for each in in_order(leading))
            yield from (_Way(made(each), has_value=False) for each in in_order(None))

    def _of_ways(self, used: Sequence[str], reach: Sql) -> Selectable:
        """Return the rows of all ways with their keys, of each as many as the page can have."""
        last = [each for each in self._ways if each.is_last]
        first = [each for each in self._ways if not each.is_last]
        found = [self._of_way(each, used, reach, reach, has_keys=True) for each in first]
        if not last:
            return _together(found)
        if self._paging.is_backward:
            found += [self._of_way(each, used, reach, reach, has_keys=True) for each in last]
            return _together(found)
        # It can take long to find any of those that come last.
        known = _together(found).cte().prefix_with("MATERIALIZED")
        are_few = select(func.count()).select_from(known).scalar_subquery() < reach
        without = [
            self._of_way(each, used, reach, reach, has_keys=True, only_if=are_few) for each in last
        ]
        return _together([select(*known.c), *without]).add_cte(known, nest_here=True)

    def _of_way(
        self,
        way: _Way,
        used: Sequence[str],
        limit: Sql,
        reach: Sql,
        *,
        has_keys: bool = False,
        only_if: Condition | None = None,
    ) -> Selectable:
        """Return rows that are found in one way.

        Args:
            way: the way.
            used: the names of the columns.
            limit: the largest number of rows.
            reach: the same, with the rows that the page skips.
            has_keys: whether the rows have the keys as columns.
            only_if: a condition without which there are none, the same for all rows.
        """
        source = self._call.source(way.relation)
        columns = source.columns
        keys = self.keys(columns)
        shown = [columns[name].label(name) for name in used]
        if has_keys:
            shown += [key.sql.label(f"{_KEY}{at}") for at, key in enumerate(keys)]
        is_read_through = way.found_by is None and not way.is_best
        conditions = [
            *self._conditions(columns, is_in_order=self._look_ups > 0 and is_read_through),
            *self._range(keys, has_value=way.has_value is True),
        ]
        if way.has_value is not None:
            first, *others = keys
            has_none = Unindexed(first.sql).is_(None)  # which the end of the list decides on
            conditions.append(first.sql.is_not(None) if way.has_value else has_none)
            keys = _with_value(keys) if way.has_value else _without_value(others)
        if way.is_best is False:
            keys = keys[1:]  # the points, which are the same
        begins = [] if only_if is None else [only_if]
        if self._look_ups and way.found_by is None:
            begins.append(self._find_many(columns))
        elif way.found_by is not None:
            conditions.append(self._are_few_of(way.found_by, columns))
        if begins:
            # As one condition: of several with the same key, SQLite begins by the first.
            conditions.append(_begins_if(keys[0], and_(*begins)))
        chosen = select(*(shown or [literal_column("1").label("one")])).where(*conditions)
        if self._groups is not None and way.found_by is None:
            chosen = self._of_first_groups(chosen, self._groups, way, columns, reach)
        chosen = chosen.order_by(*self._order(keys)).limit(RowCount(limit))
        return chosen.select_from(source.clause())

    def _of_first_groups(
        self, chosen: Selectable, groups: Groups, way: _Way, columns: Columns, reach: Sql
    ) -> Selectable:
        """Return those of some rows that are in the groups which a page can reach."""
        bounds = self._bounds(self.keys(columns))
        first_groups = groups.first(self._counted(way, groups.column), reach, bounds)
        is_among = groups.is_among(first_groups, columns)
        return chosen.where(is_among).add_cte(first_groups, nest_here=True)

    def _groups_of_order(self) -> Groups | None:
        """Return the groups of the rows, if they share the first key of the order."""
        term = first_term(self._call.arguments.get("orderBy"))
        if term is None or term.group is None:
            return None
        return Groups(term, term.group, self._call, self._paging.is_backward)

    def _bounds(self, keys: tuple[OrderKey, ...]) -> Sequence[Bound]:
        """Return the first values of the cursors."""
        given = ((is_behind, self._paging.after), (is_ahead, self._paging.before))
        return [(side, self._cursor(each, keys)[0]) for side, each in given if each is not None]

    def _counted(self, way: _Way, column: str) -> Selectable:
        """Return the numbers of rows by a column, whatever cursors there are."""
        source = self._call.source(way.relation)
        columns = source.columns
        group = columns[column]
        conditions = self._conditions(columns, is_in_order=self._look_ups > 0)
        counted = select(group.label(column), func.count().label(SIZE)).where(*conditions)
        return counted.group_by(group).select_from(source.clause())

    def _with_offset(self, chosen: Selectable) -> Selectable:
        if self._paging.skip is None:
            return chosen
        return chosen.offset(RowCount(number(self._paging.skip, self._parameters)))

    def _order(self, keys: Sequence[OrderKey]) -> list[Sql]:
        return order_by(keys, reverse=self._paging.is_backward)

    def _find_many(self, columns: Columns) -> Condition:
        """Return whether each look-up finds so many rows that the list is read in its order."""
        if not self._some:
            return _are_many(self._found(columns)[0].values.limit(_FEW).subquery(), _FEW)
        return and_(*(_are_many(each, _FEW) for each in self._some))

    def _are_few_of(self, number: int, columns: Columns) -> Condition:
        """Return whether a row is found by a look-up, which is the first that finds few."""
        found = self._found(columns)[number]
        if not self._some:
            return _is_among_few(found)
        own, before = self._some[number], self._some[:number]
        are_many = [_are_many(each, _FEW) for each in (own, *before)]
        few = select(own.c[0]).where(not_(are_many[0]), *are_many[1:])
        return IsAmongRows(found.column, few.scalar_subquery())

    def _found(self, columns: Columns) -> Sequence[Found]:
        """Return the rows that indexes find for some conditions; see :func:`found_by`."""
        if self._rows.search is not None:
            can_be_read = self._rows.in_order is not None
            return (self._rows.search.revisions(columns),) if can_be_read else ()
        if self._rows.found is not None:
            return (self._rows.found(columns),)
        return found_by(self._call.arguments.get("where"), columns, self._call)

    def _conditions(self, columns: Columns, *, is_in_order: bool = False) -> tuple[Condition, ...]:
        call = replace(self._call, is_in_order=is_in_order)
        where = condition_of(self._call.arguments.get("where"), columns, call)
        return (*self._rows.conditions(columns), where)

    def _range(self, keys: tuple[OrderKey, ...], *, has_value: bool) -> list[Condition]:
        """Return the conditions of the cursors.

        Args:
            keys: the keys of the order.
            has_value: whether the first has a value in all of the rows.
        """
        compared = _with_value(keys) if has_value else keys
        conditions: list[Condition] = []
        if self._paging.after is not None:
            cursor = self._cursor(self._paging.after, keys)
            # None comes after a cursor without a value, with which every comparison is unknown.
            conditions.append(is_behind(compared, cursor[: len(compared)]))
        if self._paging.before is not None:
            cursor = self._cursor(self._paging.before, keys)
            ahead = is_ahead(compared, cursor[: len(compared)])
            conditions.append(or_(cursor[0].is_(None), ahead) if has_value else ahead)
        return conditions

    def _cursor(self, given: Given, keys: tuple[OrderKey, ...]) -> list[Sql]:
        return self._paging.cursor_values(given, self.mark, keys, self._parameters)


def _are_many(some: FromClause, few: Sql) -> Condition:
    """Return whether a look-up has found so many rows that the list is better read in order."""
    return select(func.count()).select_from(some).scalar_subquery() >= few


def _is_among_few(found: Found) -> Condition:
    """Return whether an index finds a row, and few rows in all."""
    some = found.values.limit(_FEW).subquery()
    # Counted as they are read: a count beside them would be made for each.
    counted = select(*some.c, func.count().over().label("size")).subquery()
    value, size = counted.c
    return IsAmongRows(found.column, select(value).where(size < _FEW).scalar_subquery())


def _with_value(keys: Sequence[OrderKey]) -> tuple[OrderKey, ...]:
    """Return the keys of rows in which the first has a value, as far as they tell rows apart."""
    first, *others = (replace(key, nullable=key.nullable and at > 0) for at, key in enumerate(keys))
    if others and (value := others[0].beside) is not None:
        return first, replace(others[0], sql=value, nullable=False)
    return first, *others


def _without_value(others: Sequence[OrderKey]) -> tuple[OrderKey, ...]:
    """Return the keys of rows in which the first has no value, given those after it."""
    return tuple(key for key in others if key.beside is None)


def _together(selects: Sequence[Selectable]) -> Selectable:
    if len(selects) == 1:
        return selects[0]
    every = union_all(*(select(*each.subquery().c) for each in selects)).subquery()
    return select(*every.c)


def _begins_if(key: OrderKey, condition: Condition) -> Condition:
    """Return a condition that is the same for all rows, so that none is read without it.

    Args:
        key: the first key of the order in which the rows are read.
        condition: the condition.
    """
    match key.sql.type:
        case Text() | Moment() if not key.nullable:
            return BeginsIf(key.sql, condition, literal_column("''"))
        case Integer() | Float() | Boolean() | Scaled() if not key.nullable:
            return BeginsIf(key.sql, condition, literal_column("-9e999"))
        case _:
            return condition
