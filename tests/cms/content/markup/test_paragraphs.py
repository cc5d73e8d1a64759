"""Plain paragraphs are read as the rules of all blocks would read them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it.rules_block import StateBlock

from cms.content.markup.parser import Parser
from tests.cms.content.markup.test_openings import ask_everywhere

LINES = (
    "words",
    "more words",
    "é and (brackets)",
    "  indented",
    "    far indented",
    "\tafter a tab",
    "a | b",
    "|---|",
    "--|--",
    "---",
    "===",
    ": a definition",
    "~ another",
    "- an item",
    "  - an inner item",
    "2. second",
    "> a quote",
    "[^a]: a note",
    "[a]: /b",
    "<div>",
    "# heading",
    "```",
    "~~~",
    ":::box",
    "::box",
    "!important",
    "",
    "\u00a0",
)
AS_ALL = Parser(frozenset({"box"}))
BY_EACH_RULE = Parser(frozenset({"box"}))
for each in (BY_EACH_RULE._blocks, BY_EACH_RULE._inline):
    ask_everywhere(each)
    each.block.ruler.disable("plain_paragraph")


@given(st.lists(st.sampled_from(LINES), max_size=12).map("\n".join))
@example("words\n\n: a definition")
@example("words\n\n\n: no definition")
@example("- words\nmore words\n    far indented\n\nwords")
@example("a | b\n--|--\nwords")
@example("> words\nmore words\n---")
def test_a_paragraph_is_as_the_rules_of_all_blocks_read_it(text: str) -> None:
    assert AS_ALL.parse(text).tokens == BY_EACH_RULE.parse(text).tokens


def test_lines_of_words_are_read_without_the_other_rules() -> None:
    asked: list[int] = []

    def ask(_state: StateBlock, line: int, _end: int, _silent: bool) -> bool:
        asked.append(line)
        return False

    parser = Parser(frozenset())
    parser._blocks.block.ruler.before("table", "asked", ask)
    parser.parse("words\nmore words\n\nand more\n\n- an item")
    assert asked == [5]
