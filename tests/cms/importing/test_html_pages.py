"""Pages in HTML: with a front matter, they are pages of Hugo, Jekyll and Eleventy."""

from __future__ import annotations

from pathlib import Path

import pytest

from cms.content.markup.markdown import render_markdown
from cms.content.slug import Anchors
from cms.importing.site.body import body_of
from cms.importing.site.faults import FaultKind
from cms.importing.site.pages import OldSite
from cms.importing.site.syntax.html_pages import first_heading_in, in_one_block, template_in
from tests.cms.importing.test_addresses import PAGE, front, read

TEXT = """<h1>Green <em>tea</em> &amp; more</h1>

    <p id="leaf">An indented paragraph with `signs` and [brackets](b).</p>

<pre><code>one

  two</code></pre>

<p><a href="/b">Black tea</a> <a href="/none/">none</a></p>
<script>let x = 1;

let y;</script>
"""


def drafted(old: OldSite, path: str) -> tuple[str, str]:
    """Return the title and the text of a page."""
    text = next(each for each in old.current.values() if each.page.place.path == path)
    draft = old.draft(old.page(text.key), text).draft
    return draft.title, str(draft.fields["body"])


@pytest.mark.parametrize(
    ("generator", "folder", "address"),
    [("hugo", "content/", "/b/"), ("jekyll", "", "/b.html"), ("eleventy", "", "/b/")],
)
def test_a_page_in_html_is_a_block_of_html(
    tmp_path: Path, generator: str, folder: str, address: str
) -> None:
    page = f"---\nsummary: x\n---\n{TEXT.replace('/b', address)}"
    files = {"a.html": page, "b.md": front("x: y")}
    old = read(tmp_path, generator, {f"{folder}{name}": each for name, each in files.items()})
    title, body = drafted(old, f"{folder}a.html")
    assert title == "Green tea & more"
    rendered = render_markdown(body, Anchors())
    assert '<p id="leaf">An indented paragraph with `signs` and [brackets](b).</p>' in rendered.html
    assert "<code>one\n\n  two</code>" in rendered.html
    assert '<a href="/docs/b">Black tea</a>' in rendered.html
    assert "none" in rendered.html
    assert "/none/" not in rendered.html
    text = next(each for each in old.current.values() if each.page.place.path.endswith("a.html"))
    assert "leaf" in text.own_anchors
    lost = [*old.draft(old.page(text.key), text).lost, *old.losses(old.page(text.key), text)]
    assert [each.line for each in lost if each.kind is FaultKind.LOST_LINK] == [12]
    assert [each.line for each in lost if each.kind is FaultKind.LOST_WORDS] == [13]


@pytest.mark.parametrize(
    "between", ["<!-- no\n\nwords -->", "{% assign x = 1 %}", "{% comment %}no{% endcomment %}"]
)
def test_what_leaves_a_page_in_html_leaves_no_blank_line(tmp_path: Path, between: str) -> None:
    page = f"{front()}\n\n<p>a</p>\n{between}\n    <p>`b` *c*</p>\n"
    title, body = drafted(read(tmp_path, "jekyll", {"a.html": page}), "a.html")
    del title
    rendered = render_markdown(body, Anchors())
    assert "<p>a</p>\n    <p>`b` *c*</p>" in rendered.html


def test_links_between_backticks_in_html_are_links(tmp_path: Path) -> None:
    page = front() + "\n<p>a `</p>\n\n<p><a href='/b.html'>b</a> <a href='/none'>c</a> `</p>"
    old = read(tmp_path, "jekyll", {"a.html": page, "b.md": front()})
    text = next(each for each in old.current.values() if each.page.place.path == "a.html")
    draft = old.draft(old.page(text.key), text)
    assert '<a href="/docs/b">' in render_markdown(draft.body.text, Anchors()).html
    assert [each.kind for each in draft.lost] == [FaultKind.LOST_LINK]


def test_files_of_html_without_front_matter_are_no_pages(tmp_path: Path) -> None:
    files = {"a.md": front("x: y"), "b.html": "<p>text</p>", "_includes/c.html": front("x: y")}
    old = read(tmp_path, "jekyll", files)
    assert [each.page.place.path for each in old.current.values()] == ["a.md"]
    assert {each.file.name for each in old.faults} == {"a.md"}


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("<p>{% link a.md %} {% post_url b %} {{ page.title }}</p>", ""),
        ("{% raw %}{{ x }}{% endraw %}{%- comment -%}no{% endcomment %}", ""),
        ("{% assign x = 1 %}{% capture y %}z{% endcapture %}", ""),
        ("<ul>\n{%- for each in site.posts %}<li></li>{% endfor %}</ul>", "{%- for"),
        ("{% include head.html %}", "{% include"),
        ("{% linked %}", "{% linked"),
        ("<p>{{< figure src=a >}}</p>", "{{<"),
        ("{{% x %}}", "{{%"),
    ],
)
def test_templates_in_html_are_recognised(text: str, template: str) -> None:
    assert template_in(text) == template


def test_a_template_in_html_is_left_out_and_named(tmp_path: Path) -> None:
    page = front("x: y") + "\n{% for post in site.posts %}{{ post.title }}{% endfor %}"
    old = read(tmp_path, "jekyll", {"a.md": front(), "index.html": page})
    assert [each.page.place.path for each in old.current.values()] == ["a.md"]
    (fault,) = old.faults
    assert (fault.kind, fault.file.name) == (FaultKind.IGNORED, "index.html")
    assert fault.message.endswith("it has {% for")


def test_long_pages_in_html_take_linear_time() -> None:
    # Each of these took minutes if a part of the text was read again at each of its signs.
    for sign in ("<pre>", "<h1>", "{%", "\n ", "\n\n", "<"):
        text = sign * 50_000
        assert in_one_block(body_of(text, 1)).text.startswith("<div>") or not text.strip()
        template_in(text)
        first_heading_in(text)


def test_templates_of_eleventy_are_named(tmp_path: Path) -> None:
    files = dict.fromkeys(("a.md", "b.njk", "c/d.11ty.js", "e.js", "_includes/f.njk"), PAGE)
    old = read(tmp_path, "eleventy", files)
    assert [each.page.place.path for each in old.current.values()] == ["a.md"]
    assert [each.file.name for each in old.faults] == ["b.njk", "d.11ty.js"]


def test_the_permalink_of_a_note_leads_to_it(tmp_path: Path) -> None:
    files = {
        "A b/c.md": front("permalink: /x/y"),
        "d.md": front("permalink: ''") + "\n[[c]] [e](/x/y)",
    }
    old = read(tmp_path, "obsidian", files)
    texts = {each.page.place.path: each for each in old.current.values()}
    assert list(texts["A b/c.md"].former_addresses) == ["/A b/c", "/x/y"]
    assert list(texts["d.md"].former_addresses) == ["/d"]


@pytest.mark.parametrize(("generator", "named"), [("eleventy", 2), ("hugo", 2), ("jekyll", 0)])
def test_html_without_front_matter_is_named_where_it_is_a_page(
    tmp_path: Path, generator: str, named: int
) -> None:
    inside = "content/" if generator == "hugo" else ""
    plain = "<p>Tea</p>\n"
    files = {f"{inside}a.md": PAGE, f"{inside}b.html": plain, f"{inside}c/d.htm": plain}
    old = read(tmp_path, generator, files | {"layouts/e.html": plain, ".f/g.html": plain})
    assert [each.file.name for each in old.faults] == ["b.html", "d.htm"][:named]
