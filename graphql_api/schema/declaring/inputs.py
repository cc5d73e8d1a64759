"""Filters and orders: ``where`` and ``orderBy``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from graphql_api.planner.declarations import Call, Row
from graphql_api.planner.filters import INSENSITIVE
from graphql_api.planner.ordering import OrderTerm
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.type_registry import Namespace

_WORDS = {
    "eq": "It is this.",
    "ne": "It is not this.",
    "in": "It is one of these.",
    "not_in": "It is none of these.",
    "lt": "It is less.",
    "lte": "It is less or the same.",
    "gt": "It is more.",
    "gte": "It is more or the same.",
    "contains": "This is in it.",
    "starts_with": "It begins with this.",
    "ends_with": "It ends with this.",
    "is_null": "It is not set, or with false: it is.",
}
_IS_NULL = "It is not there, or with false: it is."
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
    "JSON": ("JSONFilter", ("is_null",)),
}


def add_leaf_filters(namespace: Namespace) -> None:
    """Add the filters of the built-in leaf types, and of lists of them."""
    namespace.add_enum(
        "FilterMode", "How texts are compared.", {each: each for each in ("DEFAULT", INSENSITIVE)}
    )
    for operand, (name, operators) in LEAF_FILTERS.items():
        _add_filter(namespace, name, operand, operators)
        add_quantified(namespace, list_filter(name), name, "values")


def add_enum_filter(namespace: Namespace, enum: str) -> str:
    """Add the filter of an enum, and that of lists of it; return the first one's name."""
    _add_filter(namespace, f"{enum}Filter", enum, _EQUALITY)
    add_quantified(namespace, list_filter(f"{enum}Filter"), f"{enum}Filter", "values")
    return f"{enum}Filter"


def list_filter(name: str) -> str:
    """Return what the filter of a list is called, given that of its items."""
    return f"{name.removesuffix('Filter')}ListFilter"


def add_where(
    namespace: Namespace, name: str, description: str, fields: Mapping[str, Declared]
) -> None:
    """Add a ``where`` input with these fields and ``AND``, ``OR``, ``NOT`` and ``isNull``."""
    namespace.add_input(
        name,
        description,
        {
            "is_null": Declared("bool | None", None, _IS_NULL),
            "and_": Declared(f"list[{name}] | None", None, "All of these fit.", name="AND"),
            "or_": Declared(f"list[{name}] | None", None, "One of these fits.", name="OR"),
            "not_": Declared(f"{name} | None", None, "This does not fit.", name="NOT"),
            **fields,
        },
    )


def add_quantified(namespace: Namespace, name: str, where: str, things: str) -> None:
    """Add a filter over the objects that belong to one: some, every, none."""
    namespace.add_input(
        name,
        f"Asks about {things}.",
        {
            "some": Declared(f"{where} | None", None, f"At least one of the {things} fits."),
            "every": Declared(f"{where} | None", None, f"All of the {things} fit."),
            "none": Declared(f"{where} | None", None, f"None of the {things} fits."),
            "count": Declared("IntFilter | None", None, f"How many {things} there are."),
        },
    )


def order_terms(
    orders: Mapping[str, tuple[Callable[[Row], Sql], bool]],
) -> dict[str, OrderTerm]:
    """Return the two terms of each order: its name, what is compared, whether it can be null."""
    return two_terms((name, _alone(sql), nullable) for name, (sql, nullable) in orders.items())


def two_terms(
    orders: Iterable[tuple[str, Callable[[Row, Call], Sql], bool]],
) -> dict[str, OrderTerm]:
    """Return the same for what is compared as the view shows it."""
    return {
        f"{name}_{direction}": OrderTerm(
            f"{name}_{direction}", sql, descending=direction == "DESC", nullable=nullable
        )
        for name, sql, nullable in orders
        for direction in ("ASC", "DESC")
    }


def _alone(sql: Callable[[Row], Sql]) -> Callable[[Row, Call], Sql]:
    return lambda row, _: sql(row)


def add_order(namespace: Namespace, name: str, terms: Mapping[str, OrderTerm]) -> None:
    """Add an ``orderBy`` enum; terms come in pairs, ``…_ASC`` and ``…_DESC``."""
    namespace.add_enum(name, "In which order; what is not set comes last.", terms)


def _add_filter(namespace: Namespace, name: str, operand: str, operators: tuple[str, ...]) -> None:
    lists = {"in", "not_in"}
    fields = {}
    for operator in operators:
        type_ = f"list[{operand}]" if operator in lists else operand
        type_ = "bool" if operator == "is_null" else type_
        # "in" is no name in Python.
        key = f"{operator}_" if operator == "in" else operator
        graphql_name = "in" if operator == "in" else None
        fields[key] = Declared(f"{type_} | None", None, _WORDS[operator], name=graphql_name)
    if operand == "str":
        words = "INSENSITIVE takes upper and lower case for the same."
        fields["mode"] = Declared("FilterMode | None", None, words)
    namespace.add_input(name, "All operators that are given have to hold.", fields)
