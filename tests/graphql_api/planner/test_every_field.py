"""Every field of both schemas has SQL, below each field that leads to its type."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

from cms.reading.view import EVERYTHING, Perspective, View
from graphql_api.planner.compile import compile_plan
from graphql_api.planner.declarations import PLANNED, Answer, Answers
from tests.depth import IS_DEEP
from tests.graphql_api.planner.test_plans import DIALECTS, plan_of

# The root fields with required arguments by which every type can be reached.
ARGUMENTS = {
    "entry": '(by: {path: "/a"})',
    "page": '(by: {path: "/a"})',
    "category": '(by: {treePath: "a"})',
    "person": '(by: {slug: "a"})',
}


def is_asked(field: GraphQLField) -> bool:
    needs = any(map(is_required_argument, field.args.values()))
    return not needs and not isinstance(field.extensions.get(PLANNED), Answer | Answers | None)


def leaves(type_: GraphQLObjectType) -> list[str]:
    return [
        name
        for name, field in type_.fields.items()
        if is_leaf_type(get_named_type(field.type)) and is_asked(field)
    ]


def queries(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Yield a query for each field that leads to an object, with the name of both."""
    root = schema.query_type
    assert root is not None
    reached: dict[str, tuple[str, str]] = {root.name: ("{ ", " }")}
    waiting, seen = [root], set()
    while waiting:
        parent = waiting.pop(0)
        before, after = reached[parent.name]
        for name, field in parent.fields.items():
            arguments = ARGUMENTS.get(name, "") if parent is root else ""
            if not (arguments or is_asked(field)):
                continue
            named = get_named_type(field.type)
            types = schema.get_possible_types(named) if is_abstract_type(named) else [named]
            for each in types:
                if not is_object_type(each) or (parent.name, name, each.name) in seen:
                    continue
                seen.add((parent.name, name, each.name))
                start = f"{before}{name}{arguments} {{ ... on {each.name} {{ "
                end = f" }} }}{after}"
                if each.name not in reached:
                    reached[each.name] = (start, end)
                    waiting.append(each)
                if own := leaves(each):
                    yield f"{parent.name}.{name}: {each.name}", f"{start}{' '.join(own)}{end}"


@pytest.mark.parametrize("perspective", Perspective)
@pytest.mark.parametrize("name", ["schema", "management_schema"])
def test_every_field_has_sql_below_each_that_leads_to_it(
    request: pytest.FixtureRequest, name: str, perspective: Perspective
) -> None:
    schema: GraphQLSchema = request.getfixturevalue(name)
    view = View(("en",), perspective=perspective, scopes=EVERYTHING)
    failed = []
    ways = list(product(Perspective, DIALECTS.values()))
    for number, (place, query) in enumerate(queries(schema)):
        # Each query in each way takes minutes.
        chosen = ways if IS_DEEP else [ways[number % len(ways)]]
        dialects = [dialect for seen, dialect in chosen if seen is perspective]
        if not dialects:
            continue
        plan = plan_of(schema, query, {})
        for dialect in dialects:
            try:
                compile_plan(plan, view, dialect)
            except AttributeError as error:
                failed.append((place, str(error)))
    assert failed == []
