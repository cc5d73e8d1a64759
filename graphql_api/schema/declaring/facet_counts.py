"""Facets: values of the rows of a connection, and how many rows have each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias
from typing import cast as as_type

from sqlalchemy import BigInteger, cast, false, func, literal_column, null, select

from cms.reading.view import View
from graphql_api.planner.declarations import Call, Row, Rows
from graphql_api.planner.json_sql import Elements, element_text, text
from graphql_api.planner.ordering import kind_of
from graphql_api.planner.page import Page
from graphql_api.planner.source import Chosen, Selectable, Sql
from graphql_api.schema.declaring.words import name_of

# The work for a row that is counted by what an index has.
COUNTED_BY_INDEX = 0.7
# That for a row that is counted by an indexed field, whose values publications repeat.
COUNTED_BY_VALUE = 2


def _identity(value: Sql) -> Sql:
    return value


def _no_value(_: Row) -> Sql:
    return null()


# The value of a row that is counted; where a row has several, the rows that they are in.
ValueOf: TypeAlias = Callable[[Row], Sql]
# The same, of a row as a view shows it.
ValueSeen: TypeAlias = Callable[[Row, Call], Sql]


@dataclass(frozen=True, eq=False)
class Facet:
    """One value of a facet enum.

    Attributes:
        name: the enum value.
        value: the value that is counted, of the row or of its related rows.
        related: the related rows, for several values or a value of another relation.
        row: the key that tells rows apart, where one can have the same value several times.
        shown: the function from a value to its text; different values have different texts.
        names: for a value that is a key, the rows of its names. They are looked up once for each
            value, after rows were counted by it.
        is_computed: whether the value is more work than to pass a row on.
        enum: the vocabulary of which the value is a stored word, if it is one.
        words: the stored words of the vocabulary, by the names that are shown.
        counts: the numbers of all rows by value, where they are counted ahead for the view.
        seen: the value that is counted, where it depends on the view; in place of ``value``.
        listed: the JSON array of the values of a row, which rows of what is public now have; in
            place of ``value``. Rows with equal arrays are counted together first.
        work: the work for each row; see :mod:`graphql_api.planner.cost`.
        work_now: that for each row of what is public now; 0 if it is the same.
        work_listed: the work for each row that is counted by ``listed``.
        among: the relation of those rows that can have a value, where an index finds them.
        share: their share of all rows.
    """

    name: str
    value: ValueOf = _no_value
    related: Callable[[Row, Call], Rows] | None = None
    row: ValueOf | None = None
    shown: Callable[[Sql], Sql] = _identity
    names: Callable[[Sql, Call], Rows] | None = None
    enum: str = ""
    words: Mapping[str, str] | None = None
    counts: Callable[[View], Selectable | None] | None = None
    seen: ValueSeen | None = None
    is_computed: bool = False
    listed: ValueOf | None = None
    work: float = 6
    work_now: float = 0
    work_listed: float = 6
    among: Callable[[Call], Selectable | None] | None = None
    share: float = 1


def counts_of_facet(page: Page, facet: Facet, place: int, size: Sql) -> Selectable:
    """Return the most frequent values of a facet with their numbers of rows.

    Args:
        page: the page of the connection.
        facet: the facet.
        place: the place of the facet among those that are asked for.
        size: the largest number of values.
    """
    counted = _counts_of_values(page, facet, place).subquery(f"counted_{place}")
    largest = (
        select(
            literal_column(str(place)).label("place"),
            text(facet.name).label("field"),
            *counted.c,
        )
        .order_by(counted.c.count.desc(), counted.c.value)
        .limit(size)
        .subquery(f"largest_{place}")
    )
    return select(*largest.c)


def _counts_of_values(page: Page, facet: Facet, place: int) -> Selectable:
    ahead = facet.counts(page.call.view) if facet.counts and page.is_whole else None
    if ahead is not None:
        return ahead
    if facet.listed is not None and kind_of(page.call.view) == "now":
        counted = _counts_of_lists(page, facet.listed, place)
    else:
        counted = _counts_of_rows(page, facet, place)
    # Several values can have one name.
    by_key = counted.subquery(f"keys_{place}")
    count = cast(func.sum(by_key.c.count), BigInteger).label("count")
    if facet.words is not None:
        name = name_of(facet.words, by_key.c.value)
        return select(name.label("value"), count).where(name.is_not(None)).group_by(name)
    if facet.names is None:
        return counted
    names = facet.names(by_key.c.value, page.call)
    source = page.call.source(names.relation)
    name = as_type("Sql", names.row(source.columns))
    conditions = (*names.conditions(source.columns), name.is_not(None))
    named = select(name.label("value"), count).select_from(by_key, source.clause())
    return named.where(*conditions).group_by(name)


def _counts_of_rows(page: Page, facet: Facet, place: int) -> Selectable:
    """Return the numbers of rows by the value of each, or of its related rows."""
    value = facet.value if facet.seen is None else partial(_seen, facet.seen, page.call)
    among = facet.among(page.call) if facet.among is not None else None
    if among is not None:
        every = page.over_all({"value": value}, Chosen(among))
    else:
        every = page.values(value, facet.related, facet.row)
    # A value that is much work is made once, and not again for its group.
    made = every.offset(literal_column("0")) if facet.is_computed else every
    values = made.subquery(f"facet_{place}")
    return (
        select(facet.shown(values.c.value).label("value"), func.count().label("count"))
        .where(values.c.value.is_not(None))
        .group_by(values.c.value)
    )


def _counts_of_lists(page: Page, listed: ValueOf, place: int) -> Selectable:
    """Return the numbers of rows by each value in an array of them; see :class:`Facet`."""
    lists = page.over_all({"value": listed}).subquery(f"facet_{place}")
    by_list = (
        select(lists.c.value, func.count().label("count"))
        .where(lists.c.value.is_not(None))
        .group_by(lists.c.value)
        .subquery(f"lists_{place}")
    )
    elements = page.call.source(Elements(by_list.c.value))
    value = element_text(elements.columns)
    count = cast(func.sum(by_list.c.count), BigInteger).label("count")
    counted = select(value.label("value"), count).select_from(by_list, elements.clause())
    return counted.group_by(value)


def _seen(value: ValueSeen, call: Call, row: Row) -> Sql:
    return value(row, call)


def no_counts() -> Selectable:
    """Return the same columns, without rows."""
    columns = {"place": "0", "field": "''", "value": "''", "count": "0"}
    return select(*(literal_column(sql).label(name) for name, sql in columns.items())).where(
        false()
    )
