"""Metadata of a page for search engines and other sites."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import ColumnElement, Text, case, func, literal_column, null, select, union_all
from sqlalchemy.sql.functions import coalesce

from cms.content.content_type import ContentType
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.rows import Column, EntryRow
from cms.reading.rows import Row as RelationRow
from cms.site import Site
from cms.storage.dialects import EncodedPath
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.json_sql import (
    json_of,
    text,
)
from graphql_api.planner.source import Chosen, Selectable, Sql
from graphql_api.schema.content_types.document import comparable
from graphql_api.schema.declaring.fields import Declared, many, row_object, value
from graphql_api.schema.declaring.words import word, word_text
from graphql_api.schema.delivery.hreflang import LANGUAGE, HreflangRow, hreflang_rows


class MetaTagRow(RelationRow):
    """A row of the meta tags of :func:`_open_graph`."""

    place = Column()
    property = Column()
    content = Column()


def seo_types(site: Site) -> tuple[type, ...]:
    """Return the types of ``entry.seo``, whose SQL contains the site's addresses."""
    url = partial(page_url, site)
    alternate = {
        "__doc__": "Edition of a page, for hreflang links.",
        "language": LANGUAGE,
        "locale": word("Locale", HreflangRow.locale, "Locale of the edition."),
        "locale_name": word_text("str", "locale", HreflangRow.locale),
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
            "str", partial(description_of, site), "Text for the meta description; may be empty."
        ),
        "canonical": value(
            "str | None", url, "Absolute URL of the page; null for an entry without a page."
        ),
        "hreflang": many(
            "list[SeoAlternate]",
            hreflang_rows(site),
            "Editions of a page in several locales, this one included, and then `x-default`.",
        ),
        "open_graph": many(
            "list[MetaTag]",
            partial(_open_graph, site),
            "Meta tags of the Open Graph protocol (https://ogp.me).",
        ),
    }
    return type("SeoAlternate", (), alternate), type("MetaTag", (), tag), type("Seo", (), seo)


def seo_fields() -> Mapping[str, Declared]:
    """Return the fields of an entry with metadata for search engines."""
    return {
        "seo": row_object(
            "Seo", lambda entry: entry, "Metadata for search engines and other sites."
        ),
    }


def page_url(site: Site, entry: EntryRow | HreflangRow) -> Sql:
    """Return the absolute URL of a page; null for an entry without a page."""
    return home_of(site, entry.locale) + EncodedPath(entry.path)


def home_of(site: Site, written_in: Sql) -> Sql:
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


def description_of(site: Site, entry: EntryRow) -> Sql:
    """Return the description of a page; may be empty."""
    summary = func.nullif(entry.summary, text(""))
    return _seo_text(site, entry, "description", coalesce(summary, text(site.seo.description)))


def _seo_text(site: Site, entry: EntryRow, role: str, otherwise: Sql) -> Sql:
    """Return the value of the entry's field with this ``seo`` role, or another value."""
    values = [
        if_type(entry, content_type, comparable(field)(entry))
        for content_type in site.content_types.values()
        for field in content_type.fields.values()
        if field.seo == role
    ]
    return coalesce(case(*values), otherwise) if values else otherwise


def _open_graph(site: Site, entry: EntryRow, call: Call) -> Rows:
    tags = {
        "og:type": text("article"),
        "og:site_name": text(site.name),
        "og:title": _seo_text(site, entry, "title", entry.title),
        "og:description": description_of(site, entry),
        "og:url": page_url(site, entry) if site.url else null(),
        "og:locale": _og_locale(entry.locale),
        "og:image": _seo_text(site, entry, "image", _image(site, entry)),
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


def _image(site: Site, entry: EntryRow) -> Sql:
    """Return the absolute URL of the site's picture for previews; null if it has none."""
    if not site.seo.image.startswith("/"):
        return text(site.seo.image)
    return home_of(site, entry.locale) + text(site.seo.image) if site.url else null()


def _og_locale(locale: Sql) -> Sql:
    return func.replace(locale, text("-"), text("_"), type_=Text())


def if_type(
    entry: EntryRow, content_type: type[ContentType], value: Sql
) -> tuple[ColumnElement[bool], Sql]:
    """Return a branch of a ``case``: a value for entries of a content type."""
    return entry.content_type == text(content_type.stored_name), value
