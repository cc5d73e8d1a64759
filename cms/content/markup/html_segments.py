"""HTML split at its internal links, so that each link gets its target's current path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from cms.content.canonical_json import Json, JsonObject
from cms.content.links import EntriesByPath, decoded_address, target_fields

# In sanitised HTML every attribute value is in double quotes and contains none.
_ATTRIBUTE = r'\s+[^\s="<>/]+="[^"]*"'
_TAG = re.compile(rf"<(\w+)((?:{_ATTRIBUTE})*)\s*/?>")
_VALUE = re.compile(r'\s+([^\s="<>/]+)="([^"]*)"')


def segments_of(html: str, entries: EntriesByPath) -> list[Json] | None:
    """Return HTML as a list of segments, with a separate segment for each internal address.

    A segment is unchanged HTML, ``{"text": …}``, or an address: ``entry`` is the id of its target,
    ``fragment`` is appended to the target's path, and ``href`` is the original address, for readers
    who cannot see the target. All values are escaped for HTML.

    Args:
        html: sanitised HTML.
        entries: ids of the entries at the site paths in it.

    Returns:
        ``None`` if no link in it leads to an entry.
    """
    segments: list[Json] = []
    end = 0
    for start, stop, href in _hrefs(html):
        address = unescape(href)
        target, _, _ = target_fields(decoded_address(address), entries)
        if target is not None:
            fragment = address.partition("#")[2]
            anchor = f"#{escape(fragment)}" if fragment else ""
            piece: JsonObject = {"entry": target, "fragment": anchor, "href": href}
            segments += [{"text": html[end:start]}, piece]
            end = stop
    return [*segments, {"text": html[end:]}] if segments else None


def _hrefs(html: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start, the end and the text of each link's address."""
    for tag in _TAG.finditer(html):
        if tag[1] != "a":
            continue
        for attribute in _VALUE.finditer(html, *tag.span(2)):
            if attribute[1] == "href":
                yield (*attribute.span(2), attribute[2])
