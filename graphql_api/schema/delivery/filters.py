"""Filters on entries, tags and links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import select

from cms.content.collation import sort_key
from cms.reading import relations
from cms.reading.rows import EntryRow, LinkRow, TagRow
from cms.review import relations as review_relations
from graphql_api.planner.declarations import Call, Row, Rows
from graphql_api.planner.filters import Compare, CompareSeen, LookUp, StandIn, ToMany, ToOne
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.fields import FEW, THIS_TYPE, Declared, R, of_call, of_row
from graphql_api.schema.declaring.inputs import LEAF_FILTERS, add_quantified, add_where
from graphql_api.schema.declaring.row_sources import (
    category_rows,
    entry_rows,
    revision_rows,
)
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.delivery.entry import entry_incoming_links, entry_links, translations_of
from graphql_api.schema.delivery.link import anchor_text
from graphql_api.schema.delivery.link_metrics import LINK_METRICS_WHERE, add_link_metrics
from graphql_api.schema.delivery.site_links import SiteLinks, reach_of_status


def leaf_comparison(type_: str, sql: Callable[[R], Sql], description: str) -> Declared:
    """Declare a filter on a leaf of a built-in type."""
    return comparison(LEAF_FILTERS[type_][0], sql, description)


def indexed_comparison(sql: Callable[[R], Sql], description: str, type_: str = "str") -> Declared:
    """Declare a filter on a leaf of a built-in type that an index narrows to a few rows."""
    name, _ = LEAF_FILTERS[type_]
    return Declared(f"{name} | None", Compare(of_row(sql), narrows=FEW), description)


def comparison(filter_: str, sql: Callable[[R], Sql], description: str) -> Declared:
    """Declare a filter on a leaf, of the filter type."""
    return Declared(f"{filter_} | None", Compare(of_row(sql)), description)


def tags_of(entry: EntryRow, _: Call) -> Rows:
    """Return the tags of an entry, in no order."""
    return Rows(
        Chosen(relations.revision_tags()), (lambda tag: tag.revision_id == entry.revision_id,)
    )


def _reviewers_of(entry: EntryRow, call: Call) -> Rows:
    return Rows(Chosen(review_relations.reviewers(call.view, entry)))


def _review(column: str) -> Callable[[Row, Call], Sql]:
    def of(entry: EntryRow, call: Call) -> Sql:
        review = review_relations.review(call.view, entry).subquery("review_of")
        return select(review.c[column]).scalar_subquery()

    return of_call(of)


# How entries are found by what they have.
_BY_CATEGORY = LookUp(
    lambda call: entry_rows(call.view),
    *("revision_id", "revision_id", "category_id"),
    is_of_list=True,
)
_BY_TAG = LookUp(lambda _: Rows(Chosen(relations.revision_tags())), *("revision_id", "revision_id"))
_BY_LINK = LookUp(
    lambda _: Rows(
        Chosen(relations.link_targets()), (lambda link: link.origin != text("reference"),)
    ),
    *("revision_id", "revision_id"),
    fields=frozenset({"kind", "origin", "target"}),
)
_BY_AUTHOR = LookUp(
    lambda _: Rows(Chosen(relations.bylines())),
    *("revision_id", "revision_id", "byline_id"),
    is_of_list=True,
)
_BY_REVIEWER = LookUp(
    lambda _: Rows(Chosen(review_relations.signatures())),
    *("edition_id", "edition_id", "person_id"),
    targets=lambda call: Rows(Chosen(relations.people(call.view))),
)


_BY_SLUG = LookUp(
    lambda call: entry_rows(call.view),
    *("revision_id", "revision_id"),
    is_of_list=True,
    is_of_now=True,
)
_BY_TYPE = replace(_BY_SLUG, is_of_now=False, is_of_most=True, begins_orders=True)
_BY_TITLE = replace(_BY_SLUG, stand_in=StandIn(of_row(EntryRow.title_key), sort_key))

# The filters on every entry.
ENTRY_WHERE: Mapping[str, Declared] = {
    "id": indexed_comparison(EntryRow.id, f"Id of the `{THIS_TYPE}`.", "ID"),
    "type": Declared(
        "EntryTypeFilter | None",
        Compare(of_row(EntryRow.content_type), look_up=_BY_TYPE),
        f"Content type of the `{THIS_TYPE}`.",
    ),
    "slug": Declared(
        "StringFilter | None",
        Compare(of_row(EntryRow.slug), look_up=_BY_SLUG),
        f"URL slug of the `{THIS_TYPE}`.",
    ),
    "title": Declared(
        "StringFilter | None",
        Compare(of_row(EntryRow.title), look_up=_BY_TITLE),
        f"Title of the `{THIS_TYPE}`.",
    ),
    "summary": leaf_comparison("str", EntryRow.summary, f"Summary of the `{THIS_TYPE}`."),
    "published_at": leaf_comparison(
        "DateTime", EntryRow.published_at, f"Publication time of the `{THIS_TYPE}` revision."
    ),
    "first_published_at": leaf_comparison(
        "DateTime",
        EntryRow.first_published_at,
        f"Time of the first publication of the `{THIS_TYPE}` edition.",
    ),
    "updated_at": leaf_comparison(
        "DateTime", EntryRow.created_at, f"Time at which the `{THIS_TYPE}` revision was saved."
    ),
    "category": Declared(
        "CategoryWhere | None",
        ToOne(
            key=EntryRow.category_id,
            rows=lambda call: category_rows(call.view),
            target=EntryRow.id,
            unique=frozenset({"id", "treePath"}),
            look_up=_BY_CATEGORY,
        ),
        f"Filter on the category of the `{THIS_TYPE}`.",
    ),
    "tags": Declared(
        "TagsWhere | None",
        ToMany(of_call(tags_of), look_up=_BY_TAG),
        f"Filter on the tags of the `{THIS_TYPE}`.",
    ),
    "locale": comparison("LocaleFilter", EntryRow.locale, f"Locale of the `{THIS_TYPE}` edition."),
    "is_outdated": leaf_comparison(
        "bool",
        EntryRow.is_outdated,
        f"Whether the original of the `{THIS_TYPE}` translation has changed since.",
    ),
    "translations": Declared(
        "EntriesWhere | None",
        ToMany(of_call(translations_of)),
        f"Filter on the editions of the `{THIS_TYPE}` in other locales.",
    ),
    "author": Declared(
        "PersonWhere | None",
        ToOne(
            key=EntryRow.byline_id,
            rows=lambda call: Rows(Chosen(relations.people(call.view))),
            target=EntryRow.id,
            unique=frozenset({"id"}),
            look_up=_BY_AUTHOR,
        ),
        f"Filter on the person in the byline of the `{THIS_TYPE}` revision.",
    ),
    "reviewers": Declared(
        "PeopleWhere | None",
        ToMany(of_call(_reviewers_of), look_up=_BY_REVIEWER),
        f"Filter on the people who signed off the `{THIS_TYPE}` revision.",
    ),
    "reviewed_at": Declared(
        "DateTimeFilter | None",
        CompareSeen(_review("signed_at")),
        f"Time of the last sign-off on the `{THIS_TYPE}` revision.",
    ),
    "review_expires_at": Declared(
        "DateTimeFilter | None",
        CompareSeen(_review("expires_at")),
        f"Time at which the `{THIS_TYPE}` is due for review again.",
    ),
    "links": Declared(
        "LinksWhere | None",
        ToMany(of_call(entry_links), look_up=_BY_LINK),
        f"Filter on the links from the `{THIS_TYPE}`.",
    ),
    "incoming_links": Declared(
        "LinksWhere | None",
        ToMany(of_call(entry_incoming_links), work=15, has_hubs=True),
        f"Filter on the links from other pages to the `{THIS_TYPE}`.",
    ),
    "link_metrics": LINK_METRICS_WHERE,
}


def add_wheres(
    registry: TypeRegistry, entry_filters: Mapping[str, Declared], links: SiteLinks
) -> None:
    """Add the filters that are the same for every site.

    Args:
        registry: the types that the filters are added to.
        entry_filters: further filters on entries.
        links: the values of links that depend on the site.
    """
    add_where(
        registry,
        "TagWhere",
        "Filter on a tag.",
        {
            "slug": leaf_comparison("str", TagRow.slug, "URL slug of the tag."),
            "name": leaf_comparison("str", TagRow.name, "Word of the tag."),
        },
    )
    add_quantified(registry, "TagsWhere", "TagWhere", "tags")
    add_quantified(registry, "PeopleWhere", "PersonWhere", "people")
    add_quantified(registry, "LinksWhere", "EntryLinkWhere", "links")
    _add_link_where(registry, links)
    add_link_metrics(registry)
    add_quantified(registry, "EntriesWhere", "EntryWhere", "entries")
    every = {**ENTRY_WHERE, **entry_filters}
    add_where(registry, "EntryWhere", "Filter on an entry of any content type.", every)


def _add_link_where(registry: TypeRegistry, links: SiteLinks) -> None:
    add_where(
        registry,
        "EntryLinkWhere",
        "Filter on a link.",
        {
            "kind": comparison("LinkKindFilter", LinkRow.kind, "Kind of the link."),
            "label": leaf_comparison("str", LinkRow.label, "Text of the link."),
            "url": leaf_comparison("str", LinkRow.url, "Address that the link leads to."),
            "origin": comparison(
                "LinkOriginFilter",
                LinkRow.origin,
                "Place in the content where the link was written.",
            ),
            "layer": comparison(
                "LinkLayerFilter", links.layer, "Layer of the graph that the link is in."
            ),
            "place": comparison(
                "LinkPlaceFilter", links.place, "Kind of place where the link stands."
            ),
            "status": Declared(
                "LinkStatusFilter | None",
                CompareSeen(of_call(links.status), reach=reach_of_status, short=links.short_status),
                "Result of following the link.",
            ),
            "host": Declared(
                "StringFilter | None",
                Compare(of_row(links.host), narrows=FEW, operators=of_row(links.host_operators)),
                "Host of a link to another site.",
            ),
            "anchor_text": leaf_comparison("str", anchor_text, "Words of a link inside a text."),
            "section": leaf_comparison(
                "str", LinkRow.section, "Words of the heading that the link is in or under."
            ),
            "page_position": leaf_comparison(
                "int", LinkRow.page_position, "Position among all links of the page."
            ),
            "target": Declared(
                "EntryWhere | None",
                ToOne(
                    key=LinkRow.target_id,
                    rows=lambda call: entry_rows(call.view),
                    target=EntryRow.id,
                ),
                "Filter on the entry that the link leads to.",
            ),
            "source": Declared(
                "EntryWhere | None",
                ToOne(
                    key=LinkRow.revision_id,
                    rows=lambda call: revision_rows(call.view),
                    target=EntryRow.revision_id,
                ),
                "Filter on the entry that contains the link.",
            ),
        },
    )
