"""Editions of a page in other languages, for search engines: one rule for pages and the sitemap.

As in https://developers.google.com/search/docs/specialty/international/localized-versions: each
edition names all of them, itself included, and one as ``x-default``, for readers of other
languages. A page with one edition has none.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Text, case, func, literal_column, null, select, union_all
from sqlalchemy.sql.functions import coalesce

from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.rows import Column, EntryRow
from cms.reading.rows import Row as RelationRow
from cms.site import Site
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.fields import value

# The edition for readers of languages in which there is none.
X_DEFAULT = "x-default"


class HreflangRow(RelationRow):
    """A row of :func:`hreflang_rows`."""

    language = Column()
    locale = Column()
    path = Column()


LANGUAGE = value(
    "str", HreflangRow.language, "Value of `hreflang`: a language tag, or `x-default` at the end."
)


def hreflang_rows(site: Site) -> Callable[[EntryRow, Call], Rows]:
    """Return the function from a page to its editions with addresses, if there are several.

    The last is ``x-default``: the edition in the first of the site's locales that has one.
    """
    ranks: dict[str, Sql] = {
        locale: literal_column(str(rank)) for rank, locale in enumerate(site.locales)
    }

    def rows(entry: EntryRow, call: Call) -> Rows:
        others = narrowed(relations.translations(call.view), ("id", "locale", "path"))
        edition = others.subquery("edition")
        rank = case(ranks, value=edition.c.locale, else_=literal_column(str(len(ranks))))
        page = (
            select(
                edition.c.locale,
                edition.c.path,
                func.count().over().label("editions"),
                func.row_number().over(order_by=(rank, edition.c.locale)).label("place"),
            )
            .where(edition.c.id == entry.id, edition.c.path.is_not(None))
            .subquery("page")
        )
        # Each edition under its language, and the first one a second time.
        use = union_all(
            select(literal_column("1").label("last"), text(X_DEFAULT).label("language")),
            select(literal_column(str(len(ranks) + 1)), null()),
        ).subquery("use")
        chosen = select(
            coalesce(use.c.language, page.c.locale, type_=Text()).label("language"),
            page.c.locale,
            page.c.path,
            use.c.last,
        ).where(page.c.place <= use.c.last, page.c.editions > literal_column("1"))
        return Rows(
            Chosen(chosen),
            order=lambda row: (OrderKey(row.last, descending=True), OrderKey(row.locale)),
        )

    return rows
