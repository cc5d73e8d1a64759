"""Attributes of kramdown: https://kramdown.gettalong.org/syntax.html#attribute-list-definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cms.importing.site.body import Body, Edit
from cms.importing.site.faults import FaultKind
from cms.importing.site.syntax.conversion import Conversion

_TOC = re.compile(r"^[ \t]*(?:[*-]|1\.)[ \t]+[^\n]*\n\{:\s*toc[^}]*\}[ \t]*$", re.MULTILINE)
_BLOCK = re.compile(r"^[ \t>]*\{:(?P<inner>[^}\n]*)\}[ \t]*$", re.MULTILINE)
_SPAN = re.compile(r"(?<=[)\]*_`>])\{:(?P<inner>[^}\n]*)\}")
_ID = re.compile(r"#([\w:.-]+)")
_HEADING = re.compile(r"^#{1,6}[ \t]+.*[^}\s][ \t]*$")
_MARKDOWN = re.compile(
    r"(<(?:div|section|aside|details)\b[^>]*?)\s+markdown=[\"']?(?:1|block)[\"']?([^>]*>)"
)


def without_attributes(body: Body, page: Conversion) -> Body:
    """Return a text without attribute lists; ids of headings become ids of Markdown."""
    if "{:" in body.text:
        body = body.edited((*each.span(), "") for each in _TOC.finditer(body.text))
        body = body.edited(_blocks(body, page))
        spans = _SPAN.finditer(body.text)
        body = body.edited((*each.span(), "") for each in spans if not body.is_code(each.start()))
    if "markdown=" not in body.text:
        return body
    found = _MARKDOWN.finditer(body.text)
    return body.edited((*each.span(), f"{each[1]}{each[2]}\n") for each in found)


def _blocks(body: Body, page: Conversion) -> Iterator[Edit]:
    for each in _BLOCK.finditer(body.text):
        if body.is_code(each.start()):
            continue
        before = body.text[: max(each.start() - 1, 0)]
        heading = before.rpartition("\n")[2]
        own = _ID.search(each["inner"])
        if own is not None and _HEADING.match(heading):
            yield each.start() - 1, each.end(), f" {{#{own[1]}}}"
            continue
        if own is not None:
            message = f"the id {own[1]!r} is left out: only headings have ids"
            page.report(body, each.start(), FaultKind.CHANGED, message)
        yield max(each.start() - 1, 0), each.end(), ""
