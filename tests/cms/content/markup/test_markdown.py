"""Markdown becomes HTML that harms nobody, and what derives from it is what a reader gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.markup.html_reader import Heading, InlineLink
from cms.content.markup.html_segments import segments_of
from cms.content.markup.markdown import (
    render_markdown,
    sanitising_losses,
    split_at_headings,
)
from cms.content.slug import Anchors

QUOTING = ("blockquote", "q", "del", "ins")
A, C = "entry_" + "a" * 26, "entry_" + "c" * 26


def rendered(text: str) -> str:
    return render_markdown(text, Anchors()).html


def test_headings_get_anchors_each_only_once() -> None:
    page = render_markdown("# One *two*\n\n## One two\n\n## `x` & y", Anchors())
    assert page.anchors == ("one-two", "one-two-1", "x-y")
    assert '<h2 id="one-two-1">One two</h2>' in page.html


def test_links_are_those_that_stand_in_the_html() -> None:
    page = render_markdown(
        'A [link *here*](/a#b), <a href="https://example.org">raw</a> and `[no](/link)`.',
        Anchors(),
    )
    assert page.links == (InlineLink("/a#b", "link here"), InlineLink("https://example.org", "raw"))


def test_plain_text_has_a_line_for_each_block() -> None:
    page = render_markdown(
        "# Head\n\nOne\ntwo & <b>three</b>\n\n- a\n- b\n\n| c | d |\n|-|-|\n| 1 | 2 |", Anchors()
    )
    assert page.plain_text == "Head\nOne two & three\na\nb\nc\nd\n1\n2"


def test_the_table_of_contents_has_what_can_be_led_to() -> None:
    page = render_markdown(
        "# One `x`\n\nText\n\n### Two\n\n<h2>Raw</h2>\n\n> ## In a quote", Anchors()
    )
    assert page.headings == (
        Heading(1, "One x", "one-x"),
        Heading(3, "Two", "two"),
        Heading(2, "In a quote", "in-a-quote"),
    )


@pytest.mark.parametrize(
    ("text", "count", "minutes"),
    [
        ("", 0, 0),
        ("It's a state-of-the-art **GPU**, 3.5 times faster — yes!", 8, 1),
        ("机器学习", 4, 1),
        ("カード 2 枚", 5, 1),
        ("word " * 238, 238, 1),
        ("word " * 239, 239, 2),
    ],
)
def test_words_are_counted(text: str, count: int, minutes: int) -> None:
    page = render_markdown(text, Anchors())
    assert (page.word_count, page.reading_minutes) == (count, minutes)


def test_the_tree_says_what_stands_where() -> None:
    tree = render_markdown('## A *b*\n\n- [c](/d "t")\n\n```py\ne\n```', Anchors()).tree
    assert tree == {
        "type": "root",
        "children": [
            {
                "type": "heading",
                "depth": 2,
                "data": {"hProperties": {"id": "a-b"}},
                "children": [
                    {"type": "text", "value": "A "},
                    {"type": "emphasis", "children": [{"type": "text", "value": "b"}]},
                ],
            },
            {
                "type": "list",
                "ordered": False,
                "children": [
                    {
                        "type": "listItem",
                        "spread": False,
                        "children": [
                            {
                                "type": "paragraph",
                                "children": [
                                    {
                                        "type": "link",
                                        "url": "/d",
                                        "title": "t",
                                        "children": [{"type": "text", "value": "c"}],
                                    }
                                ],
                            }
                        ],
                    }
                ],
            },
            {"type": "code", "lang": "py", "value": "e"},
        ],
    }


def test_the_tree_of_a_table_says_how_columns_are_aligned() -> None:
    (table,) = nodes("| a | b |\n|:-:|---|\n| 1 | 2 |", "table")
    assert table["align"] == ["center", None]
    assert len(table["children"]) == 2


def nodes(text: str, kind: str) -> list[Any]:
    """Return the nodes of one type in the tree of a text."""
    return list(nodes_in(render_markdown(text, Anchors()).tree, kind))


def nodes_in(node: Any, kind: str) -> Iterator[Any]:
    if node["type"] == kind:
        yield node
    for child in node.get("children", ()):
        yield from nodes_in(child, kind)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("No link", None),
        ("[x](/nowhere) [y](https://example.org) [z](#a)", None),
        (
            'A [x](/a#b "t>") and <a title=" href=" href="/c">y</a>.',
            [
                {"text": '<p>A <a href="'},
                {"entry": A, "suffix": "#b", "href": "/a#b"},
                {"text": '" title="t&gt;">x</a> and <a title=" href=" href="'},
                {"entry": C, "suffix": "", "href": "/c"},
                {"text": '">y</a>.</p>'},
            ],
        ),
        (
            f"[x]({A})",
            [
                {"text": '<p><a href="'},
                {"entry": A, "suffix": "", "href": A},
                {"text": '">x</a></p>'},
            ],
        ),
        ('<img alt="<a href=" title="/a">', None),
        (
            "[x](/größe#ähnlich)",
            [
                {"text": '<p><a href="'},
                {
                    "entry": A,
                    "suffix": "#%C3%A4hnlich",
                    "href": "/gr%C3%B6%C3%9Fe#%C3%A4hnlich",
                },
                {"text": '">x</a></p>'},
            ],
        ),
    ],
)
def test_internal_links_are_set_apart(text: str, segments: Any) -> None:
    assert segments_of(rendered(text), {"/a": A, "/c": C, "/gr%C3%B6%C3%9Fe": A}) == segments


@given(
    st.lists(st.sampled_from(["[x](/a)", "<a title='\">' href='/c'>", "</a>", '"', "`<a href`"]))
)
def test_segments_make_the_html_again(parts: list[str]) -> None:
    html = rendered(" ".join(parts))
    pieces: Any = segments_of(html, {"/a": A, "/c": C}) or [{"text": html}]
    assert "".join(each.get("text", each.get("href")) for each in pieces) == html
    hrefs = [link.href for link in render_markdown(" ".join(parts), Anchors()).links]
    assert [each["href"] for each in pieces if "href" in each] == hrefs


def test_the_tree_harms_nobody() -> None:
    attack = "[x](data:image/png;base64,AA) <b onclick=x>y</b>\n\n<div onclick=x>z</div>"
    assert [each["url"] for each in nodes(attack, "link")] == [""]
    assert [each["value"] for each in nodes(attack, "html")] == ["<div>z</div>"]


def test_what_the_html_drops_is_in_the_tree_no_words_either() -> None:
    texts = nodes("A <script>b</script>c <STYLE>d<i>e</i></STYLE> f <em>g</em>", "text")
    assert [each["value"] for each in texts] == ["A c  f g"]


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" jav&#x09;ascript:alert(1)">x</a>',
        '<svg onload="alert(1)"><script>alert(1)</script></svg>',
        '<iframe src="https://example.org"></iframe>',
        "<style>body{display:none}</style>",
        '<p style="position:fixed">x</p>',
        '<form action="https://example.org"><input></form>',
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
        "![x](javascript:alert(1))",
        '<code class="language-x" onclick="alert(1)">x</code>',
    ],
)
def test_no_script_survives(attack: str) -> None:
    html = rendered(attack).lower()
    for harm in ("<script", "<iframe", "<style", "<svg", "<form", " on", "style="):
        assert harm not in html
    assert 'href="java' not in html
    assert 'href=" jav' not in html
    assert 'src="java' not in html
    assert 'href="data:' not in html
    assert 'href="vbs' not in html


@pytest.mark.parametrize("element", ["a href", "img src", *(f"{each} cite" for each in QUOTING)])
@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java&#9;script:alert(1)",
        "java&#10;script:alert(1)",
        "&#1;javascript:alert(1)",
        "javascript&colon;alert(1)",
        "data:text/html,x",
        "vbscript:msgbox",
        "http://[",
    ],
)
def test_no_attribute_keeps_an_address_that_runs_something(element: str, address: str) -> None:
    tag, attribute = element.split()
    assert f"{attribute}=" not in rendered(f'x <{tag} {attribute}="{address}">y</{tag}>')


@pytest.mark.parametrize("element", QUOTING)
@pytest.mark.parametrize("address", ["https://example.org/a?b=c:d", "/a", "#a:b", "a/b:c"])
def test_a_quotation_keeps_its_source(element: str, address: str) -> None:
    assert f'cite="{address}"' in rendered(f'x <{element} cite="{address}">y</{element}>')


@given(st.text())
def test_any_text_can_be_rendered(text: str) -> None:
    page = render_markdown(text, Anchors())
    assert "<script" not in page.html


def test_a_page_is_split_at_its_headings_but_not_in_code() -> None:
    intro, parts = split_at_headings(
        "Intro\n\n## One\nText\n```\n## no\n```\n\n## Two\n### Sub\nMore"
    )
    assert intro == "Intro"
    assert parts == [("One", "Text\n```\n## no\n```"), ("Two", "### Sub\nMore")]


def test_ids_of_headings_are_anchors_in_the_parts_of_a_split_page() -> None:
    _, parts = split_at_headings("## One {#first}\na\n\n## Two {#two}\nb\n\n## Three {#x&y}")
    assert parts == [
        ("One", '<a id="first"></a>\n\na'),
        ("Two", "b"),
        ("Three", '<a id="x&amp;y"></a>\n\n'),
    ]
    assert render_markdown(parts[0][1], Anchors()).anchors == ("first",)


def test_each_part_of_a_split_page_has_the_definitions_that_it_needs() -> None:
    intro, parts = split_at_headings(
        "[a] b[^1]\n\n## One {#one .x}\nc[^2] [d][ A  b ]\n\n[own]: /own\n\n[own]\n\n## Two\ne\n\n"
        '[a]: /a\n[a b]: /ab\n  "t"\n[unused]: /u\n\n'
        "[^1]: one[^2]\n\n[^2]: two\n\n    [a]\n[^3]: three\n"
    )
    assert intro == "[a] b[^1]\n\n[a]: /a\n\n[^1]: one[^2]\n\n[^2]: two\n\n    [a]"
    assert [heading for heading, _ in parts] == ["One", "Two"]
    assert parts[0][1] == (
        "c[^2] [d][ A  b ]\n\n[own]: /own\n\n[own]\n\n"
        '[a]: /a\n\n[a b]: /ab\n  "t"\n\n[^2]: two\n\n    [a]'
    )
    assert parts[1][1] == "e\n\n[unused]: /u\n\n[^3]: three"


@pytest.mark.parametrize("text", ["", "## A", "a\n\n## B\n\nc [d]\n\n[d]: /d\n\n### e\n\nf"])
def test_a_page_without_foreign_definitions_is_split_as_it_is(text: str) -> None:
    intro, parts = split_at_headings(text)
    joined = "".join([intro, *(f"\n\n## {heading}\n\n{part}" for heading, part in parts)])
    assert joined.strip("\n") == text.strip("\n")


def ids_in(html: str) -> list[str]:
    return [match[1] for match in re.finditer(r' id="([^"]*)"', html)]


def test_elements_in_html_keep_their_ids_as_anchors() -> None:
    text = '<a id="a"></a>b <sup id=c>1</sup>\n\n## a\n\n<div id="d">\n\ne\n\n</div>'
    page = render_markdown(text, Anchors())
    assert ids_in(page.html) == ["a", "c", "a-1", "d"]
    assert list(page.anchors) == ids_in(page.html)
    assert sanitising_losses(text) == ()


def test_headings_in_html_keep_their_ids_and_others_get_different_ones() -> None:
    text = '## X\n\n<h2 id="x">raw</h2>\n\ntext[^1]\n\n<h2 id="fn-1">r</h2>\n\n[^1]: n'
    page = render_markdown(text, Anchors())
    assert ids_in(page.html) == ["x-1", "x", "fnref-1", "fn-1", "fn-1-1"]
    assert list(page.anchors) == ids_in(page.html)
    assert 'href="#fn-1-1"' in page.html
    assert [heading.anchor for heading in page.headings] == ["x-1", "x", "fn-1"]


@pytest.mark.parametrize(
    "text",
    [
        "<h2 id='a'>b</h2>\n\nc <h3 ID = a>d</h3>\n\n# a {#a}",
        "<h2 id='a&amp;&#2;b'>b</h2>\n\n<h2 id=a&b>c</h2>",
        '<h2 title="<h2 id=" id=a>b</h2>\n\n> <h1 id=a>c</h1>',
    ],
)
def test_every_id_of_a_page_is_unique(text: str) -> None:
    page = Anchors()
    anchors = [each for _ in range(3) for each in render_markdown(text, page).anchors]
    assert len(set(anchors)) == len(anchors) > 5
    assert not any(loss.attribute for loss in sanitising_losses(text))


@given(
    st.lists(
        st.sampled_from(
            ["# a", "# b {#a}", "<h2 id=a>c</h2>", "d <h3 id='fn-1'>e</h3>", "f[^1]", "[^1]: g"]
        )
    )
)
def test_ids_are_unique_in_any_order(blocks: list[str]) -> None:
    page = Anchors()
    html = "".join(render_markdown("\n\n".join(blocks), page).html for _ in range(2))
    assert len(set(ids_in(html))) == len(ids_in(html))


def test_ids_in_braces_come_before_those_in_html() -> None:
    page = render_markdown('<a id="a"></a> <b id="c">d</b>\n\n## E {#a}\n\n## C', Anchors())
    assert ids_in(page.html) == ["a-1", "c", "a", "c-1"]


def test_the_tree_has_the_ids_of_the_html() -> None:
    text = (
        'a <a id="x" href="/b">b</a> <script id="s">c</script> <img id="i&quot;" src="/d">\n\n'
        '<p id="x">e</p>\n\n<form id="x"></form>\n\n> f <b ID=x>g</b>[^1]\n\n## x\n\n[^1]: h'
    )
    page = Anchors()
    for _ in range(2):
        made = render_markdown(text, page)
        html = [each["value"] for each in nodes_in(made.tree, "html")]
        headings = [each["data"]["hProperties"]["id"] for each in nodes_in(made.tree, "heading")]
        assert [*ids_in("".join(html)), *headings] == [
            each.replace('"', "&quot;") for each in made.anchors if not each.startswith("fn")
        ]
        assert "src" not in "".join(html)


def test_footnotes_of_the_tree_are_those_of_the_html() -> None:
    text = "[^ß] [^SS]\n\n[^ss]: a"
    found = [each["identifier"] for each in nodes(text, "footnoteReference")]
    assert found == [nodes(text, "footnoteDefinition")[0]["identifier"]] * 2
