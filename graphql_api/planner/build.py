"""Selection and declarations → plan."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence
from typing import Any, cast

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_non_null_type,
)

from graphql_api.planner.arguments import arguments_of, bad_input
from graphql_api.planner.declarations import PLANNED, Answer, Answers, Connection
from graphql_api.planner.plan import Body, Case, Plan, PlannedField, Seen, Typename, likeness
from graphql_api.planner.searches import SEARCH, is_blank
from graphql_api.planner.selection import Selections

INTROSPECTION = frozenset({"__schema", "__type"})


def build_plan(
    selections: Selections,
    root: GraphQLObjectType,
    operation: OperationDefinitionNode,
    most_fields: int = sys.maxsize,
) -> Plan:
    """Return the plan of an operation on ``root``. Its introspection fields are left out.

    Args:
        selections: the selected fields.
        root: the type of the root.
        operation: the operation to plan.
        most_fields: the largest number of fields of the plan, those of each object type counted.

    Raises:
        GraphQLError: if a view is asked for something that is the same through every view, or the
            plan would have too many fields.
    """
    body = _Builder(selections, most_fields).root(root, operation.selection_set)
    return Plan(body, _seen_through(selections, operation.directives or ()))


def _seen_through(selections: Selections, directives: Sequence[DirectiveNode]) -> Seen | None:
    """Return the view that one of the directives asks for."""
    for node in directives:
        directive = selections.schema.get_directive(node.name.value)
        if directive is not None and PLANNED in directive.extensions:
            given = {each.name.value: each.value for each in node.arguments or ()}
            arguments = arguments_of(directive.args, given, selections.shapes)
            return Seen(directive.extensions[PLANNED], arguments)
    return None


class _Builder:
    """Builds bodies, each only once, however many types share a selection."""

    def __init__(self, selections: Selections, most_fields: int) -> None:
        self._selections = selections
        self._most_fields = most_fields
        self._bodies: dict[Hashable, Body] = {}
        self._alike: dict[Hashable, Body] = {}
        self._fields_built = 0

    def root(self, root: GraphQLObjectType, selected: SelectionSetNode) -> Body:
        """Return the selected root fields, without introspection."""
        fields = tuple(
            self._field(root, key, nodes)
            for key, nodes in self._selections.of(root, (selected,)).items()
            if nodes[0].name.value not in INTROSPECTION
        )
        return Body((Case((root.name,), fields),), is_abstract=False)

    def body(self, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode]) -> Body:
        named = get_named_type(type_)
        key = (named.name, tuple(id(each) for each in sets))
        if key not in self._bodies:
            built = self._build(named, sets)
            # Fragments on several types often select the same.
            form = tuple((case.types, *map(likeness, case.fields)) for case in built.cases)
            self._bodies[key] = self._alike.setdefault((form, built.is_abstract), built)
        return self._bodies[key]

    def _build(self, named: Any, sets: Sequence[SelectionSetNode]) -> Body:
        if not is_abstract_type(named):
            return Body((Case((named.name,), self._fields(named, sets)),), is_abstract=False)
        alike: dict[tuple[object, ...], list[Case]] = {}
        possible = self._selections.schema.get_possible_types(named)
        for each in sorted(possible, key=lambda object_type: object_type.name):
            case = Case((each.name,), self._fields(each, sets))
            alike.setdefault(tuple(map(likeness, case.fields)), []).append(case)
        return Body(tuple(map(_merge_cases, alike.values())), is_abstract=True)

    def _fields(
        self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]
    ) -> tuple[PlannedField | Typename, ...]:
        selected = self._selections.of(type_, sets)
        self._count(len(selected))
        fields = tuple(self._field(type_, key, nodes) for key, nodes in selected.items())
        for field in fields:
            declared = field.declaration if isinstance(field, PlannedField) else None
            if isinstance(declared, Answer | Answers) and not declared.of_view:
                # Python answers once, before the statement, and not for each view.
                raise _at_the_root(cast("PlannedField", field).node)
        return fields

    def _count(self, fields: int) -> None:
        """Limit nested selections that differ by type, since their fields multiply."""
        self._fields_built += fields
        if self._fields_built > self._most_fields:
            message = (
                f"The request selects more than {self._most_fields:,} fields, counted for each "
                "type; select fewer fields of fewer types."
            )
            raise GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED"})

    def _field(
        self, type_: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]
    ) -> PlannedField | Typename:
        name = nodes[0].name.value
        if name == "__typename":
            return Typename(key)
        if name in INTROSPECTION:
            raise _at_the_root(nodes[0])
        declared = type_.fields[name]
        given = {node.name.value: node.value for node in nodes[0].arguments or ()}
        declaration, shapes = declared.extensions[PLANNED], self._selections.shapes
        if isinstance(declaration, Connection) and is_blank(given.get(SEARCH), shapes):
            del given[SEARCH]
        inner = [node.selection_set for node in nodes if node.selection_set is not None]
        is_leaf = is_leaf_type(get_named_type(declared.type))
        return PlannedField(
            key=key,
            type_name=type_.name,
            name=name,
            declaration=declaration,
            arguments=arguments_of(declared.args, given, shapes),
            nullable=not is_non_null_type(declared.type),
            body=None if is_leaf else self.body(declared.type, inner),
            node=nodes[0],
        )


def _at_the_root(node: FieldNode) -> GraphQLError:
    """Return the refusal of a root field that cannot be selected through a view."""
    message = f"{node.name.value} is the same in every view; select it outside view(…)."
    return bad_input(message, node)


def _merge_cases(cases: Sequence[Case]) -> Case:
    types = tuple(name for case in cases for name in case.types)
    return Case(types, cases[0].fields)
