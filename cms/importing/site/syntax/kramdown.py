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
# Elements of text, which begin a paragraph there, and HTML in CommonMark if the line has no words.
_INLINE = re.compile(
    r"(?:\A|\n[ \t]*\n)[ \t]*<(?:a|abbr|b|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|label|mark|q"
    r"|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var)\b[^<>\n]*>(?P<end>[ \t]*\n)(?=[^\n])",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^ {0,3}<(?P<tag>address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset"
    r"|figcaption|figure|footer|form|h[1-6]|header|li|main|nav|ol|p|pre|section|summary|table"
    r"|tbody|td|tfoot|th|thead|tr|ul)\b[^<>]*>",
    re.IGNORECASE | re.MULTILINE,
)
_TAG = re.compile(r"<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
_BLANK = re.compile(r"\n(?:[ \t]*\n)+")
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
    if "<" in body.text:
        starts = _INLINE.finditer(body.text)
        body = body.edited(
            (*each.span("end"), "") for each in starts if not body.is_code(each.start("end"))
        )
        body = body.edited(_blank_lines(body))
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


def _blank_lines(body: Body) -> Iterator[Edit]:
    """Yield edits that remove blank lines in blocks of HTML, which end there in CommonMark."""
    end = 0
    for opening in _OPENING.finditer(body.text):
        if opening.start() < end or body.is_code(opening.start()):
            continue
        close = _end_of(body.text, opening)
        if close is None:  # so is each that follows, mostly, and looking for their ends takes long
            return
        end = close
        inside = body.text[opening.start() : end]
        if "markdown=" not in inside:
            is_code = "<pre" in inside.lower()  # where a blank line is one
            for blank in _BLANK.finditer(body.text, opening.end(), end):
                lines = blank[0].count("\n") - 1
                yield *blank.span(), "\n" + "&#10;" * lines if is_code else "\n"


def _end_of(text: str, opening: re.Match[str]) -> int | None:
    """Return where the element of an opening tag ends; ``None`` if it does not."""
    depth = 1
    for tag in _TAG.finditer(text, opening.end()):
        if tag["tag"].lower() == opening["tag"].lower():
            depth += -1 if tag["end"] else 1
            if depth == 0:
                return tag.end()
    return None
