"""Rules of the parser that are asked at some characters find what they find everywhere."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.ruler import Ruler

from cms.content.markup.parser import Parser

Rule = TypeVar("Rule")

# Each mark, with what can be around it.
PARTS = (
    *"\n!#$%&*+-:<=>@[\\]^_`{}~|()/.w1",
    *(
        "words",
        " ",
        "  ",
        "    ",
        "\t",
        "\n\n",
        "é",
        "\u00a0",
        "```",
        "~~",
        "---",
        "[^a]",
        "[^a]: ",
    ),
    *(
        "[a]: /b\n",
        "](/c)",
        "![",
        "&amp;",
        "<b>",
        "</b>",
        "<div>",
        "<!--",
        "-->",
        "http://",
        "a@b.de",
    ),
    *("www.a.de", ":box[", "::box", ":::box\n", ":::\n", "{#id}", "[!note] ", "- [ ] ", "1. "),
)
NAMES = frozenset({"box"})
AT_OPENINGS = Parser(NAMES)
EVERYWHERE = Parser(NAMES)


def ask_everywhere(parser: MarkdownIt) -> None:
    """Let a parser ask all its rules everywhere, as it does by itself."""
    parser.block.ruler = _plain(parser.block.ruler)
    parser.inline.ruler = _plain(parser.inline.ruler)


def _plain(rules: Ruler[Rule]) -> Ruler[Rule]:
    plain: Ruler[Rule] = Ruler()
    plain.__rules__ = rules.__rules__
    return plain


for each in (EVERYWHERE._blocks, EVERYWHERE._inline):
    ask_everywhere(each)


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join))
@example("[a]: /b\n\n> [!note] *w*\n> - [ ] `x`\n\n:::box\n\n1. <b>[^a]</b>\n:::\n\n[^a]: www.a.de")
def test_rules_find_what_they_find_everywhere(text: str) -> None:
    assert AT_OPENINGS.parse(text).tokens == EVERYWHERE.parse(text).tokens


@given(st.text(max_size=60))
def test_rules_find_what_they_find_everywhere_in_any_text(text: str) -> None:
    assert AT_OPENINGS.parse(text).tokens == EVERYWHERE.parse(text).tokens
