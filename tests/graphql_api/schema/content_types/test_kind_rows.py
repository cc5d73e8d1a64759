"""Every kind of field has a row, and a kind without one is like the kind it inherits from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import new_class
from typing import TypeVar

import pytest
from graphql import print_schema
from sqlalchemy import ColumnElement, literal_column

from cms.content.canonical_json import Json as JsonValue
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import (
    AnyBlock,
    Block,
    Blocks,
    Boolean,
    Choice,
    Colour,
    Computed,
    Date,
    DateTime,
    Decimal,
    Email,
    Field,
    Integer,
    Json,
    Links,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    References,
    Scalar,
    Section,
    Sections,
    Text,
    Url,
)
from cms.content.fields.base import Problems, ValuePath, all_fields
from cms.copydesk import desk_of
from cms.errors import SiteError
from cms.reading.field_values import count_text, counted_of, value_of
from cms.site import Site
from cms.storage.database import Database
from graphql_api.management import Management
from graphql_api.schema.build import build_delivery_schema
from graphql_api.schema.build_management import build_management_schema
from graphql_api.schema.content_types.kinds import KINDS
from tests.builders import Newsroom
from tests.graphql_api.conftest import CountingReader, Desk

K = TypeVar("K", bound=Field)

# A base class, and fields that are of the kind that they compute.
NO_KINDS = {Scalar, Computed}


class Card(Block):
    """Has one text."""

    words = Text()


def length(values: JsonObject) -> int:
    """Return the number of letters of a text."""
    return len(str(values["text_value"]))


def site_with(*, own_kinds: bool) -> Site:
    """Return a site with a field of every kind, or of a class of its own for every kind."""

    def kind(base: type[K]) -> type[K]:
        return type(f"Own{base.__name__}", (base,), {}) if own_kinds else base

    choice = kind(Choice)
    fields = {
        "text_value": kind(Text)(),
        "url": kind(Url)(),
        "email": kind(Email)(),
        "colour": kind(Colour)(),
        "boolean": kind(Boolean)(),
        "number": kind(Number)(),
        "integer": kind(Integer)(),
        "decimal": kind(Decimal)(places=3),
        "day": kind(Date)(),
        "moment": kind(DateTime)(),
        "choice": choice(choices=("LOW", "HIGH")),
        "json_value": kind(Json)(),
        "markdown": kind(Markdown)(),
        "inner": kind(Object)("Inner", words=kind(Text)()),
        "section": kind(Section)(),
        "sections": kind(Sections)(),
        "blocks": kind(Blocks)(Card),
        "cards": kind(List)(of=kind(AnyBlock)(Card)),
        "integers": kind(List)(of=kind(Integer)()),
        "decimals": kind(List)(of=kind(Decimal)()),
        "choices": kind(List)(of=choice(choices=("IN", "OUT"))),
        "moments": kind(List)(of=kind(DateTime)()),
        "objects": kind(List)(of=kind(Object)("Part", words=kind(Text)())),
        "reference": kind(Reference)(to=("Thing",)),
        "references": kind(References)(to=("Thing",)),
        "see": kind(Links)(),
        "computed": kind(Computed)(of=kind(Integer)(), from_=length),
    }
    return things(**fields)


def things(**fields: Field) -> Site:
    """Return a site with one content type that has these fields."""
    body = {"__doc__": "Has these fields.", **fields}
    thing = new_class(
        "Thing", (ContentType,), {"path": "/things/{slug}"}, lambda made: made.update(body)
    )
    return Site("Things", content_types=[thing])


STOCK, OWN = site_with(own_kinds=False), site_with(own_kinds=True)

VALUES = {
    "textValue": "Words",
    "url": "https://example.org",
    "email": "desk@example.org",
    "colour": "#A0B0C0",
    "boolean": True,
    "number": 1.5,
    "integer": 3,
    "decimal": "1.5",
    "day": "2026-01-02",
    "moment": "2026-01-02T03:04:05+06:00",
    "choice": "HIGH",
    "jsonValue": {"key": [1, None]},
    "markdown": "Some *words*.",
    "inner": {"words": "Inside"},
    "section": {"heading": "Head", "body": "Text"},
    "sections": [{"heading": "One", "body": "First"}],
    "blocks": [{"card": {"words": "Ace"}}],
    "cards": [{"card": {"words": "King"}}],
    "integers": [1, 2],
    "decimals": ["2", "0.10"],
    "choices": ["OUT", "IN"],
    "moments": ["2026-01-02T03:04:05Z"],
    "objects": [{"words": "Part"}],
    "see": [{"href": "https://example.org"}],
}
# What is read of these values, where it is not what was written.
READ = {
    "colour": "#a0b0c0",
    "decimal": "1.500",
    "decimals": ["2.00", "0.10"],
    "moment": "2026-01-02T03:04:05.000+06:00",
    "moments": ["2026-01-02T03:04:05.000Z"],
    "markdown": {"html": "<p>Some <em>words</em>.</p>"},
    "section": {"heading": "Head", "anchor": "head", "body": {"markdown": "Text"}},
    "sections": [{"heading": "One", "anchor": "one", "body": {"markdown": "First"}}],
    "blocks": [{"words": "Ace"}],
    "cards": [{"words": "King"}],
    "see": [{"url": "https://example.org"}],
    "computed": 5,
    "reference": None,
    "references": [],
}
OUTPUTS = """textValue url email colour boolean number integer decimal day moment choice jsonValue
  markdown { html } inner { words } section { heading anchor body { markdown } }
  sections { heading anchor body { markdown } } blocks { ... on Card { words } }
  cards { ... on Card { words } } integers decimals choices moments objects { words }
  reference { id } references { id } see { url } computed"""
# For each field, a filter that fits.
WHERE = {
    "textValue": '{eq: "Words"}',
    "url": '{startsWith: "https:"}',
    "email": '{endsWith: "example.org"}',
    "colour": '{eq: "#a0b0c0"}',
    "boolean": "{eq: true}",
    "number": "{gt: 1.25}",
    "integer": "{lte: 3}",
    "decimal": '{gt: "1.4999", lt: "1.5001", in: ["1.50"]}',
    "day": '{eq: "2026-01-02"}',
    "moment": '{eq: "2026-01-01T21:04:05Z"}',
    "choice": "{in: [HIGH]}",
    "jsonValue": "{isNull: false}",
    "markdown": '{contains: "words"}',
    "inner": '{words: {eq: "Inside"}}',
    "section": '{heading: {eq: "Head"}}',
    "sections": '{some: {heading: {eq: "One"}}}',
    "blocks": '{some: {card: {words: {eq: "Ace"}}}}',
    "cards": '{some: {card: {words: {eq: "King"}}}}',
    "integers": "{some: {gt: 1}, count: {eq: 2}}",
    "decimals": '{some: {lt: "0.101"}, count: {eq: 2}}',
    "choices": "{every: {in: [IN, OUT]}}",
    "moments": '{some: {eq: "2026-01-02T03:04:05Z"}}',
    "objects": '{none: {words: {eq: "Whole"}}}',
    "reference": "{isNull: true}",
    "references": "{count: {eq: 0}}",
    "see": '{some: {url: {eq: "https://example.org"}}}',
    "computed": "{eq: 5}",
}
FACETS = {
    "textValue": ["Words"],
    "url": ["https://example.org"],
    "email": ["desk@example.org"],
    "colour": ["#a0b0c0"],
    "boolean": ["true"],
    "number": ["1.5"],
    "integer": ["3"],
    "decimal": ["1.500"],
    "decimals": ["0.10", "2.00"],
    "day": ["2026-01-02"],
    "moment": ["2026-01-02T03:04:05.000+06:00"],
    "choice": ["HIGH"],
    "integers": ["1", "2"],
    "choices": ["IN", "OUT"],
    "moments": ["2026-01-02T03:04:05.000Z"],
    "reference": [],
    "references": [],
    "computed": ["5"],
}
ORDERS = [
    "textValue",
    "url",
    "email",
    "colour",
    "boolean",
    "number",
    "integer",
    "decimal",
    "day",
    "moment",
    "choice",
    "computed",
    "referenceTitle",
]


def kinds_of_field(base: type[Field] = Field) -> Iterator[type[Field]]:
    """Yield the classes of fields that the engine has."""
    for each in base.__subclasses__():
        if each.__module__.startswith("cms.content.fields."):
            yield each
            yield from kinds_of_field(each)


def without_row(kinds: Iterable[type[Field]]) -> list[type[Field]]:
    """Return those of the kinds that have no row, and inherit none."""
    return [kind for kind in kinds if not any(each in KINDS.rows for each in kind.__mro__)]


class Odd(Scalar):
    """A scalar that nobody has given a row."""

    def clean(self, value: JsonValue, path: ValuePath, problems: Problems) -> JsonValue:
        """Accept everything."""
        del path, problems
        return value


def test_every_kind_of_field_has_a_row() -> None:
    kinds = {*kinds_of_field()} - NO_KINDS
    assert {Text, Integer, Links, Sections, AnyBlock} <= kinds
    assert without_row(kinds) == []
    assert without_row([Text, Odd]) == [Odd]


def test_every_row_is_tried_here_by_a_class_that_inherits_it() -> None:
    fields = [*all_fields(OWN.content_types["Thing"].fields.values())]
    tried = {base for field in fields for base in type(field).__mro__[1:]}
    assert KINDS.rows.keys() <= tried
    assert {Blocks, Sections, Computed} <= tried


def test_sql_reads_what_is_compared_or_counted() -> None:
    stored: ColumnElement[str] = literal_column("stored")
    for field in STOCK.content_types["Thing"].fields.values():
        kind = KINDS.of(field)
        if kind.order is not None:
            assert value_of(field, stored) is not None
        if kind.moment or kind.number or isinstance(field, Scalar):
            assert count_text(field, counted_of(field, stored)) is not None
    with pytest.raises(TypeError, match="a Odd is not compared as one value"):
        value_of(Odd(), stored)


def test_a_kind_without_a_row_is_refused_when_a_schema_is_built() -> None:
    for field, sentence in (
        (Odd(), "ThingOdd: a field of kind Odd has no GraphQL type"),
        (List(of=Odd()), "ThingOdd: a list of Odd has no GraphQL type"),
        (AnyBlock(Card), "ThingOdd: a field of kind AnyBlock has no GraphQL type"),
    ):
        with pytest.raises(SiteError, match=sentence):
            build_delivery_schema(things(odd=field))


def test_classes_that_inherit_from_a_kind_have_its_types_filters_orders_and_facets() -> None:
    stock, own = (
        print_schema(build_delivery_schema(STOCK)),
        print_schema(build_delivery_schema(OWN)),
    )
    assert "integer: IntFilter" in stock
    assert own == stock


def test_classes_that_inherit_from_a_kind_have_its_inputs() -> None:
    own = print_schema(build_management_schema(OWN))
    assert "moments: [DateTime!]" in own
    assert own == print_schema(build_management_schema(STOCK))


async def test_classes_that_inherit_from_a_kind_are_written_and_read_like_it(
    database: Database,
) -> None:
    newsroom = Newsroom(database, OWN)
    await newsroom.hire()
    reader = CountingReader(database.reader)
    database.reader = reader
    own, stock = (
        Desk(newsroom, Management(desk_of(database, site), build_management_schema(site)), reader)
        for site in (OWN, STOCK)
    )
    values = {"title": "Thing", **VALUES}
    await own.do(newsroom.author, "createThing", "entry { id }", values=values)
    for query, answer in questions():
        statements = []
        for desk in (own, stock):
            reader.statements.clear()
            assert (await desk.data(newsroom.author, query))["things"] == answer, query
            statements.append([*reader.statements])
        assert len(statements[0]) == 1
        assert statements[0] == statements[1]


def questions() -> Iterator[tuple[str, object]]:
    """Yield queries of the one thing, each with its answer."""
    yield f"{{ things {{ nodes {{ {OUTPUTS} }} }} }}", {"nodes": [{**VALUES, **READ}]}
    for field, where in WHERE.items():
        for asked, count in ((f"{{{field}: {where}}}", 1), (f"{{NOT: {{{field}: {where}}}}}", 0)):
            yield f"{{ things(where: {asked}) {{ totalCount }} }}", {"totalCount": count}
    for order in ORDERS:
        yield (
            f"{{ things(orderBy: [{order}_DESC]) {{ nodes {{ title }} }} }}",
            {"nodes": [{"title": "Thing"}]},
        )
    for facet, counted in FACETS.items():
        yield (
            f"{{ things {{ facets(fields: [{facet}]) {{ value count }} }} }}",
            {"facets": [{"value": value, "count": 1} for value in counted]},
        )
    for moment, start in (("day", "2026-01"), ("moment", "2026-01")):
        yield (
            f"{{ things {{ histogram(field: {moment}, by: MONTH) {{ start count }} }} }}",
            {"histogram": [{"start": start, "count": 1}]},
        )
    yield (
        "{ things { aggregate { sum { number integer decimal computed } } } }",
        {"aggregate": {"sum": {"number": 1.5, "integer": 3, "decimal": "1.500", "computed": 5}}},
    )
