"""The words, links and headings in sanitised HTML: what readers get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from cms.content.markup.allowed_html import HEADINGS, INDEX, MARK
from cms.content.markup.html_tags import TAG, values_in

_BLOCKS = HEADINGS | {
    *("blockquote", "br", "dd", "details", "div", "dt", "figcaption", "hr", "li", "p", "pre"),
    *("section", "summary", "td", "th"),
}
# Links that lead to a footnote and back, which have no words of the text.
_FOOTNOTES = "data-footnotes"
_OF_FOOTNOTES = ("data-footnote-ref", "data-footnote-backref")
# The attributes of most elements.
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class InlineLink:
    """A link in a text.

    Attributes:
        href: its address, as it is in the HTML.
        label: its words.
        heading: the index of the heading that it is in or under, among those of the text;
            ``None`` above the first one, and in a footnote.
    """

    href: str
    label: str
    heading: int | None = None


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


class HtmlReader:
    """The words, links, anchors and headings of sanitised HTML.

    Args:
        html: the HTML, with marks.
        texts: for each directive of the text, by its index, the words that its component shows.

    Attributes:
        links: links in order, without those of footnotes.
        anchors: the ids.
        headings: headings with an anchor, in order.
        has_picture: whether there is an image or a directive.
    """

    def __init__(self, html: str, texts: Sequence[str]) -> None:
        self.links: list[InlineLink] = []
        self.anchors: list[str] = []
        self.headings: list[Heading] = []
        self.has_picture = False
        self._texts = texts
        self._heading: tuple[str, int] | None = None
        self._words: list[str] = []
        self._link: tuple[str, int] | None = None
        self._is_code = False
        self._is_mark = False
        self._is_footnote = False
        self._read(html.replace(MARK, ""))

    def _read(self, html: str) -> None:
        end = 0
        for tag in TAG.finditer(html):
            start = tag.start()
            if start > end:
                self._note_words(unescape(html[end:start]))
            end = tag.end()
            slash, name, attributes = tag.groups()
            if slash:
                self._note_end(name)
            else:
                self._note_start(name, dict(values_in(attributes)) if attributes else _NOTHING)
        self._note_words(unescape(html[end:]))

    def _note_start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Note an element that begins."""
        if anchor := attributes.get("id"):
            self.anchors.append(anchor)
        if tag == "a":
            self._is_mark = any(each in attributes for each in _OF_FOOTNOTES)
            self._link = (attributes.get("href", ""), len(self._words))
        elif tag == "section":
            self._is_footnote |= _FOOTNOTES in attributes
        if tag == "img":
            self._words.append(attributes.get("alt", ""))
            self.has_picture |= bool(attributes.get("src"))
        elif tag in _BLOCKS:
            self._words.append("\n")
        if index := attributes.get(INDEX):
            # Sanitising can remove directives before it.
            self.has_picture = True
            self._words.append(f" {self._texts[int(index)]} ")
        if tag in HEADINGS and anchor:
            self._heading = (anchor, len(self._words))
        self._is_code |= tag == "pre"

    def _note_end(self, tag: str) -> None:
        """Note an element that ends."""
        if tag == "a" and self._link is not None:
            href, start = self._link
            if href and not self._is_mark:
                words = self._words_since(start)
                self.links.append(InlineLink(href, words, self._place_of_link()))
            self._link, self._is_mark = None, False
        elif tag in HEADINGS and self._heading is not None:
            anchor, start = self._heading
            self.headings.append(Heading(int(tag[1]), self._words_since(start), anchor))
            self._heading = None
            self._words.append("\n")
        elif tag in _BLOCKS:
            self._words.append("\n")
        self._is_code &= tag != "pre"

    def _note_words(self, words: str) -> None:
        if not self._is_mark:
            # A line break in HTML source is rendered as a space, except in code.
            self._words.append(words if self._is_code else words.replace("\n", " "))

    def _words_since(self, start: int) -> str:
        return " ".join("".join(self._words[start:]).split())

    def _place_of_link(self) -> int | None:
        """Return the index of the heading that has the link, or that was before it."""
        begun = len(self.headings) + (self._heading is not None)
        return begun - 1 if begun and not self._is_footnote else None

    def plain_text(self) -> str:
        """Return the words, one line per block, without blank lines."""
        lines = (" ".join(line.split()) for line in "".join(self._words).splitlines())
        return "\n".join(line for line in lines if line)
