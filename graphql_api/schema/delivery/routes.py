"""What a whole site needs: routes, and the list of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import literal_column

from cms.publishing import relations
from cms.publishing.relations import FormerPathRow
from cms.reading.rows import EntryRow
from cms.storage.dialects import Key
from graphql_api.planner.declarations import Call, Extent, OneOf, OrderKey, Row, Rows
from graphql_api.planner.source import Chosen
from graphql_api.schema.declaring.aggregates import Facet, Summed, summaries
from graphql_api.schema.declaring.connection import add_connection, connection
from graphql_api.schema.declaring.fields import Argument, Declared, many, one, value
from graphql_api.schema.declaring.inputs import add_order, order_terms
from graphql_api.schema.declaring.row_sources import (
    best_row,
    page_rows,
    public_row,
    translation_rows,
)
from graphql_api.schema.declaring.type_registry import Namespace
from graphql_api.schema.declaring.words import word, word_text

# How many pages a page of the sitemap has at most, since it is read as a whole.
LARGEST_SITEMAP = 10_000

_PATH = Argument("path", "str", "A path on the site, without a query and a #fragment.")

# --- Routes ---


def _route(_: Row, call: Call) -> tuple[Rows, ...]:
    path = call.bind(call.required_scalar("path"), Key)
    page = page_rows(call.view, lambda edition: edition.path == path)
    former = Rows(
        Chosen(relations.former_paths(call.view)), order=lambda row: (OrderKey(row.locale),)
    )
    former = best_row(call.view, former)
    return (
        replace(page, typename="PageRoute"),
        replace(
            former,
            where=(lambda row: row.path == path, lambda row: row.new_path.is_not(None)),
            typename="RedirectRoute",
        ),
        replace(
            former,
            where=(lambda row: row.path == path, lambda row: row.new_path.is_(None)),
            typename="GoneRoute",
        ),
    )


def _page(entry: EntryRow, call: Call) -> Rows:
    return translation_rows(call.view, lambda same: same.revision_id == entry.revision_id)


def _redirect_target(route: FormerPathRow, call: Call) -> Rows:
    return public_row(call.view, route.revision_id)


class PageRoute:
    """A page stands here."""

    status = value("int", lambda _: literal_column("200"), "The HTTP status that says so.")
    entry = one("Entry", _page, "The page, in the language of the path.")


class RedirectRoute:
    """A page stood here that stands elsewhere now."""

    status = value("int", lambda _: literal_column("301"), "The HTTP status that says so.")
    to = value("str", FormerPathRow.new_path, "Where it stands.")
    entry = one("Entry", _redirect_target, "The page.")


class GoneRoute:
    """A page stood here that is not public any more."""

    status = value("int", lambda _: literal_column("410"), "The HTTP status that says so.")
    since = value("DateTime", FormerPathRow.ended_at, "Since when it is gone.")


# --- The list of pages ---


def _pages(_: Row, call: Call) -> Rows:
    pages = translation_rows(call.view, lambda entry: entry.path.is_not(None))
    return replace(
        pages,
        order=lambda entry: (OrderKey(entry.path), OrderKey(entry.locale), OrderKey(entry.id)),
        typename=None,
    )


def _alternates(page: EntryRow, call: Call) -> Rows:
    return replace(
        translation_rows(
            call.view,
            lambda other: other.id == page.id,
            lambda other: other.path.is_not(None),
        ),
        typename=None,
    )


class SitemapAlternate:
    """A page in a language."""

    locale = word("Locale", EntryRow.locale, "The language.")
    locale_name = word_text("str", "locale", EntryRow.locale)
    path = value("str", EntryRow.path, "Where it stands.")


class SitemapPage:
    """A page of the site, as a sitemap lists it."""

    path = value("str", EntryRow.path, "Where it stands.")
    locale = word("Locale", EntryRow.locale, "Its language.")
    locale_name = word_text("str", "locale", EntryRow.locale)
    type = word("EntryType", EntryRow.content_type, "Its content type.")
    type_name = word_text("str", "type", EntryRow.content_type)
    last_modified = value("DateTime", EntryRow.published_at, "When it last changed.")
    alternates = many(
        "list[SitemapAlternate]", _alternates, "It in all its languages, this one included."
    )


# What several pages of the sitemap can have in common.
_SUMMED = Summed(
    (
        Facet("type", EntryRow.content_type, enum="EntryType"),
        Facet("locale", EntryRow.locale, enum="Locale"),
    ),
    {"lastModified": EntryRow.published_at},
)

SITE_TYPES = (
    PageRoute,
    RedirectRoute,
    GoneRoute,
    SitemapAlternate,
    SitemapPage,
)


def add_site_types(namespace: Namespace) -> None:
    """Add the types of the fields that a whole site needs."""
    for each in SITE_TYPES:
        namespace.add_object(each)
    routes_ = ["PageRoute", "RedirectRoute", "GoneRoute"]
    namespace.add_union("Route", "What a reader finds at a path.", routes_)
    orders = order_terms(
        {
            "path": (EntryRow.path, False),
            "lastModified": (EntryRow.published_at, False),
        }
    )
    add_order(namespace, "SitemapPageOrder", orders)
    add_connection(namespace, "SitemapPage", **summaries(namespace, "SitemapPage", _SUMMED))


def site_fields() -> Mapping[str, Declared]:
    """Return the root fields that a whole site needs."""
    return {
        "route": Declared(
            "Route | None",
            OneOf(_route),
            "What a reader finds at a path, whatever its language; null if there never was "
            "anything.",
            (_PATH,),
        ),
        "sitemap": connection(
            "SitemapPage",
            _pages,
            "All pages in all languages, by path.",
            order="SitemapPageOrder",
            largest=LARGEST_SITEMAP,
            extent=Extent(is_ordered=True),
        ),
    }
