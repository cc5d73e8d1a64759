"""How many objects an answer could have, known before any SQL runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from graphql_api.planner.arguments import Variables
from graphql_api.planner.declarations import Answers, Connection, EachOf, Many
from graphql_api.planner.paging import paging_of
from graphql_api.planner.plan import Body, Field, Plan, Typename

Count: TypeAlias = Callable[[Variables], int]

# What a list without pages is taken to hold: an entry's links, a category's ancestors.
_LIST_SIZE = 10


def objects_of(plan: Plan) -> Count:
    """Return how to count the objects in the answer, if every page were full."""
    count = _count_body(plan.root)
    try:
        fixed = count({})
    except KeyError:  # the size of some page is in a variable
        return count
    return lambda _: fixed


def _count_body(body: Body) -> Count:
    """Count an object, of whichever type has the most within."""
    cases = [
        [_count_field(field) for field in case.fields if _is_object(field)] for case in body.cases
    ]

    def count(variables: Variables) -> int:
        return 1 + max(sum(inner(variables) for inner in fields) for fields in cases)

    return count


def _is_object(field: Field | Typename) -> bool:
    return isinstance(field, Field) and field.body is not None


def _count_field(field: Field | Typename) -> Count:
    if isinstance(field, Typename) or field.body is None:
        return lambda _: 0
    inner = _count_body(field.body)
    match field.declaration:
        case Connection(_, largest):
            size = paging_of(field.arguments, field.node, largest).size
            return lambda variables: size(variables) * inner(variables)
        case Many() | EachOf() | Answers():
            return lambda variables: _LIST_SIZE * inner(variables)
        case _:
            return inner
