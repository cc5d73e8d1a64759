"""Markdown → sanitised HTML, and what derives from that HTML. The libraries do the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from itertools import pairwise

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cms.content.slug import Anchors

URL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {"p", "li", "pre", "td", "th", "dt", "dd", "blockquote", "figcaption", "br"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    **{heading: {"id"} for heading in _HEADINGS},
    "code": {"class"},
}
_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@dataclass(frozen=True)
class InlineLink:
    """A link as it stands in the text."""

    href: str
    label: str


@dataclass(frozen=True)
class RenderedMarkdown:
    """What derives from a Markdown text.

    Attributes:
        html: sanitised, with an ``id`` on every heading.
        plain_text: the words alone, one line a block.
        links: the links that stand in the HTML, in order.
        anchors: what a ``#fragment`` can lead to.
    """

    html: str
    plain_text: str
    links: tuple[InlineLink, ...]
    anchors: tuple[str, ...]


def render_markdown(text: str, anchors: Anchors) -> RenderedMarkdown:
    """Render CommonMark with tables and strikethrough.

    Raw HTML is allowed and then sanitised, so no script, style or event handler survives.
    Plain text and links are read from the sanitised HTML, so they are what a reader gets.
    """
    tokens = _PARSER.parse(text)
    _name_headings(tokens, anchors)
    html = _sanitise(_PARSER.renderer.render(tokens, _PARSER.options, {}))
    reader = _HtmlReader()
    reader.feed(html)
    reader.close()
    return RenderedMarkdown(html, reader.plain_text(), tuple(reader.links), tuple(reader.anchors))


@lru_cache(maxsize=64)
def links_in(text: str) -> tuple[InlineLink, ...]:
    """Return the links of a Markdown text; a save asks several times for the same."""
    return render_markdown(text, Anchors()).links


def split_at_headings(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return what stands before the first heading of level 2, and each such heading's part.

    A ``##`` in a code block is no heading.
    """
    lines = text.splitlines()
    tokens = _PARSER.parse(text)
    headings = [
        (token.map[0], token.map[1], content.content)
        for token, content in pairwise(tokens)
        if token.type == "heading_open" and token.tag == "h2" and token.level == 0 and token.map
    ]
    ends = [start for start, _, _ in headings] + [len(lines)]
    intro = "\n".join(lines[: ends[0]]).strip("\n")
    parts = [
        (heading, "\n".join(lines[first:end]).strip("\n"))
        for (_, first, heading), end in zip(headings, ends[1:], strict=True)
    ]
    return intro, parts


def code_lines(text: str) -> tuple[tuple[int, int], ...]:
    """Return the lines of each code block, counted from 0: the first, and the one after it."""
    return tuple(
        (token.map[0], token.map[1])
        for token in _PARSER.parse(text)
        if token.type in {"fence", "code_block"} and token.map
    )


def _name_headings(tokens: Sequence[Token], anchors: Anchors) -> None:
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            words = (inner.content for inner in content.children or [])
            token.attrSet("id", anchors.take("".join(words)))


def _sanitise(html: str) -> str:
    return nh3.clean(
        html,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes=set(URL_SCHEMES),
        link_rel=None,
    ).strip()


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "code" and attribute == "class":
        return value if value.startswith("language-") and " " not in value else None
    return value


class _HtmlReader(HTMLParser):
    """Reads words and links from HTML that is known to be clean."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[InlineLink] = []
        self.anchors: list[str] = []
        self._words: list[str] = []
        self._link: tuple[str, int] | None = None
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if anchor := attributes.get("id"):
            self.anchors.append(anchor)
        if tag == "a":
            self._link = (attributes.get("href") or "", len(self._words))
        elif tag == "img":
            self._words.append(attributes.get("alt") or "")
        elif tag in _BLOCKS:
            self._words.append("\n")
        self._is_code |= tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            href, start = self._link
            if href:
                self.links.append(InlineLink(href, " ".join("".join(self._words[start:]).split())))
            self._link = None
        elif tag in _BLOCKS:
            self._words.append("\n")
        self._is_code &= tag != "pre"

    def handle_data(self, data: str) -> None:
        # A line break in the source is a space to a reader, except in code.
        self._words.append(data if self._is_code else data.replace("\n", " "))

    def plain_text(self) -> str:
        """Return the words, one line a block, blank lines dropped."""
        lines = (" ".join(line.split()) for line in "".join(self._words).splitlines())
        return "\n".join(line for line in lines if line)
