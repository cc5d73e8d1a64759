"""Deprecated fields are marked in both schemas, and work as before."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from types import new_class

import pytest
from graphql import GraphQLSchema, print_schema, print_type, validate_schema

from cms.content.content_type import ContentType
from cms.content.fields import (
    Block,
    Blocks,
    Choice,
    Computed,
    DateTime,
    Field,
    Integer,
    List,
    Markdown,
    Object,
    Reference,
    References,
    Text,
)
from cms.copydesk import desk_of
from cms.errors import SiteError
from cms.site import Site
from graphql_api.management import Management
from graphql_api.schema.changes import Criticality, compare_schemas
from tests.builders import Newsroom
from tests.graphql_api.conftest import Api, Desk, api_of
from tests.schemas import delivery_schema_of, management_schema_of
from tests.sites import SITE, Article

REASON = "use subtitle"


class Quote(Block):
    """A quotation."""

    text = Text(required=True)
    speaker = Text(deprecated="use text")


class Page(ContentType, path="/{slug}"):
    """A page with fields that are on their way out."""

    subtitle = Text()
    kicker = Text(required=True, deprecated=REASON)
    level = Choice(choices=("EASY", "HARD"), deprecated="use tags")
    pages = Integer(deprecated="nobody reads it")
    checked_at = DateTime(deprecated="see reviewedAt")
    words = Computed(of=Integer(), from_=lambda _: 1, deprecated="use body")
    body = Markdown()
    origin = Object(
        "Origin", deprecated="use sources", name=Text(), url=Text(deprecated="use name")
    )
    parts = Blocks(Quote, deprecated="use body")
    parent = Reference(to=("Page",), reverse="children_of", deprecated="use parents")
    parents = References(to=("Page",), reverse="pages_below")


SMALL = Site("Small", content_types=[Page])


def _outgoing(field: Field) -> Field:
    changed = copy(field)
    changed.deprecated = REASON
    return changed


# The test site, on whose articles all fields are deprecated.
OUTGOING = Site(
    SITE.name,
    content_types=[
        new_class(
            "Article",
            (ContentType,),
            {"path": Article.path, "schema_org": Article.schema_org},
            lambda body: body.update(
                __doc__=Article.description,
                **{name: _outgoing(field) for name, field in Article.fields.items()},
            ),
        ),
        *(each for each in SITE.content_types.values() if each is not Article),
    ],
    locales=SITE.locales,
    url=SITE.addresses.urls,
    link_sets=SITE.link_sets,
)


def marked(schema: GraphQLSchema, type_: str) -> dict[str, str]:
    """Return the reasons of the deprecated members of a type, by name."""
    named = schema.type_map[type_]
    members = getattr(named, "fields", None) or getattr(named, "values", {})
    return {
        name: each.deprecation_reason
        for name, each in members.items()
        if each.deprecation_reason is not None
    }


OF_PAGE = {
    "kicker": REASON,
    "level": "use tags",
    "pages": "nobody reads it",
    "checkedAt": "see reviewedAt",
    "words": "use body",
    "origin": "use sources",
    "parts": "use body",
    "parent": "use parents",
}


@pytest.mark.parametrize("build", [delivery_schema_of, management_schema_of])
def test_a_deprecated_field_is_marked_wherever_the_schema_has_it(
    build: Callable[[Site], GraphQLSchema],
) -> None:
    schema = build(SMALL)
    assert validate_schema(schema) == []
    reverse = {"childrenOf": "use parents"}
    assert marked(schema, "Page") == {**OF_PAGE, "levelName": "use tags", **reverse}
    assert marked(schema, "PageWhere") == {**OF_PAGE, **reverse}
    assert marked(schema, "PageOrder") == {
        f"{name}_{direction}": reason
        for name, reason in (
            ("kicker", REASON),
            ("level", "use tags"),
            ("pages", "nobody reads it"),
            ("checkedAt", "see reviewedAt"),
            ("words", "use body"),
            ("parentTitle", "use parents"),
        )
        for direction in ("ASC", "DESC")
    }
    without_facet = {"origin", "parts"}
    facets = {name: reason for name, reason in OF_PAGE.items() if name not in without_facet}
    assert marked(schema, "PageFacet") == facets
    assert marked(schema, "PageMoment") == {"checkedAt": "see reviewedAt"}
    for function in ("Min", "Max", "Avg", "Sum"):
        numbers = {"pages": "nobody reads it", "words": "use body"}
        assert marked(schema, f"Page{function}") == numbers
    assert marked(schema, "PageOrigin") == {"url": "use name"}
    assert marked(schema, "PageOriginWhere") == {"url": "use name"}
    assert marked(schema, "Quote") == {"speaker": "use text"}
    assert marked(schema, "QuoteWhere") == {"speaker": "use text"}


def test_editors_see_it_on_the_values_that_they_write() -> None:
    schema = management_schema_of(SMALL)
    written = {name: reason for name, reason in OF_PAGE.items() if name != "words"}
    assert marked(schema, "PageValues") == written
    assert marked(schema, "PageOriginInput") == {"url": "use name"}
    assert marked(schema, "QuoteInput") == {"speaker": "use text"}
    line = '  kicker: String @deprecated(reason: "use subtitle")\n'
    assert line in print_type(schema.type_map["PageValues"])
    # Required for publication, and so never null to readers.
    required = line.replace("String", "String!")
    assert required in print_type(delivery_schema_of(SMALL).type_map["Page"])


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (("use topics", ""), None),
        (("use topics", "use topics"), "use topics"),
        (("use topics", "use links"), "use topics; use links"),
    ],
)
def test_a_reverse_side_is_deprecated_if_all_its_references_are(
    reasons: tuple[str, str], expected: str | None
) -> None:
    one, other = (
        Reference(to=("One",), reverse="used_by", deprecated=reason) for reason in reasons
    )

    class One(ContentType):
        """Refers to one of its own."""

        about = one

    class Other(ContentType):
        """Refers to one of another type."""

        about = other

    schema = delivery_schema_of(Site("Two", content_types=[One, Other]))
    assert marked(schema, "One").get("usedBy") == expected


def test_deprecating_all_fields_changes_nothing_else() -> None:
    for build in (delivery_schema_of, management_schema_of):
        before, after = build(SITE), build(OUTGOING)
        changes = compare_schemas(before, after)
        assert {each.criticality for each in changes} == {Criticality.NON_BREAKING}
        assert {each.name for each in changes} == {
            "DIRECTIVE_USAGE_INPUT_FIELD_DEFINITION_ADDED",
            "ENUM_VALUE_DEPRECATION_REASON_ADDED",
            "FIELD_DEPRECATION_ADDED",
        }
        mark = f' @deprecated(reason: "{REASON}")'
        assert print_schema(after).replace(mark, "") == print_schema(before)


async def test_introspection_says_it(api: Api) -> None:
    small = api_of(SMALL, api.newsroom)
    data = await small.data(
        """{
          all: __type(name: "Page") {
            fields(includeDeprecated: true) { name isDeprecated deprecationReason }
          }
          current: __type(name: "Page") { fields { name } }
        }"""
    )
    told = {each["name"]: each for each in data["all"]["fields"]}
    assert told["kicker"] == {
        "name": "kicker",
        "isDeprecated": True,
        "deprecationReason": REASON,
    }
    assert not told["subtitle"]["isDeprecated"]
    current = {each["name"] for each in data["current"]["fields"]}
    assert "subtitle" in current
    assert not OF_PAGE.keys() & current


QUERY = """{
  articles(
    where: {rating: {gt: 2}, level: {eq: EASY}, byline: {name: {eq: "Wanda"}}}
    orderBy: [rating_DESC, subtitle_ASC]
  ) {
    nodes { subtitle rating level levelName byline { name } originalsOf { totalCount } }
    facets(fields: [level]) { value count }
    aggregate { sum { rating } }
  }
}"""


async def test_a_deprecated_field_works_as_before(newsroom: Newsroom, desk: Desk) -> None:
    management = Management(desk_of(newsroom.database, OUTGOING), management_schema_of(OUTGOING))
    outgoing = Desk(newsroom, management, desk.reader)
    draft = await outgoing.article(
        subtitle="Old words", rating=3, level="EASY", byline={"name": "Wanda"}
    )
    await outgoing.publish(draft)
    page = {
        "subtitle": "Old words",
        "rating": 3,
        "level": "EASY",
        "levelName": "EASY",
        "byline": {"name": "Wanda"},
        "originalsOf": {"totalCount": 0},
    }
    assert await api_of(OUTGOING, newsroom).data(QUERY) == {
        "articles": {
            "nodes": [page],
            "facets": [{"value": "EASY", "count": 1}],
            "aggregate": {"sum": {"rating": 3}},
        }
    }


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (Text(deprecated=True), "deprecated must be a reason"),  # type: ignore[arg-type]
        (Text(deprecated=" "), "deprecated must be a reason"),
        (Object("Group", a=Text(deprecated=None)), "must be a reason"),  # type: ignore[arg-type]
        (List(of=Text(deprecated=REASON)), "move deprecated=… from its value to the List"),
        (
            Object("Group", a=Computed(of=Text(deprecated=REASON), from_=str)),
            "move deprecated=… from its value to the Computed",
        ),
    ],
)
def test_a_wrong_reason_is_refused_when_the_type_is_declared(field: Field, words: str) -> None:
    with pytest.raises(SiteError, match=f"Thing.old: .*{words}"):
        new_class("Thing", (ContentType,), {}, lambda body: body.update(old=field))
