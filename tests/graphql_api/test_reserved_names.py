"""No name that a site declares replaces one of the API's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from types import new_class
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLSchema

from cms.content.builtin import BUILT_IN
from cms.content.content_type import COMMON_NAMES, ContentType
from cms.content.fields import Block, Blocks, Choice, Number, Object, Reference, References, Text
from cms.content.fields.names import api_name, lower_first
from cms.content.reserved_names import (
    ENDINGS,
    RESERVED_QUERIES,
    RESERVED_TYPES,
    is_reserved,
)
from cms.content.type_names import queries_of, types_of
from cms.errors import SiteError
from cms.site import Site
from seeds.site import site as demo
from tests.schemas import delivery_schema_of, management_schema_of
from tests.sites import SITE


def declared(base: type, class_name: str, /, fields: Any = None, **arguments: Any) -> Any:
    """Return a content type, or a class of blocks."""
    return new_class(
        class_name, (base,), arguments, lambda body: body.update(fields or {"text": Text()})
    )


def schemas(site: Site) -> tuple[GraphQLSchema, GraphQLSchema]:
    return delivery_schema_of(site), management_schema_of(site)


def type_names(site: Site) -> set[str]:
    return {name for schema in schemas(site) for name in schema.type_map if name[:2] != "__"}


def root_fields(site: Site, operation: str) -> dict[str, str]:
    """Return the fields of both schemas' queries or mutations, with their types."""
    roots = (getattr(schema, f"{operation}_type") for schema in schemas(site))
    return {name: str(each.type) for root in roots if root for name, each in root.fields.items()}


def own_names(site: Site) -> set[str]:
    """Return the names that a declaration takes, without those of the built-in types."""
    names = {name for name, _ in types_of([*site.content_types.values()])}
    return names - {name for name, _ in types_of(BUILT_IN)}


def own_queries(site: Site) -> set[str]:
    names = {name for name, _ in queries_of([*site.content_types.values()])}
    return names - {name for name, _ in queries_of(BUILT_IN)}


def test_every_type_is_reserved_or_one_that_the_declaration_takes() -> None:
    assert [
        name for name in type_names(SITE) if not is_reserved(name) and name not in own_names(SITE)
    ] == []


def test_every_query_is_reserved_or_one_that_the_declaration_takes() -> None:
    assert root_fields(SITE, "query").keys() - own_queries(SITE) == RESERVED_QUERIES


def test_every_mutation_has_a_payload_that_is_reserved_or_taken() -> None:
    payloads = {f"{name[:1].upper()}{name[1:]}Payload" for name in root_fields(SITE, "mutation")}
    assert payloads <= type_names(SITE)


def test_nothing_is_reserved_that_the_api_does_not_have() -> None:
    # The demo has decimals.
    known = type_names(SITE) | type_names(demo)
    assert [
        name for name in RESERVED_TYPES if not known & {f"{name}{ending}" for ending in ENDINGS}
    ] == []


def common_fields() -> Iterator[str]:
    """Yield the fields of entries, filters, inputs and orders that no content type declares."""
    for schema in schemas(SITE):
        entry = schema.type_map["Entry"]
        assert isinstance(entry, GraphQLInterfaceType)
        yield from entry.fields
        yield from fields_of(schema.type_map["EntryWhere"])
        if "PageValues" in schema.type_map:
            own = {api_name(name) for name in SITE.content_types["Page"].fields}
            yield from fields_of(schema.type_map["PageValues"]) - own


def fields_of(type_: GraphQLNamedType) -> set[str]:
    fields: dict[str, object] = getattr(type_, "fields")  # noqa: B009  # inputs and objects have it
    return {*fields}


def test_no_field_replaces_one_that_every_entry_has() -> None:
    asked = {"AND", "OR", "NOT", "isNull"}
    assert {*common_fields()} - asked <= {api_name(name) for name in COMMON_NAMES}


def candidates() -> set[str]:
    """Return every name of both schemas, as a class could have it."""
    names = {*type_names(SITE) - own_names(SITE), *RESERVED_QUERIES}
    return {f"{name[:1].upper()}{name[1:]}" for name in (*names, *root_fields(SITE, "mutation"))}


def accepted(*content_types: Any) -> bool:
    try:
        Site("Docs", content_types=content_types)
    except SiteError:
        return False
    return True


def check_that_nothing_is_replaced(site: Site) -> None:
    """Check that a site's schemas have all that the API has of its own, as it was."""
    own = own_names(site)
    assert {name for name in type_names(site) if not is_reserved(name)} <= own
    assert not [name for name in own if is_reserved(name)]
    for operation in ("query", "mutation"):
        before = root_fields(bare(), operation)
        now = root_fields(site, operation)
        assert {name: now[name] for name in before if "Zebra" not in before[name]} == {
            name: type_ for name, type_ in before.items() if "Zebra" not in type_
        }


@cache
def bare() -> Site:
    return Site("Docs", content_types=[declared(ContentType, "Zebra")])


@pytest.mark.parametrize(
    ("name", "plural"),
    [
        ("Review", ""),
        ("Link", "LinkPages"),  # all links of a site are the query "links"
        ("Section", ""),
        ("Comment", ""),
        ("Publication", ""),
    ],
)
def test_a_name_that_many_sites_want_is_free(name: str, plural: str) -> None:
    content_type = declared(ContentType, name, **({"plural": plural} if plural else {}))
    check_that_nothing_is_replaced(Site("Docs", content_types=[content_type]))


def test_a_content_type_with_a_name_of_the_api_is_refused() -> None:
    names = [name for name in candidates() if accepted(declared(ContentType, name))]
    assert [name for name in names if name in type_names(SITE)] == []
    assert [name for name in names if lower_first(name) in root_fields(SITE, "query")] == []
    # Two names that differ in a plural cannot be declared together.
    apart = [name for name in names if not (name.endswith("s") and name[:-1] in names)]
    if apart:
        check_that_nothing_is_replaced(
            Site("Docs", content_types=[declared(ContentType, name) for name in apart])
        )


def test_a_plural_with_a_name_of_the_api_is_refused() -> None:
    plurals = [
        name for name in candidates() if accepted(declared(ContentType, "Zebra", plural=name))
    ]
    queries = {lower_first(name) for name in plurals}
    assert queries.isdisjoint(root_fields(bare(), "query"))
    assert "Entries" not in plurals


def test_a_block_with_a_name_of_the_api_is_refused_or_replaces_nothing() -> None:
    def page(*names: str) -> Any:
        blocks = Blocks(*(declared(Block, name) for name in names))
        return declared(ContentType, "Zebra", {"parts": blocks})

    names = sorted(name for name in candidates() if accepted(page(name)))
    assert "Suggest" in names
    check_that_nothing_is_replaced(Site("Docs", content_types=[page(*names)]))


@cache
def counted() -> Site:
    """Return a site whose content type has all the types that one can have."""
    fields = {"size": Number(), "others": References(to=("Zebra",))}
    return Site("Docs", content_types=[declared(ContentType, "Zebra", fields)])


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending])
def test_a_field_whose_type_would_be_one_of_its_owner_is_refused(ending: str) -> None:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", ending).lower()
    page = declared(ContentType, "Zebra", {name: Choice(choices=("A",))})
    assert accepted(page) == (f"Zebra{ending}" not in type_names(counted()))


def test_keywords_of_python_are_names_like_any() -> None:
    parts = Blocks(*(declared(Block, name) for name in ("Or", "And", "Import", "Global")))
    made_of: Any = {"class": Text(), "self": Text(), "or": Text()}
    fields = {
        "parts": parts,
        "made_of": Object(**made_of),
        "other": Reference(to=("Class",), reverse="global"),
    }
    things = [declared(ContentType, name) for name in ("Return", "A", "Self", "Optional")]
    site = Site("Docs", content_types=[declared(ContentType, "Class", fields), *things])
    check_that_nothing_is_replaced(site)
    assert {"class", "return", "as", "self"} <= root_fields(site, "query").keys()
    for schema in schemas(site):
        assert {"class", "self", "or"} == fields_of(schema.type_map["ClassMadeOf"])
        assert {"or", "OR", "and", "import"} <= fields_of(schema.type_map["ClassPartsWhere"])
        assert {"global"} <= fields_of(schema.type_map["Class"])
