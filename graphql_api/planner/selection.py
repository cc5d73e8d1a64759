"""Aliases, fragments, ``@skip`` and ``@include`` → the merged selection.

As in https://spec.graphql.org/September2025/#CollectFields, for one object type at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from graphql_api.planner.arguments import Shapes

Selected: TypeAlias = Mapping[str, Sequence[FieldNode]]


@dataclass(frozen=True)
class Selections:
    """Collects the fields of selection sets within one operation."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    shapes: Shapes

    def of(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Selected:
        """Return the fields selected on an object of this type, by response name, in order."""
        collected: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selection_set in sets:
            self._visit(type_, selection_set, collected, visited)
        return collected

    def _visit(
        self,
        type_: GraphQLObjectType,
        selection_set: SelectionSetNode,
        collected: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for node in selection_set.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                collected.setdefault(key, []).append(node)
            elif (inner := self._fragment(type_, node, visited)) is not None:
                self._visit(type_, inner, collected, visited)

    def _fragment(
        self, type_: GraphQLObjectType, node: SelectionNode, visited: set[str]
    ) -> SelectionSetNode | None:
        """Return the selection set of a fragment, if it applies and has not been visited."""
        fragment: FragmentDefinitionNode | InlineFragmentNode
        if isinstance(node, FragmentSpreadNode):
            if node.name.value in visited:
                return None
            visited.add(node.name.value)
            fragment = self.fragments[node.name.value]
        elif isinstance(node, InlineFragmentNode):
            fragment = node
        else:
            return None
        return fragment.selection_set if self._applies(type_, fragment) else None

    def _applies(
        self, type_: GraphQLObjectType, fragment: FragmentDefinitionNode | InlineFragmentNode
    ) -> bool:
        if fragment.type_condition is None:
            return True
        condition = self.schema.get_type(fragment.type_condition.name.value)
        return condition is type_ or (
            is_abstract_type(condition) and self.schema.is_sub_type(condition, type_)
        )

    def _is_included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name in {"skip", "include"}:
                (condition,) = directive.arguments or ()
                if self._truth_of(condition.value) is (name == "skip"):
                    return False
        return True

    def _truth_of(self, condition: object) -> bool:
        if isinstance(condition, VariableNode):
            return bool(self.shapes[condition.name.value])
        return isinstance(condition, BooleanValueNode) and condition.value
