"""The outline of a text: its headings, its code, and the blocks that can have anchors."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from cms.content.markup.markdown import render_markdown
from cms.content.markup.outline import HeadingBlock, outline_of
from cms.content.markup.parser import blocks_in
from cms.content.slug import Anchors

BLOCKS = (
    "Tea\n===",
    "# Tea",
    "## Tea {#own}",
    "### [Green][a] *tea* `x`",
    "Words about tea.",
    "Words with <b id='here'>HTML</b> in them.",
    "<div id='part'>\n\n## Inside\n\n</div>",
    "Words about `<b id='no'>` in `code`, and <b id='yes'>.",
    "An opening ` before <b id='one'>",
    "An escape \\` before <b id='two'> `",
    "Code `` `<b id='no'> `` of two, and ` <b id='three'> ``",
    "An address https://example.org/`a <b id='four'> `",
    "A link [x](a`b) <b id='five'> `",
    "- `<b id='no'>` in a list\n\n  ```\n  <b id='no'>\n  ```",
    "| `<b id='no'>` | a |\n|---|---|\n| ` <b id='six'> | ` |",
    "<textarea>",
    "</textarea>",
    "<!-- a comment",
    "-->",
    "A note.[^n]",
    "A note.[^other]",
    "[^n]: Its words.\n\n    ## In the note",
    "[^other]: Other words",
    "[a]: https://example.org",
    "- an item\n\n  ## In the list",
    "- an item",
    "> ## In the quote",
    "> [!NOTE]\n> words",
    "Term\n: its definition\n\n  # Deep",
    "| a | b |\n|---|---|\n| <i id='cell'>x</i> | y[^n] |",
    "```\n# no heading\n<b id='no'>\n```",
    "    # no heading",
    "  # Indented",
    "***",
    ":::name\n\n# Around\n\n:::",
)


@given(st.lists(st.sampled_from(BLOCKS), max_size=10).map("\n\n".join))
@example("- an item\n\nWords about tea.\n\n  # Indented")
@example("# [a b][a] [c]\n\n[a]: /b\n\n<!-- a comment")
@example("<textarea>\n\nwords\n\n# Hidden\n\n</textarea>\n\n# Shown")
def test_the_blocks_with_anchors_have_those_of_the_whole_text(text: str) -> None:
    alone = render_markdown(outline_of(text).anchored, Anchors())
    whole = render_markdown(text, Anchors())
    assert alone.anchors == whole.anchors
    assert alone.headings == whole.headings


OPEN_BLOCKS = ("```js", "````", "~~~", "<pre>", "<script>", "- ```", "  ```", "```", "~~~ x", "<?")


@given(
    st.lists(st.sampled_from((*BLOCKS, *OPEN_BLOCKS)), max_size=12),
    st.sampled_from(["\n", "\n\n", "\n \n", "\r\n\r\n"]),
)
@example(["```", "# no heading", "```", "# Tea"], "\n\n")
@example(["~~~", "# no heading", "```", "# no heading", "~~~", "# Tea"], "\n\n")
@example(["- ```", "# Tea", "## Tea"], "\n\n")
@example(["<pre>", "# no heading", "```", "# no heading"], "\n\n")
@example(["Term\n: its definition", "# a term\n: its definition", "# Tea"], "\n\n")
@example(["Term\n~ its definition", "# a term", "  ~ its definition", "# Tea"], "\n\n")
def test_an_outline_by_sections_is_that_of_the_whole_text(blocks: list[str], between: str) -> None:
    text = between.join(blocks)
    outline, tokens = outline_of(text), blocks_in(text).tokens
    assert [list(lines) for lines in outline.code] == [
        token.map for token in tokens if token.type in {"fence", "code_block"}
    ]
    assert [(each.content, list(each.line)) for each in outline.headings] == [
        (content.content, token.map)
        for token, content in pairwise(tokens)
        if token.type == "heading_open"
    ]


def test_a_changed_section_leaves_the_lines_of_others_right() -> None:
    text = "# A\n\n    code\n\n# B\n\n[x]: /y\n\n# C\n\n<b>z</b>\n"
    changed = outline_of(text.replace("[x]: /y", "words\n\n```\nmore\n```"))
    assert changed.code == ((2, 3), (8, 11))
    assert changed.anchored_lines == ((0, 1), (4, 5), (12, 13), (14, 15))
    assert outline_of(text).anchored_lines == ((6, 7), (0, 1), (4, 5), (8, 9), (10, 11))


def test_an_outline_has_headings_and_code_with_their_lines() -> None:
    outline = outline_of("# One *two*\n\n```\n# no\n```\n\n- x\n\n      code\n\nThree\n===\n")
    assert outline.headings == (
        HeadingBlock(1, "One *two*", (0, 1)),
        HeadingBlock(1, "Three", (10, 12)),
    )
    assert outline.code == ((2, 5), (8, 9))


def test_blocks_without_anchors_are_not_in_it() -> None:
    text = "# One\n\nwords\n\n```\n<b id='x'>\n```\n\n| a |\n|---|\n| b |\n\n- [a](/b)\n"
    assert outline_of(text).anchored == "# One"


def test_code_is_found_within_the_blocks_of_the_dialect() -> None:
    text = "[^1]: a\n\n    ```\n    b\n    ```\n\nc\n: ```\n  d\n  ```\n\n> [!e]\n> ```\n> f\n> ```"
    assert outline_of(text).code == ((2, 5), (7, 10), (12, 15))


@given(st.lists(st.sampled_from(BLOCKS), max_size=8), st.sampled_from(["\n", "\n\n", "\n\n\n"]))
def test_an_outline_without_the_first_heading_is_that_of_the_text_without_its_lines(
    blocks: list[str], between: str
) -> None:
    text = f"\n{between.join(['# Tea', *blocks])}"
    outline = outline_of(text)
    first, end = outline.headings[0].line
    lines = text.split("\n")
    rest = outline.without_first_heading()
    assert rest is None or rest == outline_of("\n".join([*lines[:first], *lines[end:]]))


def test_the_outline_without_a_first_heading_in_a_list_is_not_known() -> None:
    assert outline_of("- # Tea\n\n  Words").without_first_heading() is None
    assert outline_of("# Tea\n\nWords").without_first_heading() is not None
