"""Each kind of field says what it allows, and what is wrong with what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from types import new_class
from typing import Any

import pytest

from cms.content.canonical_json import digest_of
from cms.content.content_type import ContentType
from cms.content.fields import (
    Block,
    Blocks,
    Choice,
    Computed,
    Field,
    Integer,
    Json,
    Links,
    List,
    Object,
    Reference,
    Text,
)
from cms.content.policy import SignOffPolicy, Stage
from cms.content.snapshot import (
    Draft,
    Rendered,
    clean_draft,
    draft_of,
    missing_in,
    take_snapshot,
)
from cms.errors import SiteError
from cms.site import Site
from tests.sites import Article

ENTRY = "entry_" + "0" * 26
PRODUCT = {"schema_org": "Product"}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


def problems_with(**fields: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    _, problems = clean_draft(Article, Draft(title="T", fields=fields))
    return [(problem.message, problem.path) for problem in problems]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("body", 5, "expected text, not a number"),
        ("body", "a\0b", "contains the character U+0000"),
        ("body", "x" * 200_001, "200,001 characters; at most 200,000"),
        ("subtitle", "x" * 51, "51 characters; at most 50"),
        ("subtitle", ["x"], "expected text, not a list"),
        ("rating", "5", "expected a number, not text"),
        ("rating", True, "expected a number, not true or false"),
        ("rating", 6, "expected at most 5"),
        ("rating", -1, "expected at least 0"),
        ("rating", float("nan"), "expected a finite number"),
        ("pages", 1.5, "expected a whole number from -2147483648 to 2147483647"),
        ("pages", -(2**31) - 1, "expected a whole number from"),
        ("pages", float("-inf"), "expected a whole number from"),
        ("rating", 2**53, "expected a whole number below 2"),
        ("issued_on", 5, "expected a date in the form YYYY-MM-DD, not a number"),
        ("issued_on", "2023-02-29", "expected a date in the form YYYY-MM-DD"),
        ("pages", 2**31, "expected a whole number from"),
        ("is_free", "yes", "expected true or false, not text"),
        ("issued_on", "2026-02-30", "expected a date in the form YYYY-MM-DD"),
        ("issued_on", "20260228", "expected a date in the form YYYY-MM-DD"),
        ("level", "HARDER", "expected one of EASY, MEDIUM, HARD"),
        ("aliases", "a", "expected a list, not text"),
        ("aliases", [1], "expected text, not a number"),
        ("byline", "Somebody", "expected a mapping with name, year, not text"),
        ("byline", {"nam": "x"}, "unknown key 'nam'; use one of name, year"),
        ("sections", [{"heading": 1}], "expected text, not a number"),
        ("translated_from", "nowhere", "expected the id or the path of an entry"),
        ("related", ["javascript:alert(1)"], "expected the id or the path of an entry, or a URL"),
        ("related", ["//example.org"], "expected the id or the path of an entry, or a URL"),
        ("related", ["/\\example.org"], "expected the id or the path of an entry, or a URL"),
        ("related", ["https://exa mple.org"], "expected the id or the path of an entry, or a URL"),
        ("related", [{"href": "/a", "labl": "x"}], "unknown key 'labl'; use one of href"),
        ("updated_on_site", "2026-11-24T18:00:00", "expected a time with a zone"),
        ("updated_on_site", "2026-11-24", "expected a time with a zone"),
        ("updated_on_site", "0001-01-01T00:00:00+01:00", "expected a time with a zone"),
        ("updated_on_site", 5, "expected a time with a zone"),
        ("times", ["tomorrow"], "expected a time with a zone"),
        ("homepage", "ftp://example.org", "expected a URL that starts with https://"),
        ("homepage", "https:///path", "expected a URL"),
        ("homepage", "https://exa mple.org", "expected a URL"),
        ("homepage", "javascript:alert(1)//http://", "expected a URL"),
        ("homepage", "https://[::1", "expected a URL"),
        ("contact", "nobody", "expected an e-mail address"),
        ("contact", "a@b", "expected an e-mail address"),
        ("contact", "a b@example.org", "expected an e-mail address"),
        ("accent", "red", "expected a colour in the form #rrggbb"),
        ("accent", "#12345", "expected a colour in the form #rrggbb"),
        ("chart", float("inf"), "is not JSON"),
        ("chart", 2**53, "is not JSON"),
        ("chart", {"a": "\0"}, "U+0000"),
        ("chart", {"\ud800": 1}, "U+D800"),
        ("chart", "x" * 65_536, "65,538 bytes; at most 65,536"),
        ("chart", nested(21), "nested more than 20 levels deep"),
        ("compares", "nowhere", "expected a list, not text"),
        ("compares", ["nowhere"], "expected the id or the path of an entry"),
        ("mentions", ["/a", "/b", "/c", "/d"], "4 items; at most 3 are allowed"),
        ("parts", [{"text": "x"}], "unknown block ''; use one of Quote, Remark, Columns"),
        ("parts", [{"type": "Article"}], "unknown block 'Article'"),
        ("parts", ["x"], "expected a mapping with a 'type' and its values, not text"),
        ("parts", [{"type": "Quote", "txt": "x"}], "unknown key 'txt'"),
        ("parts", [{"type": "Quote"}] * 201, "201 items; at most 200 are allowed"),
        ("parts", [{"type": "Columns", "left": [{"type": "Columns"}]}], "unknown block 'Columns'"),
        ("nonsense", 1, "Article has no field 'nonsense'"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: Any, words: str) -> None:
    ((message, path),) = problems_with(**{name: value})
    assert words in message
    assert path[:2] == ("fields", name)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(problems_with(rating=9, pages="x", level="NO", issued_on=3)) == 4


SECRETS: dict[str, Any] = {
    "body": {"hunter2": "hunter2"},
    "subtitle": "hunter2" * 10,
    "rating": 72_727_272.5,
    "pages": 72_727_272_727,
    "is_free": "hunter2",
    "issued_on": "hunter2",
    "level": "hunter2",
    "aliases": "hunter2",
    "scores": ["hunter2"],
    "byline": "hunter2",
    "translated_from": "hunter2",
    "related": ["hunter2"],
    "updated_on_site": "hunter2",
    "homepage": "hunter2",
    "contact": "hunter2",
    "accent": "hunter2",
    "chart": float("inf"),
    "times": ["hunter2"],
    "parts": ["hunter2"],
}


@pytest.mark.parametrize("name", SECRETS)
def test_no_refusal_repeats_what_was_sent(name: str) -> None:
    for message, _ in problems_with(**{name: SECRETS[name]}):
        assert "hunter2" not in message
        assert "72727" not in message


def test_the_smallest_whole_number_of_graphql_is_one() -> None:
    for number in (-(2**31), 2**31 - 1):
        assert problems_with(pages=number, rating=1) == []


@pytest.mark.parametrize(
    "slug", ["..", ".", "%", "😀", "Upper", "a b", "a/b", "a_b", "-a", "a--b", "ä?"]
)
def test_a_slug_that_cannot_stand_in_a_path_is_refused(slug: str) -> None:
    _, problems = clean_draft(Article, Draft(title="T", slug=slug))
    assert [problem.path for problem in problems] == [("slug",)]
    assert problems[0].message.startswith("expected a URL slug: words of lower-case letters")


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Hello, World!", "hello-world"), ("Être là", "etre-la"), ("群集", "群集"), ("It's", "its")],
)
def test_a_slug_is_made_of_the_title(title: str, slug: str) -> None:
    draft, problems = clean_draft(Article, Draft(title=title))
    assert (draft.slug, problems) == (slug, [])


def test_an_unfinished_draft_says_what_is_missing() -> None:
    draft, problems = clean_draft(
        Article, Draft(fields={"byline": {"year": 1999}, "sections": [{"heading": "x"}]})
    )
    assert problems == []
    content = take_snapshot(Article, "en", draft, {}).content
    assert [each.path for each in missing_in(Article, content)] == [
        ("title",),
        ("slug",),
        ("fields", "body"),
        ("fields", "sections", 0, "body"),
        ("fields", "byline", "name"),
    ]


@pytest.mark.parametrize("text", ["<!-- x -->", "&nbsp;", "&#8203;", "---"])
def test_a_title_and_a_text_that_show_nothing_are_missing(text: str) -> None:
    draft, _ = clean_draft(
        Article, Draft(title=text, slug="a", fields={"body": "b", "byline": {"name": text}})
    )
    content = take_snapshot(Article, "en", draft, {}).content
    missing = [each.path for each in missing_in(Article, content)]
    assert missing == [("title",), ("fields", "byline", "name")]


def test_the_same_draft_has_the_same_digest_when_saved_again() -> None:
    draft = Draft(
        title="T",
        fields={
            "body": "See [x](/articles/x#y).",
            "related": ["/articles/x", {"href": ENTRY, "label": "L"}],
            "steps": [{"title": "S", "see": ["/articles/x#y", "https://example.org"]}],
            "rating": 4.0,
            "subtitle": "Two words",
            "compares": ["/articles/x"],
            "updated_on_site": "2026-11-24T18:00+01:00",
            "chart": {"a": None},
            "parts": [{"type": "Quote", "text": "x"}, {"type": "Remark", "see": ["/articles/x"]}],
        },
    )
    found = {"/articles/x": ENTRY}
    cleaned, _ = clean_draft(Article, draft)
    first = take_snapshot(Article, "en", cleaned, found)
    again, problems = clean_draft(Article, draft_of(Article, first.content))
    second = take_snapshot(Article, "en", again, found)
    assert problems == []
    assert second == first


def test_what_a_link_leads_to_is_part_of_the_digest() -> None:
    cleaned, _ = clean_draft(Article, Draft(title="T", fields={"body": "[x](/articles/x)"}))
    other = "entry_" + "1" * 26
    digests = {
        take_snapshot(Article, "en", cleaned, found).digest
        for found in ({}, {"/articles/x": ENTRY}, {"/articles/x": other})
    }
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("updated_on_site", "2026-11-24T18:00+01:00", "2026-11-24T18:00:00.000+01:00"),
        ("updated_on_site", "2026-11-24 17:00:00.1234567+00:00", "2026-11-24T17:00:00.123Z"),
        ("homepage", " https://example.org/a?b=c ", "https://example.org/a?b=c"),
        ("contact", " Desk@Example.org", "Desk@Example.org"),
        ("accent", "#A0b0C0", "#a0b0c0"),
        ("chart", {"a": [None, False, 0, ""], "b": None}, {"a": [None, False, 0, ""], "b": None}),
        ("chart", nested(20), nested(20)),
        ("subtitle_words", 17, None),
        *((name, "", None) for name in ("homepage", "contact", "accent")),
    ],
)
def test_a_value_has_one_stored_form(name: str, value: Any, stored: Any) -> None:
    draft, problems = clean_draft(Article, Draft(title="T", fields={name: value}))
    assert problems == []
    assert draft.fields[name] == stored


def snapshot_of(found: Mapping[str, str] | None = None, **fields: Any) -> Rendered:
    draft, problems = clean_draft(Article, Draft(title="T", fields=fields))
    assert problems == []
    return take_snapshot(Article, "en", draft, found or {})


def test_nothing_is_lost_of_json() -> None:
    chart = {"a": [None, {"b": None}], "c": {}}
    assert snapshot_of(chart=chart).derived.rendered["chart"] == chart


def test_blocks_lead_where_their_values_do() -> None:
    snapshot = snapshot_of(
        {"/articles/x": ENTRY},
        parts=[
            {"type": "Quote", "text": "Words"},
            {
                "type": "Columns",
                "left": [
                    {
                        "type": "Remark",
                        "body": "# Aside\n\n[x](/articles/x)",
                        "see": ["/articles/x"],
                        "about": "/articles/x",
                    }
                ],
            },
        ],
    )
    places = [(edge.field_path, edge.origin.value, edge.target) for edge in snapshot.edges]
    assert places == [
        ("parts/1/left/0/body", "inline", ENTRY),
        ("parts/1/left/0/see", "field", ENTRY),
        ("parts/1/left/0/about", "reference", ENTRY),
    ]
    assert snapshot.derived.anchors == ("aside",)


def test_a_block_says_what_it_misses() -> None:
    content = snapshot_of(
        body="Text", parts=[{"type": "Columns", "rows": [{"data": 1}]}, {"type": "Quote"}]
    ).content
    assert [each.path for each in missing_in(Article, content)] == [
        ("fields", "parts", 0, "rows", 0, "cell"),
        ("fields", "parts", 1, "text"),
    ]


def test_references_are_in_order_and_each_there_once() -> None:
    other = "entry_" + "1" * 26
    snapshot = snapshot_of({"/articles/x": ENTRY}, compares=[other, "/articles/x", ENTRY, other])
    edges = [(e.kind, e.field_path, e.ordinal, e.target) for e in snapshot.edges]
    assert edges == [("compares", "compares", 0, other), ("compares", "compares", 1, ENTRY)]
    assert snapshot.derived.rendered["compares"] == [other, ENTRY]


def test_a_computed_value_is_stored_shown_and_signed() -> None:
    one, two = snapshot_of(subtitle="One"), snapshot_of(subtitle="One two")
    counts = [each.derived.rendered["subtitle_words"] for each in (one, two)]
    assert counts == [1, 2]
    fields = one.content["fields"]
    assert isinstance(fields, Mapping)
    assert fields["subtitle_words"] == 1
    changed = {**one.content, "fields": {**fields, "subtitle_words": 7}}
    assert digest_of(changed) != one.digest


def test_a_computed_value_sees_those_beside_it() -> None:
    parts = snapshot_of(
        parts=[{"type": "Quote", "text": "x", "author": "Ada Lovelace", "initials": "zz"}]
    ).derived.rendered["parts"]
    expected = {"type": "Quote", "text": "x", "author": "Ada Lovelace", "initials": "AL"}
    assert parts == [expected]


def test_a_function_that_computes_nonsense_is_named() -> None:
    class Odd(ContentType):
        """Has a function that returns the wrong thing."""

        odd = Computed(of=Integer(), from_=lambda _: "text")

    draft, _ = clean_draft(Odd, Draft(title="T"))
    with pytest.raises(
        SiteError, match="the computed value of odd is not valid: expected a number"
    ):
        take_snapshot(Odd, "en", draft, {})


class TestDeclarations:
    """A site that contradicts itself cannot be built."""

    @pytest.mark.parametrize(
        ("arguments", "fields", "words"),
        [
            ({"path": "articles/{slug}"}, {}, "must start with /"),
            ({"path": "/a/{id}"}, {}, "no placeholders other than {slug}"),
            ({"path": "/a"}, {}, "all entries would have the path"),
            ({"plural": "Thing"}, {}, "the plural must differ"),
            ({}, {"title": Text()}, "Thing.title: every entry already has this field"),
            ({}, {"camelCase": Text()}, "lower_case_with_underscores"),
            (
                {},
                {"maker": Text(schema_org="brand")},
                "schema_org='brand' requires a schema_org of the class",
            ),
            (PRODUCT, {"maker": Text(schema_org="name")}, "already has the property 'name'"),
            (
                PRODUCT,
                {name: Text(schema_org="sku") for name in "ab"},
                "already has the property 'sku'",
            ),
            (PRODUCT, {"about": Reference(schema_org="brand")}, "a Reference cannot be a property"),
            (PRODUCT, {"all": List(of=Json(), schema_org="sku")}, "a Json cannot be a property"),
            (PRODUCT, {"all": List(of=Text(schema_org="sku"))}, "only fields of the content type"),
        ],
    )
    def test_a_content_type(
        self, arguments: dict[str, Any], fields: dict[str, Field], words: str
    ) -> None:
        with pytest.raises(SiteError, match=words):
            new_class("Thing", (ContentType,), arguments, lambda body: body.update(fields))

    def test_a_link_to_a_type_that_is_not_declared(self) -> None:
        class Lonely(ContentType):
            """Links to nobody."""

            others = List(of=Reference(to=("Nobody",)))

        with pytest.raises(SiteError, match="Nobody"):
            Site("Site", content_types=[Lonely])

    def test_a_site_without_types(self) -> None:
        with pytest.raises(SiteError, match="at least one content type"):
            Site("Site", content_types=[])

    def test_two_types_at_one_path(self) -> None:
        class One(ContentType, path="/{slug}"):
            """One."""

        class Other(ContentType, path="/{slug}"):
            """Other."""

        with pytest.raises(SiteError, match="paths must be different"):
            Site("Site", content_types=[One, Other])

    def test_blocks(self) -> None:
        with pytest.raises(SiteError, match="one or more different classes"):
            Blocks()
        with pytest.raises(SiteError, match="at least one field"):
            new_class("Empty", (Block,))
        with pytest.raises(SiteError, match="is the class of a block"):
            new_class("Odd", (Block,), {}, lambda body: body.update(type=Text()))

    def test_two_classes_of_blocks_with_one_name(self) -> None:
        one, other = (
            new_class("Same", (Block,), {}, lambda body: body.update(text=Text())) for _ in range(2)
        )

        class Page(ContentType):
            """Has both."""

            left = Blocks(one)
            right = Blocks(other)

        with pytest.raises(SiteError, match="Same is repeated"):
            Site("Site", content_types=[Page])

    def test_what_leads_somewhere_cannot_be_computed(self) -> None:
        with pytest.raises(SiteError, match="a Links cannot be computed"):
            Computed(of=Links(), from_=lambda _: [])

    @pytest.mark.parametrize("name", ["title", "camelCase", "own"])
    def test_a_reverse_side_needs_a_name_of_its_own(self, name: str) -> None:
        class Page(ContentType):
            """Points at others of its kind."""

            own = Reference(to=("Page",), reverse=name)

        with pytest.raises(SiteError, match="cannot have the reverse"):
            Site("Site", content_types=[Page])

    def test_two_references_of_one_name_with_different_reverse_sides(self) -> None:
        class Page(ContentType):
            """Points at others of its kind, in two ways that nothing tells apart."""

            about = Reference(to=("Page",), reverse="pages_about")
            parts = List(of=Object("Part", about=Reference()))

        with pytest.raises(SiteError, match="two references have the name 'about'"):
            Site("Site", content_types=[Page])

    def test_choices(self) -> None:
        with pytest.raises(SiteError):
            Choice(choices=("lower",))

    def test_a_policy_without_stages(self) -> None:
        with pytest.raises(SiteError):
            SignOffPolicy(stages=())

    def test_a_stage_without_approvals(self) -> None:
        with pytest.raises(SiteError):
            Stage("editorial", approvals=0)

    def test_a_kind_of_links_is_named_after_the_field(self) -> None:
        assert Links().kind == ""
        related = Article.fields["related"]
        assert isinstance(related, Links)
        assert (related.kind, related.label) == ("related", "Related reading")
