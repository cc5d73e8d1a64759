"""Fields that are declared indexed have an index, which filters use in every view."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy import text as raw  # noqa: TID251  # asks how a statement is carried out
from sqlalchemy.dialects import postgresql, sqlite

from cms.content.canonical_json import Json as JsonValue
from cms.content.content_type import ContentType
from cms.content.fields import (
    Block,
    Blocks,
    Boolean,
    Choice,
    Computed,
    Date,
    DateTime,
    Decimal,
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
    Sections,
    Text,
)
from cms.content.fields.base import Problems, ValuePath
from cms.errors import Refused, SiteError
from cms.reading.field_indexes import compare_indexes, index_fields
from cms.reading.field_values import value_in
from cms.site import Site
from cms.storage.database import Database
from cms.storage.migration import check_schema, migrate, migrate_down
from cms.tables import Rendition
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from tests.builders import Newsroom
from tests.schemas import delivery_schema_of


class Film(ContentType, path="/films/{slug}"):
    """Has an indexed field of every kind that can be."""

    text = Text()
    maker = Text(indexed=True)
    rating = Number(indexed=True)
    minutes = Integer(indexed=True)
    budget = Decimal(indexed=True)
    is_silent = Boolean(indexed=True)
    released_on = Date(indexed=True)
    shown_at = DateTime(indexed=True)
    genre = Choice(choices=("DRAMA", "NOIR"), indexed=True)
    remake_of = Reference(to=("Film",), indexed=True)
    initial = Computed(of=Text(), from_=lambda values: str(values["title"])[:1], indexed=True)


class Opinion(ContentType, path="/opinions/{slug}"):
    """Has fields of the same names and other kinds."""

    text = Text()
    maker = Text(indexed=True)
    rating = Text()
    minutes = Text()
    budget = Text()
    is_silent = Text()
    shown_at = Text()


class Coordinates(Field):
    """A kind of its own, whose values are no scalars."""

    def clean(self, value: JsonValue, path: ValuePath, problems: Problems) -> JsonValue:
        """Accept everything."""
        del path, problems
        return value


SITE = Site("Films", content_types=(Film, Opinion))
WITHOUT = Site("Opinions", content_types=(Opinion,))
# What is written into one of two films, and how that one alone is asked for.
ASKED = {
    "maker": ("Maya", '{maker: {eq: "Maya"}}'),
    "rating": (4.5, "{rating: {gte: 4.5}}"),
    "minutes": (14, "{minutes: {eq: 14}}"),
    "budget": ("14.50", '{budget: {gt: "14.499", lt: "14.501"}}'),
    "is_silent": (True, "{isSilent: {eq: true}}"),
    "released_on": ("1943-01-01", '{releasedOn: {lt: "1944-01-01"}}'),
    "shown_at": ("1943-05-01T20:00:00-07:00", '{shownAt: {eq: "1943-05-02T03:00:00Z"}}'),
    "genre": ("NOIR", "{genre: {in: [NOIR]}}"),
}
# What an editor could write into a text, were it only to make lists of films fail.
NO_VALUES = ["now", "12 minutes", "2026-02-30T00:00:00.000Z", "1e999", "true"]
OF_FILMS = [name for name, field in Film.fields.items() if field.indexed]
INDEXED = [f"Film.{name}" for name in OF_FILMS] + ["Opinion.maker"]


async def films(newsroom: Newsroom, where: str) -> list[str]:
    """Return the slugs of the films that fit."""
    delivery = Delivery(SITE, delivery_schema_of(SITE), newsroom.database.reader)
    query = f"{{ films(where: {where}, orderBy: [rating_ASC]) {{ nodes {{ slug }} }} }}"
    response = orjson.loads((await delivery.answer(GraphQLRequest(query))).body)
    assert "errors" not in response
    return [each["slug"] for each in response["data"]["films"]["nodes"]]


@pytest.fixture
def desk(newsroom: Newsroom) -> Newsroom:
    """A newsroom that writes about films."""
    return newsroom.at(SITE)


async def test_what_is_declared_is_made_and_what_no_longer_is_goes(database: Database) -> None:
    found = await compare_indexes(database, SITE)
    assert (list(found.missing), list(found.unused)) == (INDEXED, [])
    assert await index_fields(database, SITE) == found
    assert not (await index_fields(database, SITE)).missing

    gone = await index_fields(database, WITHOUT)
    assert not gone.missing
    # Films and reviews share the two indexes over what both call the same.
    assert len(gone.unused) == 2 * (len(OF_FILMS) - 1)
    assert not (await index_fields(database, WITHOUT)).unused


async def test_migrations_leave_them_alone(database: Database) -> None:
    await index_fields(database, SITE)
    await check_schema(database)
    await migrate_down(database, "0001")
    await migrate(database)
    await index_fields(database, SITE)
    assert not (await compare_indexes(database, SITE)).missing


@pytest.mark.parametrize("name", OF_FILMS)
async def test_the_database_uses_them(database: Database, name: str) -> None:
    await index_fields(database, SITE)
    value: ColumnElement[Any] = value_in(Film.fields[name], Rendition.__table__.c.rendered)
    something = {"rating": "1", "minutes": "1", "budget": "1", "is_silent": "true"}.get(name, "'x'")
    if name == "shown_at" and database.engine.dialect.name == "postgresql":
        something = "now()"
    statement = select(Rendition.revision_id).where(value == literal_column(something))
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[database.engine.dialect.name].dialect()
    async with database.engine.connect() as connection:
        if dialect.name == "postgresql":
            await connection.execute(raw("set local enable_seqscan = off"))
        explain = "explain" if dialect.name == "postgresql" else "explain query plan"
        plan = await connection.execute(raw(f"{explain} {statement.compile(dialect=dialect)}"))
        assert f"ix_field_{name}_" in "".join(str(row[-1]) for row in plan)


@pytest.mark.parametrize("indexed", [False, True])
async def test_filters_answer_the_same_with_and_without(desk: Newsroom, indexed: bool) -> None:
    if indexed:
        await index_fields(desk.database, SITE)
    await desk.published("Film", title="Meshes", slug="meshes", **written())
    other = {
        "text": "Words",
        "maker": "Orson",
        "rating": 1,
        "minutes": 95,
        "is_silent": False,
        "genre": "DRAMA",
    }
    await desk.published("Film", title="Stranger", slug="stranger", **other)
    for field, (_, where) in ASKED.items():
        assert await films(desk, where) == ["meshes"], field
        assert await films(desk, f"{{NOT: {where}}}") == ["stranger"], field


def written() -> dict[str, Any]:
    """Return the fields of the film that is asked for."""
    return {"text": "Words"} | {field: value for field, (value, _) in ASKED.items()}


@pytest.mark.parametrize("indexed", [False, True])
async def test_a_field_of_the_same_name_and_another_kind_is_in_nobodys_way(
    desk: Newsroom, indexed: bool
) -> None:
    if indexed:
        await index_fields(desk.database, SITE)
    for text in NO_VALUES:
        fields = {name: text for name in Opinion.fields if name not in {"text", "maker"}}
        await desk.published("Opinion", title=f"Of {text}", text="Words", **fields)
    await desk.published("Film", title="Meshes", slug="meshes", **written())
    for field, (_, where) in ASKED.items():
        assert await films(desk, where) == ["meshes"], field


async def test_what_is_indexed_is_no_longer_than_an_index_takes(desk: Newsroom) -> None:
    await index_fields(desk.database, SITE)
    # Nothing of it can be compressed.
    words = "".join(chr(0x20000 + 37 * number % 0xA000) for number in range(600))
    await desk.published("Film", title="Long", slug="long", text="x", maker=words)
    with pytest.raises(Refused, match="601 characters; at most 600"):
        await desk.draft("Film", title="Longer", slug="longer", text="x", maker=words + "x")


def test_what_is_computed_for_an_index_is_no_longer_either() -> None:
    initial = Computed(of=Text(), from_=lambda _: "x" * 601, indexed=True)
    with pytest.raises(SiteError, match="601 characters; at most 600"):
        initial.compute(None, {})


class Remark(Block):
    """Holds an indexed field, which it cannot."""

    words = Text(indexed=True)


@pytest.mark.parametrize(
    "field",
    [
        Json(indexed=True),
        Markdown(indexed=True),
        Sections(indexed=True),
        Links("Links", indexed=True),
        References(indexed=True),
        List(of=Text(), indexed=True),
        List(of=Text(indexed=True)),
        Object(words=Text(indexed=True)),
        Blocks(Remark),
        Computed(of=Json(), from_=dict, indexed=True),
        Computed(of=Text(indexed=True), from_=str),
        Coordinates(indexed=True),
    ],
    ids=lambda field: type(field).__name__,
)
def test_what_has_no_single_value_cannot_be_indexed(field: Field) -> None:
    with pytest.raises(SiteError, match="index"):
        type("Wrong", (ContentType,), {"field": field, "__doc__": "Is wrong."}, path="/{slug}")
