"""The parser of Markdown: CommonMark and what GitHub and the generators of sites add to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from cms.content.markup.allowed_html import MARK
from cms.content.markup.blocks import complete_blocks
from cms.content.markup.brackets import InlineRule, bounded_to_pairs
from cms.content.markup.directives import directives_plugin
from cms.content.markup.footnotes import compared_label
from cms.content.markup.html_writer import HtmlWriter
from cms.content.markup.openings import ask_at_openings
from cms.content.markup.paragraphs import read_plain_paragraph

# Maximum nesting of blocks within each other, and of marks around a word.
DEEPEST = 100

_LINE_END = re.compile(r"\r\n?")
_FOOTNOTE = re.compile(r"\[\^([^\s\[\]]{1,200})\]")
# The text rule stops at these; of the letters that the plugin for addresses adds, only at whole
# beginnings of addresses. A set of characters first is found in a third of the time.
_TERMINATORS = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{}~w](?:(?<!w)|(?<=(?<![^\W_])w)ww\.)")
# Addresses that stay as they are: from the root, on the page, or on a host of the web.
_PLAIN_ADDRESS = re.compile(
    r"(?:(?:https?://[a-z0-9]+(?:[.-][a-z0-9]+)*)?(?:/[A-Za-z0-9_.-]+)*/?)?(?:#[A-Za-z0-9_.-]*)?"
)
# Maximum number of characters of a bare address, and of what is before its first mark.
_LONGEST_ADDRESS = 2_000
_BEFORE_MARK = 100


@dataclass(frozen=True)
class Parsed:
    """A parsed text.

    Attributes:
        text: the text, with plain ends of lines.
        tokens: the tokens, in the order of the source.
        env: the definitions that the parser found.
    """

    text: str
    tokens: Sequence[Token]
    env: MutableMapping[str, Any]

    @property
    def lines(self) -> Sequence[str]:
        """The lines of the text, to which the lines of tokens refer."""
        return self.text.split("\n")


class Parser:
    """A parser of texts with some directives.

    Args:
        names: the names of the directives.
    """

    def __init__(self, names: frozenset[str]) -> None:
        # A list is two levels; one more level makes excess nesting visible in the tokens.
        self._blocks = _configured(2 * DEEPEST + 1, names)
        self._inline = _configured(DEEPEST, names)
        self._blocks.core.ruler.after("block", "complete_blocks", complete_blocks)
        self._blocks.core.ruler.at("inline", self._parse_inline)

    def parse(self, text: str) -> Parsed:
        """Return the tokens of a text."""
        env: MutableMapping[str, Any] = {}
        plain = with_plain_ends(text.replace(MARK, ""))
        return Parsed(plain, self._blocks.parse(plain, env), env)

    def write(self, tokens: Sequence[Token]) -> str:
        """Return the HTML of tokens, before it is sanitised."""
        return str(self._blocks.renderer.render(tokens, self._blocks.options, {}))

    def _parse_inline(self, state: StateCore) -> None:
        """Parse the inline text of blocks with the nesting limit of inline text.

        The default rule uses the limit of blocks, and takes three Python calls per level.
        """
        for token in state.tokens:
            if token.type == "inline":
                token.children = []
                self._inline.inline.parse(token.content, self._inline, state.env, token.children)


@cache
def parser_of(names: frozenset[str] = frozenset()) -> Parser:
    """Return the parser of texts with these directives."""
    return Parser(names)


def blocks_in(text: str) -> Parsed:
    """Return the blocks of a text, in which words are as they are written."""
    env: MutableMapping[str, Any] = {}
    plain = with_plain_ends(text)
    return Parsed(plain, _block_parser().parse(plain, env), env)


def with_plain_ends(text: str) -> str:
    """Return a text with plain ends of lines."""
    return _LINE_END.sub("\n", text) if "\r" in text else text


@cache
def _block_parser() -> MarkdownIt:
    parser = _configured(2 * DEEPEST + 1, frozenset())
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _configured(depth: int, names: frozenset[str]) -> MarkdownIt:
    options = {
        "html": True,
        "maxNesting": depth,
        "tasklists": True,
        "store_labels": True,
    }
    parser = MarkdownIt("commonmark", options)
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.at("normalize", _without_nulls)
    parser.block.ruler.before("table", "plain_paragraph", read_plain_paragraph)
    deflist_plugin(parser)
    footnote_plugin(parser, inline=False, move_to_end=False)
    parser.inline.ruler.at("footnote_ref", _read_footnote)
    parser.inline.ruler.at("link", bounded_to_pairs(link))
    parser.inline.ruler.at("image", bounded_to_pairs(image))
    gfm_autolink_plugin(parser)
    parser.inline.terminator_re = _TERMINATORS
    for name, rule in list(_address_rules(parser)):
        parser.inline.ruler.at(name, rule)
    if names:
        directives_plugin(parser, names)
    parser.renderer = HtmlWriter()  # without the rules that plugins add
    ask_at_openings(parser)
    parser.normalizeLink = _normalised  # type: ignore[assignment,method-assign]  # meant so
    return parser


def _normalised(address: str) -> str:
    """Return an address with all but plain characters encoded; most have plain ones only."""
    return address if _PLAIN_ADDRESS.fullmatch(address) else normalizeLink(address)


def _without_nulls(state: StateCore) -> None:
    """Replace characters that no text can have; ends of lines are plain already."""
    state.src = state.src.replace("\0", "\ufffd")


def _read_footnote(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # as rules are called
    """Read a reference to a footnote; the rule of the plugin searches to the end of the text."""
    if state.src[state.pos] != "[":
        return False
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if match is None or compared_label(match[1]) not in _footnotes_of(state):
        return False
    if not silent:
        state.push("footnote_ref", "", 0).meta = {"label": match[1]}
    state.pos = match.end()
    return True


def _footnotes_of(state: StateInline) -> frozenset[str]:
    """Return the labels of the footnotes of a text, as they are compared."""
    labels: frozenset[str] | None = state.env.get("footnote_labels")
    if labels is None:
        written = state.env.get("footnotes", {}).get("refs", ())
        labels = frozenset(compared_label(each.removeprefix(":")) for each in written)
        state.env["footnote_labels"] = labels
    return labels


def _address_rules(parser: MarkdownIt) -> Iterator[tuple[str, InlineRule]]:
    """Yield the rules for bare addresses, each bounded in what it reads."""
    beginnings = {"www": "www.", "protocol": ":", "email": "@"}
    active = dict(
        zip(
            parser.inline.ruler.get_active_rules(),
            parser.inline.ruler.getRules(""),
            strict=True,
        )
    )
    for name, beginning in beginnings.items():
        rule = f"gfm_autolink_{name}"
        yield rule, _bounded(active[rule], beginning)


def _bounded(rule: InlineRule, beginning: str) -> InlineRule:
    """Return a rule for bare addresses that reads a bounded part of the text.

    The rules of the plugin copy the rest of the text for each mark, and search all that is before.
    """

    def read(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # as rules are called
        if silent or not state.src.startswith(beginning, state.pos):
            return False
        if len(state.pending) > _BEFORE_MARK:
            whole, state.pending = state.pending, state.pending[:-_BEFORE_MARK]
            state.pushPending()
            state.pending = whole[-_BEFORE_MARK:]
        end = state.posMax
        state.posMax = min(end, state.pos + _LONGEST_ADDRESS)
        is_address = rule(state, silent)
        state.posMax = end
        return is_address

    return read
