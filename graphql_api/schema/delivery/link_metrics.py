"""Metrics of entries in the link graph, by which lists are filtered and ordered as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement

from cms.links import relations
from cms.reading.link_metrics import position_of_run
from cms.reading.positions import newest_position, position_token
from cms.reading.rows import EntryRow
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.filters import Compare, Inner, LookUp
from graphql_api.planner.ordering import OrderTerm
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.fields import (
    THIS_TYPE,
    Declared,
    of_call,
    of_row,
    row_object,
    seen_value,
    value,
)
from graphql_api.schema.declaring.inputs import LEAF_FILTERS, Order, add_where, two_terms
from graphql_api.schema.declaring.type_registry import TypeRegistry


def _position(entry: EntryRow, _: Call) -> Sql:
    return position_token(position_of_run(entry.metrics_run))


def _behind(entry: EntryRow, _: Call) -> Sql:
    return newest_position() - position_of_run(entry.metrics_run)


def _has_metrics(entry: EntryRow) -> ColumnElement[bool]:
    return entry.metrics_run.is_not(None)


class LinkMetrics:
    """Metrics of a page among the links between public pages, of the last time that they were
    computed.
    """

    position = seen_value(
        "SitePosition", _position, "Position that the metrics are true for.", parts=3
    )
    behind = seen_value(
        "int", _behind, "Number of positions since the metrics were computed.", parts=3
    )
    in_degree = value("int", EntryRow.in_degree, "Number of links from pages to this one.")
    in_pages = value("int", EntryRow.in_pages, "Number of other pages that link to this one.")
    out_degree = value("int", EntryRow.out_degree, "Number of links from this page to pages.")
    out_pages = value("int", EntryRow.out_pages, "Number of other pages that this one links to.")
    page_rank = value(
        "float",
        EntryRow.page_rank,
        "PageRank with a damping of 0.85: the share of random readers on the page, from 0 to 1.",
    )
    click_depth = value(
        "int | None",
        EntryRow.click_depth,
        "Least number of clicks from the home page or a page in a menu; null if no path of "
        "links leads to the page.",
    )
    component = value(
        "ID", EntryRow.component, "Entry that names the component: all pages that links connect."
    )
    community = value(
        "ID",
        EntryRow.community,
        "Entry that names the community: pages with more links among themselves than to others.",
    )
    is_orphan = value(
        "bool",
        EntryRow.is_orphan,
        "Whether no other page and no menu links to the page, and it is not the home page.",
    )
    is_dead_end = value("bool", EntryRow.is_dead_end, "Whether it links to no other page.")


LINK_METRICS = row_object(
    "LinkMetrics | None",
    lambda entry: entry,
    "Metrics of the page in the link graph of the public site. Null before they are computed, for "
    "an entry that is no page, and in views of drafts, previews, the past and other fallback "
    "locales than those of the site.",
    present=_has_metrics,
)

# The filters on metrics: the kind of leaf, the column, and the description.
_COMPARED: Mapping[str, tuple[str, Callable[[EntryRow], Sql], str]] = {
    "in_degree": ("int", EntryRow.in_degree, "Number of links to the page."),
    "in_pages": ("int", EntryRow.in_pages, "Number of other pages that link to the page."),
    "out_degree": ("int", EntryRow.out_degree, "Number of links from the page."),
    "out_pages": ("int", EntryRow.out_pages, "Number of other pages that the page links to."),
    "page_rank": (
        "float",
        EntryRow.page_rank,
        "PageRank: share of a random reader's visits.",
    ),
    "click_depth": ("int", EntryRow.click_depth, "Click depth of the page."),
    "component": ("ID", EntryRow.component, "Entry that names the component of the page."),
    "community": ("ID", EntryRow.community, "Entry that names the community of the page."),
    "is_orphan": ("bool", EntryRow.is_orphan, "Whether no other page links to the page."),
    "is_dead_end": ("bool", EntryRow.is_dead_end, "Whether the page links to no other one."),
}

# How entries are found by their metrics.
_BY_METRICS = LookUp(
    lambda call: Rows(Chosen(relations.link_metrics(call.view))), "edition_id", "edition_id"
)

LINK_METRICS_WHERE = Declared(
    "LinkMetricsWhere | None",
    Inner(lambda entry: entry, of_row(_has_metrics), _BY_METRICS),
    f"Filter on the metrics of the `{THIS_TYPE}` in the link graph. No entry has any in views of "
    "drafts, previews, the past and other fallback locales than those of the site.",
)


def add_link_metrics(registry: TypeRegistry) -> None:
    """Add the type of metrics and the filter on them."""
    registry.add_object(LinkMetrics)
    fields = {
        name: Declared(f"{LEAF_FILTERS[leaf][0]} | None", Compare(of_row(sql)), description)
        for name, (leaf, sql, description) in _COMPARED.items()
    }
    add_where(registry, "LinkMetricsWhere", "Filter on metrics of a page.", fields)


def _order(name: str, column: Callable[[EntryRow], Sql]) -> Order:
    def sql(entry: EntryRow, _: Call) -> Sql:
        return column(entry)

    return Order(
        name,
        of_call(sql),
        nullable=True,
        leading="metrics",
        indexed_in=frozenset({"now"}),
        beside=of_row(EntryRow.edition_id),
    )


# The orders by metrics, in which indexes have the entries.
LINK_METRICS_ORDERS: Mapping[str, OrderTerm] = two_terms(
    (
        _order("pageRank", EntryRow.page_rank),
        _order("inDegree", EntryRow.in_degree),
        _order("clickDepth", EntryRow.click_depth),
    )
)
