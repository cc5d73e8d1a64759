"""What search engines read of an entry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cms.content.builtin import CATEGORY
from cms.site import Site
from tests.references.thing import Thing

if TYPE_CHECKING:
    from tests.reference import Reference


def fields(reference: Reference, entry: Thing) -> Mapping[str, Any]:
    """Return the fields of an entry that search engines are about."""
    return {
        "seo": lambda: Thing("Seo", _seo(reference, entry)),
        "jsonLd": lambda: _json_ld(reference, entry),
        "jsonLdScript": lambda: json.dumps(_json_ld(reference, entry)).replace("<", "\\u003c"),
    }


def _seo(reference: Reference, entry: Thing) -> dict[str, Any]:
    site, values = reference.site, entry.values
    return {
        "title": _own(site, values, "title") or site.seo.title.replace("{title}", values["title"]),
        "description": _description(site, values),
        "canonical": _url(reference, entry),
        "hreflang": [
            Thing("SeoAlternate", {**each.values, "url": _url(reference, each)})
            for each in alternates(reference, values["id"])
        ],
        "openGraph": [
            Thing("MetaTag", {"property": name, "content": content})
            for name, content in _open_graph(reference, entry)
            if content
        ],
    }


def alternates(reference: Reference, entry_id: str) -> list[Thing]:
    """Return the editions of a page by language, if there are several; then the default one."""
    every = reference.in_all_languages(entry_id)
    pages = [each for each in every if each.values["path"] is not None]
    if len(pages) <= 1:
        return []
    first = min(pages, key=lambda each: reference.site.locales.index(each.values["locale"]))
    return [
        Thing("Alternate", {**each.values, "language": language})
        for each, language in (
            *((each, each.values["locale"]) for each in pages),
            (first, "x-default"),
        )
    ]


def _own(site: Site, values: Mapping[str, Any], what: str) -> str | None:
    """Return what a field of the entry says."""
    fields = site.content_type(values["type"]).fields.items()
    return next((values[_camel(name)]() for name, field in fields if field.seo == what), None)


def _description(site: Site, values: Mapping[str, Any]) -> str:
    own = _own(site, values, "description")
    return str(own or values["summary"] or site.seo.description)


def _url(reference: Reference, entry: Thing) -> str | None:
    path = entry.values["path"]
    if path is None:
        return None
    return reference.site.addresses.urls[entry.values["locale"]] + _encoded(path)


def _encoded(path: str) -> str:
    return "".join(
        char
        if char.isascii() and (char.isalnum() or char in "/-._~:@!$&'()*+,;=")
        else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in path
    )


def _open_graph(reference: Reference, entry: Thing) -> Iterator[tuple[str, str | None]]:
    site, values = reference.site, entry.values
    yield "og:type", "article"
    yield "og:site_name", site.name
    yield "og:title", _own(site, values, "title") or values["title"]
    yield "og:description", _description(site, values)
    yield "og:url", _url(reference, entry)
    yield "og:locale", values["locale"].replace("-", "_")
    yield "og:image", _own(site, values, "image") or site.seo.image
    yield "article:published_time", _moment(values["firstPublishedAt"])
    yield "article:modified_time", _moment(values["publishedAt"])
    for each in reference.in_all_languages(values["id"]):
        if each.values["path"] is not None and each.values["locale"] != values["locale"]:
            yield "og:locale:alternate", each.values["locale"].replace("-", "_")


def _json_ld(reference: Reference, entry: Thing) -> list[Any]:
    return [_page(reference, entry), _breadcrumbs(reference, entry)]


def _page(reference: Reference, entry: Thing) -> dict[str, Any]:
    site, values = reference.site, entry.values
    schema_org = site.content_type(values["type"]).schema_org
    author, reviewed = values["@author"](), values["@reviewedAt"]()
    named = {
        "name": values["title"],
        "description": _description(site, values) or None,
        "url": _url(reference, entry),
    }
    published = {
        "datePublished": _moment(values["firstPublishedAt"]),
        "dateModified": _moment(values["publishedAt"]),
        "author": _person(author) if author is not None else None,
    }
    thing: dict[str, Any] | None = None
    if not schema_org.endswith("Page"):
        is_article = schema_org.endswith(("Article", "Posting"))
        article = {"headline": values["title"], **published} if is_article else {}
        thing = {"@type": schema_org, **named, **article, **_properties(site, values)}
    return _said(
        {
            "@context": "https://schema.org",
            "@type": schema_org if thing is None else "WebPage",
            **named,
            "inLanguage": values["locale"],
            **published,
            "reviewedBy": [_person(each) for each in values["@reviewers"]()] or None,
            "lastReviewed": _moment(reviewed)[:10] if reviewed is not None else None,
            "mainEntity": _said(thing) if thing is not None else None,
        }
    )


def _properties(site: Site, values: Mapping[str, Any]) -> dict[str, Any]:
    fields = site.content_type(values["type"]).fields
    said = {
        field.schema_org: values[_camel(name)]()
        for name, field in fields.items()
        if field.schema_org
    }
    return {name: value for name, value in said.items() if value != []}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _said(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _breadcrumbs(reference: Reference, entry: Thing) -> dict[str, Any]:
    category = entry if entry.typename == CATEGORY else entry.values["category"]()
    above = category.values["ancestors"]() if category is not None else []
    above += [category] if category not in {None, entry} else []
    steps = [(each.values["title"], _url(reference, each)) for each in above]
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            _said({"@type": "ListItem", "position": position, "name": name, "item": url})
            for position, (name, url) in enumerate([*steps, (entry.values["title"], None)], 1)
        ],
    }


def _person(person: Thing) -> dict[str, str]:
    return {"@type": "Person", "name": person.values["title"]}


def _moment(value: datetime) -> str:
    shown = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")
