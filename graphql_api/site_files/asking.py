"""How files get what they show: a fixed document, answered as any reader's would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from cms.errors import CopydeskError
from cms.site import Site
from graphql_api.http.limits import Limits
from graphql_api.http.request import GraphQLRequest
from graphql_api.operation import Delivery

# The documents are the site's own, not a client's; what they ask for has limits in itself.
LIMITS = Limits(tokens=100_000, fields=100_000, parts=100_000, cost=100_000_000)


class NoSuchFile(CopydeskError):
    """The site has no such file. The message says why, and what to do about it."""


async def ask(delivery: Delivery, document: str, variables: Mapping[str, Any]) -> Any:
    """Return the whole response to a document.

    Raises:
        DatabaseError: if the database fails, or it takes too long.
    """
    return orjson.loads(await delivery.answer(GraphQLRequest(document, None, variables)))


def url_of(home: str, path: str) -> str:
    """Return the URL of a page; letters that no URL may hold are escaped (RFC 3986)."""
    return home + quote(path)


def address_of(site: Site) -> str:
    """Return where the site is, without a slash at the end.

    Raises:
        NoSuchFile: if its declaration does not say.
    """
    if not site.url:
        message = (
            f"The declaration of {site.name} has no url, so its pages have no absolute "
            'addresses; add url="https://…" to Site(…).'
        )
        raise NoSuchFile(message)
    return site.url
