"""The sitemap, as in https://www.sitemaps.org/protocol.html, with the locales of each page as in
https://developers.google.com/search/docs/specialty/international/localized-versions.
"""

from __future__ import annotations

from typing import Any

from graphql_api.delivery import Delivery
from graphql_api.schema.delivery.routes import LARGEST_SITEMAP
from graphql_api.site_files.addresses import Addresses, NoSuchFile
from graphql_api.site_files.markup import Element, add, as_bytes, root
from graphql_api.site_files.queries import query

_SITEMAP = {
    "xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "xmlns:xhtml": "http://www.w3.org/1999/xhtml",
}
_INDEX = {"xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9"}
# Categories and people have pages too where the site declares a path for them.
_DOCUMENT = """query Sitemap($types: [EntryType!]!, $first: Int!, $skip: Int!) {
  sitemap(where: {type: {in: $types}}, first: $first, skip: $skip) {
    totalCount
    nodes { path localeName lastModified alternates { language localeName path } }
  }
}"""


async def sitemap(delivery: Delivery, addresses: Addresses, size: int = LARGEST_SITEMAP) -> bytes:
    """Return the sitemap, or the index of its parts if one part is too small.

    Raises:
        RequestFailed: if it takes too long.
    """
    found = await _pages(delivery, addresses, size, 0)
    parts = -(-found["totalCount"] // size)
    return _index(addresses, parts) if parts > 1 else _sitemap(addresses, found["nodes"])


async def part_of_sitemap(
    delivery: Delivery, addresses: Addresses, number: int, size: int = LARGEST_SITEMAP
) -> bytes:
    """Return a part of the sitemap by number, from 1.

    Raises:
        NoSuchFile: if there is no such part.
        RequestFailed: if it takes too long.
    """
    parts = -(-(await _pages(delivery, addresses, 0, 0))["totalCount"] // size)
    if not 1 <= number <= parts:
        raise NoSuchFile(f"The sitemap has {parts} parts; there is no part {number}.")
    found = await _pages(delivery, addresses, size, (number - 1) * size)
    return _sitemap(addresses, found["nodes"])


async def _pages(delivery: Delivery, addresses: Addresses, first: int, skip: int) -> Any:
    types = [each.name for each in addresses.site.content_types.values() if each.path is not None]
    response = await query(delivery, _DOCUMENT, {"types": types, "first": first, "skip": skip})
    return response["data"]["sitemap"]


def _sitemap(addresses: Addresses, pages: list[Any]) -> bytes:
    document = root("urlset", _SITEMAP)
    for page in pages:
        url = add(document, "url")
        add(url, "loc", addresses.page(page["path"], page["localeName"]))
        add(url, "lastmod", page["lastModified"])
        _add_alternates(url, addresses, page["alternates"])
    return as_bytes(document)


def _add_alternates(url: Element, addresses: Addresses, alternates: list[Any]) -> None:
    for each in alternates:
        link = {
            "rel": "alternate",
            "hreflang": each["language"],
            "href": addresses.page(each["path"], each["localeName"]),
        }
        add(url, "xhtml:link", attributes=link)


def _index(addresses: Addresses, parts: int) -> bytes:
    document = root("sitemapindex", _INDEX)
    for number in range(1, parts + 1):
        add(add(document, "sitemap"), "loc", f"{addresses.files}/sitemap-{number}.xml")
    return as_bytes(document)
