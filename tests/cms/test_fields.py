"""Each kind of field says what it allows, and what is wrong with what it does not."""

from __future__ import annotations

from types import new_class
from typing import Any

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Choice, Field, Links, List, Reference, Text
from cms.content.policy import SignOffPolicy, Stage
from cms.content.site import Site
from cms.content.snapshot import Draft, clean_draft, draft_of, missing_in, take_snapshot
from cms.errors import SiteError
from tests.sites import Article

ENTRY = "entry_" + "0" * 26


def problems_with(**fields: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    _, problems = clean_draft(Article, Draft(title="T", fields=fields))
    return [(problem.message, problem.path) for problem in problems]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("body", 5, "expected text, not the number 5"),
        ("body", "a\0b", "contains the character U+0000"),
        ("body", "x" * 200_001, "200,001 characters; at most 200,000"),
        ("subtitle", "x" * 51, "51 characters; at most 50"),
        ("subtitle", ["x"], "expected text, not a list"),
        ("rating", "5", "expected a number, not text"),
        ("rating", True, "expected a number, not true or false"),
        ("rating", 6, "6 is above 5"),
        ("rating", -1, "-1 is below 0"),
        ("rating", float("nan"), "is not a number one can store"),
        ("pages", 1.5, "1.5 is not a whole number"),
        ("pages", 2**31, "is not a whole number of at most 32 bits"),
        ("is_free", "yes", "expected true or false, not text"),
        ("issued_on", "2026-02-30", "expected a day as YYYY-MM-DD"),
        ("issued_on", "20260228", "expected a day as YYYY-MM-DD"),
        ("level", "MEDIUM", "'MEDIUM' is not one of EASY, HARD"),
        ("aliases", "a", "expected a list, not text"),
        ("aliases", [1], "expected text, not the number 1"),
        ("byline", "Somebody", "expected a mapping with name, year, not text"),
        ("byline", {"nam": "x"}, "there is no 'nam' here; known are name, year"),
        ("sections", [{"heading": 1}], "expected text, not the number 1"),
        ("translated_from", "nowhere", "expected the id or the path of an entry"),
        ("related", ["javascript:alert(1)"], "is not an address"),
        ("related", ["//example.org"], "is not an address"),
        ("related", ["/\\example.org"], "is not an address"),
        ("related", ["https://exa mple.org"], "is not an address"),
        ("related", [{"href": "/a", "labl": "x"}], "there is no 'labl' here"),
        ("nonsense", 1, "Article has no field 'nonsense'"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: Any, words: str) -> None:
    ((message, path),) = problems_with(**{name: value})
    assert words in message
    assert path[:2] == ("fields", name)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(problems_with(rating=9, pages="x", level="NO", issued_on=3)) == 4


@pytest.mark.parametrize("slug", ["Upper", "a b", "a/b", "a_b", "-a", "a--b", "ä?"])
def test_a_slug_that_cannot_stand_in_a_path_is_refused(slug: str) -> None:
    _, problems = clean_draft(Article, Draft(title="T", slug=slug))
    assert [problem.path for problem in problems] == [("slug",)]


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


def test_the_same_draft_has_the_same_digest_when_saved_again() -> None:
    draft = Draft(
        title="T",
        fields={
            "body": "See [x](/articles/x#y).",
            "related": ["/articles/x", {"href": ENTRY, "label": "L"}],
            "steps": [{"title": "S", "see": ["/articles/x#y", "https://example.org"]}],
            "rating": 4.0,
        },
    )
    found = {"/articles/x": ENTRY}
    cleaned, _ = clean_draft(Article, draft)
    first = take_snapshot(Article, "en", cleaned, found)
    again, problems = clean_draft(Article, draft_of(first.content))
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


class TestDeclarations:
    """A site that contradicts itself cannot be built."""

    @pytest.mark.parametrize(
        ("arguments", "fields", "words"),
        [
            ({"path": "articles/{slug}"}, {}, "has to start with /"),
            ({"path": "/a/{id}"}, {}, "may hold {slug}"),
            ({"path": "/a"}, {}, "all entries would stand"),
            ({"plural": "Thing"}, {}, "another plural"),
            ({}, {"title": Text()}, "every entry has a title"),
            ({}, {"camelCase": Text()}, "lower_case_with_underscores"),
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

    def test_two_types_at_one_path(self) -> None:
        class One(ContentType, path="/{slug}"):
            """One."""

        class Other(ContentType, path="/{slug}"):
            """Other."""

        with pytest.raises(SiteError, match="paths have to be different"):
            Site("Site", content_types=[One, Other])

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
