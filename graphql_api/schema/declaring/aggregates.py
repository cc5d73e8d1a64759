"""Facets, histograms and aggregates over all rows of a connection, whatever the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Float,
    FromClause,
    Text,
    cast,
    func,
    literal_column,
    select,
    union_all,
)

from cms.reading.rows import Column
from cms.reading.rows import Row as RelationRow
from cms.storage.dialects import DecimalMean, DecimalSum, ExactMean, ExactSum, Scaled
from graphql_api.planner.arguments import Argument as PlannedArgument
from graphql_api.planner.arguments import Given, Known
from graphql_api.planner.declarations import (
    DEFAULT_SIZE,
    LARGEST_SIZE,
    Call,
    OrderKey,
    Row,
    Rows,
    Value,
)
from graphql_api.planner.json_sql import (
    InDoubles,
    RowCount,
    json_of,
    kept_apart,
)
from graphql_api.planner.page import Page
from graphql_api.planner.paging import number_of
from graphql_api.planner.source import Chosen, Sql, SqlType
from graphql_api.schema.declaring.facet_counts import (
    COUNTED_BY_INDEX,
    Facet,
    ValueOf,
    ValueSeen,
    counts_of_facet,
    no_counts,
)
from graphql_api.schema.declaring.fields import (
    Argument,
    Declared,
    many,
    of_row,
    one,
    row_object,
    value,
)
from graphql_api.schema.declaring.type_registry import TypeRegistry


@dataclass(frozen=True, eq=False)
class SummedNumber:
    """A number of a row that can be summed up.

    Attributes:
        value: the number.
        places: the digits after the point of an exact decimal; ``None`` for a double.
    """

    value: ValueSeen
    places: int | None = None


@dataclass(frozen=True, eq=False)
class Summed:
    """The values of a connection's rows that can be counted and summed up.

    Attributes:
        facets: the values to count rows by.
        moments: the times and days, by name.
        indexed_moments: the names of those that an index has.
        numbers: the numbers, by name.
        deprecated: the reasons why values are deprecated, by name; empty for others.
    """

    facets: tuple[Facet, ...]
    moments: Mapping[str, ValueOf] = field(default_factory=dict)
    numbers: Mapping[str, SummedNumber] = field(default_factory=dict)
    deprecated: Mapping[str, str] = field(default_factory=dict)
    indexed_moments: frozenset[str] = frozenset()


_CAPITAL = re.compile("[A-Z]")
_INTERVALS = {"YEAR": 4, "MONTH": 7, "DAY": 10}


class CountRow(RelationRow):
    """A row of a facet or a histogram; histograms have no ``field``."""

    field = Column()
    value = Column()
    count = Column()


class FacetCount:
    """Value of a facet with the number of rows that have it."""

    field = value("str", CountRow.field, "Facet that the value belongs to.")
    count = value("int", CountRow.count, "Number of rows with the value.")
    value = value(
        "str", CountRow.value, "Counted value, as text."
    )  # last, since it hides the function


class HistogramBucket:
    """Span of time with the number of rows in it."""

    start = value("str", CountRow.value, "Year, month or day: `2026`, `2026-11` or `2026-11-24`.")
    count = value("int", CountRow.count, "Number of rows in the span.")


def add_summary_types(registry: TypeRegistry) -> None:
    """Add the types of facets and histograms that all connections share."""
    registry.add_object(FacetCount)
    registry.add_object(HistogramBucket)
    registry.add_enum("HistogramInterval", "Length of the spans of a histogram.", _INTERVALS)


def summaries(registry: TypeRegistry, node: str, summed: Summed) -> dict[str, Declared]:
    """Return the facets, histogram and aggregate of a connection, and add their types.

    Args:
        registry: the types that theirs are added to.
        node: the node type.
        summed: the values that can be counted and summed up.
    """
    declared = {"facets": _facets(registry, node, summed)}
    if summed.moments:
        declared["histogram"] = _histogram(registry, node, summed)
    if summed.numbers:
        declared["aggregate"] = _aggregate(registry, node, summed)
    return declared


def _facets(registry: TypeRegistry, node: str, summed: Summed) -> Declared:
    members = {
        each.name: replace(each, words=registry.words(each.enum)) if each.enum else each
        for each in summed.facets
    }
    description = f"Values by which `{node}` rows can be counted."
    registry.add_enum(f"{node}Facet", description, members, summed.deprecated)
    first = (
        f"Values of each `{node}` facet to return: default {DEFAULT_SIZE}, at most {LARGEST_SIZE}."
    )
    return many(
        "list[FacetCount]",
        _facet_rows,
        f"Numbers of `{node}` rows by value, facet by facet, most frequent first.",
        (
            Argument("fields", f"list[{node}Facet]", f"Facets of `{node}` to count."),
            Argument("first", "int | None", first),
        ),
    )


def _histogram(registry: TypeRegistry, node: str, summed: Summed) -> Declared:
    members = {
        key: _Moment(of, COUNTED_BY_INDEX if key in summed.indexed_moments else _Moment.work)
        for key, of in summed.moments.items()
    }
    description = f"Times of `{node}` rows for a histogram."
    registry.add_enum(f"{node}Moment", description, members, summed.deprecated)
    return many(
        "list[HistogramBucket]",
        _histogram_rows,
        f"Numbers of `{node}` rows by span of time, earliest first; empty spans are left out.",
        (
            Argument("field", f"{node}Moment", f"Time of the `{node}` to count by."),
            Argument("by", "HistogramInterval", f"Length of the spans for `{node}` rows."),
        ),
    )


_FUNCTIONS: Mapping[str, tuple[str, Callable[..., Sql]]] = {
    "min": ("Minimum", func.min),
    "max": ("Maximum", func.max),
    "avg": ("Mean", lambda number: InDoubles(DecimalMean(number))),
    "sum": ("Sum", lambda number: InDoubles(DecimalSum(number))),
}
# For exact decimals, given their places.
_EXACT_FUNCTIONS: Mapping[str, Callable[[Sql, int], Sql]] = {
    "min": lambda number, _: func.min(number),
    "max": lambda number, _: func.max(number),
    "avg": ExactMean,
    "sum": ExactSum,
}
_MEAN_OF_DECIMALS = ", rounded to its decimal places, half away from zero"


def _aggregate(registry: TypeRegistry, node: str, summed: Summed) -> Declared:
    parts = {}
    for key, (word, _) in _FUNCTIONS.items():
        type_ = f"{node}{key.capitalize()}"
        fields = {
            name: Declared(
                "float | None" if number.places is None else "Decimal | None",
                Value(of_row(itemgetter(f"{key}_{_in_sql(name)}"))),
                f"{word} of `{name}` over all `{node}` rows"
                f"{_MEAN_OF_DECIMALS if key == 'avg' and number.places is not None else ''}; "
                "null if none has a value.",
                deprecated=summed.deprecated.get(name, ""),
            )
            for name, number in summed.numbers.items()
        }
        described = {"__doc__": f"{word} of each number of `{node}` rows."}
        registry.add_object(type(type_, (), described), **fields)
        part = row_object(
            type_, lambda aggregate: aggregate, f"{word} of each number over all `{node}` rows."
        )
        # With another name in Python, where these hide built-in functions.
        parts[f"{key}_"] = replace(part, name=key)
    described = {"__doc__": f"Minimum, maximum, mean and sum of the numbers of `{node}` rows."}
    registry.add_object(type(f"{node}Aggregate", (), described), **parts)
    numbers = {_in_sql(name): of for name, of in summed.numbers.items()}
    return one(
        f"{node}Aggregate",
        lambda page, _: Rows(_Aggregate(page, numbers)),
        f"Minimum, maximum, mean and sum of each number over all `{node}` rows.",
    )


@dataclass(frozen=True, eq=False)
class _Aggregate:
    """The aggregates of all rows that match, as a relation with one row; see :func:`_column`.

    Attributes:
        page: a page of the connection.
        numbers: the numbers of a row, by their names in SQL.
    """

    page: Page
    numbers: Mapping[str, SummedNumber]

    def type_of(self, column: str) -> SqlType | None:
        """Return the type of a column, or ``None`` if there is none of this name."""
        function, _, name = column.partition("_")
        number = self.numbers.get(name)
        if function not in _FUNCTIONS or number is None:
            return None
        if number.places is None:
            return Float()
        return Scaled(number.places) if function in {"min", "max"} else Text()

    def under(self, name: str, columns: Sequence[str]) -> FromClause:
        """Return the aggregates as a subquery, for which rows are read once."""
        if not columns:
            return select(literal_column("1").label("one")).subquery(name)
        chosen = [column.partition("_") for column in columns]
        numbers = dict.fromkeys(number for _, _, number in chosen)
        values = self.page.over_all({each: partial(self._value, each) for each in numbers})
        rows = kept_apart(values).subquery(f"{name}_numbers")
        return select(
            *(
                self._aggregated(function, number, rows.c[number]).label(f"{function}_{number}")
                for function, _, number in chosen
            )
        ).subquery(name)

    def _aggregated(self, function: str, name: str, values: Sql) -> Sql:
        places = self.numbers[name].places
        if places is None:
            return _FUNCTIONS[function][1](values)
        return _EXACT_FUNCTIONS[function](values, places)

    def _value(self, name: str, row: Row) -> Sql:
        number = self.numbers[name]
        value = number.value(row, self.page.call)
        return cast(value, Float) if number.places is None else value


def _in_sql(number: str) -> str:
    """Return the name of a number in the case of SQL: ``budget_from`` for ``budgetFrom``."""
    return _CAPITAL.sub(_as_small, number)


def _as_small(capital: re.Match[str]) -> str:
    return f"_{capital[0].lower()}"


@dataclass(frozen=True, eq=False)
class _Moment:
    """A time of a row; an enum would take a bare function for a method."""

    of: ValueOf
    work: float = 6


def _facet_rows(page: Page, call: Call) -> Rows:
    first = call.arguments.get("first")
    size = RowCount(page.limit_of(number_of("first", first if isinstance(first, Given) else None)))
    chosen = call.arguments["fields"]
    members = (_member(each) for each in (chosen if isinstance(chosen, tuple) else ()))
    facets = list({facet.name: facet for facet in members}.values())
    counted = [counts_of_facet(page, facet, index, size) for index, facet in enumerate(facets)]
    every = union_all(*(counted or [no_counts()])).subquery("facets")
    return Rows(
        Chosen(select(*every.c)),
        order=lambda row: (
            OrderKey(row.place),
            OrderKey(row.count, descending=True),
            OrderKey(row.value),
        ),
    )


def _member(argument: PlannedArgument) -> Any:
    """Return the member that the value of an enum argument stands for."""
    if not isinstance(argument, Known) or not isinstance(argument.value, Enum):
        raise TypeError("the argument is a required enum")
    return argument.value.value


def _histogram_rows(page: Page, call: Call) -> Rows:
    moment, length = (_member(call.arguments[each]) for each in ("field", "by"))

    def span(row: Row) -> Sql:
        return func.substr(json_of(moment.of(row)), 1, literal_column(str(length)), type_=Text())

    values = page.over_all({"value": span, "moment": moment.of}).subquery("moments")
    # By the moment itself, since the text would be made twice of each.
    counted = (
        select(values.c.value, func.count().label("count"))
        .where(values.c.moment.is_not(None))
        .group_by(values.c.value)
    )
    return Rows(Chosen(counted), order=lambda row: (OrderKey(row.value),))
