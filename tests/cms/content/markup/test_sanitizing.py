"""What the sanitiser takes out of Markdown is told, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.content_warnings import warnings_about
from cms.content.markup import markdown
from cms.content.markup.markdown import MOST_LOSSES, render_markdown, sanitising_losses
from cms.content.markup.sanitizing import losses
from cms.content.slug import Anchors
from tests.contents import content_of, section
from tests.sites import Article


def told(text: str) -> list[tuple[str, str, str, str]]:
    return [(each.code, each.tag, each.attribute, each.value) for each in sanitising_losses(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>alert('<b>')</script>", [("REMOVED_ELEMENT", "script", "", "")]),
        ("<iframe src='https://e.org'></iframe>", [("REMOVED_ELEMENT", "iframe", "", "")]),
        ("List<T> of it", [("REMOVED_ELEMENT", "t", "", "")]),
        ("<p onclick='x'>b</p>", [("REMOVED_ATTRIBUTE", "p", "onclick", "x")]),
        ("<code class='evil'>b</code>", [("REMOVED_ATTRIBUTE", "code", "class", "evil")]),
        ("<a href='javascript:x'>b</a>", [("REMOVED_ADDRESS", "a", "href", "javascript:x")]),
        ("<img src='data:image/png,x'>", [("REMOVED_ADDRESS", "img", "src", "data:image/png,x")]),
        ("<q cite='javascript:x'>b</q>", [("REMOVED_ADDRESS", "q", "cite", "javascript:x")]),
        (
            "[good](https://e.org) <a href='data:x'>bad</a> <script></script><script></script>",
            [("REMOVED_ELEMENT", "script", "", ""), ("REMOVED_ADDRESS", "a", "href", "data:x")],
        ),
    ],
)
def test_what_readers_do_not_get_is_told_once(
    text: str, expected: list[tuple[str, str, str, str]]
) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '# H\n\n*a* **b** ~~c~~ `d` [e](https://e.org "t") ![f](/f.png) <https://e.org>',
        "```python\nx < y\n```\n\n    <script>\n",
        "| a | b |\n|:-:|--:|\n| 1 | 2 |",
        "3. a\n4. b\n\n> q\n\n---\n",
        "a < b & c > d, `<script>` and \\<script>",
        "[bad](javascript:x)",
        "<!-- a comment --> <B>b</B> <br/> <details><summary>s</summary>x</details>",
        "<a href=\"/a?b=1&amp;c=2\" title='x'>y</a>",
        "<h2 id='own'>own</h2>",
        "<p>unclosed <b>bold",
        "",
    ],
)
def test_what_readers_get_is_no_loss(text: str) -> None:
    assert told(text) == []


@given(st.text(st.sampled_from("<>/ab p'=\"&;![]()#*`|-\n:x"), max_size=60))
def test_what_is_clean_already_loses_nothing(text: str) -> None:
    html = render_markdown(text, Anchors()).html
    assert list(losses(html, markdown._sanitise(html))) == []


def test_each_markdown_value_of_a_content_is_looked_at() -> None:
    content = content_of(
        body="<u1>",
        sections=[section("A"), section("<u2>", "<u2>")],
        steps=[{"title": "<u3>", "body": "<u3>"}],
        subtitle="<u4>",
    )
    assert [(each.code, each.path) for each in warnings_about(Article, content)] == [
        ("REMOVED_ELEMENT", ("fields", "body")),
        ("REMOVED_ELEMENT", ("fields", "sections", 1, "body")),
        ("REMOVED_ELEMENT", ("fields", "steps", 0, "body")),
    ]


def test_a_long_list_of_losses_ends_somewhere() -> None:
    many = "".join(f"<x{number}>" for number in range(1_000))
    assert len(sanitising_losses(many)) == MOST_LOSSES


def test_a_long_address_is_shortened() -> None:
    (loss,) = sanitising_losses(f"<a href='data:{'x' * 500}'>y</a>")
    assert len(loss.value) == 100
    assert len(loss.message) < 300


def test_every_message_says_what_to_do() -> None:
    removed = sanitising_losses("<script></script><p style='x'><a href='data:x'>y</a></p>")
    assert [each.message.partition(" and was removed")[0] for each in removed] == [
        "<script> is not allowed",
        "style is not allowed on <p>",
        "the address 'data:x' of <a> is not allowed",
    ]


def test_columns_of_a_table_keep_their_alignment() -> None:
    html = render_markdown("| a | b |\n|:-:|---|\n| 1 | 2 |", Anchors()).html
    assert '<th align="center">a</th><th>b</th>' in html.replace("\n", "")
    assert '<td align="center">1</td><td>2</td>' in html.replace("\n", "")
