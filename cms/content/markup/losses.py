"""Losses: the parts of a source that readers do not get as they are meant, with their lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Literal, TypeAlias

from markdown_it.token import Token

from cms.content.markup.allowed_html import ADDRESSES
from cms.content.markup.footnotes import Footnote
from cms.content.markup.html_tags import Element, elements_in
from cms.content.markup.parser import Parsed
from cms.content.words import words_in

_LONGEST_SHOWN = 100
_MOST_WORDS = 8
# Number of letters within which the words of a part follow those of the part before it; and by how
# many they can follow later, after parts whose words are not where they were written.
_NEAR, _MOST_MOVED = 300, 20_000

LossCode: TypeAlias = Literal[
    "REMOVED_ELEMENT",
    "REMOVED_ATTRIBUTE",
    "REMOVED_ADDRESS",
    "REMOVED_COMMENT",
    "REMOVED_WORDS",
    "UNUSED_DEFINITION",
    "UNKNOWN_DIRECTIVE",
]

_BREAKS = frozenset({"softbreak", "hardbreak"})
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_NO_ELEMENTS = re.compile(r"<!--.*?(?:-->|\Z)|<[!?].*?(?:>|\Z)", re.DOTALL)
# The first line of a directive that is a block; one whose name is declared is no line of a text.
_DIRECTIVE = re.compile(
    r"(?:::[A-Za-z]|:::+ *[A-Za-z])[\w-]*(?=[\[{]|$)|:::+ *[A-Za-z][\w-]*(?=\s)"
)
_NO_LETTERS = re.compile(r"[\W_]+")
# The same of ASCII, of which it takes half the time.
_NO_ASCII_LETTERS = {code: None for code in range(128) if not chr(code).isalnum()}
# A tag, as the writer of Markdown makes it.
_TAG = re.compile(r"<[a-z][^<>]*>")
_END_TAG = re.compile(r"</[a-z][a-z0-9]*>")
# A tag as it is usually written, its attributes, and elements whose content is text.
_USUAL_ATTRIBUTE = r"""[ \n]+[^\s="'<>/]+(?:="[^"]*")?(?=[ \n/>])"""
_USUAL_TAG = re.compile(rf"<(/?)([a-z][a-z0-9]*)((?:{_USUAL_ATTRIBUTE})*)[ \n]*/?>")
_NAME_AND_VALUE = re.compile(r"""([^\s="'<>/]+)(?:="([^"]*)")?""")
_WITH_TEXT = frozenset(
    {
        *("iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style"),
        *("textarea", "title", "xmp"),
    }
)
# Parts of HTML whose words are not those of the text.
_NOT_WORDS = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1|\Z)|</?[a-z][^<>]*>",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True)
class Loss:
    """A part of a source that does not reach readers, or not as it is meant.

    Attributes:
        code: the stable code of the kind of loss.
        line: its line in the source, from 1.
        message: the message for the author, with the remedy, without the line.
        tag: name of the HTML element that was removed, or lost an attribute; else empty.
        attribute: name of the removed attribute; else empty.
    """

    code: LossCode
    line: int
    message: str
    tag: str = ""
    attribute: str = ""


@dataclass(frozen=True)
class Removed:
    """An element or attribute removed from HTML.

    Attributes:
        tag: name of the removed element, or of the element that lost an attribute.
        attribute: name of the removed attribute; empty if the element was removed.
        value: value of the attribute.
    """

    tag: str
    attribute: str = ""
    value: str = ""

    def loss(self, line: int) -> Loss:
        """Return the loss in a line."""
        if not self.attribute:
            message = (
                f"<{self.tag}> is not allowed and was removed; "
                "put it in `backticks` to show it literally"
            )
            return Loss("REMOVED_ELEMENT", line, message, self.tag)
        if self.attribute in ADDRESSES:
            message = (
                f"the address {_shorten(self.value)!r} of <{self.tag}> is not allowed and was "
                "removed; use https://, http://, mailto:, tel: or a path of this site"
            )
            return Loss("REMOVED_ADDRESS", line, message, self.tag, self.attribute)
        message = f"{self.attribute} is not allowed on <{self.tag}> and was removed"
        return Loss("REMOVED_ATTRIBUTE", line, message, self.tag, self.attribute)


@dataclass(frozen=True)
class Piece:
    """A part of a source with words, HTML or an address, in a line from 0."""

    kind: Literal["words", "html", "address"]
    line: int
    text: str


def losses_of_parsing(parsed: Parsed, unused: Sequence[Footnote]) -> Iterator[Loss]:
    """Yield what the parser leaves out or does not know.

    These are definitions, attributes of headings, cells of tables, and directives.

    Args:
        parsed: the parsed text.
        unused: the footnotes that readers do not get.
    """
    for note in unused:
        yield _unused(f"[^{note.label}]", note.line)
    if references := parsed.env.get("references"):
        used = {token.meta.get("label") for token in _linking(parsed.tokens)}
        for label, reference in references.items():
            if label not in used:
                yield _unused(f"[{label.lower()}]", reference["map"][0])
    for reference in parsed.env.get("duplicate_refs", ()):
        yield _unused(f"[{reference['label'].lower()}]", reference["map"][0])
    for token in parsed.tokens:
        for each in token.meta["attributes"] if token.type == "heading_open" else ():
            removed = Removed(token.tag, each.name, each.value or "")
            yield removed.loss((token.map or [0])[0] + 1)
    if "|" in parsed.text:
        yield from _lost_cells(parsed)
    if "::" in parsed.text:
        yield from _unknown_directives(parsed.tokens)


def _unknown_directives(tokens: Sequence[Token]) -> Iterator[Loss]:
    """Yield the lines of texts that have the form of a directive."""
    for token in tokens:
        lines = token.content.split("\n") if token.type == "inline" and token.map else ()
        for place, line in enumerate(lines):
            if found := _DIRECTIVE.match(line.strip()):
                message = (
                    f"readers get {_shorten(found[0])!r} as text, since no directive of this field "
                    "has that name; correct the name, or write \\ before the colons"
                )
                yield Loss("UNKNOWN_DIRECTIVE", (token.map or [0])[0] + place + 1, message)


def _lost_cells(parsed: Parsed) -> Iterator[Loss]:
    """Yield the cells beyond the columns of a table, which the parser leaves out."""
    is_body, row, cells, lines = False, 0, "", parsed.lines
    for token in parsed.tokens:
        if token.type in {"tbody_open", "tbody_close"}:
            is_body = token.nesting > 0
        elif is_body and token.type == "tr_open" and token.map:
            row, cells = token.map[0], ""
        elif is_body and token.type == "inline":
            cells += f"{token.content} "
        elif is_body and token.type == "tr_close":
            lost = Counter(words_in(lines[row])) - Counter(words_in(cells))
            if lost:
                message = (
                    f"readers do not get the words {_quoted(list(lost))}, since the table has "
                    "fewer columns; write | within a cell as \\|"
                )
                yield Loss("REMOVED_WORDS", row + 1, message)


def pieces_of(tokens: Sequence[Token]) -> Sequence[Piece]:
    """Return the parts of a text in which losses of sanitising are looked for.

    They are the addresses and the HTML, and also the words if there is HTML.
    """
    pieces = list(_pieces_of(tokens, with_words=False))
    has_html = any(piece.kind == "html" for piece in pieces)
    return list(_pieces_of(tokens, with_words=True)) if has_html else pieces


def losses_of_sanitising(
    pieces: Sequence[Piece], raw: str, html: str, plain_text: str
) -> Iterator[Loss]:
    """Yield what is removed when the HTML of a text is sanitised.

    Args:
        pieces: the parts of the text, by :func:`pieces_of`.
        raw: its HTML before it is sanitised.
        html: its HTML after that.
        plain_text: the words that readers get.
    """
    has_html = any(piece.kind == "html" for piece in pieces)
    written = raw.replace(" />", ">")
    tags = _TAG.findall(written)
    # HTML can have tags that are written in other ways than the writer's.
    is_plain = not has_html or written.count("<") == len(tags) + len(_END_TAG.findall(written))
    if not is_plain or Counter(tags) - Counter(_TAG.findall(html)):
        for each in removed_between(raw, html):
            yield each.loss(_line_of(each, pieces) + 1)
    if has_html:
        yield from _comments(pieces)
        yield from _lost_words(pieces, plain_text)


def removed_between(before: str, after: str) -> Iterator[Removed]:
    """Yield the elements and attributes of one HTML text that are not in the other, each once.

    A value in another spelling is not a loss, and the attributes of an element that is missing
    altogether are not separate losses.
    """
    old, new = _inventory(_elements_of(before)), _inventory(elements_in(after))
    for tag in old.tags - new.tags:
        yield Removed(tag)
    for (tag, attribute), values in old.values.items():
        kept = new.values.get((tag, attribute), Counter())
        if tag in new.tags and values.total() > kept.total():
            yield from (Removed(tag, attribute, value) for value in values - kept)


@dataclass(frozen=True)
class _Inventory:
    """The numbers of elements in HTML, and of the values of their attributes."""

    tags: Counter[str]
    values: Mapping[tuple[str, str], Counter[str]]


def _inventory(elements: Iterable[Element]) -> _Inventory:
    tags: Counter[str] = Counter()
    values: dict[tuple[str, str], Counter[str]] = {}
    for tag, attributes in elements:
        tags[tag] += 1
        for name, value in attributes:
            values.setdefault((tag, name), Counter())[value] += 1
    return _Inventory(tags, values)


class _AnyHtml(HTMLParser):
    """The elements of HTML that is not sanitised."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        # The parser fails at some declarations, and reads the rest of a text again for each one
        # that is not closed. It is not told of the end: it would take an unfinished element for
        # text and read the rest again, while browsers and the sanitiser leave out the rest.
        self.feed(_NO_ELEMENTS.sub(" ", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, [(name, value or "") for name, value in attrs]))


def _elements_of(html: str) -> Sequence[Element]:
    """Return the elements of HTML that is not sanitised.

    HTML in which each tag is written as usual is read in a fifth of the time.
    """
    tags: list[tuple[str, str, str]] = _USUAL_TAG.findall(html)
    if html.count("<") != len(tags) or not _WITH_TEXT.isdisjoint(name for _, name, _ in tags):
        return _AnyHtml(html).elements
    return [
        (
            name,
            [(key.lower(), unescape(value)) for key, value in _NAME_AND_VALUE.findall(attributes)],
        )
        for slash, name, attributes in tags
        if not slash
    ]


def _linking(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from _linking(token.children or ())
        if token.type in {"link_open", "image"}:
            yield token


def _pieces_of(tokens: Sequence[Token], *, with_words: bool) -> Iterator[Piece]:
    for token in tokens:
        line = token.map[0] if token.map else 0
        if token.type == "html_block":
            yield Piece("html", line, token.content)
        elif with_words and token.type in {"fence", "code_block"}:
            yield Piece("words", line, token.content)
        for inner in token.children or ():
            if inner.type in _BREAKS:
                line += 1
            elif inner.type == "html_inline":
                yield Piece("html", line, inner.content)
            elif inner.type in {"link_open", "image"}:
                address = inner.attrs.get("href", inner.attrs.get("src"))
                yield Piece("address", line, str(address))
            elif with_words and inner.content:
                yield Piece("words", line, inner.content)


def _line_of(removed: Removed, pieces: Sequence[Piece]) -> int:
    """Return the line, from 0, of the first part of the source that has what was removed."""
    tag = re.compile(rf"<{re.escape(removed.tag)}(?![\w-])", re.IGNORECASE)
    attribute = re.compile(re.escape(removed.attribute), re.IGNORECASE)
    for piece in pieces:
        if piece.kind == "address" and removed.value and piece.text == removed.value:
            return piece.line
        if piece.kind == "html" and (match := tag.search(piece.text)):
            place = attribute.search(piece.text, match.start())
            if place is not None:
                return piece.line + piece.text.count("\n", 0, place.start())
    return 0


def _comments(pieces: Sequence[Piece]) -> Iterator[Loss]:
    for piece in pieces:
        for match in _COMMENT.finditer(piece.text) if piece.kind == "html" else ():
            if words := words_in(match[1]):
                line = piece.line + piece.text.count("\n", 0, match.start()) + 1
                message = f"readers do not get the comment {_quoted(words)}"
                yield Loss("REMOVED_COMMENT", line, message)


def _lost_words(pieces: Sequence[Piece], plain_text: str) -> Iterator[Loss]:
    """Yield the parts of a source whose words are not among those that readers get.

    Marks within a word make several parts of it, so letters are compared, and not words.
    """
    texts = [(piece, _words_of(piece)) for piece in pieces if piece.kind != "address"]
    written, given = _letters("".join(text for _, text in texts)), _letters(plain_text)
    start, near = 0, _NEAR
    if written == given or not Counter(written) - Counter(given):
        return
    for piece, text in texts:
        letters = _letters(text)
        place = given.find(letters, start, start + len(letters) + near)
        if place >= 0:
            start, near = place + len(letters), _NEAR
            continue
        # Words can be elsewhere: those beside the cells of a table come before it.
        near = min(near + len(letters), _MOST_MOVED)
        if words := words_in(text):
            message = (
                f"readers do not get all of the words {_quoted(words)}; close the HTML before "
                "them, or remove it"
            )
            yield Loss("REMOVED_WORDS", piece.line + 1, message)


def _words_of(piece: Piece) -> str:
    return unescape(_NOT_WORDS.sub(" ", piece.text)) if piece.kind == "html" else piece.text


def _letters(text: str) -> str:
    return text.translate(_NO_ASCII_LETTERS) if text.isascii() else _NO_LETTERS.sub("", text)


def _unused(label: str, line: int) -> Loss:
    message = (
        f"nothing refers to the definition {_shorten(label)}, and readers do not get it; "
        "refer to it or remove it"
    )
    return Loss("UNUSED_DEFINITION", line + 1, message)


def _quoted(words: Sequence[str]) -> str:
    more = " …" if len(words) > _MOST_WORDS else ""
    return repr(_shorten(" ".join(words[:_MOST_WORDS]) + more))


def _shorten(value: str) -> str:
    return value if len(value) <= _LONGEST_SHOWN else f"{value[: _LONGEST_SHOWN - 1]}…"
