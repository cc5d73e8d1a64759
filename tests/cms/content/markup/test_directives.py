"""Directives are blocks of the site within a text: validated, typed, and in HTML and tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.fields import (
    Block,
    Boolean,
    Choice,
    Colour,
    Date,
    Integer,
    List,
    Markdown,
    Number,
    Section,
    Text,
    Url,
)
from cms.content.fields.base import Problems
from cms.content.fields.directives import directive_name
from cms.content.rendering import Rendering
from cms.content.slug import Anchors
from cms.errors import SiteError


class InfoBox(Block):
    """A box."""

    title = Text()
    level = Integer(most=5)
    kind = Choice(choices=("PLAIN", "VERY_LOUD"))
    is_open = Boolean()


class Video(Block):
    """A film."""

    film = Text(required=True)
    page = Url()
    ratio = Number()
    day = Date()
    back = Colour()


KNOWN = "use one of title, level, kind, is_open"
FIELD = Markdown("Body", directives=(InfoBox, Video))
OPEN = "write ::: on a line after its content"
FEW_COLONS = "write more colons for the directive around it than :::"


def rendered(text: str, field: Markdown = FIELD) -> Mapping[str, Any]:
    """Return the rendered value of a text without errors."""
    assert refusals(text) == []
    value = field.render(text, Rendering(Anchors(), {}))
    assert isinstance(value, Mapping)
    return value


def refusals(text: str) -> list[str]:
    problems: Problems = []
    FIELD.clean(text, ("body",), problems)
    assert all(each.path == ("body",) for each in problems)
    return [each.message for each in problems]


def lacks(text: str) -> list[str]:
    return [each.message for each in FIELD.missing(text, ("body",))]


def fields_of(text: str) -> Any:
    """Return the typed values of the first directive of a text."""
    tree = json.dumps(rendered(text)["ast"])
    start = tree.index('"fields": ') + len('"fields": ')
    return json.JSONDecoder().raw_decode(tree, start)[0]


def test_a_container_has_a_label_and_blocks() -> None:
    value = rendered(':::info-box[A *b*]{title="c d"}\n- e\n:::\n\nf')
    assert value["html"] == (
        '<div data-directive="info-box" data-title="c d">\n'
        '<p data-directive-label="">A <em>b</em></p>\n<ul>\n<li>e</li>\n</ul>\n</div>\n<p>f</p>'
    )
    assert value["plainText"] == "c d\nA b\ne\nf"
    node = value["ast"]["children"][0]
    assert (node["type"], node["name"]) == ("containerDirective", "info-box")
    assert node["attributes"] == {"title": "c d"}
    assert node["data"] == {"block": "InfoBox", "fields": {"title": "c d"}}
    assert [each["type"] for each in node["children"]] == ["paragraph", "list"]
    assert node["children"][0]["data"] == {"directiveLabel": True}


def test_a_leaf_has_words() -> None:
    value = rendered("a\n::video[*b*]{film=c}\nd")
    assert '<div data-directive="video" data-film="c">\n<em>b</em></div>' in value["html"]
    assert value["plainText"] == "a\nc b\nd"
    assert [each["type"] for each in value["ast"]["children"]] == [
        "paragraph",
        "leafDirective",
        "paragraph",
    ]


def test_a_directive_within_words_has_words() -> None:
    value = rendered("a :info-box[b [c](/d)]{level=2}, e")
    assert (
        '<span data-directive="info-box" data-level="2">b <a href="/d">c</a></span>'
        in (value["html"])
    )
    assert value["plainText"] == "a b c, e"
    assert list(FIELD.hrefs("a :info-box[b [c](/d)]{level=2}, e")) == ["/d"]
    (paragraph,) = value["ast"]["children"]
    assert [each["type"] for each in paragraph["children"]] == ["text", "textDirective", "text"]


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [
        ("{level=3}", {"level": 3}),
        ("{title=a}", {"title": "a"}),
        ("{title='a \"b\"'}", {"title": 'a "b"'}),
        ('{title="a \\"b\\" }"}', {"title": 'a "b" }'}),
        ("{is-open}", {"isOpen": True}),
        ("{is_open=false}", {"isOpen": False}),
        ("{isOpen=yes}", {"isOpen": True}),
        ("{kind=very-loud}", {"kind": "VERY_LOUD"}),
        ("{kind=PLAIN, level=1}", {"kind": "PLAIN", "level": 1}),
        ("{}", {}),
        ("", {}),
    ],
)
def test_attributes_have_the_types_of_their_fields(attributes: str, fields: Any) -> None:
    assert fields_of(f":::info-box{attributes}\n:::") == fields


def test_other_plain_values_are_attributes_too() -> None:
    text = "::video{film=1 page=https://e.org/a?b=1 ratio=1.5 day=2026-01-31 back='#AABBCC'}"
    assert fields_of(text) == {
        "film": "1",
        "page": "https://e.org/a?b=1",
        "ratio": 1.5,
        "day": "2026-01-31",
        "back": "#aabbcc",
    }


@pytest.mark.parametrize(
    "text",
    [
        *(":::unknown{a=1}\nb\n:::", "::unknown[a]", "a :unknown[b]{c=1}", "a :info-box b 10:30"),
        *(":::\na\n:::", "::: \na", ":info-boxes[a]", "a::info-box[b]", ":Info-Box[a]"),
        *("`:info-box[a]`", "\\:info-box[a]", ":info-box[a"),
    ],
)
def test_what_is_not_declared_is_text_as_it_is_written(text: str) -> None:
    value = rendered(text)
    assert "data-directive" not in value["html"]
    plain = text.replace("`", "").replace("\\", "")
    assert value["plainText"].split() == plain.split()


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "a\n\n> :::info-box{level=9 foo=1}\n> :::",
            [
                "line 3, column 15: level: expected at most 5",
                f"line 3, column 23: info-box has no attribute 'foo'; {KNOWN}",
            ],
        ),
        ("a\n  b :info-box[c]{level=x}", ["line 2, column 18: level: expected a number, not text"]),
        ("::info-box{level=1 level=2}", ["line 1, column 20: level is repeated; remove one"]),
        ("- ::info-box{#a}", None),
        (':::info-box{title="a}\n:::', None),
        ("::info-box[a", ["line 1, column 11: expected ] at the end of the label"]),
        ("::info-box[a]{} b", ["line 1, column 17: expected nothing after the attributes"]),
        ("a :info-box[b]{c", ['line 1, column 15: expected attributes such as {key="value"}']),
        ("::video{film=a page=b}", None),
        *(
            (text, [f"line {line}, column {column}: info-box is not closed; {end}"])
            for text, line, column, end in (
                ("a\n\n:::info-box\nb", 3, 4, OPEN),
                ("> :::info-box\n\na\n:::", 1, 6, OPEN),
                (":::info-box\n```\na\n```\n", 1, 4, OPEN),
                ("::::info-box\n:::info-box\n:::\na", 1, 5, OPEN.replace(":::", "::::")),
                ("> :::info-box\n> a\n:::", 1, 6, OPEN),
                ("> [!NOTE]\n> :::info-box\n> a\n:::", 2, 6, OPEN),
                (":::info-box\n- :::info-box\n  a\n:::", 2, 6, OPEN),
                (":::info-box\n:::info-box\na\n:::\n:::", 2, 4, FEW_COLONS),
                (":::info-box\na\n\n::::info-box\n::::", 4, 5, f"{FEW_COLONS}:"),
            )
        ),
        ("> [!NOTE]\n> - :::info-box\n>   a\n>   :::\n>   b", []),
        ("> - :::info-box\n>   b\n>   :::::  \n> c", []),
    ],
)
def test_errors_have_their_line_and_column(text: str, messages: list[str] | None) -> None:
    found = refusals(text)
    assert found == messages if messages is not None else len(found) == 1


def test_all_errors_come_at_once() -> None:
    assert len(refusals("::info-box{level=9 kind=x}\n\n:::video{a=1}\n:::")) == 3


def test_a_required_attribute_prevents_only_publication() -> None:
    assert refusals("a :video[b]") == []
    assert lacks("a :video[b]") == ["line 1, column 3: Film of video is required"]
    assert lacks("a :video[b]{film=c}") == []


def test_a_directive_is_something_that_readers_see() -> None:
    field = Markdown("Body", required=True, directives=(InfoBox,))
    assert list(field.missing("::info-box", ("body",))) == []
    assert len(list(field.missing("<!-- ::info-box -->", ("body",)))) == 1


def test_a_value_that_is_not_valid_any_more_reaches_no_component() -> None:
    value = FIELD.render("::video{film=a page=javascript:x}", Rendering(Anchors(), {}))
    assert "javascript:" not in str(value["html"])  # type: ignore[index,call-overload]
    assert "'page'" not in str(value["ast"]["children"][0]["data"])  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    "text",
    [
        "<div data-directive='video' data-page='javascript:x'>a</div>",
        "<span\ndata-directive=video>a</span>",
        "- <!-- a --><div\n  data-directive=video data-page=javascript:x>",
        '<div \x02data-directive="video">a</div>',
        '<b title="&#2;data-directive">a</b>',
    ],
)
def test_no_html_can_pretend_to_be_a_directive(text: str) -> None:
    html = str(FIELD.render(text, Rendering(Anchors(), {}))["html"])  # type: ignore[index,call-overload]
    assert "data-directive=" not in html
    assert "data-page" not in html.replace("data-page=javascript:x&gt;", "")


def test_directives_within_each_other_need_more_colons() -> None:
    text = "::::info-box\na\n:::video{film=b}\nc\n:::\nd\n::::\ne"
    html = rendered(text)["html"].replace("\n", "")
    assert html == (
        '<div data-directive="info-box"><p>a</p><div data-directive="video" data-film="b">'
        "<p>c</p></div><p>d</p></div><p>e</p>"
    )


def test_sections_have_directives() -> None:
    section = Section(directives=(InfoBox,))
    value: Any = section.render({"heading": "a", "body": "::info-box"}, Rendering(Anchors(), {}))
    assert 'data-directive="info-box"' in value["body"]["html"]
    plain: Any = Section().render({"heading": "a", "body": "::info-box"}, Rendering(Anchors(), {}))
    assert "data-directive" not in plain["body"]["html"]


@pytest.mark.parametrize(
    ("name", "expected"), [("Video", "video"), ("InfoBox", "info-box"), ("A4Page", "a4-page")]
)
def test_the_name_is_that_of_the_class(name: str, expected: str) -> None:
    assert directive_name(name) == expected


def test_what_cannot_be_a_directive_is_refused_where_it_is_declared() -> None:
    class Items(Block):
        """Not plain."""

        items = List(of=Text())

    class Own(Block):
        """Has a name of HTML."""

        directive = Text()

    class Infobox(Block):
        """Not the same name."""

        a = Text()

    class INFOBOX(Block):
        """The same name."""

        a = Text()

    for blocks, reason in (
        ((Items,), "a List cannot be an attribute"),
        ((Own,), "directives have this name"),
        ((Infobox, INFOBOX), "would both be the directive 'infobox'"),
        ((InfoBox, InfoBox), "different classes"),
        ((Text,), "not a class of blocks"),
    ):
        with pytest.raises(SiteError, match=reason):
            Markdown(directives=blocks)  # type: ignore[arg-type]


@given(st.text(st.sampled_from("abvideo: {}[]=\"'\\#.\n>-`<"), max_size=80))
def test_no_text_fails(text: str) -> None:
    marked = text.replace("v", ":video").replace("o", "::info-box")
    problems: Problems = []
    FIELD.clean(marked, ("body",), problems)
    value: Any = FIELD.render(marked, Rendering(Anchors(), {}))
    assert value is None or isinstance(value["html"], str)


@pytest.mark.parametrize(
    ("text", "plain_text"),
    [
        (
            'a <script> :info-box[b]{title="A"} </script> c :info-box[d]{title="B"}',
            "a c B d",
        ),
        (
            '<script>\n\n::info-box{title="A"}\n\n</script>\n\n::info-box{title="B"}',
            "B",
        ),
        (
            'a[^1] :info-box{title="A"}\n\n[^1]: c :info-box{title="B"}\n\n::info-box{title="C"}',
            "a A\nC\nc B",
        ),
    ],
)
def test_the_words_of_a_directive_stay_with_it(text: str, plain_text: str) -> None:
    value: Any = FIELD.render(text, Rendering(Anchors(), {}))
    assert value["plainText"] == plain_text
    assert "index=" not in value["html"]


def test_the_index_of_a_directive_is_not_written_by_authors() -> None:
    value: Any = FIELD.render('<b index="7">a</b> index="1"', Rendering(Anchors(), {}))
    assert value["html"] == '<p><b>a</b> index="1"</p>'
    assert value["plainText"] == 'a index="1"'
