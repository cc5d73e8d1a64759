"""Markdown becomes HTML that harms nobody, and what derives from it is what a reader gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.markdown import InlineLink, render_markdown, split_at_headings
from cms.content.slug import Anchors


def rendered(text: str) -> str:
    return render_markdown(text, Anchors()).html


def test_headings_get_anchors_each_only_once() -> None:
    page = render_markdown("# One *two*\n\n## One two\n\n## `x` & y", Anchors())
    assert page.anchors == ("one-two", "one-two-2", "x-y")
    assert '<h2 id="one-two-2">One two</h2>' in page.html


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
