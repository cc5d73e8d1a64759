"""Requests that are built to take long or to fill the memory are refused before they do."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from graphql import GraphQLEnumType, get_introspection_query

from cms.reading.view import View
from graphql_api import introspection
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.operation import Responder
from graphql_api.planning import PlannedOperation, Planner
from tests.graphql_api.http.desk import JSON, Desk
from tests.graphql_api.planner.test_cost import BENCH, DEMO, SCHEMAS, planner_of

PATH = "/graphql"


def enum_values(name: str) -> list[str]:
    """Return the values of an enum of the benchmark's schema."""
    enum = SCHEMAS[BENCH.name].type_map[name]
    assert isinstance(enum, GraphQLEnumType)
    return list(enum.values)


TYPES = sorted(DEMO.content_types)
ORDERS = sorted({name.rpartition("_")[0] for name in enum_values("TermOrder")})
FACETS = enum_values("TermFacet")


def spread_thrice(levels: int) -> str:
    """Return fragments of which each spreads the next one three times."""
    fragments = []
    for level in range(levels):
        inner = f"{{ parent {{ ...F{level + 1} }} }}"
        fragments.append(f"fragment F{level} on Category {{ ... {inner} ... {inner} ... {inner} }}")
    last = f"fragment F{levels} on Category {{ id }}"
    return " ".join(["{ categories { nodes { ...F0 } } }", *fragments, last])


CONDITION = '{title: {contains: "x"}} '

TOO_MUCH: Mapping[str, str] = {
    "a depth of 250": "{ a " * 250 + "}" * 250,
    "10,000 aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(10_000)) + " }",
    "60 kB of comments": "{ __typename }" + "#\n" * 30_000,
    "a fragment 1,000 times": "{ " + "...A " * 1_000 + "} fragment A on Query { a }",
    "fragments that spread each other": spread_thrice(8),
    "pages of pages of pages": (
        "{ entries(first: 100) { nodes { links(first: 100) { nodes { target { ... on Entry { "
        "links(first: 100) { nodes { url } } } } } } } } }"
    ),
    "filters 200 deep": f"{{ entries(where: {'{NOT: ' * 200}{'}' * 200}) {{ totalCount }} }}",
    "140 conditions": f"{{ entries(where: {{OR: [{CONDITION * 140}]}}) {{ totalCount }} }}",
    "a list of 5,000": f"{{ nodes(ids: [{'1 ' * 5_000}]) {{ id }} }}",
    "1,000 directives": "{ __typename " + "@skip(if: false) " * 1_000 + "}",
    "introspection ten times": "{ "
    + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(10))
    + " }",
    "one field 240 times": "{ entries { nodes { " + "title " * 240 + "} } }",
    "a wrong field 240 times": "{ entries { nodes { " + "tilte " * 240 + "} } }",
}


def types_in_types(levels: int) -> str:
    """Return a query whose selections differ by type, within each other."""

    def alike(depth: int) -> str:
        return "id" if depth == 0 else f"translations {{ {alike(depth - 1)} }}"

    def within(depth: int) -> str:
        if depth == 0:
            return "id"
        own = " ".join(
            f"... on {name} {{ translations {{ {alike(depth - 1)} }} }}" for name in TYPES
        )
        return f"translations {{ {within(depth - 1)} }} {own}"

    return f"{{ entries {{ nodes {{ {within(levels)} }} }} }}"


PAGE_INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"

# What a plan would have too much of, at a site of any size.
TOO_LARGE: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "types in types": (types_in_types(5), {}),
    "all orders with a cursor": (
        "query($o: [TermOrder!], $c: String) { "
        + " ".join(
            f"a{n}: terms(orderBy: $o, after: $c) {{ edges {{ cursor }} {PAGE_INFO} }}"
            for n in range(10)
        )
        + " }",
        {"o": [f"{name}_ASC" for name in ORDERS], "c": "x"},
    ),
    "all facets of ten lists": (
        "query($f: [TermFacet!]!) { "
        + " ".join(f"a{n}: terms {{ facets(fields: $f) {{ count }} }}" for n in range(10))
        + " }",
        {"f": FACETS * 20},
    ),
    "structured data": (
        "{ "
        + " ".join(f"a{n}: terms {{ nodes {{ jsonLd jsonLdScript a: jsonLd }} }}" for n in range(7))
        + " }",
        {},
    ),
}

WRONG: Mapping[str, str] = {
    "a name of 60 kB": "{ " + "a" * 60_000 + " }",
    "a cycle of fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "introspection in introspection": (
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } "
        "} } } } } } } }"
    ),
}


@pytest.mark.parametrize("name", TOO_MUCH)
async def test_a_document_that_asks_for_too_much_is_refused(desk: Desk, name: str) -> None:
    response = await desk.client.post(PATH, json={"query": TOO_MUCH[name]})
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("name", WRONG)
async def test_a_document_that_only_takes_long_to_read_is_wrong(desk: Desk, name: str) -> None:
    response = await desk.client.post(PATH, json={"query": WRONG[name]})
    body = response.json()
    assert "data" not in body
    assert {error["extensions"]["code"] for error in body["errors"]} == {"BAD_REQUEST"}


@pytest.mark.parametrize("name", TOO_LARGE)
async def test_a_plan_that_would_be_too_large_is_not_made(name: str) -> None:
    query, variables = TOO_LARGE[name]
    site = DEMO if name == "types in types" else BENCH
    with pytest.raises(RequestFailed) as failure:
        await planned(planner_of(site, entries=1), query, **variables)
    assert [error.extensions for error in failure.value.errors] == [{"code": "LIMIT_EXCEEDED"}]


async def test_fragments_nested_deeper_than_can_be_walked_are_refused(desk: Desk) -> None:
    chain = " ".join(
        f"fragment F{n} on Query {{ {'... { ' * 75} ...F{n + 1} {'} ' * 75} }}" for n in range(8)
    )
    query = f"{{ ...F0 }} {chain} fragment F8 on Query {{ __typename }}"
    response = await desk.client.post(PATH, json={"query": query})
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_a_document_of_empty_lines_is_refused(desk: Desk, end: str) -> None:
    query = end * 10_000 + "{ entries { nodes { " + "x " * 90 + "} } }"
    response = await desk.client.post(PATH, json={"query": query})
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "lines" in error["message"]


async def test_those_who_have_not_signed_in_ask_for_little_and_only_to_sign_in(desk: Desk) -> None:
    large = {"query": "{ x", "variables": {"a": ["x" * 1_000] * 100}}
    assert (await desk.client.post("/manage/graphql", json=large)).status_code == 413
    many = "mutation { " + "signIn(input: {}) { x } " * 300 + "}"
    response = await desk.client.post("/manage/graphql", json={"query": many})
    assert response.status_code in {400, 401}


async def test_a_list_of_100_000_is_refused_with_its_body(desk: Desk) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    body = {"query": query, "variables": {"ids": ["x"] * 100_000}}
    assert (await desk.client.post(PATH, json=body)).status_code == 413


async def test_a_batch_is_refused(desk: Desk) -> None:
    response = await desk.client.post(PATH, json=[{"query": "{ __typename }"}] * 1_000)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_an_endless_body_is_not_read_to_its_end(desk: Desk) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * 1024**2:
            sent += 64 * 1024
            yield b" " * 64 * 1024

    response = await desk.client.post(PATH, content=endless(), headers={"Content-Type": JSON})
    assert response.status_code == 413


async def test_a_packed_body_is_not_unpacked(desk: Desk) -> None:
    body = gzip.compress(b" " * 20 * 1024**2)
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    response = await desk.client.post(PATH, content=body, headers=headers)
    assert response.status_code == 400


async def planned(planner: Planner, query: str, **variables: Any) -> PlannedOperation:
    bound = await planner.bind(GraphQLRequest(query, None, variables))
    return (await planner.plan(bound, View(("en",)))).planned


async def test_short_beginnings_are_refused_where_there_is_much_to_search() -> None:
    letters = " ".join(f"{letter}e*" for letter in "abcdefghijklmnop")
    found = "edges { rank highlight { title summary body } }"
    query = f'{{ entries(search: "{letters}", first: 100) {{ {found} }} }}'
    assert await planned(planner_of(BENCH, entries=100), query)
    with pytest.raises(RequestFailed, match="has a cost of"):
        await planned(planner_of(BENCH, entries=10_000), query)
    # Those of one letter are left out.
    assert await planned(planner_of(BENCH, entries=1_000_000), query.replace("e*", "*"))


async def test_what_is_kept_of_statements_is_bounded_in_bytes() -> None:
    kept_bytes = 1_000_000
    planner = planner_of(BENCH, entries=1, kept_bytes=kept_bytes)
    queries = [f"{{ entries {{ nodes {{ a{number}: title }} }} }}" for number in range(50)]
    first = [await planned(planner, query) for query in queries]
    assert sum(each.bytes for each in first) > kept_bytes
    assert all(each.bytes > len(query) for each, query in zip(first, queries, strict=True))
    # The last ones first, which are those that are kept.
    again = [await planned(planner, query) for query in reversed(queries)]
    same = [each for each, before in zip(again, reversed(first), strict=True) if each is before]
    assert 0 < sum(each.bytes for each in same) <= kept_bytes


async def test_the_same_question_about_the_schema_is_worked_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planner = planner_of(BENCH, entries=1)
    responder = Responder(SCHEMAS[BENCH.name], planner.limits, planner.thread)
    bound = await planner.bind(GraphQLRequest(get_introspection_query()))
    ready = await planner.plan(bound, View(("en",)))
    first = (await responder.respond(ready, b"{}")).body
    monkeypatch.delattr(introspection, "execute_sync")
    assert (await responder.respond(ready, b"{}")).body == first
    assert b'"queryType":{"name":"Query"' in first
