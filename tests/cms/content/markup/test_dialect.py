"""The dialect: what each construct becomes, as HTML, tree, plain text, links and anchors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.markup import markdown
from cms.content.markup.fences import read_info
from cms.content.markup.html_reader import InlineLink
from cms.content.markup.markdown import (
    RenderedMarkdown,
    has_content,
    hrefs_of,
    render_markdown,
    sanitising_losses,
)
from cms.content.slug import Anchors
from cms.content.words import is_filled, is_visible, words_in


def rendered(text: str) -> RenderedMarkdown:
    return render_markdown(text, Anchors())


def nodes(text: str, kind: str) -> list[Any]:
    """Return the nodes of one type in the tree of a text."""

    def found(node: Any) -> Iterator[Any]:
        if node["type"] == kind:
            yield node
        for child in node.get("children", ()):
            yield from found(child)

    return list(found(rendered(text).tree))


def hrefs(text: str) -> list[str]:
    return [link.href for link in rendered(text).links]


def test_a_footnote_with_an_address_is_no_link_by_reference() -> None:
    page = rendered("a[^1]\n\n[^1]: https://example.org")
    assert page.links == (InlineLink("https://example.org", "https://example.org"),)
    assert page.plain_text == "a\nhttps://example.org"
    assert page.anchors == ("fnref-1", "fn-1")


def test_labels_of_footnotes_are_compared_without_case() -> None:
    text = "x[^Ä] y[^ä]\n\n[^ä]: first\n[^Ä]: second"
    page = rendered(text)
    assert page.plain_text == "x y\nfirst"
    assert page.html.count("data-footnote-backref") == 2
    assert {each["identifier"] for each in nodes(text, "footnoteReference")} == {"ä"}
    assert [each.line for each in sanitising_losses(text)] == [4]


def test_footnotes_are_in_the_order_of_their_references() -> None:
    text = "[^b]: second[^c]\n[^a]: first\n[^c]: third\n\nx[^a] y[^b] z[^a]"
    page = rendered(text)
    assert page.plain_text == "x y z\nfirst\nsecond\nthird"
    definitions = nodes(text, "footnoteDefinition")
    assert [each["identifier"] for each in definitions] == ["a", "b", "c"]
    assert [each["data"]["number"] for each in definitions] == [1, 2, 3]
    assert page.html.count("data-footnote-backref") == 4


def test_footnotes_within_each_other_and_in_quotes_keep_their_words() -> None:
    text = (
        "> a[^1]\n>\n> [^1]: one\n>\n>     [^2]: two\n>\n>     more[^2]\n\n- b[^3]\n\n  [^3]: three"
    )
    assert rendered(text).plain_text.split() == ["a", "b", "one", "more", "three", "two"]


def test_footnotes_of_two_texts_of_a_page_have_different_ids() -> None:
    page, text = Anchors(), "a[^1]\n\n[^1]: b"
    first, second = (render_markdown(text, page) for _ in range(2))
    assert not {*first.anchors} & {*second.anchors}
    assert second.html.count("fn-1-1") == 2
    assert second.html.count("fnref-1-1") == 2


@pytest.mark.parametrize(
    "text", ["a[^1]", "a[^1] [^ x]: b", "`[^1]`\n\n[^1]: x", "\\[^1]\n\n[^1]: x"]
)
def test_what_is_no_footnote_is_text(text: str) -> None:
    assert "[^1]" in rendered(text).plain_text or "[^1]" in rendered(text).html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://example.org/a_b_c/(d), or", ["https://example.org/a_b_c/(d)"]),
        ("(http://example.org/a?b=c&d)", ["http://example.org/a?b=c&d"]),
        ("**https://example.org/_a_b**", ["https://example.org/_a_b"]),
        ("www.example.org/x.", ["http://www.example.org/x"]),
        ("awww.example.org", []),
        ("write to ada.l+x@example.org.", ["mailto:ada.l+x@example.org"]),
        ("mailto:ada@example.org", ["mailto:ada@example.org"]),
        ("`https://example.org` and [https://example.org](/a)", ["/a"]),
        ("<a href='/a'>https://example.org</a>", ["/a"]),
        ("example.org and a@b", []),
        ("javascript://example.org ftp://example.org", []),
        ("| a |\n|---|\n| https://example.org/x |", ["https://example.org/x"]),
    ],
)
def test_bare_addresses_are_links(text: str, expected: list[str]) -> None:
    assert hrefs(text) == expected


def test_links_by_reference_are_links() -> None:
    text = '[a][x] [x] [X][] ![p][x]\n\n[x]: /d "t"'
    assert hrefs(text) == ["/d", "/d", "/d"]
    assert [each["url"] for each in nodes(text, "link")] == ["/d", "/d", "/d"]
    assert [each["url"] for each in nodes(text, "image")] == ["/d"]


def test_the_alternative_text_of_an_image_is_plain() -> None:
    assert [each["alt"] for each in nodes("![a *b* `c`](/d)", "image")] == ["a b c"]


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("## A {#my-id}\n\n## my id", ("my-id", "my-id-1")),
        ("## my id\n\n## A {#my-id}", ("my-id-1", "my-id")),
        ("## A {#x}\n\n## B {#x}", ("x", "x-1")),
        ("A {#x .y}\n===", ("x",)),
        ("## Größe {#größe_1}", ("größe_1",)),
        ("## A {x}", ("a-x",)),
        ("## A {x, y}", ("a-x-y",)),
        ("## A \\{#x}", ("a-x",)),
        ("## A {#x", ("a-x",)),
        ("## A {#x y}", ("a-x-y",)),
    ],
)
def test_headings_have_their_own_ids_or_those_of_their_words(
    text: str, anchors: tuple[str, ...]
) -> None:
    assert rendered(text).anchors == anchors


def test_attributes_of_a_heading_are_no_words() -> None:
    page = rendered('## A *b* {#x .y .z lang="de"}')
    assert page.html == '<h2 class="y z" id="x">A <em>b</em></h2>'
    assert page.headings[0].text == page.plain_text == "A b"


@pytest.mark.parametrize(
    ("text", "kind", "title", "words"),
    [
        ("> [!NOTE]\n> a", "note", "Note", "a"),
        ("> [!note] Own *title*\n> a", "note", "Own title", "a"),
        ("> [!my-kind]\n>\n> - a", "my-kind", "My kind", "a"),
        ("> [!tip]", "tip", "Tip", ""),
        ("> [!tip]- T\n> ```\n> a\n> ```", "tip", "T", "a"),
    ],
)
def test_quotes_with_a_kind_are_callouts(text: str, kind: str, title: str, words: str) -> None:
    page = rendered(text)
    assert page.plain_text.splitlines() == [title, *words.splitlines()]
    (quote,) = nodes(text, "blockquote")
    assert quote["data"]["alert"]["kind"] == kind
    assert quote["children"][0]["data"]["alertTitle"] is True
    assert f'class="markdown-alert markdown-alert-{kind}"' in page.html


@pytest.mark.parametrize("text", ["> [!] a", "> [!a b]", "> a [!note]", "> [!note]a", "> [note]"])
def test_other_quotes_are_quotes(text: str) -> None:
    assert rendered(text).html.startswith("<blockquote>")


def test_a_callout_that_is_open_can_be_folded() -> None:
    assert '<details class="markdown-alert markdown-alert-a" data-alert="a" open="">' in (
        rendered("> [!a]+ b\n> c").html
    )
    assert "open" not in rendered("> [!a]- b\n> c").html


def test_callouts_can_contain_quotes_and_callouts() -> None:
    text = "> [!a]\n> > b\n> > > [!c]\n> > > d\n\n> e"
    kinds = [
        each.get("data", {}).get("alert", {}).get("kind") for each in nodes(text, "blockquote")
    ]
    assert kinds == ["a", None, "c", None]
    assert rendered(text).html.count("<blockquote>") == 2


def test_task_lists_have_boxes_that_readers_cannot_change() -> None:
    page = rendered("1. [X] a\n2. [ ] b\n3. c\n\n- [ ]\n- [y] d")
    assert page.html.count("<input") == page.html.count('type="checkbox"') == 2
    assert page.html.count("disabled") == 2
    items = nodes("1. [X] a\n2. [ ] b\n3. c", "listItem")
    assert [each.get("checked") for each in items] == [True, False, None]


@pytest.mark.parametrize(
    ("info", "language", "title", "lines", "start"),
    [
        ("", "", "", [], ""),
        ("js", "js", "", [], ""),
        ("js {1,3-5}", "js", "", [1, 3, 4, 5], ""),
        ("js{1,3}", "js", "", [1, 3], ""),
        ('js title="a b.js"', "js", "a b.js", [], ""),
        ('js {title="a.js" hl_lines=[1,3]}', "js", "a.js", [1, 3], ""),
        ('{.js title="a.js" #x}', "js", "a.js", [], ""),
        ("js [a.js]", "js", "a.js", [], ""),
        ('go {linenos=table,hl_lines=["2-4",8],linenostart=199}', "go", "", [2, 3, 4, 8], "199"),
        ("js:line-numbers {1}", "js", "", [1], ""),
        ("ts {1,7-8} \"x\" ins={5} title='y'", "ts", "y", [1, 7, 8], ""),
        ('python hl_lines="1 3-4"', "python", "", [1, 3, 4], ""),
        ("js {9-2,3-5,4-6,99999-999999}", "js", "", [3, 4, 5, 6], ""),
        ("c++", "c++", "", [], ""),
    ],
)
def test_fences_have_a_language_and_attributes(
    info: str, language: str, title: str, lines: list[int], start: str
) -> None:
    read = read_info(info)
    assert (read.language, read.title, read.highlighted(10), read.start) == (
        language,
        title,
        lines,
        start,
    )


def test_attributes_of_fences_cannot_break_out_of_the_html() -> None:
    html = rendered('```a"b><script> {title="\\"><script>"}\nc\n```').html
    assert "<script" not in html


# Blocks of all kinds, in which W is a word.
BLOCKS = (
    *("W W\n\n", "# W {#x}\n\n", "- W\n- [ ] W\n\n", "1. W\n\n   W\n\n", "> W\n> W\n\n"),
    *("| W | W |\n|---|---|\n| W | W |\n\n", "W\n: W\n\n  W\n\n", "> [!note] W\n> W\n\n"),
    *("> [!x]- W\n> > W\n\n", '```js {1} title="a"\nW W\n```\n\n', "    W\n\n", "<b>W</b>\n\n"),
    *("<div>\n\nW\n\n</div>\n\n", "**W** *W* ~~W~~ `W` [W](/a) ![W](/b)\n\n", "W[^1] W[^2]\n\n"),
    *("[^1]: W\n\n    W\n\n", "[^2]: > W\n\n", "[W][r]\n\n[r]: /c\n\n", "W\n===\n\n", "---\n\n"),
    *(
        "W https://example.org/W W\n\n",
        "W  \nW\\\nW\n\n",
        "- W\n  - W\n\n    > W\n\n",
        "&amp; W\n\n",
    ),
)


@given(st.lists(st.sampled_from(BLOCKS), max_size=12), st.integers(0, 3))
def test_every_word_of_a_text_reaches_readers(blocks: list[str], depth: int) -> None:
    notes = "".join(f"[^{n}]: x\n\n" for n in "12" if f"[^{n}]: " not in "".join(blocks))
    text = "".join([*blocks, "x[^1] x[^2]\n\n", notes])
    text = "\n".join(f"{'> ' * depth}{line}" for line in text.split("\n"))
    count = iter(range(10_000))
    text = re.sub(r"\bW\b", lambda _: f"word{next(count)}", text)
    words = Counter(re.findall(r"word\d+", text))
    page = rendered(text)
    lost = words - Counter(re.findall(r"word\d+", page.plain_text.lower()))
    # A second definition of a footnote is not shown, and is reported.
    assert lost == Counter() or "UNUSED_DEFINITION" in {
        each.code for each in sanitising_losses(text)
    }
    tree = str(page.tree).lower()
    assert all(word in tree for word in words - lost)


@pytest.mark.parametrize(
    "text",
    [
        *("", "<!-- x -->", "<script>a</script>", "&nbsp;", "---", "\u200b", "***\n\n---", "> "),
        *("- \n- ", "&#8203;&shy;", "…", "[^1]: x", "[a]: /b", "![]()", "\u3164", "\u2800"),
        *("<div></div>", "| |\n|-|\n| |", "```\n\n```", "\u202e\u2066"),
    ],
)
def test_a_text_in_which_readers_see_nothing_is_none(text: str) -> None:
    assert not has_content(text)


@pytest.mark.parametrize(
    "text", ["a", "1", "€", "👍", "![](/a.png)", "<b>a</b>", "`a`", "語", "नि"]
)
def test_a_text_in_which_readers_see_something_is_one(text: str) -> None:
    assert has_content(text)


# Parts of texts, some of which hide what is beside them.
PARTS = (
    *(
        "a",
        "# ",
        "\n",
        "\n\n",
        "\n\n\n",
        "    ",
        "- ",
        "> ",
        ": ",
        "```",
        "---",
        "&nbsp;",
        "\u200b",
    ),
    *(
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<b>",
        "<div",
        ">",
        "[^a]",
        "[^a]: ",
        "[a]",
        "[a]: /b",
    ),
    *("!", "[]", "()", "|", "\r", "\\"),
)


@given(text=st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_a_text_shows_something_if_readers_see_it(text: str) -> None:
    page = rendered(text)
    assert has_content(text) == (page.has_picture or is_visible(page.plain_text))


@pytest.mark.parametrize(
    ("text", "is_seen"),
    [("Über", True), ("C", True), ("7", True), (" \u200b\u2060\ufeff-!", False)],
)
def test_visible_texts_have_a_letter_a_digit_or_a_symbol(text: str, is_seen: bool) -> None:
    assert is_visible(text) is is_seen


@pytest.mark.parametrize(
    ("text", "is_seen"),
    [
        ("<!-- A --> B", True),
        ("<script>", True),
        ("A & B", True),
        ("&copy;", True),
        ("<!-- A -->", False),
        ("<!-- A --> - <!-- B", False),
        ("&nbsp;&#8203;&ZeroWidthSpace;", False),
    ],
)
def test_plain_texts_have_more_than_comments_and_references_to_spaces(
    text: str, is_seen: bool
) -> None:
    assert is_filled(text) is is_seen


def test_words_have_inner_punctuation() -> None:
    assert words_in("It's 3.5 語学") == ["It's", "3.5", "語", "学"]


@given(
    pieces=st.lists(
        st.sampled_from(
            ['<h2 id="a">x</h2>', '<h3 id="b">y</h3>', "## a", "z <h2 id='a'>w</h2>", "# B", "[^a]"]
        ),
        max_size=8,
    )
)
def test_html_in_the_tree_has_the_ids_of_the_html(pieces: list[str]) -> None:
    text = "\n\n".join([*pieces, "[^a]: <h2 id='a'>n</h2>"])
    blocks = [each["value"] for each in nodes(text, "html")]
    page = rendered(text)
    assert all(each in page.html for each in blocks if not each.startswith("<a"))
    ids = re.findall(r'id="([^"]*)"', "".join(blocks))
    assert len(ids) == len(set(ids))


def test_what_is_kept_of_texts_is_limited_by_its_characters() -> None:
    for each in range(2):
        hrefs_of(f"[a](/{each}{'b' * 100_000})")
    assert sum(map(markdown._FACTS.getsizeof, markdown._FACTS.values())) > 2 * 100_000
    assert markdown._FACTS.currsize <= markdown._FACTS.maxsize < 50_000_000
