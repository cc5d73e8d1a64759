"""Variables are read as graphql-core reads them."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_variable_values,
    parse,
    type_from_ast,
)
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.planner.arguments import shape_of
from graphql_api.planner.variables import Unusual, read_variables, readers_of

SCHEMA: GraphQLSchema = build_schema("""
    enum Color { RED GREEN }
    scalar Anything
    input Filter { color: Color = RED, number: Int!, words: [String!], not: Filter }
    type Query { field(float: Float, id: ID): Int }
""")
TYPES = ("Int", "Float", "String", "ID", "Boolean", "Color", "Anything", "Filter", "[Int!]")
DEFAULTS = {
    "Int": "7", "Float": "1", "String": '"a"', "ID": "3", "Boolean": "true", "Color": "GREEN",
    "Anything": '{a: [1, "x"]}', "Filter": "{number: 1}", "[Int!]": "4",
}  # fmt: skip

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -(2**31), 2**31, 2**70, 1.0, 1.5, float("inf")]),
    st.sampled_from(["RED", "BLUE", "1", "true", ""]),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.fixed_dictionaries(
            {}, optional={"number": inner, "color": inner, "not": inner, "words": inner, "x": inner}
        )
    ),
    max_leaves=6,
)
definitions = st.lists(
    st.tuples(st.sampled_from(TYPES), st.booleans(), st.booleans()), min_size=1, max_size=4
)


@given(definitions, st.data())
def test_what_is_read_quickly_is_what_graphql_core_reads(
    declared: list[tuple[str, bool, bool]], data: st.DataObject
) -> None:
    texts = [
        f"$v{number}: {name}{'!' * required}{f' = {DEFAULTS[name]}' * has_default}"
        for number, (name, required, has_default) in enumerate(declared)
    ]
    (operation,) = parse(f"query({', '.join(texts)}) {{ field }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    nodes = operation.variable_definitions or ()
    raw: dict[str, Any] = {
        f"v{number}": data.draw(values) for number in range(len(nodes)) if data.draw(st.booleans())
    }
    expected = get_variable_values(SCHEMA, nodes, raw)
    try:
        read = read_variables(readers_of(SCHEMA, nodes), raw)
    except Unusual:
        return
    assert not isinstance(expected, list)
    assert read.values == expected.coerced
    assert list(read.values) == list(expected.coerced)
    types = {each.variable.name.value: type_from_ast(SCHEMA, each.type) for each in nodes}
    assert dict(read.shapes) == {
        name: shape_of(value, _input(types[name])) for name, value in expected.coerced.items()
    }


@given(st.sampled_from(TYPES), st.booleans())
def test_a_valid_value_is_read_quickly(name: str, is_required: bool) -> None:
    """Otherwise, only the first test would notice that nothing is quick any more."""
    valid: dict[str, Any] = {
        "Int": 1, "Float": 1.5, "String": "a", "ID": 5, "Boolean": True, "Color": "RED",
        "Anything": {"a": 1}, "Filter": {"number": 1, "not": {"number": 2}}, "[Int!]": [1, 2],
    }  # fmt: skip
    document = parse(f"query($v: {name}{'!' * is_required}) {{ field }}")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    readers = readers_of(SCHEMA, operation.variable_definitions or ())
    read_variables(readers, {"v": valid[name]})


def _input(type_: Any) -> GraphQLInputType:
    return type_  # type: ignore[no-any-return]  # all types of these variables are
