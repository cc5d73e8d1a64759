"""Changes between two GraphQL schemas, by GraphQL's own rules.

Names, criticality and paths are those of `graphql-inspector
<https://the-guild.dev/graphql/inspector/docs/commands/diff>`_, so that a report reads the same in
the tools of a frontend. Descriptions and uses of custom directives are not compared. A type or a
field that is new or removed is one change, whatever is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
    print_ast,
)
from graphql.utilities import get_default_value_ast

T = TypeVar("T")


class Criticality(StrEnum):
    """Effect of a change on the clients of a schema, the worst first."""

    BREAKING = "BREAKING"
    DANGEROUS = "DANGEROUS"
    NON_BREAKING = "NON_BREAKING"


@dataclass(frozen=True)
class SchemaChange:
    """One change between two schemas.

    Attributes:
        name: the type of the change: ``FIELD_REMOVED``.
        criticality: its effect on clients.
        path: the changed part: ``Article.subtitle``, ``Query.articles.first``, ``@view.locale``;
            empty for the schema itself.
        message: the change as a sentence.
    """

    name: str
    criticality: Criticality
    path: str
    message: str


Changes: TypeAlias = Iterator[SchemaChange]
_InputValue: TypeAlias = GraphQLArgument | GraphQLInputField


@dataclass(frozen=True, kw_only=True)
class _InputKind:
    """One kind of input value, and the names and criticality of its changes.

    Attributes:
        name: the beginning of the names of its changes.
        default_changed: the name of the change of a default.
        label: the words for one value, with placeholders for its name and the path of its owner.
        required: the criticality of a new value that clients have to give.
        defaulted: that of a new value with a default.
        optional: that of any other new value.
    """

    name: str
    default_changed: str
    label: str
    required: Criticality = Criticality.BREAKING
    defaulted: Criticality
    optional: Criticality


_INPUT_FIELD = _InputKind(
    name="INPUT_FIELD",
    default_changed="INPUT_FIELD_DEFAULT_VALUE_CHANGED",
    label="Input field '{name}' of '{owner}'",
    defaulted=Criticality.DANGEROUS,
    optional=Criticality.NON_BREAKING,
)
_FIELD_ARGUMENT = _InputKind(
    name="FIELD_ARGUMENT",
    default_changed="FIELD_ARGUMENT_DEFAULT_CHANGED",
    label="Argument '{name}' of field '{owner}'",
    defaulted=Criticality.DANGEROUS,
    optional=Criticality.DANGEROUS,
)
_DIRECTIVE_ARGUMENT = _InputKind(
    name="DIRECTIVE_ARGUMENT",
    default_changed="DIRECTIVE_ARGUMENT_DEFAULT_VALUE_CHANGED",
    label="Argument '{name}' of directive '{owner}'",
    defaulted=Criticality.NON_BREAKING,
    optional=Criticality.NON_BREAKING,
)


def compare_schemas(before: GraphQLSchema, after: GraphQLSchema) -> list[SchemaChange]:
    """Return the changes from one schema to another, the worst first, then by path."""
    changes = (
        *_root_changes(before, after),
        *_directive_changes(before, after),
        *_type_changes(before, after),
    )
    worst = list(Criticality)
    return sorted(changes, key=lambda each: (worst.index(each.criticality), each.path, each.name))


def _breaking(name: str, path: str, message: str) -> SchemaChange:
    return SchemaChange(name, Criticality.BREAKING, path, message)


def _dangerous(name: str, path: str, message: str) -> SchemaChange:
    return SchemaChange(name, Criticality.DANGEROUS, path, message)


def _non_breaking(name: str, path: str, message: str) -> SchemaChange:
    return SchemaChange(name, Criticality.NON_BREAKING, path, message)


def _pairs(
    before: Mapping[str, T], after: Mapping[str, T]
) -> Iterator[tuple[str, T | None, T | None]]:
    """Yield each name with its two values, ``None`` where it has none."""
    for name in {**before, **after}:
        yield name, before.get(name), after.get(name)


def _root_changes(before: GraphQLSchema, after: GraphQLSchema) -> Changes:
    roots = {
        "query": (before.query_type, after.query_type),
        "mutation": (before.mutation_type, after.mutation_type),
        "subscription": (before.subscription_type, after.subscription_type),
    }
    for operation, (old, new) in roots.items():
        if (old and old.name) != (new and new.name):
            name = f"SCHEMA_{operation.upper()}_TYPE_CHANGED"
            message = f"The {operation} type changed from '{old}' to '{new}'"
            yield _non_breaking(name, "", message) if old is None else _breaking(name, "", message)


def _directive_changes(before: GraphQLSchema, after: GraphQLSchema) -> Changes:
    for name, old, new in _pairs(_directives(before), _directives(after)):
        if new is None:
            yield _breaking("DIRECTIVE_REMOVED", name, f"Directive '{name}' was removed")
        elif old is None:
            yield _non_breaking("DIRECTIVE_ADDED", name, f"Directive '{name}' was added")
        else:
            yield from _changes_of_directive(name, old, new)


def _directives(schema: GraphQLSchema) -> Mapping[str, GraphQLDirective]:
    return {f"@{each.name}": each for each in schema.directives if not is_specified_directive(each)}


def _changes_of_directive(path: str, old: GraphQLDirective, new: GraphQLDirective) -> Changes:
    for location in sorted({*old.locations, *new.locations}, key=lambda each: each.name):
        words = f"Location '{location.name}' of directive '{path}'"
        if location not in new.locations:
            yield _breaking("DIRECTIVE_LOCATION_REMOVED", path, f"{words} was removed")
        elif location not in old.locations:
            yield _non_breaking("DIRECTIVE_LOCATION_ADDED", path, f"{words} was added")
    if old.is_repeatable and not new.is_repeatable:
        message = f"Directive '{path}' is no longer repeatable"
        yield _dangerous("DIRECTIVE_REPEATABLE_REMOVED", path, message)
    elif new.is_repeatable and not old.is_repeatable:
        message = f"Directive '{path}' is now repeatable"
        yield _non_breaking("DIRECTIVE_REPEATABLE_ADDED", path, message)
    yield from _input_changes(_DIRECTIVE_ARGUMENT, path, old.args, new.args)


def _type_changes(before: GraphQLSchema, after: GraphQLSchema) -> Changes:
    for name, old, new in _pairs(_own_types(before), _own_types(after)):
        if new is None:
            yield _breaking("TYPE_REMOVED", name, f"Type '{name}' was removed")
        elif old is None:
            yield _non_breaking("TYPE_ADDED", name, f"Type '{name}' was added")
        else:
            yield from _changes_of_type(old, new)


def _own_types(schema: GraphQLSchema) -> Mapping[str, GraphQLNamedType]:
    return {
        name: each
        for name, each in schema.type_map.items()
        if not is_introspection_type(each) and not is_specified_scalar_type(each)
    }


def _changes_of_type(old: GraphQLNamedType, new: GraphQLNamedType) -> Changes:
    match old, new:
        case GraphQLScalarType(), GraphQLScalarType():
            pass
        case GraphQLEnumType(), GraphQLEnumType():
            yield from _changes_of_enum(old, new)
        case GraphQLUnionType(), GraphQLUnionType():
            yield from _changes_of_union(old, new)
        case GraphQLInputObjectType(), GraphQLInputObjectType():
            yield from _changes_of_input(old, new)
        case GraphQLObjectType(), GraphQLObjectType():
            yield from _changes_of_fields("object type", old, new)
        case GraphQLInterfaceType(), GraphQLInterfaceType():
            yield from _changes_of_fields("interface", old, new)
        case _:
            message = f"'{new.name}' is a type of another kind"
            yield _breaking("TYPE_KIND_CHANGED", new.name, message)


def _changes_of_enum(old: GraphQLEnumType, new: GraphQLEnumType) -> Changes:
    for name, before, after in _pairs(old.values, new.values):
        path = f"{new.name}.{name}"
        if before is not None and after is not None:
            yield from _deprecation_of_value(path, before, after)
        elif before is not None:
            message = f"Enum value '{name}' {_mark(before)}was removed from enum '{new.name}'"
            yield _breaking("ENUM_VALUE_REMOVED", path, message)
        else:
            message = f"Enum value '{name}' was added to enum '{new.name}'"
            yield _dangerous("ENUM_VALUE_ADDED", path, message)


def _changes_of_union(old: GraphQLUnionType, new: GraphQLUnionType) -> Changes:
    before, after = ({each.name: each for each in union.types} for union in (old, new))
    for name, _, member in _pairs(before, after):
        if member is None:
            message = f"Member '{name}' was removed from union '{new.name}'"
            yield _breaking("UNION_MEMBER_REMOVED", new.name, message)
        elif name not in before:
            message = f"Member '{name}' was added to union '{new.name}'"
            yield _dangerous("UNION_MEMBER_ADDED", new.name, message)


def _changes_of_input(old: GraphQLInputObjectType, new: GraphQLInputObjectType) -> Changes:
    path = f"{new.name}.@oneOf"
    if new.is_one_of and not old.is_one_of:
        message = f"Input '{new.name}' takes exactly one of its fields now"
        yield _breaking("DIRECTIVE_USAGE_INPUT_OBJECT_ADDED", path, message)
    elif old.is_one_of and not new.is_one_of:
        message = f"Input '{new.name}' takes any of its fields now"
        yield _non_breaking("DIRECTIVE_USAGE_INPUT_OBJECT_REMOVED", path, message)
    yield from _input_changes(_INPUT_FIELD, new.name, old.fields, new.fields)


def _changes_of_fields(
    kind: str,
    old: GraphQLObjectType | GraphQLInterfaceType,
    new: GraphQLObjectType | GraphQLInterfaceType,
) -> Changes:
    yield from _interface_changes(old, new)
    for name, before, after in _pairs(old.fields, new.fields):
        path = f"{new.name}.{name}"
        if before is not None and after is not None:
            yield from _changes_of_field(path, before, after)
        elif before is not None:
            message = f"Field '{name}' {_mark(before)}was removed from {kind} '{new.name}'"
            yield _breaking("FIELD_REMOVED", path, message)
        else:
            message = f"Field '{name}' was added to {kind} '{new.name}'"
            yield _non_breaking("FIELD_ADDED", path, message)


def _interface_changes(
    old: GraphQLObjectType | GraphQLInterfaceType, new: GraphQLObjectType | GraphQLInterfaceType
) -> Changes:
    before, after = ({each.name: each for each in type_.interfaces} for type_ in (old, new))
    for name, _, interface in _pairs(before, after):
        if interface is None:
            message = f"'{new.name}' no longer implements interface '{name}'"
            yield _breaking("OBJECT_TYPE_INTERFACE_REMOVED", new.name, message)
        elif name not in before:
            message = f"'{new.name}' implements interface '{name}'"
            yield _dangerous("OBJECT_TYPE_INTERFACE_ADDED", new.name, message)


def _changes_of_field(path: str, old: GraphQLField, new: GraphQLField) -> Changes:
    if str(old.type) != str(new.type):
        criticality = _criticality_of_narrowing(new.type, old.type)
        message = f"Field '{path}' changed type from '{old.type}' to '{new.type}'"
        yield SchemaChange("FIELD_TYPE_CHANGED", criticality, path, message)
    yield from _deprecation_of_field(path, old, new)
    yield from _input_changes(_FIELD_ARGUMENT, path, old.args, new.args)


def _input_changes(
    kind: _InputKind,
    owner: str,
    before: Mapping[str, _InputValue],
    after: Mapping[str, _InputValue],
) -> Changes:
    for name, old, new in _pairs(before, after):
        label, path = kind.label.format(name=name, owner=owner), f"{owner}.{name}"
        if old is not None and new is not None:
            yield from _changes_of_input_value(kind, label, path, old, new)
        elif old is not None:
            yield _breaking(f"{kind.name}_REMOVED", path, f"{label} {_mark(old)}was removed")
        elif new is not None:
            message = f"{label} of type '{new.type}' was added"
            yield SchemaChange(f"{kind.name}_ADDED", _criticality_of_new(kind, new), path, message)


def _criticality_of_new(kind: _InputKind, value: _InputValue) -> Criticality:
    if _default_of(value) is not None:
        return kind.defaulted
    return kind.required if isinstance(value.type, GraphQLNonNull) else kind.optional


def _changes_of_input_value(
    kind: _InputKind, label: str, path: str, old: _InputValue, new: _InputValue
) -> Changes:
    if str(old.type) != str(new.type):
        criticality = _criticality_of_narrowing(old.type, new.type)
        message = f"{label} changed type from '{old.type}' to '{new.type}'"
        yield SchemaChange(f"{kind.name}_TYPE_CHANGED", criticality, path, message)
    before, after = _default_of(old), _default_of(new)
    if before != after:
        message = f"{label} changed its default value from {before} to {after}"
        yield _dangerous(kind.default_changed, path, message)
    if kind is _INPUT_FIELD:
        yield from _deprecation_of_input_field(label, f"{path}.@deprecated", old, new)


def _default_of(value: _InputValue) -> str | None:
    """Return a default value as GraphQL writes it; ``None`` if there is none."""
    literal = get_default_value_ast(value)
    return print_ast(literal) if literal is not None else None


def _criticality_of_narrowing(narrow: GraphQLType, wide: GraphQLType) -> Criticality:
    """Return the criticality of a changed type.

    A client can read a narrower type than before, and give values of a narrower type than the
    server takes: ``Int!`` for ``Int``.
    """
    is_safe = _is_narrower(narrow, wide)
    return Criticality.NON_BREAKING if is_safe else Criticality.BREAKING


def _is_narrower(narrow: GraphQLType, wide: GraphQLType) -> bool:
    """Return whether two types differ only in nulls that the wider one has in addition."""
    if isinstance(narrow, GraphQLNonNull):
        inner = wide.of_type if isinstance(wide, GraphQLNonNull) else wide
        return _is_narrower(narrow.of_type, inner)
    if isinstance(narrow, GraphQLList):
        return isinstance(wide, GraphQLList) and _is_narrower(narrow.of_type, wide.of_type)
    return str(narrow) == str(wide)


def _mark(member: GraphQLField | GraphQLEnumValue | _InputValue) -> str:
    return "(deprecated) " if member.deprecation_reason is not None else ""


def _deprecation_of_field(path: str, old: GraphQLField, new: GraphQLField) -> Changes:
    before, after, place = old.deprecation_reason, new.deprecation_reason, f"{path}.@deprecated"
    if before is None and after is not None:
        message = f"Field '{path}' is deprecated: {after}"
        yield _non_breaking("FIELD_DEPRECATION_ADDED", place, message)
    elif after is None and before is not None:
        message = f"Field '{path}' is no longer deprecated"
        yield _non_breaking("FIELD_DEPRECATION_REMOVED", place, message)
    elif before != after:
        message = f"Deprecation reason of field '{path}' changed from '{before}' to '{after}'"
        yield _non_breaking("FIELD_DEPRECATION_REASON_CHANGED", place, message)


def _deprecation_of_value(path: str, old: GraphQLEnumValue, new: GraphQLEnumValue) -> Changes:
    before, after, place = old.deprecation_reason, new.deprecation_reason, f"{path}.@deprecated"
    name = "ENUM_VALUE_DEPRECATION_REASON"
    if before is None and after is not None:
        message = f"Enum value '{path}' is deprecated: {after}"
        yield _non_breaking(f"{name}_ADDED", place, message)
    elif after is None and before is not None:
        message = f"Enum value '{path}' is no longer deprecated"
        yield _non_breaking(f"{name}_REMOVED", path, message)
    elif before != after:
        message = f"Deprecation reason of enum value '{path}' changed from '{before}' to '{after}'"
        yield _non_breaking(f"{name}_CHANGED", place, message)


def _deprecation_of_input_field(
    label: str, place: str, old: _InputValue, new: _InputValue
) -> Changes:
    name = "DIRECTIVE_USAGE_INPUT_FIELD_DEFINITION"
    before, after = old.deprecation_reason, new.deprecation_reason
    if before is None and after is not None:
        yield _non_breaking(f"{name}_ADDED", place, f"{label} is deprecated: {after}")
    elif after is None and before is not None:
        yield _non_breaking(f"{name}_REMOVED", place, f"{label} is no longer deprecated")
