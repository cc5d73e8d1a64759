"""``where`` → a condition.

``OPERATORS`` has a row for each operator. Conditions on a null value are true or false, never
unknown, so that ``NOT`` is always the complement: a null is equal to nothing, and different from
everything but null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.functions import coalesce

from cms.storage.dialects import Folded, FoldedItems, Unindexed
from graphql_api.planner.absence import fits_absence
from graphql_api.planner.arguments import (
    Argument,
    Given,
    Input,
    Known,
    given_in,
    input_in,
    inputs_in,
    is_true,
)
from graphql_api.planner.declarations import PLANNED, Call, Row, Rows
from graphql_api.planner.emptiness import MODE, without_empty
from graphql_api.planner.json_sql import (
    Contains,
    IsAmongMany,
    IsOneOf,
    TypedList,
    UnpeekedParameter,
    kept_apart,
)
from graphql_api.planner.ordering import ViewKind, is_indexed, kind_of, leading_column
from graphql_api.planner.source import Selectable, Sql, SqlType

Condition: TypeAlias = ColumnElement[bool]

# Makes a parameter of a type from the operand.
Bind: TypeAlias = Callable[[SqlType], Sql]
# The condition of an operator on a value, which may be case-folded.
Operator: TypeAlias = Callable[[Sql, Bind], Condition]


_NONE: Mapping[str, Operator] = MappingProxyType({})


def _no_operators(_: Row) -> Mapping[str, Operator]:
    return _NONE


@dataclass(frozen=True)
class StandIn:
    """A value that is the same for equal values, and that an index has in their place.

    Attributes:
        sql: the value of a row.
        of: the value for an operand.
    """

    sql: Callable[[Row], Sql]
    of: Callable[[str], str]


@dataclass(frozen=True)
class LookUp:
    """A way to find the rows that a filter keeps, by an index over what it compares.

    Attributes:
        rows: what the index is over.
        key: the column of these rows that is equal to ``column`` of the rows that are filtered.
        column: that column, whose values are unique.
        reference: for a filter on other objects, the column of these rows with their ids.
        targets: the objects, with their ids, if they are not those of the filter itself.
        fields: the input fields that can be asked of these rows; ``None`` for all.
        is_of_list: whether the index is over the filtered rows themselves, so that reading all of
            them needs nothing more.
        stand_in: what the index has in place of the value that is compared.
        is_of_now: whether the index does not have the past.
        is_of_most: whether it can find most of all rows; others are tried before it.
        begins_orders: whether each index that has the rows in an order has those of one value in
            it, so that a page of them needs no look-up.
    """

    rows: Callable[[Call], Rows]
    key: str
    column: str
    reference: str | None = None
    targets: Callable[[Call], Rows] | None = None
    fields: frozenset[str] | None = None
    is_of_list: bool = False
    stand_in: StandIn | None = None
    is_of_now: bool = False
    is_of_most: bool = False
    begins_orders: bool = False


@dataclass(frozen=True)
class Compare:
    """An input field that compares a value of the row; its own fields are operators.

    Attributes:
        sql: the value.
        narrows: an index leaves one row of this many for a value.
        work: the work of reading the value; see :mod:`graphql_api.planner.cost`.
        operators: the operators with a meaning of their own for this value.
        look_up: a way to find the rows by an index over the value.
        is_computed: whether the value is computed from other rows, so that no database knows how
            often there is one; PostgreSQL would take every value for rare, and sort all rows.
    """

    sql: Callable[[Row], Sql]
    narrows: float = 1
    work: int = 1
    operators: Callable[[Row], Mapping[str, Operator]] = _no_operators
    look_up: LookUp | None = None
    is_computed: bool = False


class Reach(Enum):
    """The rows that are read for a condition."""

    ALL = "all"
    FEW = "few"  # those that indexes find
    PAGE = "page"  # these in the order of the list, up to the end of the page


@dataclass(frozen=True)
class CompareSeen:
    """As :class:`Compare`, for a value that reads other rows, through the view.

    Attributes:
        sql: the value.
        narrows: an index leaves one row of this many for a value.
        reach: the rows that are read for some operators, given these and the kind of the view.
        short: a value of the row alone that fits some operators whenever the value does, given
            these; ``None`` if there is none.
    """

    sql: Callable[[Row, Call], Sql]
    narrows: float = 1
    reach: Callable[[Argument, ViewKind], Reach] | None = None
    short: Callable[[Input], Callable[[Row], Sql] | None] | None = None


@dataclass(frozen=True)
class ToOne:
    """An input field that filters on the one object that the row refers to.

    Attributes:
        key: the row's column with the reference.
        rows: the objects that it can refer to.
        target: the column of the objects that the reference holds.
        unique: the input fields with a unique value for each object.
        look_up: a way to find the rows of an object that is not named by one of these fields.
    """

    key: Callable[[Row], Sql]
    rows: Callable[[Call], Rows]
    target: Callable[[Row], Sql]
    unique: frozenset[str] = frozenset()
    look_up: LookUp | None = None


@dataclass(frozen=True)
class ToMany:
    """An input field that filters on the related objects of the row: some, every, none, count.

    Attributes:
        rows: the related objects.
        leaf: for values rather than objects, the compared value of each.
        work: the work of finding the first of them; see :mod:`graphql_api.planner.cost`.
        look_up: a way to find the rows that have some of them.
        has_hubs: whether few rows have very many of them, so that all rows may be read, and all
            related objects counted, before a page of rows with many is found.
    """

    rows: Callable[[Row, Call], Rows]
    leaf: Callable[[Row], Sql] | None = None
    work: int = 5
    look_up: LookUp | None = None
    has_hubs: bool = False


@dataclass(frozen=True)
class Inner:
    """An input field that filters on an object that is a part of the row.

    Attributes:
        row: the part.
        when: a further condition on the part.
        look_up: a way to find the rows by their parts, for a part that is a row of its own.
    """

    row: Callable[[Row], Row]
    when: Callable[[Row], Condition]
    look_up: LookUp | None = None


@dataclass(frozen=True)
class Test:
    """An input field with a meaning of its own, for a value of the type.

    Attributes:
        condition: the condition on the row, given the call and the value.
        type: the type of the value.
        narrows: an index leaves one row of this many.
    """

    condition: Callable[[Row, Call, Sql], Condition]
    type: SqlType
    narrows: float = 1


def _starts_with(value: Sql, start: Sql) -> Condition:
    return func.substr(value, 1, func.length(start)) == start


def _ends_with(value: Sql, end: Sql) -> Condition:
    # An end that is longer than the value starts before it, and differs from the shorter part.
    first = func.length(value) - func.length(end) + literal_column("1")
    return func.substr(value, first) == end


_CONNECTIVES = frozenset({"AND", "OR", "NOT", "isNull"})

# The condition of each operator, for a value and a parameter that is not null.
OPERATORS: Mapping[str, Callable[[Sql, Sql], Condition]] = {
    "eq": lambda value, other: value == other,
    "ne": lambda value, other: value.is_distinct_from(other),
    "lt": lambda value, other: value < other,
    "lte": lambda value, other: value <= other,
    "gt": lambda value, other: value > other,
    "gte": lambda value, other: value >= other,
    "in": IsOneOf,
    "notIn": lambda value, other: not_(_truth(IsOneOf(value, other))),
    "contains": Contains,
    "startsWith": _starts_with,
    "endsWith": _ends_with,
}

# The mode that ignores case.
INSENSITIVE = "INSENSITIVE"

# The operators whose parameter is a list.
LIST_OPERATORS = frozenset({"in", "notIn"})


def condition_of(where: Argument, row: Row, call: Call) -> Condition:
    """Return the condition of a ``where`` argument on a row."""
    asked = without_empty(where)
    return true() if asked is None else condition_on(asked, row, call)


def condition_on(where: Input, row: Row, call: Call) -> Condition:
    """Return the condition of a filter that has no empty conditions on a row."""
    return and_(
        true(),
        *(
            _field_condition(where, name, argument, row, call)
            for name, argument in where.fields.items()
        ),
    )


def _field_condition(where: Input, name: str, value: Argument, row: Row, call: Call) -> Condition:
    match name:
        case "AND":
            return and_(true(), *(condition_on(item, row, call) for item in inputs_in(value)))
        case "OR":
            return or_(false(), *(condition_on(item, row, call) for item in inputs_in(value)))
        case "NOT":
            return not_(_truth(condition_on(input_in(value), row, call)))
        case "isNull":
            return false() if is_true(value) else true()
    declaration = where.type.fields[name].extensions[PLANNED]
    match declaration:
        case Compare():
            return _compare(declaration, input_in(value), row, call)
        case CompareSeen():
            return _compare_seen(declaration, input_in(value), row, call)
        case ToOne():
            return _to_one(declaration, input_in(value), row, call)
        case ToMany():
            return _to_many(declaration, input_in(value), row, call)
        case Inner():
            return _inner(declaration, input_in(value), row, call)
        case Test(condition, type_) if isinstance(value, Given):
            return condition(row, call, call.bind(value, type_))
    raise TypeError(f"{name} is declared as no filter")


def _compare_seen(declaration: CompareSeen, operators: Input, row: Row, call: Call) -> Condition:
    short = declaration.short(operators) if declaration.short is not None else None
    value = declaration.sql(row, call) if short is None else short(row)
    return comparison_of(operators, value, call)


def _compare(declaration: Compare, operators: Input, row: Row, call: Call) -> Condition:
    value = declaration.sql(row)
    way = declaration.look_up
    if call.is_in_order and way is not None and not begins_order(way, operators, call):
        value = Unindexed(value)
    fits = comparison_of(operators, value, call, declaration.operators(row))
    return _truth(fits) if declaration.is_computed else fits


def begins_order(way: LookUp, operators: Argument, call: Call) -> bool:
    """Return whether an index has the rows with a value in the order of the list."""
    if not (way.begins_orders and isinstance(operators, Input)):
        return False
    order, is_one = call.arguments.get("orderBy"), operators.fields.keys() == {"eq"}
    kind = kind_of(call.view)
    # Indexes over values of fields have all pages of a type together.
    is_of_page = leading_column(order, kind) != "field_values"
    return is_one and is_of_page and is_indexed(order, kind)


def comparison_of(
    operators: Input, value: Sql, call: Call, own: Mapping[str, Operator] = _NONE
) -> Condition:
    """Return the condition of all operators on a value.

    Args:
        operators: the operators with their operands.
        value: the value.
        call: makes parameters of the operands.
        own: the operators with a meaning of their own for this value.
    """
    compared = Folded(value) if _mode(operators) == INSENSITIVE else value
    tests = [
        own[name](compared, partial(call.bind, given_in(other)))
        if name in own
        else _test(name, other, compared, call)
        for name, other in operators.fields.items()
        if name != MODE
    ]
    return and_(true(), *tests)


def _mode(operators: Input) -> object:
    mode = operators.fields.get(MODE)
    return None if mode is None else given_in(mode).read({})


def _test(name: str, other: Argument, value: Sql, call: Call) -> Condition:
    if name == "isNull":
        return value.is_(None) if is_true(other) else value.is_not(None)
    operand = _operand(name, given_in(other), value, call)
    if name == "eq" and isinstance(other, Known):  # a word of an enum, such as a content type
        operand = UnpeekedParameter(operand)
    return OPERATORS[name](value, operand)


def _operand(name: str, given: Given, value: Sql, call: Call) -> Sql:
    """Return the operand of a comparison, case-folded by the database if the value is."""
    is_folded = isinstance(value, Folded)
    if name in LIST_OPERATORS:
        items = call.bind(given, TypedList(value.type))
        return FoldedItems(items) if is_folded else items
    operand = call.bind(given, value.type)
    return Folded(operand) if is_folded else operand


def _to_one(declaration: ToOne, where: Input, row: Row, call: Call) -> Condition:
    key = declaration.key(row)
    # The objects are found by themselves, whatever the order of the list.
    found = select_referred(declaration, where, replace(call, is_in_order=False))
    has_own_order = declaration.look_up is not None and declaration.look_up.is_of_list
    if names_one(where, declaration):
        # Databases use an index over the key and an order only for a single value.
        compared = Unindexed(key) if call.is_in_order and not has_own_order else key
        fits: Condition = compared == found.scalar_subquery()
    elif call.is_in_order and declaration.look_up is not None:
        fits = IsAmongMany(key, found.scalar_subquery())
    else:
        fits = key.in_(found)
    if not fits_absence(where):
        return fits
    return or_(fits, not_(_truth(key.in_(_targets(declaration, call, lambda _: true())))))


def select_referred(declaration: ToOne, where: Input, call: Call) -> Select[tuple[Any]]:
    """Return the references to the objects that a filter keeps."""
    return _targets(declaration, call, lambda columns: condition_on(where, columns, call))


def _targets(
    declaration: ToOne, call: Call, condition: Callable[[Row], Condition]
) -> Select[tuple[Any]]:
    """Return the referred columns of the objects that match."""
    return select_targets(declaration.rows, declaration.target, call, condition)


def select_targets(
    others: Callable[[Call], Rows],
    target: Callable[[Row], Sql],
    call: Call,
    condition: Callable[[Row], Condition],
) -> Select[tuple[Any]]:
    """Return a column of the objects that match a condition."""
    rows = others(call)
    source = call.source(rows.relation)
    conditions = (*rows.conditions(source.columns), condition(source.columns))
    return select(target(source.columns)).select_from(source.clause()).where(*conditions)


def _inner(declaration: Inner, where: Input, row: Row, call: Call) -> Condition:
    part = declaration.row(row)
    if call.is_in_order and declaration.look_up is not None:
        part = _UnindexedPart(part)
    is_there = declaration.when(part)
    fits = and_(is_there, condition_on(where, part, call))
    return or_(fits, not_(_truth(is_there))) if fits_absence(where) else fits


class _UnindexedPart:
    """A part by which a database finds no rows: they come in another order."""

    def __init__(self, part: Row) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Sql:
        value: Sql = getattr(self._part, name)
        # A database would take an outer join for an inner one if a null could not match.
        return coalesce(value, value)


def names_one(where: Input, declaration: ToOne) -> bool:
    """Return whether a filter is only ``{unique field: {eq: value}}``."""
    if len(where.fields) != 1:
        return False
    ((name, operators),) = where.fields.items()
    return (
        name in declaration.unique
        and isinstance(operators, Input)
        and isinstance(operators.fields.get("eq"), Given)
    )


def _to_many(declaration: ToMany, where: Input, row: Row, call: Call) -> Condition:
    tests = [
        _quantifier_condition(declaration, name, input_in(inner), row, call)
        for name, inner in where.fields.items()
    ]
    return and_(true(), *tests)


def _quantifier_condition(
    declaration: ToMany, quantifier: str, where: Input, row: Row, call: Call
) -> Condition:
    rows = declaration.rows(row, call)
    source = call.source(rows.relation)
    if quantifier == "count":
        conditions = rows.conditions(source.columns)
        counted = select(func.count()).select_from(source.clause()).where(*conditions)
        return comparison_of(where, counted.scalar_subquery(), call)
    element = rows.row(source.columns)
    condition = (
        condition_on(where, element, call)
        if declaration.leaf is None
        else comparison_of(where, declaration.leaf(element), call)
    )
    if quantifier == "every":
        condition = not_(_truth(condition))
    conditions = (*rows.conditions(source.columns), condition)
    chosen: Selectable = select(literal_column("1"))
    chosen = chosen.select_from(source.clause()).where(*conditions)
    # In the order of a list, they are looked for row by row: joined, PostgreSQL would sort all.
    found = (kept_apart(chosen) if call.is_in_order else chosen).exists()
    return found if quantifier == "some" else not_(found)


def _truth(condition: Condition) -> Condition:
    """Return the condition with false in place of null."""
    return coalesce(condition, false())
