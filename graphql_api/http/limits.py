"""The limits on one request, which is refused before any SQL runs if it exceeds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    ValueNode,
)

from cms.errors import SettingsError
from graphql_api.http.errors import request_failure
from graphql_api.http.expansion import Expansion


@dataclass(frozen=True)
class Limits:
    """The limits of a request.

    Attributes:
        body_bytes: bytes of the request's body.
        tokens: lexical tokens of the document.
        fields: selected fields, counting each fragment as often as it is spread.
        repetitions: pairs of fields that share a response name and must be compared.
        depth: nested fields, except introspection.
        aliases: aliased fields.
        root_fields: fields of the operation itself.
        directives: directives in the document.
        fragments: fragment definitions.
        list_items: items of any list in an argument or a variable.
        value_depth: nested lists and objects in an argument or a variable.
        variable_items: values in all variables.
        filters: conditions in filters, including those in variables.
        parts: parts of the SQL statement that the request compiles to.
        cost: estimated microseconds of database time.
        answers: root fields that are computed in Python, including mutations.
    """

    body_bytes: int = 64 * 1024
    tokens: int = 1_000
    fields: int = 1_000
    repetitions: int = 5_000
    depth: int = 10
    aliases: int = 15
    root_fields: int = 10
    directives: int = 20
    fragments: int = 50
    list_items: int = 200
    value_depth: int = 20
    variable_items: int = 1_000
    filters: int = 100
    parts: int = 600
    cost: int = 1_000_000
    answers: int = 5


# The limits on one request of an editor.
MANAGEMENT_LIMITS = Limits(
    body_bytes=1024 * 1024,
    tokens=2_000,
    depth=15,
    aliases=30,
    root_fields=20,
    list_items=2_000,
    variable_items=50_000,
    fields=2_000,
    repetitions=10_000,
    filters=200,
    parts=1_200,
    cost=3_000_000,
)

# The limits on a request to the management API without an account.
OPEN_LIMITS = Limits()


def limits_with(limits: Limits, chosen: Mapping[str, int], name: str) -> Limits:
    """Return limits with changes from a setting.

    Args:
        limits: the limits.
        chosen: the changed limits, by name.
        name: the name of the setting.

    Raises:
        SettingsError: if there is no such limit, or it is negative.
    """
    known = [each.name for each in fields(Limits)]
    for limit, most in chosen.items():
        if limit not in known:
            raise SettingsError(
                f"{name}: there is no limit {limit!r}; use any of {', '.join(known)}"
            )
        if most < 0:
            raise SettingsError(f"{name}: {limit} cannot be negative")
    return replace(limits, **chosen)


def check_lines(source: str, limits: Limits) -> None:
    """Check the number of lines of a document: at most two for each allowed token.

    Raises:
        RequestFailed: if there are more.
    """
    _check("lines", source.count("\n") + source.count("\r"), 2 * limits.tokens)


def check_document(document: DocumentNode, limits: Limits) -> None:
    """Check the limits on a document that need no schema.

    Raises:
        RequestFailed: naming the limit that the document exceeds.
    """
    for name, count in _counts(document).items():
        _check(name, count, getattr(limits, name))
    expansion = Expansion(document)
    _check("fields", expansion.size.fields, limits.fields)
    _check("depth", expansion.size.depth, limits.depth)
    _check("root_fields", expansion.root_fields(), limits.root_fields)
    pairs = 0
    for further in expansion.repetitions():
        pairs += further
        _check("repetitions", pairs, limits.repetitions)


def _counts(document: DocumentNode) -> Counter[str]:
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
    return counts


def check_variables(values: Mapping[str, Any], limits: Limits) -> None:
    """Check the number of values in variables, and their depth.

    Raises:
        RequestFailed: naming the limit that a variable exceeds.
    """
    count = 0
    places: list[tuple[Any, int]] = [(values, 0)]
    while places:
        value, depth = places.pop()
        items = value if isinstance(value, list) else value.values()
        _check("value_depth", depth, limits.value_depth)
        if isinstance(value, list):
            _check("list_items", len(value), limits.list_items)
        count += len(value)
        _check("variable_items", count, limits.variable_items)
        places += [(each, depth + 1) for each in items if isinstance(each, list | dict)]


def check_size(parts: int, filters: int, limits: Limits) -> None:
    """Check the size of a request's statement.

    Raises:
        RequestFailed: if it would be larger than allowed.
    """
    _check("filters", filters, limits.filters)
    _check("parts", parts, limits.parts)


def check_cost(cost: int, limits: Limits) -> None:
    """Check the cost of a request.

    Raises:
        RequestFailed: if it would be more than allowed.
    """
    if cost > limits.cost:
        message = (
            f"The request has a cost of {cost:,}; at most {limits.cost:,} is allowed. Request "
            "smaller pages with first, fewer nested lists, or fewer totals, "
            "facets, filters and orders over all entries. Lists are sorted by title, slug, path, "
            "a time, or a number or date that the site declares as indexed, without that. After "
            "too many changes for affectedPaths, build all pages again."
        )
        raise request_failure(message, "LIMIT_EXCEEDED")


def check_answers(count: int, limits: Limits) -> None:
    """Check the number of root fields that Python answers.

    Raises:
        RequestFailed: if there are more than allowed.
    """
    _check("answers", count, limits.answers)


def _check(name: str, count: int, most: int) -> None:
    if count > most:
        words = name.replace("_", " ")
        message = f"The request has {count:,} {words}; at most {most:,} are allowed."
        raise request_failure(message, "LIMIT_EXCEEDED")


def _depth_of(value: ValueNode) -> int:
    """Return the depth of nested lists and objects in a literal."""
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
