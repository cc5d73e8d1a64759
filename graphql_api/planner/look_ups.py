"""Look-ups: the rows that a filter keeps, as an index finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from graphql_api.planner.absence import fits_absence
from graphql_api.planner.arguments import Argument, Given, Input, input_in, inputs_in
from graphql_api.planner.declarations import PLANNED, Call, Found, Row, Rows
from graphql_api.planner.emptiness import MODE, without_empty
from graphql_api.planner.filters import (
    Compare,
    Condition,
    Inner,
    LookUp,
    StandIn,
    ToMany,
    ToOne,
    begins_order,
    comparison_of,
    condition_on,
    names_one,
    select_referred,
    select_targets,
)
from graphql_api.planner.source import Columns, Sql

_CONNECTIVES = frozenset({"AND", "OR", "NOT", "isNull"})
# The operators for which an index finds rows.
_RANGES = frozenset({"eq", "in", "lt", "lte", "gt", "gte"})


# More look-ups would take longer than they save.
_MOST = 3


def found_by(where: Argument, row: Row, call: Call) -> Sequence[Found]:
    """Return the rows that some conditions that a ``where`` joins with "and" keep, of each.

    Returns:
        The rows of those that can keep most last; none if no index finds any.
    """
    asked = without_empty(where)
    # A previewed revision stands in for one that is public.
    if asked is None or call.view.preview is not None:
        return ()
    # Sorting is stable: of two alike, the one that was named first.
    every = sorted(_each_found(asked, row, call), key=lambda found: found.is_of_most)
    return every[:_MOST]


def _each_found(where: Input, row: Row, call: Call) -> Iterator[Found]:
    for name, value in where.fields.items():
        if name == "AND":
            for item in inputs_in(value):
                yield from _each_found(item, row, call)
        if name in _CONNECTIVES:
            continue
        match where.type.fields[name].extensions[PLANNED]:
            case Compare(look_up=LookUp() as way) as compared:
                operators = input_in(value)
                is_found = finds(way, operators, is_past=call.view.past is not None)
                if is_found and not begins_order(way, operators, call):
                    yield from _found_by_value(way, compared, operators, row, call)
            case ToOne(look_up=LookUp() as way) as one:
                inner = input_in(value)
                has_own_order = way.is_of_list and names_one(inner, one)
                if not (has_own_order or fits_absence(inner)):
                    yield from _found(way, inner, one.rows, one.target, row, call)
            case Inner(look_up=LookUp() as way):
                part = input_in(value)
                if not fits_absence(part):
                    yield from _found(way, part, None, _id_of, row, call)
            case ToMany(look_up=LookUp() as way):
                some = input_in(value).fields.get("some")
                if isinstance(some, Input):
                    yield from _found(way, some, way.targets, _id_of, row, call)


def same_in_all(where: Argument, call: Call) -> Iterator[tuple[str, Callable[[], Sql]]]:
    """Yield each column that has one value in all rows that a ``where`` keeps.

    It is the reference to an object that the filter names, as all rows of a category have. The
    function beside it returns the value, once more for each use.
    """
    asked = without_empty(where)
    if asked is None:
        return
    for name, value in asked.fields.items():
        if name == "AND":
            for item in inputs_in(value):
                yield from same_in_all(item, call)
        if name in _CONNECTIVES:
            continue
        match asked.type.fields[name].extensions[PLANNED]:
            case ToOne(look_up=LookUp(reference=str() as column, is_of_list=True)) as one:
                inner = input_in(value)
                if names_one(inner, one):
                    yield column, partial(_reference, one, inner, call)


def _reference(one: ToOne, where: Input, call: Call) -> Sql:
    return select_referred(one, where, call).scalar_subquery()


def finds(way: LookUp, operators: Argument, *, is_past: bool) -> bool:
    """Return whether an index finds what a comparison asks for: a value, or a range of them."""
    if not isinstance(operators, Input) or MODE in operators.fields:
        return False
    wanted = frozenset({"eq"}) if way.stand_in is not None else _RANGES
    return bool(operators.fields.keys() & wanted) and not (is_past and way.is_of_now)


def _found_by_value(
    way: LookUp, compared: Compare, operators: Input, row: Any, call: Call
) -> Iterator[Found]:
    rows = way.rows(call)
    source = call.source(rows.relation)
    columns = source.columns
    value = compared.sql(rows.row(columns))
    conditions = [*rows.conditions(columns), comparison_of(operators, value, call)]
    if way.stand_in is not None:
        operand = operators.fields.get("eq")
        if not isinstance(operand, Given):
            return
        conditions.append(_stand_in(way.stand_in, operand, columns, call))
    values = select(columns[way.key].label("key")).select_from(source.clause()).where(*conditions)
    yield Found(row[way.column], values, is_of_list=way.is_of_list, is_of_most=way.is_of_most)


def _stand_in(stand_in: StandIn, operand: Given, columns: Columns, call: Call) -> Condition:
    value = stand_in.sql(columns)
    return value == call.bind(Given(lambda given: stand_in.of(operand.read(given))), value.type)


def _found(  # all of a filter
    way: LookUp,
    where: Input,
    targets: Callable[[Call], Rows] | None,
    target: Callable[[Row], Sql],
    row: Any,
    call: Call,
) -> Iterator[Found]:
    rows = way.rows(call)
    if not (way.fields is None or where.fields.keys() <= way.fields):
        return
    source = call.source(rows.relation)
    columns = source.columns
    reference = way.reference
    if reference is None or targets is None:
        condition = condition_on(where, rows.row(columns), call)
    else:
        others = select_targets(targets, target, call, lambda each: condition_on(where, each, call))
        condition = columns[reference].in_(others)
    conditions = (*rows.conditions(columns), condition)
    values = select(columns[way.key].label("key")).select_from(source.clause()).where(*conditions)
    yield Found(row[way.column], values, is_of_list=way.is_of_list, is_of_most=way.is_of_most)


def _id_of(row: Any) -> Sql:
    identifier: Sql = row.id
    return identifier
