"""Routes of paths, and the sitemap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy import ColumnElement, case, false, literal_column
from sqlalchemy.sql.functions import coalesce

from cms.content.addresses import OwnAddresses
from cms.publishing import relations
from cms.publishing.relations import RedirectRow
from cms.reading.rows import EntryRow
from cms.reading.visibility import is_of_site
from cms.site import Site
from graphql_api.planner.declarations import Call, Extent, OneOf, OrderKey, Row, Rows
from graphql_api.planner.ordering import kind_of, order_mark
from graphql_api.planner.source import Chosen, Columns
from graphql_api.schema.declaring.aggregates import Summed, summaries
from graphql_api.schema.declaring.connection import add_connection, connection
from graphql_api.schema.declaring.facet_counts import Facet
from graphql_api.schema.declaring.fields import Argument, Declared, many, one, value
from graphql_api.schema.declaring.inputs import add_order, add_where, order_terms
from graphql_api.schema.declaring.paths import is_at
from graphql_api.schema.declaring.row_sources import (
    Condition,
    asks_for_types,
    best_row,
    page_rows,
    public_row,
    translation_rows,
)
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import type_text, word, word_text
from graphql_api.schema.delivery.filters import comparison
from graphql_api.schema.delivery.hreflang import LANGUAGE, HreflangRow, hreflang_rows

# The largest page of the sitemap, which clients read as a whole.
LARGEST_SITEMAP = 10_000

_PATH = Argument("path", "str", "URL path in any spelling, or absolute URL on the site.")

# --- Routes ---


def _route(own: OwnAddresses, call: Call) -> tuple[Rows, ...]:
    bind = partial(call.bind, call.required_scalar("path"))
    page = page_rows(call.view, lambda edition: is_at(own, edition, bind))
    redirects = Rows(Chosen(relations.redirects(call.view)), order=_redirects_first)
    redirects = best_row(call.view, redirects)
    return (
        replace(page, typename="PageRoute"),
        replace(
            redirects,
            where=(lambda row: is_at(own, row, bind), lambda row: row.revision_id.is_not(None)),
            typename="RedirectRoute",
        ),
        replace(
            redirects,
            where=(lambda row: is_at(own, row, bind), lambda row: row.url.is_not(None)),
            typename="UrlRedirectRoute",
        ),
        replace(
            redirects,
            where=(lambda row: is_at(own, row, bind), lambda row: row.new_path.is_(None)),
            typename="GoneRoute",
        ),
    )


def _redirects_first(row: Columns) -> tuple[OrderKey, ...]:
    is_former = case((row.ended_at.is_(None), literal_column("0")), else_=literal_column("1"))
    return (OrderKey(is_former), OrderKey(row.locale))


def _page(entry: EntryRow, call: Call) -> Rows:
    return translation_rows(call.view, lambda same: same.revision_id == entry.revision_id)


def _redirect_target(route: RedirectRow, call: Call) -> Rows:
    return public_row(call.view, route.revision_id)


class PageRoute:
    """Path of a public page."""

    status = value("int", lambda _: literal_column("200"), "HTTP status to answer with: 200.")
    entry = one("Entry", _page, "Entry at the path, in the locale of the path.")


class RedirectRoute:
    """Path that leads to a page: a redirect, or a path that the page had before."""

    status = value("int", lambda _: literal_column("301"), "HTTP status to answer with: 301.")
    to = value("str", RedirectRow.new_path, "Path that the page has now.")
    entry = one("Entry", _redirect_target, "Entry that the page shows.")


class UrlRedirectRoute:
    """Path that is redirected to another site, or to a path that the frontend serves."""

    status = value("int", lambda _: literal_column("301"), "HTTP status to answer with: 301.")
    to = value("str", RedirectRow.url, "URL on another site, or path that the frontend serves.")


class GoneRoute:
    """Former path of a page that is no longer public."""

    status = value("int", lambda _: literal_column("410"), "HTTP status to answer with: 410.")
    since = value(
        "DateTime | None",
        RedirectRow.ended_at,
        "Time at which the page left; null for a redirect to an entry that is not public.",
    )


# --- The list of pages ---


def _pages(_: Row, call: Call) -> Rows:
    view, mark = call.view, order_mark(call.arguments.get("orderBy"))
    conditions: list[Condition] = []
    if not asks_for_types(call):
        conditions.append(lambda page: is_of_site(page.content_type))
    if kind_of(view) == "now" and (not mark or mark.startswith("path_")):
        pages = Rows(Chosen(relations.standing_pages(view)), tuple(conditions))
    else:
        pages = translation_rows(view, _is_page, *conditions)
    return replace(
        pages,
        order=lambda page: (OrderKey(page.path), OrderKey(page.locale), OrderKey(page.id)),
        typename=None,
    )


def _is_page(entry: Columns) -> ColumnElement[bool]:
    """Return whether an entry is a page, without making an inner join of the one with its address.

    SQLite may read the addresses first for an inner join, and then sorts all pages.
    """
    return coalesce(entry.path.is_not(None), false())


class SitemapAlternate:
    """Edition of a page, for hreflang links in a sitemap."""

    language = LANGUAGE
    locale = word("Locale", HreflangRow.locale, "Locale of the edition.")
    locale_name = word_text("str", "locale", HreflangRow.locale)
    path = value("str", HreflangRow.path, "URL path of the edition.")


class SitemapPage:
    """Page of the site, for a sitemap."""

    path = value("str", EntryRow.path, "URL path of the page.")
    locale = word("Locale", EntryRow.locale, "Locale of the page.")
    locale_name = word_text("str", "locale", EntryRow.locale)
    type = word("EntryType", EntryRow.content_type, "Content type of the page.")
    type_name = type_text("str", "type", EntryRow.content_type)
    last_modified = value(
        "DateTime", EntryRow.published_at, "Time of the last publication of the page."
    )


# The values by which pages of the sitemap are counted.
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
    UrlRedirectRoute,
    GoneRoute,
    SitemapAlternate,
)


def add_site_types(registry: TypeRegistry, site: Site) -> None:
    """Add the types of routes and of the sitemap of a site."""
    for each in SITE_TYPES:
        registry.add_object(each)
    alternates = many(
        "list[SitemapAlternate]",
        hreflang_rows(site),
        "Editions of a page in several locales, this one included, and then `x-default`.",
    )
    registry.add_object(SitemapPage, alternates=alternates)
    routes_ = ["PageRoute", "RedirectRoute", "UrlRedirectRoute", "GoneRoute"]
    registry.add_union(
        "Route", "Answer for a path: a page, a redirect, or a page that is gone.", routes_
    )
    orders = order_terms(
        {
            "path": (EntryRow.path, False),
            "lastModified": (EntryRow.published_at, False),
        },
        ("now",),
    )
    add_order(registry, "SitemapPageOrder", orders)
    add_where(
        registry,
        "SitemapPageWhere",
        "Filter on a page of the sitemap.",
        {
            "type": comparison(
                "EntryTypeFilter", EntryRow.content_type, "Content type of the page."
            ),
            "locale": comparison("LocaleFilter", EntryRow.locale, "Locale of the page."),
        },
    )
    add_connection(registry, "SitemapPage", **summaries(registry, "SitemapPage", _SUMMED))


def site_fields(site: Site) -> Mapping[str, Declared]:
    """Return the root fields ``route`` and ``sitemap``."""
    return {
        "route": Declared(
            "Route | None",
            OneOf(lambda _, call: _route(site.addresses, call)),
            "Page, redirect or removal at a path, in any locale; null if no page ever had it.",
            (_PATH,),
        ),
        "sitemap": connection(
            "SitemapPage",
            _pages,
            "Pages in all locales, by path. Those of categories and people are among them only if "
            "`where` asks for types by `eq` or `in`.",
            where="SitemapPageWhere",
            order="SitemapPageOrder",
            largest=LARGEST_SITEMAP,
            extent=Extent(is_ordered=True),
        ),
    }
