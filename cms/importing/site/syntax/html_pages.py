"""Pages in HTML: their text is one block of HTML of a Markdown text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from cms.importing.site.body import Body, Edit

# Lines without text, at which a block of HTML ends in Markdown. Possessive: linear in time.
_BLANK = re.compile(r"\n(?:[ \t]*+\n)++")
_CODE = re.compile(r"<pre\b(?:(?!</pre\b)[\s\S])*+", re.IGNORECASE)
_HEADING = re.compile(r"<h1\b[^<>]*+>", re.IGNORECASE)
_HEADING_END = re.compile(r"</h1\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*+>")
# Tags of templates but those whose values are known in HTML, too.
_TEMPLATE = re.compile(
    r"\{\{[<%]|\{%-?+\s*+(?!(?:link|post_url|(?:end)?(?:raw|comment|capture)|assign)\b)[^\s%]*+"
)


def in_one_block(body: Body) -> Body:
    """Return the text of a page in HTML as one block, with no blank lines in it.

    A blank line in code becomes a reference to the character of the end of a line.
    """
    if not body.text.strip():
        return body
    end = len(body.text)
    return without_blank_lines(body.edited([(0, 0, "<div>\n"), (end, end, "\n</div>")]))


def without_blank_lines(body: Body) -> Body:
    """Return a text in HTML without the blank lines that a conversion can leave in it."""
    return body.edited(_blank_lines(body.text))


def template_in(text: str) -> str:
    """Return the first template in a page in HTML whose value is not known; empty if none is."""
    found = _TEMPLATE.search(text)
    return found[0] if found is not None else ""


def first_heading_in(text: str) -> str:
    """Return the words of the first heading of level 1 in HTML; empty if there is none."""
    start = _HEADING.search(text)
    end = _HEADING_END.search(text, start.end()) if start is not None else None
    if start is None or end is None:
        return ""
    return " ".join(html.unescape(_TAG.sub("", text[start.end() : end.start()])).split())


def _blank_lines(text: str) -> Iterator[Edit]:
    code = [each.span() for each in _CODE.finditer(text)]
    at = 0
    for blank in _BLANK.finditer(text):
        while at < len(code) and code[at][1] <= blank.start():
            at += 1
        is_code = at < len(code) and code[at][0] <= blank.start()
        lines = blank[0].count("\n") - 1
        yield blank.start() + 1, blank.end(), "&#10;" * lines * is_code
