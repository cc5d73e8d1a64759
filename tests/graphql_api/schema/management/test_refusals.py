"""What cannot be answered is refused before any SQL runs, and says why and where."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import get_introspection_query

from tests.graphql_api.conftest import Api


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('{ entry(by: {path: "/a"}) { nothing } }', "Cannot query field 'nothing'"),
        ('{ entries(first: "x") { nodes { id } } }', "Int cannot represent non-integer value"),
        ("{ entries(first: 1 }", "Syntax Error: Expected Name, found '}'"),
        ("{ entry(by: {}) { id } }", "exactly one field must be specified"),
        ('{ entry(by: {id: "a", path: "b"}) { id } }', "exactly one field must be specified"),
        (
            "{ articles(orderBy: [nothing_ASC]) { nodes { id } } }",
            "does not exist in 'ArticleOrder'",
        ),
        (
            '{ articles(where: {level: {eq: "HARD"}}) { nodes { id } } }',
            "cannot represent non-enum",
        ),
        (
            '{ entries(where: {publishedAt: {gt: "2026-01-01"}}) { nodes { id } } }',
            "expected a time with a zone",
        ),
        (
            "{ entries { nodes { ...F } } } fragment F on Entry { ...F }",
            "Cannot spread fragment 'F' within itself",
        ),
    ],
)
async def test_a_document_that_is_not_valid_says_where(api: Api, query: str, words: str) -> None:
    errors = await api.refused(query)
    assert any(words in error.message for error in errors), [e.message for e in errors]
    assert all(error.locations for error in errors)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("first: -1", "first cannot be negative"),
        ("first: 101", "first is too large; a page has at most 100 items"),
        ("last: 101", "last is too large; a page has at most 100"),
        ("skip: -1", "skip cannot be negative"),
        ("first: 1, last: 1", "Give either first or last"),
        ("last: 1, skip: 1", "Combine last with before"),
        ('after: "nonsense"', "This is not a cursor"),
        ('after: "5b22225d"', "The cursor belongs to another order"),
        ('after: "5b22222c7b7d2c315d"', "is not a cursor"),
        ('after: "5b22222c312c325d"', "does not fit its order"),
        ('after: "5b22222c22323032362d30312d3031222c2278225d"', "does not fit its order"),
    ],
)
async def test_paging_that_makes_no_sense_is_refused(api: Api, arguments: str, words: str) -> None:
    (error,) = await api.refused(f"{{ entries({arguments}) {{ nodes {{ id }} }} }}")
    assert words in error.message
    assert error.extensions == {"code": "BAD_USER_INPUT"}
    assert error.locations


TIME = '"2026-01-01T00:00:00Z"'


def cursor_with(mark: str, *values: str) -> str:
    """Return a cursor with these values, each as JSON has it."""
    return f'["{mark}",{",".join(values)}]'.encode().hex()


@pytest.mark.parametrize(
    ("field", "mark", "values"),
    [
        ("sync(first: 1", "", ("999999999999999999999999", '"x"', '"0"')),
        ("sync(first: 1", "", ("-9223372036854775809", '"x"', '"0"')),
        ("sync(first: 1", "", ("1", '"x"', '"9223372036854775808.0123456789abcdef"')),
        ("sync(first: 1", "", ("1", '"x"', "1")),
        ("categories(first: 1", "", ("2147483648", '"x"')),
        (
            "articles(orderBy: [pages_ASC]",
            "pages_ASC",
            ("-2147483649", '"2026-01-01T00:00:00Z"', '"x"'),
        ),
        (
            "articles(orderBy: [rating_ASC]",
            "rating_ASC",
            ("1e999", '"2026-01-01T00:00:00Z"', '"x"'),
        ),
        ("articles(orderBy: [rating_ASC]", "rating_ASC", ("NaN", TIME, '"x"')),
        (
            "articles(orderBy: [rating_ASC]",
            "rating_ASC",
            ("1" * 400, '"2026-01-01T00:00:00Z"', '"x"'),
        ),
        ("articles(first: 1", "", ('"0001-01-01T00:00:00+10:00"', '"x"')),
        ("articles(first: 1", "", ('"9999-12-31T23:59:59-10:00"', '"x"')),
        ("articles(first: 1", "", ('"2026-01-01T00:00:00Z"', r'"\ud800"')),
        ("articles(first: 1", "", ("[" * 20_000,)),
    ],
)
async def test_a_cursor_with_what_no_row_can_have_is_refused(
    api: Api, field: str, mark: str, values: tuple[str, ...]
) -> None:
    query = f"query($cursor: String) {{ {field}, after: $cursor) {{ nodes {{ __typename }} }} }}"
    (error,) = await api.refused(query, {"cursor": cursor_with(mark, *values)})
    assert error.extensions == {"code": "BAD_USER_INPUT"}


async def test_a_cursor_with_the_largest_that_a_row_can_have_is_none_that_is_refused(
    api: Api,
) -> None:
    for field, values in (
        ("sync(first: 1", ("9223372036854775807", '"x"', '"0"')),
        ("categories(first: 1", ("2147483647", '"x"', '"x"')),
        ("categories(first: 1", ("-2147483648", '"x"', '"x"')),
    ):
        query = (
            f"query($cursor: String) {{ {field}, after: $cursor) {{ nodes {{ __typename }} }} }}"
        )
        await api.data(query, cursor=cursor_with("", *values))


async def test_a_cursor_of_another_order_is_refused(api: Api) -> None:
    await api.newsroom.published()
    data = await api.data("{ articles(orderBy: [title_ASC]) { pageInfo { endCursor } } }")
    cursor = data["articles"]["pageInfo"]["endCursor"]
    (error,) = await api.refused(
        "query($c: String) { articles(after: $c) { nodes { id } } }", {"c": cursor}
    )
    assert "another order" in error.message


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "Variable '$path' has invalid value: Expected a value of non-null type 'String!'"),
        ({"path": None}, "Expected value of non-null type 'String!' not to be None"),
        ({"path": 5}, "String cannot represent a non string value."),
        ({"path": ["a"]}, "String cannot represent a non string value"),
    ],
)
async def test_variables_that_do_not_fit_are_refused(
    api: Api, variables: dict[str, Any], words: str
) -> None:
    (error,) = await api.refused(
        "query($path: String!) { entry(by: {path: $path}) { id } }", variables
    )
    assert words in error.message


def nested(depth: int) -> str:
    query = "id"
    for _ in range(depth):
        query = f"parent {{ {query} }}"
    return f'{{ category(by: {{treePath: "x"}}) {{ {query} }} }}'


THREE_TIMES_A_HUNDRED = """{ entries(first: 100) { nodes { links(first: 100) { nodes {
  target { ... on Entry { links(first: 100) { nodes { url } } } } } } } } }"""


DEEP: dict[str, Any] = {}
for _ in range(20):
    DEEP = {"NOT": DEEP}


def literal(levels: int) -> str:
    """Return a query with so many objects within each other in an argument."""
    return "{ entries(where: " + "{NOT: " * levels + "{}" + "}" * levels + ") { totalCount } }"


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        (nested(1_000), "nested too deeply"),
        (nested(10), "depth"),
        ("{ entries { " + " ".join(f"a{n}: __typename" for n in range(16)) + " } }", "aliases"),
        ("{ " + "__typename " * 11 + " }", "root fields"),
        ("{ __typename " + "@skip(if: false) " * 21 + " }", "directives"),
        (
            "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ __typename }}" for n in range(51)),
            "fragments",
        ),
        ("{ nodes(ids: [" + '"x" ' * 201 + "]) { id } }", "list items"),
        ("{ " + "a " * 1_001 + " }", "more than 1000 tokens"),
        (THREE_TIMES_A_HUNDRED, "has a cost of"),
        (literal(20), "value depth"),
        ("{ entries(where: {AND: [" + "{AND: [" * 10 + "]}" * 10 + "]}) { totalCount } }", "depth"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query " + nested(9), "depth"),
    ],
)
async def test_what_asks_for_too_much_is_refused(api: Api, query: str, limit: str) -> None:
    (error,) = await api.refused(query)
    assert limit in error.message
    assert error.extensions == {"code": "LIMIT_EXCEEDED"}


@pytest.mark.parametrize(
    ("variables", "limit"),
    [
        ({"where": {"title": {"in": ["x"] * 201}}}, "list items"),
        ({"where": {"AND": [{}] * 201}}, "list items"),
        ({"where": DEEP}, "value depth"),
    ],
)
async def test_variables_that_ask_for_too_much_are_refused(
    api: Api, variables: dict[str, Any], limit: str
) -> None:
    (error,) = await api.refused(
        "query($where: EntryWhere) { entries(where: $where) { nodes { id } } }", variables
    )
    assert f" {limit}; at most " in error.message


async def test_as_deep_as_is_allowed_is_answered(api: Api) -> None:
    deep = "{title: {isNull: true}}"
    for _ in range(6):
        deep = f"{{incomingLinks: {{none: {{source: {deep}}}}}}}"
    query = (
        f"query($where: EntryWhere) {{ a: entries(where: $where) {{ totalCount }} {literal(19)[1:]}"
    )
    data = await api.data(query, where=DEEP["NOT"])
    assert data == {"a": {"totalCount": 0}, "entries": {"totalCount": 0}}
    assert await api.data(f"{{ entries(where: {deep}) {{ totalCount }} }}")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("query($x: String) { entry(by: {path: $x}) { id } }", "One of id, path is required"),
        (
            "query($x: ID) { category(by: {id: $x}) { id } }",
            "One of id, path, treePath is required",
        ),
        ('query($x: String = "/") { route(path: $x) { __typename } }', "path is required"),
        ('query($x: String = "a") { suggest(search: $x) { word } }', "search is required"),
        ('query($x: ID = "a") { node(id: $x) { id } }', "id is required"),
        ('query($x: [ID!] = ["a"]) { nodes(ids: $x) { id } }', "ids is required"),
        ('query($x: ID = "a") { nodes(ids: [$x]) { id } }', "of this list cannot be null"),
        ("query($x: [EntryFacet!] = []) { entries { facets(fields: $x) { count } } }", "fields is"),
    ],
)
async def test_what_is_required_cannot_be_null(api: Api, query: str, words: str) -> None:
    for variables in ({"x": None}, {}):
        if variables or "=" not in query.partition(")")[0]:
            (error,) = await api.refused(query, variables)
            assert words in error.message
            assert error.extensions["code"] in {"BAD_USER_INPUT", "BAD_REQUEST"}


@pytest.mark.parametrize("given", ["skip: -1", 'after: "x"', 'before: "x"', "first: 101"])
@pytest.mark.parametrize(
    "selected", ["totalCount", "facets(fields: [type]) { count }", "__typename"]
)
async def test_a_page_that_cannot_be_is_refused_whatever_is_selected(
    api: Api, given: str, selected: str
) -> None:
    (error,) = await api.refused(f"{{ entries({given}) {{ {selected} }} }}")
    assert error.extensions["code"] in {"BAD_USER_INPUT", "LIMIT_EXCEEDED"}


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+23:59"])
async def test_a_time_has_to_be_one_in_utc_too(api: Api, moment: str) -> None:
    query = f'{{ entries(where: {{publishedAt: {{lt: "{moment}"}}}}) {{ totalCount }} }}'
    variable = "query($at: DateTime!) @view(asOf: $at) { entries { totalCount } }"
    for asked, variables in ((query, {}), (variable, {"at": moment})):
        (error,) = await api.refused(asked, variables)
        assert "expected a time with a zone" in error.message


async def test_the_size_of_pages_in_variables_counts(api: Api) -> None:
    query = """query($n: Int) { entries(first: $n) { nodes { links(first: $n) { nodes { target {
      ... on Entry { links(first: $n) { nodes { url } } } } } } } } }"""
    await api.data(query, n=20)
    (error,) = await api.refused(query, {"n": 100})
    assert "has a cost of" in error.message


async def test_only_queries_are_answered(api: Api) -> None:
    (error,) = await api.refused("mutation { __typename }")
    assert "mutation" in error.message


async def test_an_operation_has_to_be_named_where_there_are_several(api: Api) -> None:
    (error,) = await api.refused("query A { __typename } query B { __typename }")
    assert "select one with operationName" in error.message


async def test_introspection_as_tools_do_it_is_within_the_limits(api: Api) -> None:
    response = await api.ask(
        get_introspection_query(descriptions=True, input_value_deprecation=True)
    )
    assert "errors" not in response
