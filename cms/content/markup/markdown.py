"""Rendering of Markdown to sanitised HTML, plain text, links, headings and a syntax tree.

markdown-it-py parses (https://spec.commonmark.org/), nh3 sanitises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from itertools import islice, pairwise
from math import ceil
from threading import Lock
from urllib.parse import urlsplit

import nh3
from cachetools import LRUCache, cached
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from cms.content.canonical_json import Json
from cms.content.markup.mdast import tree_of
from cms.content.markup.sanitizing import ADDRESSES, Loss, losses
from cms.content.nesting import first_deep_line
from cms.content.slug import Anchors

# Average silent reading rate in English: https://doi.org/10.1016/j.jml.2019.104047
WORDS_PER_MINUTE = 238

URL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})

# A word with its inner punctuation, or a character of a script without spaces.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    r"|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+(?:['\u2019.,/-][^\W_]+)*"
)
# Maximum number of reported losses, more than an author fixes before saving again.
MOST_LOSSES = 50

# Characters that browsers ignore before the scheme of an address, and some of them within it.
_IGNORED = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {"p", "li", "pre", "td", "th", "dt", "dd", "blockquote", "figcaption", "br"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    **{heading: {"id"} for heading in _HEADINGS},
    "code": {"class"},
}
# One of these is in every text with a code block.
_CODE_MARKS = ("```", "~~~", "    ", "\t")
# Number of characters of the texts that are kept; what is kept takes about 20 bytes for each, and
# 1.5 kB for each text.
_MOST_CHARACTERS = 1_000_000
_CHARACTERS_OF_TEXT = 75
# Maximum nesting of lists and quotes, and of marks around a word.
DEEPEST = 100


def _parser(depth: int) -> MarkdownIt:
    options = {"html": True, "maxNesting": depth}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"])


# The parser counts a list as two levels; one more level makes excess nesting visible in the tokens.
_PARSER = _parser(2 * DEEPEST + 1)
_INLINE_PARSER = _parser(DEEPEST)


def _parse_inline(state: StateCore) -> None:
    """Parse the inline text of blocks with the nesting limit of inline text.

    The default rule uses the limit of blocks, and takes three Python calls per level.
    """
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            _INLINE_PARSER.inline.parse(token.content, _INLINE_PARSER, state.env, token.children)


_PARSER.core.ruler.at("inline", _parse_inline)
# Finds blocks, and leaves the text in them as it is.
_BLOCK_PARSER = _parser(2 * DEEPEST + 1)
_BLOCK_PARSER.core.ruler.enableOnly(["normalize", "block"])


@dataclass(frozen=True)
class InlineLink:
    """A link in a text, with its address, as it is in the HTML, and its words."""

    href: str
    label: str


@dataclass(frozen=True)
class Heading:
    """A heading with an anchor.

    Attributes:
        level: 1 to 6.
        text: its words.
        anchor: the ``id`` that a ``#fragment`` leads to.
    """

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class RenderedMarkdown:
    """A rendered Markdown text.

    Attributes:
        html: sanitised HTML, with an ``id`` on every heading.
        plain_text: the words, one line per block.
        links: links in the HTML, in order.
        anchors: every ``id`` that a ``#fragment`` can lead to.
        headings: headings with an anchor, in order.
        tree: the syntax tree; see :mod:`cms.content.markup.mdast`.
    """

    html: str
    plain_text: str
    links: tuple[InlineLink, ...]
    anchors: tuple[str, ...]
    headings: tuple[Heading, ...]
    tree: Mapping[str, Json]

    @property
    def word_count(self) -> int:
        """The number of words of the plain text; see :func:`count_words`."""
        return count_words(self.plain_text)

    @property
    def reading_minutes(self) -> int:
        """The reading time in minutes, rounded up; 0 only if there are no words."""
        return ceil(self.word_count / WORDS_PER_MINUTE)


def render_markdown(text: str, anchors: Anchors) -> RenderedMarkdown:
    """Render CommonMark with tables and strikethrough.

    Raw HTML is allowed and then sanitised, so no script, style or event handler survives.
    Plain text and links are read from the sanitised HTML, so they match what readers get.

    Args:
        text: the Markdown text.
        anchors: anchors of the page, from which the headings get theirs.
    """
    alone = _read(text)
    names = [anchors.take(words) for words in alone.headings]
    if names == alone.names:
        return alone.rendered
    return _render(_named(_PARSER.parse(text), names))[1]


@dataclass(frozen=True)
class _Read:
    """The values that follow from a text alone.

    Attributes:
        size: number of characters of the text.
        deep_line: first line, from 1, that is nested too deeply, or ``None``.
        headings: words of the headings, in order.
        names: their anchors on a page without others.
        raw: HTML before it is sanitised.
        rendered: the text with these anchors.
    """

    size: int
    deep_line: int | None
    headings: tuple[str, ...]
    names: list[str]
    raw: str
    rendered: RenderedMarkdown

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """The losses of sanitising, at most :data:`MOST_LOSSES`."""
        html = self.rendered.html
        if self.raw.strip() == html:
            return ()
        return tuple(islice(losses(self.raw, html), MOST_LOSSES))


_KEPT: ContextVar[dict[str, _Read] | None] = ContextVar("copydesk.texts", default=None)


@contextmanager
def keep_texts() -> Iterator[None]:
    """Keep all texts that are rendered in the body until its end, however many they are."""
    before = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(before)


def _read(text: str) -> _Read:
    kept = _KEPT.get()
    if kept is None:
        return _read_recently(text)
    if text not in kept:
        kept[text] = _read_recently(text)
    return kept[text]


# A save reads each of its texts for its depth, links, HTML and losses.
@cached(
    LRUCache(_MOST_CHARACTERS, getsizeof=lambda read: read.size + _CHARACTERS_OF_TEXT), lock=Lock()
)
def _read_recently(text: str) -> _Read:
    tokens = _PARSER.parse(text)
    headings = tuple(_heading_words(tokens))
    anchors = Anchors()
    names = [anchors.take(words) for words in headings]
    raw, rendered = _render(_named(tokens, names))
    return _Read(len(text), first_deep_line(tokens, DEEPEST), headings, names, raw, rendered)


def _render(tokens: Sequence[Token]) -> tuple[str, RenderedMarkdown]:
    """Return the HTML of tokens before it is sanitised, and the rendered text."""
    raw = str(_PARSER.renderer.render(tokens, _PARSER.options, {}))
    html = _sanitise(raw)
    reader = _HtmlReader()
    reader.feed(html)
    reader.close()
    return raw, RenderedMarkdown(
        html=html,
        plain_text=reader.plain_text(),
        links=tuple(reader.links),
        anchors=tuple(reader.anchors),
        headings=tuple(reader.headings),
        tree=tree_of(tokens, _sanitise, _is_harmless),
    )


def count_words(text: str) -> int:
    """Return the number of words; each Chinese or Japanese character is a word."""
    return len(_WORD.findall(text))


def sanitising_losses(text: str) -> tuple[Loss, ...]:
    """Return what sanitising removes from a Markdown text, at most :data:`MOST_LOSSES`.

    HTML comments are not reported.
    """
    return _read(text).losses


def links_in(text: str) -> tuple[InlineLink, ...]:
    """Return the links of a Markdown text; none if it is nested too deeply."""
    read = _read(text)
    return read.rendered.links if read.deep_line is None else ()


def line_too_deep(text: str) -> int | None:
    """Return the first line, from 1, nested deeper than :data:`DEEPEST`, or ``None``."""
    return _read(text).deep_line


def with_absolute_links(html: str, url: str) -> str:
    """Return sanitised HTML with relative addresses resolved against a page's URL."""
    return _sanitise(html, url)


def split_at_headings(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the text before the first heading of level 2, and each such heading with its text.

    A ``##`` in a code block is not a heading.
    """
    lines = text.splitlines()
    tokens = _BLOCK_PARSER.parse(text)
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
    if not any(mark in text for mark in _CODE_MARKS):
        return ()
    return tuple(
        (token.map[0], token.map[1])
        for token in _BLOCK_PARSER.parse(text)
        if token.type in {"fence", "code_block"} and token.map
    )


def _heading_words(tokens: Sequence[Token]) -> Iterator[str]:
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            yield "".join(inner.content for inner in content.children or [])


def _named(tokens: Sequence[Token], names: Sequence[str]) -> Sequence[Token]:
    """Return tokens with anchors for their headings, in order, and with aligned cells."""
    headings = (token for token in tokens if token.type == "heading_open")
    for token, name in zip(headings, names, strict=True):
        token.attrSet("id", name)
    _align_cells(tokens)
    return tokens


def _align_cells(tokens: Sequence[Token]) -> None:
    """Move the alignment of cells from ``style``, which is removed, to the attribute ``align``."""
    for token in tokens:
        if token.type in {"th_open", "td_open"} and (style := token.attrs.pop("style", None)):
            token.attrSet("align", str(style).removeprefix("text-align:"))


def _sanitise(html: str, base: str = "") -> str:
    return nh3.clean(
        html,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes=set(URL_SCHEMES),
        link_rel=None,
        url_relative=("rewrite_with_base", base) if base else None,
    ).strip()


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "code" and attribute == "class":
        return value if value.startswith("language-") and " " not in value else None
    if attribute in ADDRESSES and not _is_harmless(value):
        return None  # nh3 checks the schemes of links and images only
    return value


def _is_harmless(address: str) -> bool:
    """Return whether an address is relative or has an allowed scheme."""
    try:
        # Browsers skip control characters and spaces before a scheme, and some within it.
        scheme = urlsplit(_IGNORED.sub("", address)).scheme
    except ValueError:
        return False
    return scheme in URL_SCHEMES or not scheme


class _HtmlReader(HTMLParser):
    """A parser that collects words, links, anchors and headings from sanitised HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[InlineLink] = []
        self.anchors: list[str] = []
        self.headings: list[Heading] = []
        self._heading: tuple[str, int] | None = None
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
        if tag in _HEADINGS and anchor:
            self._heading = (anchor, len(self._words))
        self._is_code |= tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            href, start = self._link
            if href:
                self.links.append(InlineLink(href, self._words_since(start)))
            self._link = None
        elif tag in _HEADINGS and self._heading is not None:
            anchor, start = self._heading
            self.headings.append(Heading(int(tag[1]), self._words_since(start), anchor))
            self._heading = None
            self._words.append("\n")
        elif tag in _BLOCKS:
            self._words.append("\n")
        self._is_code &= tag != "pre"

    def handle_data(self, data: str) -> None:
        # A line break in HTML source is rendered as a space, except in code.
        self._words.append(data if self._is_code else data.replace("\n", " "))

    def _words_since(self, start: int) -> str:
        return " ".join("".join(self._words[start:]).split())

    def plain_text(self) -> str:
        """Return the words, one line per block, without blank lines."""
        lines = (" ".join(line.split()) for line in "".join(self._words).splitlines())
        return "\n".join(line for line in lines if line)
