"""The internal links in HTML, set apart from it, so that each can lead where its target is now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from cms.content.canonical_json import Json, JsonObject
from cms.content.links import EntriesByPath, target_fields

# In sanitised HTML every attribute has a value between double quotes, which it cannot hold.
_ATTRIBUTE = r'\s+[^\s="<>/]+="[^"]*"'
_TAG = re.compile(rf"<(\w+)((?:{_ATTRIBUTE})*)\s*/?>")
_VALUE = re.compile(r'\s+([^\s="<>/]+)="([^"]*)"')


def segments_of(html: str, entries: EntriesByPath) -> list[Json] | None:
    """Return HTML in pieces, with the address of each internal link a piece of its own.

    A piece is ``{"text": …}``, which stays as it is, or an address: ``{"entry": …}`` says where
    it leads, ``fragment`` what is appended to the path, and ``href`` what was written, which is
    all that is left where the entry cannot be seen. All of them are HTML already.

    Args:
        html: sanitised HTML.
        entries: the ids of the entries at the site paths in it.

    Returns:
        ``None`` if no link in it leads to an entry.
    """
    segments: list[Json] = []
    end = 0
    for start, stop, href in _hrefs(html):
        target, fragment, _ = target_fields(unescape(href), entries)
        if target is not None:
            anchor = f"#{escape(fragment)}" if fragment else ""
            address: JsonObject = {"entry": target, "fragment": anchor, "href": href}
            segments += [{"text": html[end:start]}, address]
            end = stop
    return [*segments, {"text": html[end:]}] if segments else None


def _hrefs(html: str) -> Iterator[tuple[int, int, str]]:
    """Yield where the address of each link starts and ends, and the address."""
    for tag in _TAG.finditer(html):
        if tag[1] != "a":
            continue
        for attribute in _VALUE.finditer(html, *tag.span(2)):
            if attribute[1] == "href":
                yield (*attribute.span(2), attribute[2])
