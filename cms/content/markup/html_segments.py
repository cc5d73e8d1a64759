"""HTML split at its internal links, so that each link gets its target's current path."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape, unescape

from cms.content.canonical_json import Json, JsonObject
from cms.content.links import Targets, suffix_of, target_of
from cms.content.markup.html_tags import TAG, VALUE


def segments_of(html: str, targets: Targets) -> list[Json] | None:
    """Return HTML as a list of segments, with a separate segment for each internal address.

    A segment is unchanged HTML, ``{"text": …}``, or an address: ``entry`` is the id of its target,
    ``suffix`` (query and fragment) is appended to the target's path, and ``href`` is the original
    address, for readers who cannot see the target. All values are escaped for HTML.

    Args:
        html: sanitised HTML.
        targets: ids of the entries that the addresses in it lead to.

    Returns:
        ``None`` if no link in it leads to an entry.
    """
    segments: list[Json] = []
    end = 0
    for start, stop, href in _hrefs(html):
        address = unescape(href)
        target = target_of(address, targets)
        if target is not None:
            suffix = escape(suffix_of(address))
            piece: JsonObject = {"entry": target, "suffix": suffix, "href": href}
            segments += [{"text": html[end:start]}, piece]
            end = stop
    return [*segments, {"text": html[end:]}] if segments else None


def _hrefs(html: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start, the end and the text of each link's address."""
    for tag in TAG.finditer(html):
        if tag["name"] != "a" or tag["slash"]:
            continue
        for attribute in VALUE.finditer(html, *tag.span("attributes")):
            if attribute[1] == "href":
                yield (*attribute.span(2), attribute[2])
