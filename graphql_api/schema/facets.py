"""What can be counted and summed up over all rows of a connection, whatever its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from sqlalchemy import Float, Text, case, cast, false, func, literal_column, select, union_all

from cms.content.content_type import ContentType
from cms.content.fields import (
    Boolean,
    Date,
    DateTime,
    Field,
    List,
    Number,
    Reference,
    References,
)
from cms.dialects import JsonScalar, TextOf
from cms.reading import relations
from cms.reading.values import value_of
from graphql_api.planner.arguments import Argument as PlannedArgument
from graphql_api.planner.arguments import Given, Known
from graphql_api.planner.declarations import DEFAULT_SIZE, Call, OrderKey, Row, Rows, Sql, Value
from graphql_api.planner.json_sql import (
    Elements,
    RowCount,
    json_of,
    member,
    text,
)
from graphql_api.planner.page import Page
from graphql_api.planner.paging import number_of
from graphql_api.planner.source import Chosen, Selectable
from graphql_api.schema.content import document_of
from graphql_api.schema.declare import Argument, Declared, inside, many, value
from graphql_api.schema.field_kinds import (
    all_referenced_by,
    camel,
    comparable,
    graphql_name,
    is_leaf,
    referenced_by,
    shown_as,
)
from graphql_api.schema.namespace import Namespace

# What of a row is counted; for what has several values, the rows that they are in.
ValueOf: TypeAlias = Callable[[Row], Sql]


@dataclass(frozen=True, eq=False)
class Facet:
    """One value of a facet enum.

    Attributes:
        name: the enum value.
        value: what is counted, of the row or of what belongs to it.
        related: for what has several values: what belongs to the row.
    """

    name: str
    value: ValueOf
    related: Callable[[Row, Call], Rows] | None = None


def _category_path(entry: Row) -> Sql:
    tree = relations.categories().subquery("facet_category")
    return select(tree.c.path).where(tree.c.id == entry.category_id).scalar_subquery()


def _tags(entry: Row, _: Call) -> Rows:
    tags = Chosen(relations.revision_tags())
    return Rows(tags, (lambda tag: tag.revision_id == entry.revision_id,))


def _authors(entry: Row, _: Call) -> Rows:
    bylines = Chosen(relations.bylines())
    return Rows(bylines, (lambda byline: byline.account_id == entry.author_id,))


_COMMON = (
    Facet("type", lambda entry: entry.content_type),
    Facet("locale", lambda entry: entry.locale),
    Facet("category", _category_path),
    Facet("tags", lambda tag: tag.slug, _tags),
    Facet("author", lambda person: person.slug, _authors),
)
_INTERVALS = {"YEAR": 4, "MONTH": 7, "DAY": 10}
_MOMENTS: Mapping[str, ValueOf] = {
    "publishedAt": lambda entry: entry.published_at,
    "firstPublishedAt": lambda entry: entry.first_published_at,
    "updatedAt": lambda entry: entry.created_at,
}


class FacetCount:
    """A value, and how many have it."""

    field = value("str", lambda row: row.field, "Which field it is a value of.")
    count = value("int", lambda row: row.count, "How many have it.")
    value = value("str", lambda row: row.value, "The value.")  # last, for it hides the function


class HistogramBucket:
    """A span of time, and how many fall into it."""

    start = value("str", lambda row: row.value, "The span: 2026, 2026-11 or 2026-11-24.")
    count = value("int", lambda row: row.count, "How many fall into it.")


def add_facet_types(namespace: Namespace) -> None:
    """Add the types that all connections of entries share."""
    namespace.add_object(FacetCount)
    namespace.add_object(HistogramBucket)
    namespace.add_enum("HistogramInterval", "How long a span is.", _INTERVALS)


def summaries(
    namespace: Namespace, name: str, content_type: type[ContentType] | None
) -> dict[str, Declared]:
    """Return what a connection of entries has beside its page, and add the types it takes.

    Args:
        namespace: where types are added.
        name: the node type.
        content_type: whose fields can be counted; ``None`` for entries of any type.
    """
    fields = content_type.fields if content_type is not None else {}
    _add_enums(namespace, name, fields)
    first = f"How many of each field: {DEFAULT_SIZE} if not said."
    declared = {
        "facets": many(
            "list[FacetCount]",
            _facet_rows,
            "How many have which values, the most frequent first, field by field.",
            (
                Argument("fields", f"list[{name}Facet]", "Which fields."),
                Argument("first", "int | None", first),
            ),
        ),
        "histogram": many(
            "list[HistogramBucket]",
            _histogram_rows,
            "How many fall into each span of time; empty ones are left out.",
            (
                Argument("field", f"{name}Moment", "Which time."),
                Argument("by", "HistogramInterval", "How long a span is."),
            ),
        ),
    }
    numbers = {key: field for key, field in fields.items() if isinstance(shown_as(field), Number)}
    if numbers:
        _add_aggregates(namespace, name, numbers)
        declared["aggregate"] = inside(
            f"{name}Aggregate", lambda page: page, "The numbers of all of them, summed up."
        )
    return declared


def _add_enums(namespace: Namespace, name: str, fields: Mapping[str, Field]) -> None:
    own = [_facet_of(key, field) for key, field in fields.items()]
    facets = {each.name: each for each in (*_COMMON, *own) if each is not None}
    namespace.add_enum(f"{name}Facet", "What can be counted.", facets)
    dates = {
        graphql_name(key): comparable(field)
        for key, field in fields.items()
        if isinstance(shown_as(field), Date | DateTime)
    }
    moments = {key: _Moment(of) for key, of in {**_MOMENTS, **dates}.items()}
    namespace.add_enum(f"{name}Moment", "Which time is counted by.", moments)


@dataclass(frozen=True, eq=False)
class _Moment:
    """A time of an entry; wrapped, since an enum takes a bare function for a method."""

    of: ValueOf


def _facet_of(name: str, field: Field) -> Facet | None:
    shown = shown_as(field)
    if is_leaf(shown):
        key = text(field.name)
        return Facet(
            graphql_name(name),
            lambda row: _as_text(shown, JsonScalar(document_of(row).json, key)),
        )
    if isinstance(shown, List) and is_leaf(shown.item):
        item = shown.item

        def items(row: Row, _: Call) -> Rows:
            return Rows(Elements(member(document_of(row).json, field.name)))

        return Facet(graphql_name(name), lambda element: _as_text(item, element.value), items)
    if isinstance(field, Reference | References):
        find = referenced_by if isinstance(field, Reference) else all_referenced_by
        return Facet(graphql_name(name), lambda entry: entry.id, find(field))
    return None


def _as_text(field: Field, scalar: Sql) -> Sql:
    """Return a scalar of a field as text, which JSON would have of it as well."""
    if isinstance(field, Boolean):
        is_true = value_of(field, scalar)
        return case((is_true.is_(None), None), (is_true, text("true")), else_=text("false"))
    return cast(TextOf(scalar), Text)


def _add_aggregates(namespace: Namespace, name: str, numbers: Mapping[str, Field]) -> None:
    functions: Mapping[str, Callable[..., Sql]] = {
        "min": func.min,
        "max": func.max,
        "avg": func.avg,
        "sum": func.sum,
    }
    parts = {}
    for key, function in functions.items():
        fields = {
            field_name: Declared("float | None", Value(_summed(function, field)), f"{key}.")
            for field_name, field in numbers.items()
        }
        type_ = f"{name}{camel(key)}"
        described = {"__doc__": f"The {key} of each number."}
        namespace.add_object(type(type_, (), described), **fields)
        parts[f"{key}_"] = Declared(
            type_, inside(type_, lambda page: page, "").plan, f"The {key} of each.", name=key
        )
    described = {"__doc__": f"The numbers of a {name}Connection, summed up."}
    namespace.add_object(type(f"{name}Aggregate", (), described), **parts)


def _summed(function: Callable[[Sql], Sql], field: Field) -> Callable[[Page], Sql]:
    of = comparable(field)
    return lambda page: page.over_all(lambda row: function(cast(of(row), Float)))


def _facet_rows(page: Page, call: Call) -> Rows:
    first = call.arguments.get("first")
    size = RowCount(page.limit_of(number_of("first", first if isinstance(first, Given) else None)))
    chosen = call.arguments["fields"]
    facets = [_member(each) for each in (chosen if isinstance(chosen, tuple) else ())]
    counted = [_counted(page, facet, index, size) for index, facet in enumerate(facets)]
    every = union_all(*(counted or [_nothing_counted()])).subquery("facets")
    return Rows(
        Chosen(select(*every.c)),
        order=lambda row: (
            OrderKey(row.place),
            OrderKey(row.count, descending=True),
            OrderKey(row.value),
        ),
    )


def _member(argument: PlannedArgument) -> Any:
    """Return what a value of an enum stands for."""
    if not isinstance(argument, Known) or not isinstance(argument.value, Enum):
        raise TypeError("the argument is a required enum")
    return argument.value.value


def _counted(page: Page, facet: Facet, place: int, size: Sql) -> Selectable:
    values = page.values(facet.value, facet.related).subquery(f"facet_{place}")
    largest = (
        select(
            literal_column(str(place)).label("place"),
            text(facet.name).label("field"),
            values.c.value,
            func.count().label("count"),
        )
        .where(values.c.value.is_not(None))
        .group_by(values.c.value)
        .order_by(func.count().desc(), values.c.value)
        .limit(size)
        .subquery(f"counted_{place}")
    )
    return select(*largest.c)


def _nothing_counted() -> Selectable:
    columns = {"place": "0", "field": "''", "value": "''", "count": "0"}
    return select(*(literal_column(sql).label(name) for name, sql in columns.items())).where(
        false()
    )


def _histogram_rows(page: Page, call: Call) -> Rows:
    field, by = call.arguments["field"], call.arguments["by"]
    moment, length = _member(field), _member(by)

    def span(row: Row) -> Sql:
        return func.substr(json_of(moment.of(row)), 1, literal_column(str(length)), type_=Text())

    values = page.values(span).subquery("moments")
    counted = (
        select(values.c.value, func.count().label("count"))
        .where(values.c.value.is_not(None))
        .group_by(values.c.value)
    )
    return Rows(Chosen(counted), order=lambda row: (OrderKey(row.value),))
