"""How much one request may ask for. What asks for more is refused before any SQL runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
)

from graphql_api.http.errors import failed


@dataclass(frozen=True)
class Limits:
    """The most that a request may have.

    Attributes:
        body_bytes: bytes of the request's body.
        tokens: lexical tokens of the document.
        depth: fields within fields, introspection apart.
        aliases: fields with a response name of the client's choice.
        root_fields: fields of the operation itself.
        directives: directives in the document.
        fragments: fragment definitions.
        list_items: items of any list that is given as an argument or a variable.
        value_depth: lists and objects within each other in an argument or a variable.
        objects: objects in the answer, if every page were full.
        answers: root fields that take more than a look into the database, mutations included.
    """

    body_bytes: int = 64 * 1024
    tokens: int = 1_000
    depth: int = 10
    aliases: int = 15
    root_fields: int = 10
    directives: int = 20
    fragments: int = 50
    list_items: int = 200
    value_depth: int = 20
    objects: int = 50_000
    answers: int = 5


def check_document(document: DocumentNode, limits: Limits) -> None:
    """Check what can be counted without knowing the schema.

    Raises:
        RequestFailed: naming the limit that the document goes past.
    """
    counts: Counter[str] = Counter()
    for node in _walk(document):
        match node:
            case FieldNode(alias=alias) if alias is not None:
                counts["aliases"] += 1
            case DirectiveNode():
                counts["directives"] += 1
            case FragmentDefinitionNode():
                counts["fragments"] += 1
            case ArgumentNode(value=value):
                counts["value_depth"] = max(counts["value_depth"], _depth_of(value))
            case ListValueNode(values=values):
                counts["list_items"] = max(counts["list_items"], len(values))
            case OperationDefinitionNode(selection_set=selected):
                counts["root_fields"] = max(counts["root_fields"], len(selected.selections))
    for name, count in counts.items():
        _check(name, count, getattr(limits, name))


def check_depth(document: DocumentNode, limits: Limits) -> None:
    """Check how deep the operations of a valid document go.

    Raises:
        RequestFailed: if one goes deeper than allowed.
    """
    fragments = {
        definition.name.value: definition.selection_set
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }

    @cache
    def fragment_depth(name: str) -> int:
        return depth(fragments[name])

    def depth(selected: SelectionSetNode) -> int:
        return max(map(depth_of, selected.selections), default=0)

    def depth_of(node: Node) -> int:
        if isinstance(node, FragmentSpreadNode):
            return fragment_depth(node.name.value)
        inner: SelectionSetNode | None = getattr(node, "selection_set", None)
        if not isinstance(node, FieldNode):
            return depth(inner) if inner is not None else 0
        # Introspection has a limit of its own among the rules of validation.
        is_introspection = node.name.value.startswith("__")
        return 1 if is_introspection or inner is None else 1 + depth(inner)

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            _check("depth", depth(definition.selection_set), limits.depth)


def check_variables(values: Mapping[str, Any], limits: Limits) -> None:
    """Check the lists in variables, and how deep their values go.

    Raises:
        RequestFailed: naming the limit that a variable goes past.
    """
    for value in values.values():
        if isinstance(value, list | dict):
            _check_value(value, limits, 1)


def check_objects(count: int, limits: Limits) -> None:
    """Check how many objects the answer could have.

    Raises:
        RequestFailed: if there could be more than allowed.
    """
    if count > limits.objects:
        message = (
            f"The answer could have {count:,} objects; at most {limits.objects:,} are allowed. "
            "Ask for smaller pages with first, or for fewer lists within each other."
        )
        raise failed(message, "LIMIT_EXCEEDED")


def check_answers(count: int, limits: Limits) -> None:
    """Check how many root fields take work of their own.

    Raises:
        RequestFailed: if there are more than allowed.
    """
    _check("answers", count, limits.answers)


def _check_value(value: Any, limits: Limits, depth: int) -> None:
    _check("value_depth", depth, limits.value_depth)
    if isinstance(value, list):
        _check("list_items", len(value), limits.list_items)
    for item in value if isinstance(value, list) else value.values():
        if isinstance(item, list | dict):
            _check_value(item, limits, depth + 1)


def _check(name: str, count: int, most: int) -> None:
    if count > most:
        words = name.replace("_", " ")
        message = f"The request has {count:,} {words}; at most {most:,} are allowed."
        raise failed(message, "LIMIT_EXCEEDED")


def _depth_of(value: ValueNode) -> int:
    """Return how many lists and objects are within each other in a literal."""
    deepest, stack = 0, [(value, 1)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, ListValueNode):
            stack += [(each, depth + 1) for each in node.values]
        elif isinstance(node, ObjectValueNode):
            stack += [(each.value, depth + 1) for each in node.fields]
        else:
            continue
        deepest = max(deepest, depth)
    return deepest


def _walk(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        for key in current.keys:
            child = getattr(current, key, None)
            if isinstance(child, Node):
                stack.append(child)
            elif isinstance(child, tuple | list):
                stack.extend(each for each in child if isinstance(each, Node))
