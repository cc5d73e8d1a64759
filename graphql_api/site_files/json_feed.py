"""Feeds as JSON: https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

from typing import Any

import orjson

from graphql_api.site_files.feed import Feed, FeedItem


def json_feed(feed: Feed) -> bytes:
    """Return a feed as a JSON Feed."""
    return orjson.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.home,
            "feed_url": feed.url,
            "language": feed.locale,
            "authors": [{"name": feed.site}],
            "items": [_item(item) for item in feed.items],
        }
    )


def _item(item: FeedItem) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "summary": item.summary,
        "date_published": item.published,
        "date_modified": item.updated,
        "language": item.locale,
        "tags": item.tags,
        "authors": [{"name": item.author}] if item.author is not None else [],
        # An extension is an object whose name begins with an underscore.
        "_review": {"reviewers": [{"name": each} for each in item.reviewers]}
        if item.reviewers
        else None,
    }
    # An item needs content; without any, the summary takes its place.
    text = {"content_text": item.summary}
    content = text if item.html is None else {"content_html": item.html}
    return {**{name: value for name, value in shown.items() if value}, **content}
