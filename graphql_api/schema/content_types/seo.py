"""Metadata of a page for search engines and other sites.

Structured data follows https://schema.org: the reviewers and the time of the review are
properties of the page, not of its main entity; they come only from the sign-offs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import ColumnElement, Text, case, func, literal_column, null, select, union_all
from sqlalchemy.sql.functions import coalesce

from cms.content.builtin import CATEGORY
from cms.content.content_type import ContentType
from cms.content.fields import Field, List
from cms.content.fields.computed import shown_as
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.rows import Column, EntryRow
from cms.reading.rows import Row as RelationRow
from cms.reading.view import View
from cms.review import relations as review_relations
from cms.site import Site
from cms.storage.dialects import EncodedPath
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.json_sql import (
    JsonArray,
    JsonConstant,
    JsonObject,
    JsonTuple,
    ScriptSafe,
    WithoutNulls,
    json_of,
    member,
    text,
)
from graphql_api.planner.source import Chosen, Selectable, Sql
from graphql_api.schema.content_types.document import comparable, document_of
from graphql_api.schema.declaring.fields import Declared, many, row_object, seen_value, value
from graphql_api.schema.declaring.row_sources import translation_rows
from graphql_api.schema.declaring.words import word, word_text

# The number of pieces of SQL in structured data; see graphql_api.planner.cost.
_JSON_LD_PARTS = 60
# The endings of those schema.org types that have a headline.
_WITH_HEADLINE = ("Article", "Posting")
_DAY = 10  # characters of an ISO 8601 time


class MetaTagRow(RelationRow):
    """A row of the meta tags of :func:`_open_graph`."""

    place = Column()
    property = Column()
    content = Column()


def seo_types(site: Site) -> tuple[type, ...]:
    """Return the types of ``entry.seo``, whose SQL contains the site's addresses."""
    url = partial(_url, site)
    alternate = {
        "__doc__": "Edition of a page, for hreflang links.",
        "locale": word("Locale", EntryRow.locale, "Locale of the edition."),
        "locale_name": word_text("str", "locale", EntryRow.locale),
        "url": value("str", url, "Absolute URL of the edition."),
    }
    tag = {
        "__doc__": "Open Graph meta tag.",
        "property": value("str", MetaTagRow.property, "Property of the tag: `og:title`."),
        "content": value("str", MetaTagRow.content, "Content of the tag."),
    }
    seo = {
        "__doc__": "Metadata of a page for search engines and other sites.",
        "title": value("str", partial(_title, site), "Text for the `title` element."),
        "description": value(
            "str", partial(_description, site), "Text for the meta description; may be empty."
        ),
        "canonical": value(
            "str | None", url, "Absolute URL of the page; null for an entry without a page."
        ),
        "hreflang": many(
            "list[SeoAlternate]",
            _alternates,
            "Editions in all locales, this one included, for hreflang links.",
        ),
        "open_graph": many(
            "list[MetaTag]",
            partial(_open_graph, site),
            "Meta tags of the Open Graph protocol (https://ogp.me).",
        ),
    }
    return type("SeoAlternate", (), alternate), type("MetaTag", (), tag), type("Seo", (), seo)


def seo_fields(site: Site) -> Mapping[str, Declared]:
    """Return the fields of an entry with metadata for search engines."""
    return {
        "seo": row_object(
            "Seo", lambda entry: entry, "Metadata for search engines and other sites."
        ),
        "json_ld": seen_value(
            "JSON",
            partial(_json_ld, site),
            "Structured data (JSON-LD, https://schema.org): the page, and its breadcrumbs in the "
            "tree of topics.",
            parts=_JSON_LD_PARTS,
        ),
        "json_ld_script": seen_value(
            "str",
            partial(_json_ld_script, site),
            "`jsonLd` as text that is safe inside a `script` element.",
            parts=_JSON_LD_PARTS,
        ),
    }


def _url(site: Site, entry: EntryRow) -> Sql:
    """Return the absolute URL of a page; null for an entry without a page."""
    return _home(site, entry.locale) + EncodedPath(entry.path)


def _home(site: Site, written_in: Sql) -> Sql:
    """Return the URL of the site in a locale."""
    others = [
        (written_in == text(locale), text(site.url_in(locale)))
        for locale in site.locales
        if site.url_in(locale) != site.url
    ]
    return case(*others, else_=text(site.url)) if others else text(site.url)


def _title(site: Site, entry: EntryRow) -> Sql:
    before, _, after = site.seo.title.partition("{title}")
    title: Sql = entry.title
    return _seo_text(site, entry, "title", text(before) + title + text(after))


def _description(site: Site, entry: EntryRow) -> Sql:
    summary = func.nullif(entry.summary, text(""))
    return _seo_text(site, entry, "description", coalesce(summary, text(site.seo.description)))


def _seo_text(site: Site, entry: EntryRow, role: str, otherwise: Sql) -> Sql:
    """Return the value of the entry's field with this ``seo`` role, or another value."""
    values = [
        _if(entry, content_type, comparable(field)(entry))
        for content_type in site.content_types.values()
        for field in content_type.fields.values()
        if field.seo == role
    ]
    return coalesce(case(*values), otherwise) if values else otherwise


def _alternates(entry: EntryRow, call: Call) -> Rows:
    return Rows(
        translation_rows(call.view).relation,
        (lambda other: other.id == entry.id, lambda other: other.path.is_not(None)),
        order=lambda other: (OrderKey(other.locale),),
    )


def _open_graph(site: Site, entry: EntryRow, call: Call) -> Rows:
    tags = {
        "og:type": text("article"),
        "og:site_name": text(site.name),
        "og:title": _seo_text(site, entry, "title", entry.title),
        "og:description": _description(site, entry),
        "og:url": _url(site, entry),
        "og:locale": _og_locale(entry.locale),
        "og:image": _seo_text(site, entry, "image", text(site.seo.image)),
        "article:published_time": json_of(entry.first_published_at),
        "article:modified_time": json_of(entry.published_at),
    }
    translations = relations.translations(call.view)
    others = narrowed(translations, ("id", "locale", "path")).subquery("in_other_language")
    alternates: Selectable = select(
        literal_column(str(len(tags))).label("place"),
        text("og:locale:alternate").label("property"),
        _og_locale(others.c.locale).label("content"),
    ).where(others.c.id == entry.id, others.c.locale != entry.locale, others.c.path.is_not(None))
    rows = union_all(
        *(
            select(
                literal_column(str(place)).label("place"),
                text(name).label("property"),
                content.label("content"),
            )
            for place, (name, content) in enumerate(tags.items())
        ),
        alternates,
    ).subquery("open_graph")
    is_set = (rows.c.content.is_not(None), rows.c.content != text(""))
    return Rows(
        Chosen(select(*rows.c).where(*is_set)),
        order=lambda tag: (OrderKey(tag.place), OrderKey(tag.content)),
    )


def _og_locale(locale: Sql) -> Sql:
    return func.replace(locale, text("-"), text("_"), type_=Text())


def _json_ld(site: Site, entry: EntryRow, call: Call) -> Sql:
    return JsonTuple(_page(site, entry, call.view), _breadcrumbs(site, entry, call.view))


def _json_ld_script(site: Site, entry: EntryRow, call: Call) -> Sql:
    return ScriptSafe(_json_ld(site, entry, call))


def _page(site: Site, entry: EntryRow, view: View) -> Sql:
    """Return the page, with its main entity if that is not the page itself."""
    types = site.content_types.values()
    pages = [_if(entry, each, text(each.schema_org)) for each in types if each.is_web_page()]
    things = [_if(entry, each, _thing(site, entry, each, view)) for each in types]
    review = review_relations.review(view, entry).subquery("last_review")
    last = func.substr(json_of(review.c.signed_at), 1, literal_column(str(_DAY)))
    return WithoutNulls(
        JsonObject(
            [
                ("@context", text("https://schema.org")),
                ("@type", case(*pages, else_=text("WebPage")) if pages else text("WebPage")),
                *_name_properties(site, entry),
                ("inLanguage", entry.locale),
                *_publication_properties(entry, view),
                ("reviewedBy", _reviewers(entry, view)),
                ("lastReviewed", select(last).scalar_subquery()),
                ("mainEntity", case(*things)),
            ]
        )
    )


def _if(
    entry: EntryRow, content_type: type[ContentType], value: Sql
) -> tuple[ColumnElement[bool], Sql]:
    return entry.content_type == text(content_type.stored_name), value


def _name_properties(site: Site, entry: EntryRow) -> list[tuple[str, Sql]]:
    return [
        ("name", entry.title),
        ("description", func.nullif(_description(site, entry), text(""))),
        ("url", _url(site, entry)),
    ]


def _publication_properties(entry: EntryRow, view: View) -> list[tuple[str, Sql]]:
    return [
        ("datePublished", json_of(entry.first_published_at)),
        ("dateModified", json_of(entry.published_at)),
        ("author", _author(entry, view)),
    ]


def _thing(site: Site, entry: EntryRow, content_type: type[ContentType], view: View) -> Sql:
    """Return the main entity of a page; null where that is the page itself."""
    if content_type.is_web_page():
        return null()
    is_article = content_type.schema_org.endswith(_WITH_HEADLINE)
    article = (
        [("headline", entry.title), *_publication_properties(entry, view)] if is_article else []
    )
    properties = [
        (field.schema_org, _property(entry, field))
        for field in content_type.fields.values()
        if field.schema_org
    ]
    return JsonObject(
        [
            ("@type", text(content_type.schema_org)),
            *_name_properties(site, entry),
            *article,
            *properties,
        ]
    )


def _property(entry: EntryRow, field: Field) -> Sql:
    if not isinstance(shown_as(field), List):
        return json_of(comparable(field)(entry))
    items, none = member(document_of(entry).json, field.stored_name), JsonConstant(b"[]", "jsonb")
    return case((items != none, items))


def _author(entry: EntryRow, view: View) -> Sql:
    byline = narrowed(relations.people(view), ("id", "title")).subquery("byline")
    return (
        select(JsonObject([("@type", text("Person")), ("name", byline.c.title)]))
        .where(byline.c.id == entry.byline_id)
        .scalar_subquery()
    )


def _reviewers(entry: EntryRow, view: View) -> Sql:
    found = review_relations.reviewers(view, entry)
    reviewer = narrowed(found, ("id", "title", "title_key")).subquery("reviewer")
    person = JsonObject([("@type", text("Person")), ("name", reviewer.c.title)])
    people = JsonArray(person, [reviewer.c.title_key, reviewer.c.id])
    is_reviewed = func.count() > literal_column("0")
    return select(case((is_reviewed, people))).select_from(reviewer).scalar_subquery()


def _breadcrumbs(site: Site, entry: EntryRow, view: View) -> Sql:
    """Return the breadcrumbs from the root of the tree of topics to the entry."""
    is_category = entry.content_type == text(CATEGORY)
    topic = case((is_category, entry.id), else_=entry.category_id)
    lineage = narrowed(
        relations.lineage(view, topic), ("id", "title", "distance", "path", "locale")
    )
    above = lineage.subquery("topic")
    steps = union_all(
        select(above.c.title, above.c.distance, above.c.path, above.c.locale).where(
            above.c.id != entry.id
        ),
        # The last step needs no address, since it is the page itself.
        select(entry.title, literal_column("-1"), null(), entry.locale),
    ).subquery("step")
    numbered = select(
        steps.c.title,
        steps.c.path,
        steps.c.locale,
        func.row_number().over(order_by=steps.c.distance.desc()).label("position"),
    ).subquery("numbered")
    item = JsonObject(
        [
            ("@type", text("ListItem")),
            ("position", numbered.c.position),
            ("name", numbered.c.title),
            ("item", _home(site, numbered.c.locale) + EncodedPath(numbered.c.path)),
        ]
    )
    return JsonObject(
        [
            ("@context", text("https://schema.org")),
            ("@type", text("BreadcrumbList")),
            (
                "itemListElement",
                select(JsonArray(WithoutNulls(item), [numbered.c.position])).scalar_subquery(),
            ),
        ]
    )
