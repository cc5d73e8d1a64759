"""The descriptions of both schemas: each adds something to the name of what it describes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_enum_type,
    is_input_object_type,
    is_introspection_type,
    is_specified_scalar_type,
)

from cms.content.fields import AnyBlock, Section
from cms.content.fields.base import all_fields
from cms.site import Site
from graphql_api.schema.declaring.fields import THIS_FIELD, THIS_TYPE
from seeds.site import site
from tests.schemas import delivery_schema_of, management_schema_of
from tests.sites import SITE

BUILDERS: dict[str, Callable[[Site], GraphQLSchema]] = {
    "delivery": delivery_schema_of,
    "management": management_schema_of,
}
SITES = {"tests": SITE, "seeds": site}
# The schemas whose descriptions are kept.
DONE = ("delivery", "management")
EACH = pytest.mark.parametrize("api", DONE)
OF_SITES = pytest.mark.parametrize("name", list(SITES))

# The most fields that can share a description.
MOST_SHARED = 6
# A description begins with a noun, "Whether", or a verb.
FORBIDDEN = re.compile(
    r"(What|Which|Who(ever|se)?|Its?|They|Their|H(e|is)|She|How|Where|Why"
    r"|(Some|No|Every)(body|one|thing))\b"
)
# The words that add nothing to a name.
ARTICLES = frozenset({"a", "an", "the", "this", "its", "of"})


@dataclass(frozen=True)
class Described:
    """A part of a schema with a description.

    Attributes:
        place: where it is: ``Query.entry(by:)``.
        name: its name.
        text: its description.
    """

    place: str
    name: str
    text: str


def described_types(schema: GraphQLSchema) -> Iterator[Described]:
    """Yield the types of a schema."""
    for name, type_ in own_types(schema):
        yield Described(name, name, type_.description or "")


def own_types(schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLNamedType]]:
    """Yield the types that the product or the site declares, by name."""
    for name, type_ in schema.type_map.items():
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_):
            yield name, type_


def described_fields(schema: GraphQLSchema) -> Iterator[Described]:
    """Yield the fields, arguments and input fields; inherited ones only of the interface."""
    for owner, type_ in own_types(schema):
        if is_input_object_type(type_):
            for name, field in type_.fields.items():
                yield Described(f"{owner}.{name}", name, field.description or "")
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            # An inherited field counts once, at the interface.
            inherited = {
                (name, field.description)
                for each in type_.interfaces
                for name, field in each.fields.items()
            }
            for name, output in type_.fields.items():
                if (name, output.description) in inherited:
                    continue
                yield Described(f"{owner}.{name}", name, output.description or "")
                for argument, declared in output.args.items():
                    place = f"{owner}.{name}({argument}:)"
                    yield Described(place, argument, declared.description or "")
    for directive in schema.directives:
        if directive.name == "view":
            for argument, declared in directive.args.items():
                yield Described(f"@view({argument}:)", argument, declared.description or "")


def texts_of_site(of: Site) -> frozenset[str]:
    """Return the descriptions that a site declares itself."""
    texts = set()
    for content_type in of.content_types.values():
        fields = list(all_fields(content_type.fields.values()))
        texts |= {content_type.description, *(field.description for field in fields)}
        for field in fields:
            if isinstance(field, AnyBlock):
                texts |= {block.description for block in field.blocks.values()}
    of_product = {field.description for field in Section().fields.values()}
    return frozenset(texts - of_product - {""})


@pytest.fixture(scope="module")
def schemas() -> dict[tuple[str, str], GraphQLSchema]:
    """Return the schemas by the names of their API and their site."""
    return {(api, name): BUILDERS[api](of) for api in DONE for name, of in SITES.items()}


Schemas = dict[tuple[str, str], GraphQLSchema]


def all_described(schema: GraphQLSchema) -> list[Described]:
    """Return all parts of a schema that have descriptions."""
    return [*described_types(schema), *described_fields(schema)]


@EACH
@OF_SITES
def test_everything_has_a_description(schemas: Schemas, api: str, name: str) -> None:
    parts = all_described(schemas[api, name])
    assert any(is_enum_type(each) for _, each in own_types(schemas[api, name]))
    assert [each.place for each in parts if not each.text.strip()] == []


@EACH
@OF_SITES
def test_no_description_repeats_only_the_name(schemas: Schemas, api: str, name: str) -> None:
    assert [
        each.place
        for each in all_described(schemas[api, name])
        if words(each.text) - ARTICLES <= words(each.name)
    ] == []


def words(text: str) -> set[str]:
    """Return the words of a text or of a name, in lower case: ``pageInfo`` has two."""
    return {each.lower() for each in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", text)}


@EACH
@OF_SITES
def test_few_fields_share_a_description(schemas: Schemas, api: str, name: str) -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for each in described_fields(schemas[api, name]):
        places[each.text].append(each.place)
    declared = texts_of_site(SITES[name])
    assert {
        text: found
        for text, found in places.items()
        if len(found) > MOST_SHARED and text not in declared
    } == {}


@EACH
@OF_SITES
def test_a_description_begins_with_a_noun_or_a_verb(schemas: Schemas, api: str, name: str) -> None:
    declared = texts_of_site(SITES[name])
    assert [
        (each.place, each.text)
        for each in all_described(schemas[api, name])
        if each.text not in declared and FORBIDDEN.match(each.text)
    ] == []


@EACH
@OF_SITES
def test_a_description_ends_with_a_full_stop_and_has_no_placeholder(
    schemas: Schemas, api: str, name: str
) -> None:
    declared = texts_of_site(SITES[name])
    for each in all_described(schemas[api, name]):
        assert THIS_TYPE not in each.text, each
        assert THIS_FIELD not in each.text, each
        assert "{mutation}" not in each.text, each
        assert each.text.endswith(".") or each.text in declared, each
