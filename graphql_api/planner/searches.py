"""Searches without terms: their plan is that of a list, which stops at its page."""

from __future__ import annotations

from collections.abc import Iterable

from graphql import (
    FieldNode,
    InlineFragmentNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)

from cms.search.query import parse_query
from graphql_api.planner.arguments import Shape, Shapes
from graphql_api.planner.variables import BoundVariables

# The argument of connections for a search.
SEARCH = "search"


def searched_variables(sets: Iterable[SelectionSetNode]) -> frozenset[str]:
    """Return the names of the variables that are searches in selection sets."""
    names: set[str] = set()
    waiting = list(sets)
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                names.update(
                    each.value.name.value
                    for each in node.arguments or ()
                    if each.name.value == SEARCH and isinstance(each.value, VariableNode)
                )
            if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                waiting.append(node.selection_set)
    return frozenset(names)


def with_blank_searches(bound: BoundVariables, names: frozenset[str]) -> BoundVariables:
    """Return variables with the shape of those searches that have no terms.

    Args:
        bound: the variables.
        names: the names of those that are searches.
    """
    shapes = (
        (name, Shape.BLANK if name in names and _has_no_terms(bound.values[name]) else shape)
        for name, shape in bound.shapes
    )
    return bound._replace(shapes=tuple(shapes)) if names else bound


def is_blank(node: ValueNode | None, shapes: Shapes) -> bool:
    """Return whether the value of a search has no terms."""
    if isinstance(node, VariableNode):
        return shapes.get(node.name.value) is Shape.BLANK
    return isinstance(node, StringValueNode) and _has_no_terms(node.value)


def _has_no_terms(value: object) -> bool:
    return isinstance(value, str) and not parse_query(value).clauses
