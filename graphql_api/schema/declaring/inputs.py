"""Filters and orders: ``where`` and ``orderBy``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cms.reading.visibility import Leading
from graphql_api.planner.declarations import Call, Row
from graphql_api.planner.filters import INSENSITIVE
from graphql_api.planner.ordering import OrderTerm, ViewKind
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.fields import THIS_TYPE, Declared
from graphql_api.schema.declaring.type_registry import TypeRegistry

# The description of each operator, for the type of its operand.
_DESCRIPTIONS = {
    "eq": "Equal to this `{}`.",
    "ne": "Not equal to this `{}`; true of null.",
    "in": "Equal to one of these `{}` values; an empty list matches nothing.",
    "not_in": "Equal to none of these `{}` values; true of null.",
    "lt": "Less than this `{}`.",
    "lte": "Less than or equal to this `{}`.",
    "gt": "Greater than this `{}`.",
    "gte": "Greater than or equal to this `{}`.",
    "contains": "Containing this `{}`.",
    "starts_with": "Beginning with this `{}`.",
    "ends_with": "Ending with this `{}`.",
    "is_null": "Whether the `{}` is null (true), or has a value (false).",
}
_GRAPHQL_NAMES = {"str": "String", "int": "Int", "float": "Float", "bool": "Boolean"}
_EQUALITY = ("eq", "ne", "in", "not_in", "is_null")
_RANGE = (*_EQUALITY, "lt", "lte", "gt", "gte")

# For each kind of leaf: the filter's name, the type of its operands, and its operators.
LEAF_FILTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ID": ("IDFilter", _EQUALITY),
    "str": ("StringFilter", (*_RANGE, "contains", "starts_with", "ends_with")),
    "int": ("IntFilter", _RANGE),
    "float": ("FloatFilter", _RANGE),
    "bool": ("BooleanFilter", ("eq", "ne", "is_null")),
    "Date": ("DateFilter", _RANGE),
    "DateTime": ("DateTimeFilter", _RANGE),
    "Decimal": ("DecimalFilter", _RANGE),
    "JSON": ("JSONFilter", ("is_null",)),
}


def add_leaf_filters(registry: TypeRegistry) -> None:
    """Add the filters of the built-in leaf types, and of lists of them."""
    registry.add_enum(
        "FilterMode",
        "Comparison of texts: exact, or without regard to upper and lower case.",
        {each: each for each in ("DEFAULT", INSENSITIVE)},
    )
    for operand, (name, operators) in LEAF_FILTERS.items():
        _add_filter(registry, name, operand, operators)
        add_quantified(registry, list_filter(name), name, "values")


def add_enum_filter(registry: TypeRegistry, enum: str) -> str:
    """Add the filters of an enum and of lists of it; return the name of the first."""
    _add_filter(registry, f"{enum}Filter", enum, _EQUALITY)
    add_quantified(registry, list_filter(f"{enum}Filter"), f"{enum}Filter", "values")
    return f"{enum}Filter"


def list_filter(name: str) -> str:
    """Return the name of a list's filter, given that of the filter of its items."""
    return f"{name.removesuffix('Filter')}ListFilter"


def add_where(
    registry: TypeRegistry, name: str, description: str, fields: Mapping[str, Declared]
) -> None:
    """Add a ``where`` input with these fields and ``AND``, ``OR``, ``NOT`` and ``isNull``."""
    registry.add_input(
        name,
        description,
        {
            "is_null": Declared(
                "bool | None",
                None,
                f"Whether the `{THIS_TYPE}` is absent (true), or present (false).",
            ),
            "and_": Declared(
                f"list[{name}] | None",
                None,
                f"Filters on the `{THIS_TYPE}` that all have to match.",
                name="AND",
            ),
            "or_": Declared(
                f"list[{name}] | None",
                None,
                f"Filters on the `{THIS_TYPE}` of which at least one has to match.",
                name="OR",
            ),
            "not_": Declared(
                f"{name} | None",
                None,
                f"Filter on the `{THIS_TYPE}` that must not match.",
                name="NOT",
            ),
            **fields,
        },
    )


def add_quantified(registry: TypeRegistry, name: str, where: str, things: str) -> None:
    """Add a filter on the objects that belong to an object: some, every, none, count."""
    registry.add_input(
        name,
        f"Filter on a list of {things}, each of which matches `{where}` or not.",
        {
            "some": Declared(
                f"{where} | None", None, f"`{where}` that at least one of the {things} matches."
            ),
            "every": Declared(f"{where} | None", None, f"`{where}` that all {things} match."),
            "none": Declared(
                f"{where} | None", None, f"`{where}` that none of the {things} matches."
            ),
            "count": Declared(
                "IntFilter | None",
                None,
                f"Number of {things}, whether they match `{where}` or not.",
            ),
        },
    )


def order_terms(
    orders: Mapping[str, tuple[Callable[[Row], Sql], bool]],
    indexed_in: Iterable[ViewKind] = (),
) -> dict[str, OrderTerm]:
    """Return the two terms of each order, given its name, its SQL and whether it can be null.

    Args:
        orders: the orders.
        indexed_in: the kinds of view in which an index has the rows in these orders.
    """
    known = frozenset(indexed_in)
    return two_terms(
        Order(name, _of_row_only(sql), nullable, indexed_in=known)
        for name, (sql, nullable) in orders.items()
    )


@dataclass(frozen=True)
class Order:
    """A value that rows are sorted by; see :class:`~graphql_api.planner.ordering.OrderTerm`."""

    name: str
    sql: Callable[[Row, Call], Sql]
    nullable: bool = False
    leading: Leading | None = None
    indexed_in: frozenset[ViewKind] = frozenset()
    beside: Callable[[Row], Sql] | None = None
    group: str | None = None


def two_terms(orders: Iterable[Order]) -> dict[str, OrderTerm]:
    """Return the two terms of each order whose SQL depends on the call."""
    return {
        f"{each.name}_{direction}": OrderTerm(
            f"{each.name}_{direction}",
            each.sql,
            direction == "DESC",
            each.nullable,
            each.leading,
            each.indexed_in,
            each.beside,
            each.group,
        )
        for each in orders
        for direction in ("ASC", "DESC")
    }


def _of_row_only(sql: Callable[[Row], Sql]) -> Callable[[Row, Call], Sql]:
    return lambda row, _: sql(row)


def add_order(
    registry: TypeRegistry,
    name: str,
    terms: Mapping[str, OrderTerm],
    deprecated: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Add an ``orderBy`` enum; terms come in pairs, ``…_ASC`` and ``…_DESC``.

    Args:
        registry: the types that it is added to.
        name: its name.
        terms: the terms, by name.
        deprecated: the reasons why orders are deprecated, by their names without ``_ASC``.
    """
    description = f"Sort keys of `{name.removesuffix('Order')}` rows; nulls come last."
    reasons = {term: deprecated.get(term.rpartition("_")[0], "") for term in terms}
    registry.add_enum(name, description, terms, reasons)


def _add_filter(
    registry: TypeRegistry, name: str, operand: str, operators: tuple[str, ...]
) -> None:
    lists, of = {"in", "not_in"}, _GRAPHQL_NAMES.get(operand, operand)
    fields = {}
    for operator in operators:
        type_ = f"list[{operand}]" if operator in lists else operand
        type_ = "bool" if operator == "is_null" else type_
        # "in" is no name in Python.
        key = f"{operator}_" if operator == "in" else operator
        graphql_name = "in" if operator == "in" else None
        fields[key] = Declared(
            f"{type_} | None", None, _DESCRIPTIONS[operator].format(of), name=graphql_name
        )
    if operand == "str":
        mode = "`INSENSITIVE` ignores the case of letters; `DEFAULT` compares exactly."
        fields["mode"] = Declared("FilterMode | None", None, mode)
    description = f"Operators on `{of}` values, which all have to match; one with null is ignored."
    registry.add_input(name, description, fields)
