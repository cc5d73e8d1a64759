"""Attributes of kramdown: https://kramdown.gettalong.org/syntax.html#attribute-list-definitions."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from itertools import zip_longest

from cms.importing.site.body import Body, Edit, covers
from cms.importing.site.faults import FaultKind
from cms.importing.site.syntax.conversion import Conversion

_TOC = re.compile(r"^[ \t]*(?:[*-]|1\.)[ \t]+[^\n]*\n\{:\s*toc[^}]*\}[ \t]*$", re.MULTILINE)
_BLOCK = re.compile(r"^[ \t>]*\{:(?P<inner>[^}\n]*)\}[ \t]*$", re.MULTILINE)
_SPAN = re.compile(r"(?<=[)\]*_`>])\{:(?P<inner>[^}\n]*)\}")
_ID = re.compile(r"#([\w:.-]+)")
_HEADING = re.compile(r"^#{1,6}[ \t]+.*[^}\s][ \t]*$")
# Elements of text, which begin a paragraph there, and HTML in CommonMark if the line has no words.
_INLINE = re.compile(
    r"(?:\A|\n[ \t]*\n)[ \t]*<(?:a|abbr|b|bdo|big|cite|code|del|dfn|em|font|i|img|ins|kbd|label"
    r"|mark|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var)\b[^<>\n]*>"
    r"(?P<end>[ \t]*\n)(?=[^\n])",
    re.IGNORECASE,
)
_BLOCK_TAG = (
    r"(?:address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th"
    r"|thead|tr|ul)"
)
_OPENING = re.compile(rf"^ {{0,3}}<(?P<tag>{_BLOCK_TAG})\b[^<>]*>", re.IGNORECASE | re.MULTILINE)
# The end of an element with a text in the next line, which Markdown takes for a part of it.
_CLOSING = re.compile(
    rf"</{_BLOCK_TAG}>[ \t]*(?P<end>)\n(?=[ \t]*[^\s<])", re.IGNORECASE | re.MULTILINE
)
_TAG = re.compile(r"<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
_BLANK = re.compile(r"\n(?:[ \t]*\n)+")
# The tag of an element in which Markdown is read.
_MARKED = re.compile(
    r"(?P<start><(?P<tag>[a-z][a-z0-9]*)\b[^<>]*?)\smarkdown=[\"']?(?:1|block|span)[\"']?"
    r"(?P<end>[^<>]*>)",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^\n`]*)$", re.MULTILINE)
_REST_OF_LINE = re.compile(r"[ \t]*$", re.MULTILINE)
_IS_BLOCK = re.compile(_BLOCK_TAG, re.IGNORECASE)
_END_OF_PARAGRAPH = re.compile(r"</p\s*>", re.IGNORECASE)
_INDENTED = re.compile(r"(?<=\n)[ \t]+")
_NO_TOC = "the table of contents is left out: the headings of a page are data"


def without_attributes(body: Body, page: Conversion) -> Body:
    """Return a text without attribute lists; ids of headings become ids of Markdown."""
    if "<" in body.text:  # first, since code begins and ends elsewhere then
        body = body.edited(_blank_lines(body))
        if "markdown=" in body.text:
            body = body.edited(_marked(body))
        starts = _INLINE.finditer(body.text)
        body = body.edited(
            (*each.span("end"), "") for each in starts if not body.is_code(each.start("end"))
        )
    if "{:" in body.text:
        body = body.edited(_tables_of_contents(body, page))
        body = body.edited(_blocks(body, page))
        spans = _SPAN.finditer(body.text)
        body = body.edited((*each.span(), "") for each in spans if not body.is_code(each.start()))
    return body


def _fences(text: str) -> list[tuple[int, int]]:
    """Return the places of fenced code; in kramdown, also right after HTML."""
    found: list[tuple[int, int]] = []
    opening: re.Match[str] | None = None
    for each in _FENCE.finditer(text):
        if opening is None:
            opening = each
        elif each["mark"].startswith(opening["mark"]) and not each["info"].strip():
            found.append((opening.start(), each.end()))
            opening = None
    return found


def _tables_of_contents(body: Body, page: Conversion) -> Iterator[Edit]:
    for each in _TOC.finditer(body.text):
        if not body.is_code(each.start()):
            page.report(body, each.start(), FaultKind.CHANGED, _NO_TOC)
            yield *each.span(), ""


def _marked(body: Body) -> Iterator[Edit]:
    """Yield edits after which Markdown is read in the elements that have it in Jekyll."""
    fences = _fences(body.text)
    found = [
        each
        for each in _MARKED.finditer(body.text)
        if not body.is_code(each.start()) and not covers(fences, each.start())
    ]
    ends = [each.span() for each in _END_OF_PARAGRAPH.finditer(body.text)]
    for each, following in zip_longest(found, found[1:]):
        tag, written = each["tag"].lower(), f"{each['start'].rstrip()}{each['end']}"
        if not _IS_BLOCK.fullmatch(tag):
            yield *each.span(), written
            continue
        limit = following.start() if following else len(body.text)
        end = ends[index] if (index := bisect(ends, each.span())) < len(ends) else None
        if tag == "p" and end is not None and end[0] < limit:
            yield *each.span(), "\n\n"
            for indent in _INDENTED.finditer(body.text, each.end(), end[0]):
                yield *indent.span(), ""
            yield *end, "\n\n"
        else:
            has_words = _REST_OF_LINE.match(body.text, each.end()) is None
            yield *each.span(), f"{written}\n\n" if has_words else f"{written}\n"


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
    """Yield edits after which an element of HTML ends where it does in kramdown.

    In CommonMark, it ends at the first blank line: inside, or only after the text that follows.
    """
    end = 0
    fences = _fences(body.text)
    for opening in _OPENING.finditer(body.text):
        if opening.start() < end or covers(fences, opening.start()):
            continue
        close = _end_of(body.text, opening)
        if close is None:  # so is each that follows, mostly, and looking for their ends takes long
            return
        start, end = opening.end(), close
        if _MARKED.match(body.text, body.text.index("<", opening.start())):
            for inner in _CLOSING.finditer(body.text, start, end):
                yield *inner.span("end"), "\n"
        else:
            is_code = "<pre" in body.text[opening.start() : end].lower()
            for blank in _BLANK.finditer(body.text, start, end):
                lines = blank[0].count("\n") - 1
                yield *blank.span(), "\n" + "&#10;" * lines if is_code else "\n"
        if closing := _CLOSING.match(body.text, body.text.rindex("<", 0, end)):
            yield *closing.span("end"), "\n"


def _end_of(text: str, opening: re.Match[str]) -> int | None:
    """Return where the element of an opening tag ends; ``None`` if it does not."""
    depth = 1
    for tag in _TAG.finditer(text, opening.end()):
        if tag["tag"].lower() == opening["tag"].lower():
            depth += -1 if tag["end"] else 1
            if depth == 0:
                return tag.end()
    return None
