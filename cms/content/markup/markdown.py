"""Rendering of Markdown to sanitised HTML, plain text, links, headings and a syntax tree.

``docs/markdown.md`` has the dialect. markdown-it-py and its plugins parse, nh3 sanitises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import islice, pairwise, repeat
from math import ceil
from threading import Lock

from cachetools import LRUCache, cached
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from cms.content.canonical_json import Json
from cms.content.markup.allowed_html import (
    MARK,
    RAW_ANCHOR,
    RawAnchors,
    sanitise,
    sanitise_marked,
    without_marks,
)
from cms.content.markup.attributes import Attribute
from cms.content.markup.blocks import split_heading
from cms.content.markup.definitions import Definitions
from cms.content.markup.directive_faults import DirectiveFault, read_directives
from cms.content.markup.directive_values import NO_DIRECTIVES, Directives
from cms.content.markup.directives import calls_in
from cms.content.markup.footnotes import name_footnotes, read_footnotes
from cms.content.markup.html_reader import Heading, HtmlReader, InlineLink
from cms.content.markup.losses import (
    Loss,
    Piece,
    losses_of_parsing,
    losses_of_sanitising,
    pieces_of,
)
from cms.content.markup.mdast import tree_of
from cms.content.markup.parser import DEEPEST, blocks_in, parser_of
from cms.content.nesting import first_deep_element, first_deep_line, html_in, is_flat
from cms.content.slug import Anchors, slugify
from cms.content.words import WORDS_PER_MINUTE, count_words, is_visible

# Maximum number of HTML elements around a word, of those that take long to nest.
DEEPEST_ELEMENTS = 1_000
# Maximum number of reported losses, more than an author fixes before saving again.
MOST_LOSSES = 50

# Number of characters of the texts that are kept; what is kept takes about 20 bytes for each, and
# 1.5 kB for each text.
_MOST_CHARACTERS = 1_000_000
_CHARACTERS_OF_TEXT = 75
# Number of characters in the facts that are kept of texts: addresses and errors, each of which
# counts for some more, as a text itself does.
_MOST_CHARACTERS_OF_FACTS = 20_000_000


@dataclass(frozen=True)
class RenderedMarkdown:
    """A rendered Markdown text.

    Attributes:
        html: sanitised HTML, with an ``id`` on every heading.
        plain_text: the words, one line per block.
        links: links in the HTML, in order.
        anchors: every ``id`` that a ``#fragment`` can lead to.
        headings: headings with an anchor, in order.
        has_picture: whether there is an image or a directive.
        tree: the syntax tree; see :mod:`cms.content.markup.mdast`.
    """

    html: str
    plain_text: str
    links: tuple[InlineLink, ...]
    anchors: tuple[str, ...]
    headings: tuple[Heading, ...]
    has_picture: bool
    tree: Mapping[str, Json]

    @cached_property
    def word_count(self) -> int:
        """The number of words of the plain text; see :func:`cms.content.words.count_words`."""
        return count_words(self.plain_text)

    @property
    def reading_minutes(self) -> int:
        """The reading time in minutes, rounded up; 0 only if there are no words."""
        return ceil(self.word_count / WORDS_PER_MINUTE)


def render_markdown(
    text: str, anchors: Anchors, directives: Directives = NO_DIRECTIVES
) -> RenderedMarkdown:
    """Render a text of the dialect of ``docs/markdown.md``.

    Raw HTML is allowed and then sanitised, so no script, style or event handler survives.
    Plain text and links are read from the sanitised HTML, so they match what readers get.

    Args:
        text: the Markdown text.
        anchors: anchors of the page, from which headings and footnotes get theirs.
        directives: the directives that the text can contain.
    """
    alone = _read(text, directives)
    names = alone.anchored.names_on(anchors)
    if names == alone.names:
        return alone.rendered
    return _render(_Source(text, directives), alone.anchored, names)[1]


@dataclass(frozen=True)
class _Anchored:
    """The parts of a text that get anchors.

    Attributes:
        raw: the ids of elements that are written in HTML, in order.
        headings: the id that a heading has, which can be empty, and its words, in order.
        footnotes: the label of each footnote, with the number of references to it.
    """

    raw: Sequence[str]
    headings: Sequence[tuple[str, str]]
    footnotes: Sequence[tuple[str, int]]

    def names_on(self, page: Anchors) -> list[str]:
        """Return the anchors of HTML elements, headings, footnotes and references to them."""
        own = {index: page.claim(name) for index, (name, _) in enumerate(self.headings) if name}
        raw = [page.claim(name) for name in self.raw]
        headings = [
            own[index] if name else page.take(words)
            for index, (name, words) in enumerate(self.headings)
        ]
        notes = [
            page.take(f"{prefix}-{label}")
            for label, references in self.footnotes
            for prefix in ("fn", *("fnref",) * references)
        ]
        return raw + headings + notes


class _Source:
    """A parsed text.

    Args:
        text: the text.
        directives: the directives that it can contain.
    """

    def __init__(self, text: str, directives: Directives) -> None:
        self.parser = parser_of(directives.names)
        self.parsed = self.parser.parse(text)
        self.too_deep = _refusal_of(self.parsed.tokens)
        if self.too_deep is not None:
            _show_html(self.parsed.tokens)
        self.faults = read_directives(self.parsed, directives)
        self.noted = read_footnotes(self.parsed.tokens)
        # In the order of readers.
        self.tokens = self.noted.tokens()
        self._calls = [token for token, _ in calls_in(self.tokens)] if directives.names else []
        for index, token in enumerate(self._calls):
            token.meta["index"] = index

    def anchored(self) -> _Anchored:
        """Return the parts that get anchors."""
        return _Anchored(
            self._raw_anchors(),
            [(str(token.meta.get("id", "")), words) for token, words in self._headings()],
            [(note.label, len(note.references)) for note in self.noted.notes],
        )

    def _raw_anchors(self) -> Sequence[str]:
        """Return the ids that are left in the HTML when nothing else has one."""
        if not any(RAW_ANCHOR.search(html) for _, html in html_in(self.tokens)):
            return ()
        self.name(repeat(""))
        return HtmlReader(sanitise_marked(self.parser.write(self.tokens)), self.texts()).anchors

    def name(self, names: Iterable[str]) -> None:
        """Give headings and footnotes their anchors."""
        rest = iter(names)
        for token, _ in self._headings():
            token.attrSet(f"{MARK}id", next(rest))
        name_footnotes(self.noted.notes, rest)

    def texts(self) -> Sequence[str]:
        """Return the words of the values of each directive, by its index."""
        return [" ".join(token.meta["values"].texts) for token in self._calls]

    def losses(self) -> Iterator[Loss]:
        """Yield what the parser leaves out."""
        yield from losses_of_parsing(self.parsed, self.noted.unused)

    def _headings(self) -> Iterator[tuple[Token, str]]:
        for token, content in pairwise(self.tokens):
            if token.type == "heading_open":
                yield token, "".join(inner.content for inner in content.children or [])


@dataclass(frozen=True)
class _Read:
    """The values that follow from a text alone.

    Attributes:
        text: the text.
        directives: the directives that it can contain.
        too_deep: why its nesting is refused, with the line, or ``None``.
        anchored: the parts that get anchors.
        names: their anchors on a page without others.
        faults: the errors in directives.
        left_out: what the parser leaves out.
        pieces: the parts in which losses of sanitising are looked for.
        raw: HTML before it is sanitised.
        rendered: the text with these anchors.
    """

    text: str
    directives: Directives
    too_deep: str | None
    anchored: _Anchored
    names: list[str]
    faults: Sequence[DirectiveFault]
    left_out: tuple[Loss, ...]
    pieces: Sequence[Piece]
    raw: str
    rendered: RenderedMarkdown

    @cached_property
    def is_whole(self) -> bool:
        """True if sanitising has changed nothing."""
        return without_marks(self.raw) == self.rendered.html

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """The losses, in the order of their lines, at most :data:`MOST_LOSSES`."""
        if self.is_whole:
            return self.left_out
        raw, html = without_marks(self.raw), self.rendered.html
        lost = losses_of_sanitising(self.pieces, raw, html, self.rendered.plain_text)
        found = [*self.left_out, *islice(lost, MOST_LOSSES)]
        return tuple(sorted(found, key=lambda loss: loss.line)[:MOST_LOSSES])


@dataclass(frozen=True)
class _Facts:
    """The few values of a text that commands decide on, also long after it was rendered.

    Attributes:
        too_deep: why its nesting is refused, or ``None``.
        faults: the errors in directives.
        hrefs: where its links lead, in order; empty if it is nested too deeply.
        shows_something: whether there are words, a picture or a directive in it.
        losses: what does not reach readers; ``None`` if that takes the text to know.
    """

    too_deep: str | None
    faults: Sequence[DirectiveFault]
    hrefs: Sequence[str]
    shows_something: bool
    losses: tuple[Loss, ...] | None


def _size_of(facts: _Facts) -> int:
    faults = (each.message for each in facts.faults)
    losses = (each.message for each in facts.losses or ())
    strings = (*facts.hrefs, *faults, *losses)
    return sum(map(len, strings)) + _CHARACTERS_OF_TEXT * (len(strings) + 5)


_FACTS: LRUCache[tuple[bytes, Directives], _Facts] = LRUCache(
    _MOST_CHARACTERS_OF_FACTS, getsizeof=_size_of
)
_FACTS_LOCK = Lock()


def _facts(text: str, directives: Directives) -> _Facts:
    return _known_facts(text, directives) or _keep_facts(_read(text, directives))


def _known_facts(text: str, directives: Directives) -> _Facts | None:
    key = _key_of(text, directives)
    with _FACTS_LOCK:
        return _FACTS.get(key)


def _keep_facts(read: _Read) -> _Facts:
    rendered = read.rendered
    facts = _Facts(
        too_deep=read.too_deep,
        faults=read.faults,
        hrefs=tuple(link.href for link in rendered.links) if read.too_deep is None else (),
        shows_something=rendered.has_picture or is_visible(rendered.plain_text),
        losses=read.losses if read.is_whole else None,
    )
    with _FACTS_LOCK:
        if _FACTS.getsizeof(facts) <= _FACTS.maxsize:
            _FACTS[_key_of(read.text, read.directives)] = facts
    return facts


def _key_of(text: str, directives: Directives) -> tuple[bytes, Directives]:
    return _digest_of(text), directives


@lru_cache(maxsize=16)  # since a text is asked about several times in a row
def _digest_of(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).digest()


_KEPT: ContextVar[dict[tuple[str, Directives], _Read] | None] = ContextVar(
    "copydesk.texts", default=None
)


@contextmanager
def keep_texts() -> Iterator[None]:
    """Keep all texts that are rendered in the body until its end, however many they are."""
    kept = _KEPT.get()
    before = _KEPT.set({} if kept is None else kept)
    try:
        yield
    finally:
        _KEPT.reset(before)


def _read(text: str, directives: Directives) -> _Read:
    kept = _KEPT.get()
    if kept is None:
        return _read_recently(text, directives)
    if (text, directives) not in kept:
        kept[text, directives] = _read_recently(text, directives)
    return kept[text, directives]


# A save reads each of its texts for its depth, links, HTML and losses.
@cached(
    LRUCache(_MOST_CHARACTERS, getsizeof=lambda read: len(read.text) + _CHARACTERS_OF_TEXT),
    lock=Lock(),
)
def _read_recently(text: str, directives: Directives) -> _Read:
    source = _Source(text, directives)
    anchored = source.anchored()
    names = anchored.names_on(Anchors())
    raw, rendered = _render(source, anchored, names)
    read = _Read(
        text=text,
        directives=directives,
        too_deep=source.too_deep,
        anchored=anchored,
        names=names,
        faults=source.faults,
        left_out=tuple(islice(source.losses(), MOST_LOSSES)),
        pieces=pieces_of(source.tokens),
        raw=raw,
        rendered=rendered,
    )
    _keep_facts(read)
    return read


def _refusal_of(tokens: Sequence[Token]) -> str | None:
    """Return why the nesting of a text is refused, with its line, or ``None``."""
    line = first_deep_line(tokens, DEEPEST)
    if line is not None:
        return f"line {line} is more than {DEEPEST} levels deep; nest lists and quotes less"
    line = first_deep_element(tokens, DEEPEST_ELEMENTS)
    if line is not None:
        return f"line {line} is within more than {DEEPEST_ELEMENTS:,} HTML elements; close them"
    return None


def _show_html(tokens: Sequence[Token]) -> None:
    """Make the HTML of a text words: deep HTML takes long to sanitise, and is refused anyway."""
    for token in tokens:
        for each in (token, *(token.children or ())):
            if each.type in {"html_block", "html_inline"}:
                each.content = escapeHtml(each.content)


def _render(
    source: _Source, anchored: _Anchored, names: Sequence[str]
) -> tuple[str, RenderedMarkdown]:
    """Return the HTML of a text before it is sanitised, and the rendered text."""
    source.name(islice(names, len(anchored.raw), None))
    raw_anchors: dict[str, list[str]] = {}
    for name, anchor in zip(anchored.raw, names, strict=False):
        raw_anchors.setdefault(name, []).append(anchor)
    raw = source.parser.write(source.tokens)
    marked = sanitise_marked(raw, raw_anchors=_in_order(raw_anchors))
    reader = HtmlReader(marked, source.texts())
    return raw, RenderedMarkdown(
        html=without_marks(marked),
        plain_text=reader.plain_text(),
        links=tuple(reader.links),
        anchors=tuple(reader.anchors),
        headings=tuple(reader.headings),
        has_picture=reader.has_picture,
        tree=tree_of(source.tokens, _in_order(raw_anchors)),
    )


def _in_order(raw_anchors: Mapping[str, Sequence[str]]) -> RawAnchors:
    return {name: iter(anchors) for name, anchors in raw_anchors.items()}


def sanitising_losses(text: str, directives: Directives = NO_DIRECTIVES) -> tuple[Loss, ...]:
    """Return what of a Markdown text does not reach readers, at most :data:`MOST_LOSSES`."""
    known = _known_facts(text, directives)
    if known is not None and known.losses is not None:
        return known.losses
    return _read(text, directives).losses


def links_in(text: str, directives: Directives = NO_DIRECTIVES) -> tuple[InlineLink, ...]:
    """Return the links of a Markdown text; none if it is nested too deeply."""
    read = _read(text, directives)
    return read.rendered.links if read.too_deep is None else ()


def hrefs_of(text: str, directives: Directives = NO_DIRECTIVES) -> Sequence[str]:
    """Return where the links of a Markdown text lead; nothing if it is nested too deeply."""
    return _facts(text, directives).hrefs


def nesting_fault(text: str, directives: Directives = NO_DIRECTIVES) -> str | None:
    """Return why the nesting of a Markdown text is refused, with its line, or ``None``."""
    if (known := _known_facts(text, directives)) is not None:
        return known.too_deep
    has_deep_html = text.count("<") > DEEPEST_ELEMENTS
    if not directives.names and not has_deep_html and is_flat(text, DEEPEST):
        return None
    return _facts(text, directives).too_deep


def faults_in(text: str, directives: Directives) -> Sequence[DirectiveFault]:
    """Return the errors in the directives of a Markdown text, in order."""
    if not any(name in text.replace(MARK, "") for name in directives.names):
        return ()
    return _facts(text, directives).faults


def names_of_directives(text: str, names: frozenset[str]) -> frozenset[str]:
    """Return those of some names by which there are directives in a text."""
    tokens = parser_of(names).parse(text).tokens
    return frozenset(token.meta["call"].name for token, _ in calls_in(tokens))


def has_content(text: str, directives: Directives = NO_DIRECTIVES) -> bool:
    """Return whether readers see something of a Markdown text: words, a picture or a directive."""
    # Without HTML and definitions, nothing that follows can hide the first paragraph.
    first, _, rest = text.partition("\n\n")
    is_decided = rest and not {"<", "["}.intersection(first)
    if is_decided and _facts(first, directives).shows_something:
        return True
    return _facts(text, directives).shows_something


def with_absolute_links(html: str, url: str) -> str:
    """Return sanitised HTML with relative addresses resolved against a page's URL."""
    return sanitise(html, url)


def split_at_headings(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the text before the first heading of level 2, and each such heading with its text.

    A ``##`` in a code block is not a heading. Each text has the definitions of links and footnotes
    that it needs, wherever they were. The id of a heading, as in ``{#id}``, becomes an anchor at
    the start of its text; other attributes of headings are left out.
    """
    parsed = blocks_in(text)
    headings = [
        (token.map[0], token.map[1], split_heading(content.content))
        for token, content in pairwise(parsed.tokens)
        if token.type == "heading_open" and token.tag == "h2" and token.level == 0 and token.map
    ]
    ends = [start for start, _, _ in headings] + [len(parsed.lines)]
    ranges = [(0, ends[0])]
    ranges += [(first, end) for (_, first, _), end in zip(headings, ends[1:], strict=True)]
    intro, *parts = Definitions(parsed).complete(ranges)
    return intro, [
        (words, f"{_anchor(words, attributes)}{part}")
        for (_, _, (words, attributes)), part in zip(headings, parts, strict=True)
    ]


def _anchor(words: str, attributes: Sequence[Attribute]) -> str:
    """Return an anchor with the id of a heading; empty if its words make that id anyway."""
    name = next((each.name for each in attributes if each.kind == "id"), "")
    return f'<a id="{escapeHtml(name)}"></a>\n\n' if name and name != slugify(words) else ""
