"""The sitemap, after https://www.sitemaps.org/protocol.html, with the languages of each page as
https://developers.google.com/search/docs/specialty/international/localized-versions says.
"""

from __future__ import annotations

from typing import Any

from cms.site import Site
from graphql_api.operation import Delivery
from graphql_api.schema.delivery.routes import LARGEST_SITEMAP
from graphql_api.site_files.asking import NoSuchFile, address_of, ask, url_of
from graphql_api.site_files.markup import Element, add, as_bytes, root

_SITEMAP = {
    "xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "xmlns:xhtml": "http://www.w3.org/1999/xhtml",
}
_INDEX = {"xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9"}
_DOCUMENT = """query Sitemap($first: Int!, $skip: Int!) {
  sitemap(first: $first, skip: $skip) {
    totalCount
    nodes { path lastModified alternates { locale path } }
  }
}"""


async def sitemap(delivery: Delivery, site: Site, size: int = LARGEST_SITEMAP) -> bytes:
    """Return the sitemap, or the index of its parts if it has more pages than one part takes.

    Raises:
        NoSuchFile: if the site's declaration does not say where it is.
        RequestFailed: if it takes too long.
    """
    address = address_of(site)
    found = await _pages(delivery, size, 0)
    parts = -(-found["totalCount"] // size)
    return _index(address, parts) if parts > 1 else _sitemap(address, found["nodes"])


async def part_of_sitemap(
    delivery: Delivery, site: Site, number: int, size: int = LARGEST_SITEMAP
) -> bytes:
    """Return a part of the sitemap, counted from 1.

    Raises:
        NoSuchFile: if there is no such part, or the site's declaration does not say where it is.
        RequestFailed: if it takes too long.
    """
    address = address_of(site)
    parts = -(-(await _pages(delivery, 0, 0))["totalCount"] // size)
    if not 1 <= number <= parts:
        raise NoSuchFile(f"The sitemap has {parts} parts; there is no part {number}.")
    found = await _pages(delivery, size, (number - 1) * size)
    return _sitemap(address, found["nodes"])


async def _pages(delivery: Delivery, first: int, skip: int) -> Any:
    response = await ask(delivery, _DOCUMENT, {"first": first, "skip": skip})
    return response["data"]["sitemap"]


def _sitemap(address: str, pages: list[Any]) -> bytes:
    document = root("urlset", _SITEMAP)
    for page in pages:
        url = add(document, "url")
        add(url, "loc", url_of(address, page["path"]))
        add(url, "lastmod", page["lastModified"])
        if len(page["alternates"]) > 1:
            _add_alternates(url, address, page["alternates"])
    return as_bytes(document)


def _add_alternates(url: Element, address: str, alternates: list[Any]) -> None:
    for each in alternates:
        link = {
            "rel": "alternate",
            "hreflang": each["locale"],
            "href": url_of(address, each["path"]),
        }
        add(url, "xhtml:link", attributes=link)


def _index(address: str, parts: int) -> bytes:
    document = root("sitemapindex", _INDEX)
    for number in range(1, parts + 1):
        add(add(document, "sitemap"), "loc", f"{address}/sitemap-{number}.xml")
    return as_bytes(document)
