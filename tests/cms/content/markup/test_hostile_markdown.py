"""Hostile Markdown takes time in proportion to its length, and nesting is refused with its line."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from cms.content.fields import Block, Markdown, Text
from cms.content.fields.base import Problems
from cms.content.markup import markdown, mdast
from cms.content.markup.allowed_html import sanitise_marked
from cms.content.markup.losses import removed_between
from cms.content.markup.markdown import (
    DEEPEST_ELEMENTS,
    render_markdown,
    sanitising_losses,
)
from cms.content.markup.parser import DEEPEST
from cms.content.slug import Anchors
from tests.lines_run import lines_run


class Box(Block):
    """A box."""

    title = Text()


FIELD = Markdown("Body", directives=(Box,))
# Texts of so many characters, and of three times as many: beyond what nesting and bounds limit.
SIZE = 1_500

# One unit of each text that is repeated.
REPEATED = {
    "brackets": "[",
    "bracket pairs": "[a](",
    "images": "![",
    "brackets in words of pictures": "![[a]](b) ",
    "brackets in tags": "[<b title='['>",
    "brackets in addresses": "[a](b[",
    "quotes in addresses": "[](a '",
    "footnote references": "[^",
    "footnote labels": "[^a",
    "footnote definitions": "[^1]: ",
    "footnotes": "[^1]: a[^1]\n",
    "colons": ":a",
    "addresses": "http://_ ",
    "protocols": "http:",
    "hosts": "www. ",
    "domains": "www.a_",
    "at signs": "a@",
    "directives": ":box[",
    "directive attributes": ":box{",
    "directive quotes": ':box{a="',
    "directive lists": ":box{a=[",
    "directive labels": ":box[a]{b",
    "leaves": "::box[\n",
    "containers": ":::box\n",
    "longer containers": ":::box\n:::\n",
    "definitions": "a\n: ",
    "definition marks": ": ",
    "headings": "# a {#",
    "heading braces": "# {#a}\n",
    "callouts": "> [!a]\n",
    "callout quotes": "> [!a]- ",
    "fences": "```{1-9}\n",
    "fence lines": "``` {1,3-5} ",
    "fence attributes": "~~~a=[{",
    "code": "`a",
    "emphasis": "*a ",
    "strikethrough": "~a",
    "entities": "&a",
    "html": "<a ",
    "html attributes": "<a b='",
    "unclosed html": "<p x",
    "html quotes": '<p x=">" y=">" ',
    "comments": "<!-- ",
    "declarations": "<!a ",
    "instructions": "<?",
    "character data": "<![CDATA[",
    "closing tags": "</",
    "broken html": "a\n\n<div\n\n",
    "scripts": "<script>",
    "closed by others": "<div></nav>",
    "attributes of tags": "<div a = '",
    "tables": "|a|b|\n|-|-|\n",
    "references": "[a]: /b\n",
    "tasks": "- [ ] ",
    "task lists": "- [x] a\n",
}
# One level of a block around the rest.
LEVELS: dict[str, Callable[[int, list[str]], list[str]]] = {
    "footnote": lambda level, lines: [f"[^{level}]: a", "", *(f"    {line}" for line in lines)],
    "definition": lambda _, lines: ["a", f": {lines[0]}", *(f"  {line}" for line in lines[1:])],
    "callout": lambda _, lines: ["> [!a]", ">", *(f"> {line}" for line in lines)],
    "folded": lambda _, lines: ["> [!a]- b", ">", *(f"> {line}" for line in lines)],
    "task": lambda _, lines: ["- [ ] a", "", *(f"  {line}" for line in lines)],
    "directive": lambda level, lines: [
        f"{':' * (203 - level)}box",
        *lines,
        ":" * (203 - level),
    ],
}


def nested(kind: str, levels: int) -> str:
    lines = ["innermost"]
    for level in reversed(range(levels)):
        lines = LEVELS[kind](level, lines)
    return "\n".join([*lines, "", *(f"[^{level}]" for level in range(levels))])


def refusals(text: str) -> list[str]:
    problems: Problems = []
    FIELD.clean(text, ("body",), problems)
    return [each.message for each in problems]


def lines_to_read(text: str) -> int:
    """Return the number of Python lines that run when a text is read and its losses are found."""

    def read() -> None:
        render_markdown(text, Anchors(), FIELD.reader)
        sanitising_losses(text, FIELD.reader)

    return lines_run(read)


@pytest.mark.parametrize("unit", REPEATED.values(), ids=REPEATED)
def test_work_grows_with_the_length(unit: str) -> None:
    short, long = (lines_to_read(unit * (times * SIZE // len(unit))) for times in (1, 3))
    assert long < 4.5 * short


@pytest.mark.parametrize("opening", ["[", "!["])
@pytest.mark.parametrize("closing", ["", "]", "](/a)", "][b]"])
def test_brackets_take_few_steps_for_each_character(opening: str, closing: str) -> None:
    definition = "\n\n[b]: /b"
    for text in (opening * SIZE + closing, opening * SIZE + closing * SIZE):
        assert lines_to_read(text + definition) < 500 * len(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[ `[` a](/b)", '<a href="/b"> <code>[</code> a</a>'),
        ("[`]`](/b)", '<a href="/b"><code>]</code></a>'),
        ("[a [b] \\[ c](/d)", '<a href="/d">a [b] [ c</a>'),
        ("[0, 1[ and [a](/b)", '[0, 1[ and <a href="/b">a</a>'),
        ("`` ` [ `` [a](/b)", '<code>` [</code> <a href="/b">a</a>'),
        ("[" * 500 + "a](/b)", "[" * 499 + '<a href="/b">a</a>'),
        ("![![a](/b)](/c)", '<img src="/c" alt="a">'),
        ('[a <b title="[">b</b>](/c)', '<a href="/c">a <b title="[">b</b></a>'),
        ("[![a](b[c.png)](/d)", '<a href="/d"><img src="b%5Bc.png" alt="a"></a>'),
        ('[![a](b "c [1")](/d)', '<a href="/d"><img src="b" alt="a" title="c [1"></a>'),
        ("![a <https://b/[> c](/d)", '<img src="/d" alt="a https://b/[ c">'),
        ("[" * 11 + "a" + "]" * 11 + "(/b)", f'<a href="/b">{"[" * 10}a{"]" * 10}</a>'),
        ("[" * 12 + "a" + "]" * 12 + "(/b)", f"{'[' * 12}a{']' * 12}(/b)"),
    ],
)
def test_links_are_where_brackets_are_closed(text: str, html: str) -> None:
    assert render_markdown(text, Anchors()).html == f"<p>{html}</p>"


@pytest.mark.parametrize("name", ["div", "ul", "PRE", "section class='a'"])
def test_html_in_too_many_elements_is_refused_with_its_line(name: str) -> None:
    deep = f"<{name}>\n" * DEEPEST_ELEMENTS
    assert refusals(f"a\n\n{deep}b") == []
    (message,) = refusals(f"a\n\n{deep}<{name}>b")
    assert message == "line 1003 is within more than 1,000 HTML elements; close them"
    closed = f"<{name}>a</{name.partition(' ')[0]}>\n" * (DEEPEST_ELEMENTS + 1)
    assert refusals(f"{closed}\n\nb") == []


@pytest.mark.parametrize(
    "unit",
    [
        "<div></nav>",
        '<div title="</div>">',
        "<p title='</p>' a=b=\"><div>\" </p>",
        "<div><!-- </div> -->",
        "<div><!--><div>a</div><!-- -->",
        "<div><!a </div>",
        "<div></ </div>",
        "<div><textarea title='</textarea>'></div></textarea>",
        "<DIV><p title='</div>'>",
    ],
)
def test_elements_are_closed_by_their_own_tags_only(unit: str) -> None:
    assert refusals(unit * (DEEPEST_ELEMENTS - 1)) == []
    (message,) = refusals(unit * (DEEPEST_ELEMENTS + 1))
    assert message.startswith("line 1 is within more than")
    opened = "<div><section><ul><nav></div>"
    assert refusals(opened * DEEPEST_ELEMENTS) == []


def test_html_that_is_refused_is_not_sanitised(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []

    def counted(html: str, **options: Any) -> str:
        lengths.append(html.count("<ul"))
        return sanitise_marked(html, **options)

    for module in (markdown, mdast):
        monkeypatch.setattr(module, "sanitise_marked", counted)
    text = "<ul id=a>" * (DEEPEST_ELEMENTS + 1) + " never before"
    assert "<ul id=a>" in render_markdown(text, Anchors()).plain_text
    assert lengths
    assert set(lengths) == {0}


@pytest.mark.parametrize("unit", ["<p x", "<p x ", '<p x=">" y=">" '])
def test_html_that_is_not_closed_is_read_once(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    parse = HTMLParser.parse_starttag

    def counted(parser: HTMLParser, start: int) -> int:
        read.append(start)
        return parse(parser, start)

    monkeypatch.setattr(HTMLParser, "parse_starttag", counted)
    assert list(removed_between(f"<b>a</b>{unit * 100}", "<b>a</b>")) == []
    assert len(read) == 2  # <b>, and all the rest as one


@pytest.mark.parametrize("kind", LEVELS)
def test_blocks_are_kept_as_deep_as_a_person_nests_them(kind: str) -> None:
    text = nested(kind, DEEPEST)
    assert refusals(text) == []
    rendered = render_markdown(text, Anchors(), FIELD.reader)
    assert "innermost" in rendered.plain_text
    assert "innermost" in str(rendered.tree)


@pytest.mark.parametrize("kind", LEVELS)
@pytest.mark.parametrize("more", [1, 50])
def test_deeper_blocks_are_refused_with_their_line(kind: str, more: int) -> None:
    messages = [each for each in refusals(nested(kind, DEEPEST + more)) if "levels" in each]
    (message,) = messages
    assert f"is more than {DEEPEST} levels deep" in message


@pytest.mark.parametrize(
    "text",
    [
        "[^a]: " * 1_000 + "word",
        "\n".join(f"{'  ' * level}word\n{'  ' * level}: b" for level in range(400)),
        "\n".join(":" * (303 - level) + "box" for level in range(300)),
        ":box[" * 1_000 + "word" + "]" * 1_000,
        "> [!a] " * 1_000 + "word",
    ],
    ids=lambda text: text[:6],
)
def test_no_depth_is_too_much_to_be_refused(text: str) -> None:
    assert any("levels deep" in each for each in refusals(text)) or "word" in str(
        render_markdown(text, Anchors(), FIELD.reader).plain_text
    )
