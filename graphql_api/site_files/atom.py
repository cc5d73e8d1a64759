"""Feeds as Atom: https://www.rfc-editor.org/rfc/rfc4287."""

from __future__ import annotations

from graphql_api.http.response import ATOM
from graphql_api.site_files.feed import Feed, FeedItem
from graphql_api.site_files.markup import Element, add, as_bytes, root

_NEVER = "1970-01-01T00:00:00Z"  # the time of the last change of a feed without items


def atom(feed: Feed) -> bytes:
    """Return a feed as an Atom document."""
    attributes = {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": feed.locale}
    document = root("feed", attributes)
    add(document, "id", feed.url)
    add(document, "title", feed.title)
    add(document, "updated", max((each.updated for each in feed.items), default=_NEVER))
    add(document, "link", attributes={"rel": "self", "type": ATOM, "href": feed.url})
    add(document, "link", attributes={"rel": "alternate", "type": "text/html", "href": feed.home})
    add(document, "generator", "Copydesk")
    # The author of entries without authors of their own.
    add(add(document, "author"), "name", feed.site)
    for item in feed.items:
        _add_entry(document, item)
    return as_bytes(document)


def _add_entry(document: Element, item: FeedItem) -> None:
    entry = add(document, "entry", attributes={"xml:lang": item.locale})
    add(entry, "id", item.id)
    add(entry, "title", item.title)
    add(entry, "link", attributes={"rel": "alternate", "type": "text/html", "href": item.url})
    add(entry, "published", item.published)
    add(entry, "updated", item.updated)
    if item.author is not None:
        add(add(entry, "author"), "name", item.author)
    for name in item.reviewers:
        add(add(entry, "contributor"), "name", name)
    for tag in item.tags:
        add(entry, "category", attributes={"term": tag})
    if item.summary or item.html is None:
        add(entry, "summary", item.summary)
    if item.html is not None:
        add(entry, "content", item.html, {"type": "html"})
