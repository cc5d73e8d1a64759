"""What search engines and other sites read of a page.

Structured data follows https://schema.org; who has reviewed a page, and when, comes from its
sign-offs and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import case, func, literal_column, null, select, union_all
from sqlalchemy.sql.functions import coalesce

from cms.content.site import Site
from cms.reading import relations
from cms.reading.view import View
from graphql_api.planner.declarations import Call, OrderKey, Row, Rows, Sql
from graphql_api.planner.json_sql import (
    JsonArray,
    JsonObject,
    JsonTuple,
    ScriptSafe,
    WithoutNulls,
    json_of,
    text,
)
from graphql_api.planner.source import Chosen
from graphql_api.schema.declare import Declared, inside, many, seen_value, value
from graphql_api.schema.rows import translation_rows

# What the types of schema.org end with that are to have a headline.
_WITH_HEADLINE = ("Article", "Posting")
_DAY = 10  # characters of an ISO 8601 time


def seo_types(site: Site) -> tuple[type, ...]:
    """Return the types of ``entry.seo``, with the site's address in them."""
    address = text(site.url)

    def url(row: Row) -> Sql:
        path: Sql = row.path
        return address + path

    alternate = {
        "__doc__": "A page in a language.",
        "locale": value("str", lambda row: row.locale, "The language (BCP 47)."),
        "url": value("str", url, "Its address."),
    }
    tag = {
        "__doc__": "A meta tag.",
        "property": value("str", lambda row: row.property, "Its name: og:title."),
        "content": value("str", lambda row: row.content, "What it says."),
    }
    seo = {
        "__doc__": "What search engines and other sites read of a page.",
        "title": value("str", lambda row: _title(site, row), "For the title element."),
        "description": value(
            "str", lambda row: _description(site, row), "For the description; may be empty."
        ),
        "canonical": value("str | None", url, "Its address; null for what is no page."),
        "hreflang": many("list[SeoAlternate]", _alternates, "It in all its languages."),
        "open_graph": many(
            "list[MetaTag]", lambda row, _: _open_graph(site, row), "See https://ogp.me."
        ),
    }
    return type("SeoAlternate", (), alternate), type("MetaTag", (), tag), type("Seo", (), seo)


def seo_fields(site: Site) -> Mapping[str, Declared]:
    """Return the fields of an entry that search engines are about."""
    return {
        "seo": inside("Seo", lambda entry: entry, "What search engines read of it."),
        "json_ld": seen_value(
            "JSON",
            lambda entry, call: _json_ld(site, entry, call.view),
            "Structured data: the page, and where it stands in the tree of topics.",
        ),
        "json_ld_script": seen_value(
            "str",
            lambda entry, call: ScriptSafe(_json_ld(site, entry, call.view)),
            "The same as text that can stand in a script element as it is.",
        ),
    }


def _title(site: Site, entry: Row) -> Sql:
    before, _, after = site.seo.title.partition("{title}")
    title: Sql = entry.title
    return text(before) + title + text(after)


def _description(site: Site, entry: Row) -> Sql:
    return coalesce(func.nullif(entry.summary, text("")), text(site.seo.description))


def _alternates(entry: Row, call: Call) -> Rows:
    return Rows(
        translation_rows(call.view).relation,
        (lambda other: other.id == entry.id, lambda other: other.path.is_not(None)),
        order=lambda other: (OrderKey(other.locale),),
    )


def _open_graph(site: Site, entry: Row) -> Rows:
    tags = {
        "og:type": text("article"),
        "og:site_name": text(site.name),
        "og:title": entry.title,
        "og:description": _description(site, entry),
        "og:url": text(site.url) + entry.path,
        "og:locale": func.replace(entry.locale, text("-"), text("_")),
        "og:image": text(site.seo.image),
    }
    rows = union_all(
        *(
            select(
                literal_column(str(place)).label("place"),
                text(name).label("property"),
                content.label("content"),
            )
            for place, (name, content) in enumerate(tags.items())
        )
    ).subquery("open_graph")
    is_said = (rows.c.content.is_not(None), rows.c.content != text(""))
    return Rows(Chosen(select(*rows.c).where(*is_said)), order=lambda tag: (OrderKey(tag.place),))


def _json_ld(site: Site, entry: Row, view: View) -> Sql:
    return JsonTuple(_page(site, entry, view), _breadcrumbs(entry))


def _page(site: Site, entry: Row, view: View) -> Sql:
    types = [
        (entry.content_type == text(each.name), text(each.schema_org))
        for each in site.content_types.values()
    ]
    headlines = [
        (entry.content_type == text(each.name), entry.title)
        for each in site.content_types.values()
        if each.schema_org.endswith(_WITH_HEADLINE)
    ]
    review = relations.review(view, entry.edition_id, entry.digest).subquery("reviewed")
    last = func.substr(json_of(review.c.signed_at), 1, literal_column(str(_DAY)))
    return WithoutNulls(
        JsonObject(
            [
                ("@context", text("https://schema.org")),
                ("@type", case(*types, else_=text("WebPage"))),
                ("name", entry.title),
                ("headline", case(*headlines) if headlines else null()),
                ("description", func.nullif(_description(site, entry), text(""))),
                ("url", text(site.url) + entry.path),
                ("inLanguage", entry.locale),
                ("datePublished", json_of(entry.first_published_at)),
                ("dateModified", json_of(entry.published_at)),
                ("author", _author(entry)),
                ("reviewedBy", _reviewers(entry, view)),
                ("lastReviewed", select(last).scalar_subquery()),
            ]
        )
    )


def _author(entry: Row) -> Sql:
    byline = relations.bylines().subquery("byline")
    return (
        select(JsonObject([("@type", text("Person")), ("name", byline.c.name)]))
        .where(byline.c.account_id == entry.author_id)
        .scalar_subquery()
    )


def _reviewers(entry: Row, view: View) -> Sql:
    reviewers = relations.reviewers(view, entry.edition_id, entry.digest)
    reviewer = reviewers.subquery("reviewer")
    person = JsonObject([("@type", text("Person")), ("name", reviewer.c.name)])
    people = JsonArray(person, [reviewer.c.name, reviewer.c.id])
    is_reviewed = func.count() > literal_column("0")
    return select(case((is_reviewed, people))).select_from(reviewer).scalar_subquery()


def _breadcrumbs(entry: Row) -> Sql:
    """Return the way from the root of the tree of topics to the entry."""
    above = relations.ancestors(entry.category_id).subquery("topic")
    steps = union_all(
        select(above.c.name.label("name"), above.c.distance.label("distance")),
        select(entry.title.label("name"), literal_column("0").label("distance")),
    ).subquery("step")
    numbered = select(
        steps.c.name,
        steps.c.distance,
        func.row_number().over(order_by=steps.c.distance.desc()).label("position"),
    ).subquery("numbered")
    item = JsonObject(
        [
            ("@type", text("ListItem")),
            ("position", numbered.c.position),
            ("name", numbered.c.name),
        ]
    )
    return JsonObject(
        [
            ("@context", text("https://schema.org")),
            ("@type", text("BreadcrumbList")),
            (
                "itemListElement",
                select(JsonArray(item, [numbered.c.position])).scalar_subquery(),
            ),
        ]
    )
