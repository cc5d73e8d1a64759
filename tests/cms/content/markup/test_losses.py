"""What of a text does not reach readers is reported with its line, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.content_warnings import warnings_about
from cms.content.markup.allowed_html import sanitise
from cms.content.markup.losses import _AnyHtml, _elements_of, removed_between
from cms.content.markup.markdown import MOST_LOSSES, render_markdown, sanitising_losses
from cms.content.slug import Anchors
from tests.contents import content_of, section
from tests.sites import Article


def losses(text: str) -> list[tuple[str, int]]:
    return [(each.code, each.line) for each in sanitising_losses(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\n<script>alert('<b>')</script>", [("REMOVED_ELEMENT", 3)]),
        ("<iframe src='https://e.org'></iframe>", [("REMOVED_ELEMENT", 1)]),
        ("a\nList<T> of it", [("REMOVED_ELEMENT", 2)]),
        ("<p onclick='x'>b</p>", [("REMOVED_ATTRIBUTE", 1)]),
        ("<div>\n<p\nonclick='x'>b</p></div>", [("REMOVED_ATTRIBUTE", 3)]),
        ("<code class='evil'>b</code>", [("REMOVED_ATTRIBUTE", 1)]),
        ("<input type='text'>", [("REMOVED_ATTRIBUTE", 1)]),
        ("a\n\n<span data-directive='x'>b</span>", [("REMOVED_ATTRIBUTE", 3)]),
        ("<a href='javascript:x'>b</a>", [("REMOVED_ADDRESS", 1)]),
        ("<img src='data:image/png,x'>", [("REMOVED_ADDRESS", 1)]),
        ("a\n\n![b](data:image/png;base64,x)", [("REMOVED_ADDRESS", 3)]),
        ("a\n\n- [b](ftp://e.org)", [("REMOVED_ADDRESS", 3)]),
        ("<q cite='javascript:x'>b</q>", [("REMOVED_ADDRESS", 1)]),
        (
            "[good](https://e.org) <a href='data:x'>bad</a> <script></script><script></script>",
            [("REMOVED_ELEMENT", 1), ("REMOVED_ADDRESS", 1)],
        ),
        ("a\n\n<!-- a\ncomment --> b", [("REMOVED_COMMENT", 3)]),
        ("a\n\n<!-- never closed\n\nb", [("REMOVED_COMMENT", 3)]),
        ("<!-- --> b", []),
        ('a\n\n<div title="b\n\nnot closed c', [("REMOVED_WORDS", 3), ("REMOVED_WORDS", 5)]),
        ("<div>a <![ b\n\nc", [("REMOVED_WORDS", 1)]),
        ("a\n\n[^1]: unused", [("UNUSED_DEFINITION", 3)]),
        ("a[^1]\n\n[^1]: b\n[^1]: twice", [("UNUSED_DEFINITION", 4)]),
        ("a[^1]\n\n[^1]: b\n[^2]: c[^3]\n[^3]: d", [("UNUSED_DEFINITION", n) for n in (4, 5)]),
        ("[a]\n\n[a]: /b\n[c]: /d", [("UNUSED_DEFINITION", 4)]),
        ("[a][b] ![b]\n\n[b]: /b\n[B]: /twice", [("UNUSED_DEFINITION", 4)]),
        ("> | a |\n> |---|\n> | b |\n> | [[c|d]] |", [("REMOVED_WORDS", 4)]),
        ("a\r\n\r\n| a |\r|---|\r| b | c |", [("REMOVED_WORDS", 5)]),
        ("a\n\n## b {#c d=e}", [("REMOVED_ATTRIBUTE", 3)]),
        ("a\n\n:::aside\nb\n:::", [("UNKNOWN_DIRECTIVE", 3)]),
        ("a\n:::: aside[b]{c=d}\n> ::film", [("UNKNOWN_DIRECTIVE", 2), ("UNKNOWN_DIRECTIVE", 3)]),
    ],
)
def test_what_readers_do_not_get_is_reported(text: str, expected: list[tuple[str, int]]) -> None:
    assert losses(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '# H\n\n*a* **b** ~~c~~ `d` [e](https://e.org "t") ![f](/f.png) <https://e.org>',
        "```python\nx < y\n```\n\n    <script>\n",
        "| a | b |\n|:-:|--:|\n| 1 | 2 |",
        "1. | a | b |\n   |-|-|\n   | c\\|d | *e*-`f` |\n   | g |",
        "3. a\n4. b\n\n> q\n\n---\n",
        "`a`-b **c**d <br> e*f*",
        "a < b & c > d, `<script>` and \\<script>",
        "[bad](javascript:x)",
        "[a]() ![b]() [](c)",
        "<B>b</B> <br/> <details open><summary>s</summary>x</details>",
        "<a href=\"/a?b=1&amp;c=2\" title='x'>y</a>",
        "<h2 id='own'>own</h2>",
        "<p>unclosed <b>bold",
        "::before is an element of CSS\n\nstd::map\n\n:: words ::\n\n:::\n\n    :::aside",
        "a <br> \"quoted\" &amp; 'b' &eacute;t&eacute;",
        "- [ ] a\n- [x] b\n\nc[^1]\n\n[^1]: https://e.org\n\nd\n: e",
        "> [!tip]+ f\n> g\n\n## h {#i .j}",
        '```js {title="a.js" hl_lines=[1,3]}\nb\n```\n\n[c][d] www.e.org x@e.org\n\n[d]: /e "f"',
        '<input type="checkbox" disabled> a',
        "",
    ],
)
def test_what_readers_get_is_no_loss(text: str) -> None:
    assert losses(text) == []


@given(st.text(st.sampled_from("<>/ab p'=\"&;![]()#*`|-\n:x^{}"), max_size=60))
def test_what_is_clean_already_loses_nothing(text: str) -> None:
    html = render_markdown(text, Anchors()).html
    again = sanitise(html)
    known = {"id", "class", "data-footnote-ref", "data-footnotes", "data-footnote-backref"}
    lost = {each.attribute for each in removed_between(html, again)}
    assert lost <= known | {"data-line", "data-title", "data-meta", "data-start", "data-alert"}


TAG_PARTS = (
    *("<p", "<a", "<Br", "<my-x", "</p>", "<br />", "<script>", "</script>", "<!-- c -->", "<1>"),
    *(' href="x"', ' HREF="y&amp;"', " open", " a=b", "  b='c'", ' c="<d>"', "\n", "\xa0", '"'),
    *(">", "/>", " />", "text", "&lt;", "é"),
)


@given(st.lists(st.sampled_from(TAG_PARTS), max_size=9).map("".join))
def test_usual_tags_are_read_like_all_others(html: str) -> None:
    assert [(tag, list(attributes)) for tag, attributes in _elements_of(html)] == [
        (tag, list(attributes)) for tag, attributes in _AnyHtml(html).elements
    ]


def test_each_markdown_value_of_a_content_is_looked_at() -> None:
    content = content_of(
        body="<u1>",
        sections=[section("A"), section("<u2>", "a\n\n<u2>")],
        steps=[{"title": "<u3>", "body": "<u3>"}],
        subtitle="<u4>",
    )
    warnings = list(warnings_about(Article, content))
    assert [(each.code, each.path) for each in warnings] == [
        ("REMOVED_ELEMENT", ("fields", "body")),
        ("REMOVED_ELEMENT", ("fields", "sections", 1, "body")),
        ("REMOVED_ELEMENT", ("fields", "steps", 0, "body")),
    ]
    assert warnings[1].message.startswith("line 3: <u2> is not allowed")


def test_words_after_a_part_that_is_elsewhere_are_no_loss() -> None:
    """HTML has what stands beside the cells of a table before the table."""
    beside = " ".join(f"beside{number}" for number in range(90))
    table = f"<table>\n<tr><td>a</td></tr>\n{beside}\n</table>"
    text = f"{table}\n\n# Heading\n\nMore words\n\n<view>zz</view>"
    lost = [line for code, line in losses(text) if code == "REMOVED_WORDS"]
    assert lost == [1, 10]


def test_a_long_list_of_losses_ends_somewhere() -> None:
    many = "".join(f"<x{number}>" for number in range(1_000))
    assert len(sanitising_losses(many)) == MOST_LOSSES


def test_long_texts_are_shortened() -> None:
    (loss,) = sanitising_losses(f"<a href='data:{'x' * 500}'>y</a>")
    assert len(loss.message) < 300
    (loss,) = sanitising_losses(f"<!-- {'word ' * 500} -->")
    assert len(loss.message) < 300


def test_every_message_has_the_remedy() -> None:
    removed = sanitising_losses("<script></script><p style='x'><a href='data:x'>y</a></p>")
    assert [each.message.partition(" and was removed")[0] for each in removed] == [
        "<script> is not allowed",
        "style is not allowed on <p>",
        "the address 'data:x' of <a> is not allowed",
    ]
    (unused,) = sanitising_losses("[a]: /b")
    assert unused.message == (
        "nothing refers to the definition [a], and readers do not get it; refer to it or remove it"
    )
    (comment,) = sanitising_losses("<!-- to do: ask Ada -->")
    assert comment.message == "readers do not get the comment 'to do ask Ada'"


def test_columns_of_a_table_keep_their_alignment() -> None:
    html = render_markdown("| a | b |\n|:-:|---|\n| 1 | 2 |", Anchors()).html
    assert '<th align="center">a</th><th>b</th>' in html.replace("\n", "")
    assert '<td align="center">1</td><td>2</td>' in html.replace("\n", "")
