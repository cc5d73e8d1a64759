"""What search engines read of an entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cms.content.site import Site
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
        "title": site.seo.title.replace("{title}", values["title"]),
        "description": values["summary"] or site.seo.description,
        "canonical": _url(reference, entry),
        "hreflang": [
            Thing("SeoAlternate", {"locale": each.values["locale"], "url": _url(reference, each)})
            for each in reference.in_all_languages(values["id"])
            if each.values["path"] is not None
        ],
        "openGraph": [
            Thing("MetaTag", {"property": name, "content": content})
            for name, content in _open_graph(reference, entry).items()
            if content
        ],
    }


def _url(reference: Reference, entry: Thing) -> str | None:
    path = entry.values["path"]
    return None if path is None else reference.site.url + path


def _open_graph(reference: Reference, entry: Thing) -> dict[str, str | None]:
    site, values = reference.site, entry.values
    return {
        "og:type": "article",
        "og:site_name": site.name,
        "og:title": values["title"],
        "og:description": values["summary"] or site.seo.description,
        "og:url": _url(reference, entry),
        "og:locale": values["locale"].replace("-", "_"),
        "og:image": site.seo.image,
    }


def _json_ld(reference: Reference, entry: Thing) -> list[Any]:
    return [_page(reference, entry), _breadcrumbs(entry)]


def _headline(site: Site, values: Mapping[str, Any]) -> str | None:
    is_article = site.content_type(values["type"]).schema_org.endswith(("Article", "Posting"))
    return values["title"] if is_article else None


def _page(reference: Reference, entry: Thing) -> dict[str, Any]:
    site, values = reference.site, entry.values
    author = values["@author"]()
    reviewed = values["@reviewedAt"]()
    page = {
        "@context": "https://schema.org",
        "@type": site.content_type(values["type"]).schema_org,
        "name": values["title"],
        "headline": _headline(site, values),
        "description": values["summary"] or site.seo.description or None,
        "url": _url(reference, entry),
        "inLanguage": values["locale"],
        "datePublished": _moment(values["firstPublishedAt"]),
        "dateModified": _moment(values["publishedAt"]),
        "author": _person(author) if author is not None else None,
        "reviewedBy": [_person(each) for each in values["@reviewers"]()] or None,
        "lastReviewed": _moment(reviewed)[:10] if reviewed is not None else None,
    }
    return {name: value for name, value in page.items() if value is not None}


def _breadcrumbs(entry: Thing) -> dict[str, Any]:
    category = entry.values["category"]()
    above = [*category.values["ancestors"](), category] if category is not None else []
    names = [*(each.values["name"] for each in above), entry.values["title"]]
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name}
            for position, name in enumerate(names, 1)
        ],
    }


def _person(person: Thing) -> dict[str, str]:
    return {"@type": "Person", "name": person.values["name"]}


def _moment(value: datetime) -> str:
    shown = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")
