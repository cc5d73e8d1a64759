"""Arguments: those that shape the SQL, and those that are only values in it.

A plan is made once for a document and the *shape* of its variables: the given ones, the null
ones, the keys of objects, the enum values, the booleans and the searches without terms. All other
values are read from the variables each time the plan runs, and are bound parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    ListValueNode,
    Node,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_scalar_type,
)
from graphql.utilities import coerce_input_literal

Variables: TypeAlias = Mapping[str, Any]
Shapes: TypeAlias = Mapping[str, Hashable]
Read: TypeAlias = Callable[[Variables], Any]


def constant_of(read: Read) -> tuple[bool, Any]:
    """Return whether a function returns the same without looking at the variables, and what."""
    watched = _WatchedVariables()
    try:
        value = read(watched)
    except Exception:  # noqa: BLE001  # it lacks a variable, or refuses a constant: at each request
        return False, None
    return (False, None) if watched.are_read else (True, value)


class _WatchedVariables(Mapping[str, Any]):
    """No variables, and whether a function has looked at them."""

    def __init__(self) -> None:
        self.are_read = False

    def __getitem__(self, name: str) -> Any:
        self.are_read = True
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        self.are_read = True
        return iter(())

    def __len__(self) -> int:
        self.are_read = True
        return 0


class Shape(Enum):
    """The shape of a value that does not shape the SQL, or only by being a search without terms."""

    PRESENT = "present"
    BLANK = "blank"


class AnswerOnly(Enum):
    """The member of an enum value that answers have and arguments refuse."""

    UNKNOWN = "unknown"


ANSWER_ONLY = AnswerOnly.UNKNOWN


@dataclass(frozen=True)
class Known:
    """A value that is known when the plan is made: an enum value, a boolean."""

    value: Hashable


@dataclass(frozen=True, eq=False)
class Given:
    """A value that is known only when the plan runs."""

    read: Read


@dataclass(frozen=True, eq=False)
class Input:
    """An input object, with its given fields."""

    type: GraphQLInputObjectType
    fields: Mapping[str, Argument]


Argument: TypeAlias = "Known | Given | Input | tuple[Argument, ...] | None"
Arguments: TypeAlias = Mapping[str, Argument]


def bad_input(message: str, node: Node | None) -> GraphQLError:
    """Return the error for an input that cannot be answered."""
    return GraphQLError(message, node, extensions={"code": "BAD_USER_INPUT"})


def shape_of(value: Any, type_: GraphQLInputType) -> Hashable:
    """Return the shape of a coerced variable value."""
    if value is None:
        return None
    nullable = _nullable(type_)
    if _is_structural(nullable):
        return value  # type: ignore[no-any-return]  # enum members and booleans are hashable
    if is_list_type(nullable) and _shapes_sql(nullable.of_type):
        return tuple(shape_of(item, nullable.of_type) for item in value)
    if is_input_object_type(nullable):
        return tuple(
            (name, shape_of(value[name], field.type))
            for name, field in nullable.fields.items()
            if name in value
        )
    return Shape.PRESENT


def arguments_of(
    declared: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    nodes: Mapping[str, ValueNode],
    shapes: Shapes,
) -> Arguments:
    """Return the given arguments, each as far as the plan knows it.

    Raises:
        GraphQLError: if one that is required is given by a variable that is null, or is not there.
    """
    given = {
        name: _from_node(nodes[name], argument.type, shapes)
        for name, argument in declared.items()
        if name in nodes and not _is_absent(nodes[name], shapes)
    }
    for name, argument in declared.items():
        is_null = given[name] is None if name in given else argument.default_value is Undefined
        if is_null and is_non_null_type(argument.type):
            raise bad_input(f"{name} is required and cannot be null.", nodes.get(name))
    return given


def plain_values(arguments: Arguments, variables: Variables) -> dict[str, Any]:
    """Return the values of the given arguments as plain Python values."""
    return {name: _plain(argument, variables) for name, argument in arguments.items()}


def inputs_in(argument: Argument) -> tuple[Input, ...]:
    """Return the input objects of a list; a single object counts as a list of one."""
    items = argument if isinstance(argument, tuple) else (argument,)
    return tuple(map(input_in, items))


def input_in(argument: Argument) -> Input:
    """Return an argument that can only be an input object."""
    if not isinstance(argument, Input):
        raise TypeError("the argument is no input object")
    return argument


def is_true(argument: Argument) -> bool:
    """Return whether a boolean argument is true."""
    return isinstance(argument, Known) and argument.value is True


def given_in(argument: Argument) -> Given:
    """Return a value as one that is read when the plan runs, even if the plan knows it."""
    return argument if isinstance(argument, Given) else Given(partial(_plain, argument))


def _plain(argument: Argument, variables: Variables) -> Any:
    match argument:
        case Known(value):
            return value.value if isinstance(value, Enum) else value
        case Given(read):
            return read(variables)
        case Input(_, fields):
            return plain_values(fields, variables)
        case tuple():
            return [_plain(item, variables) for item in argument]
        case _:
            return None


def _from_node(node: ValueNode, type_: GraphQLInputType, shapes: Shapes) -> Argument:
    if isinstance(node, VariableNode):
        name = node.name.value
        return _from_shape(shapes[name], type_, lambda variables: variables[name])
    if isinstance(node, NullValueNode):
        return None
    nullable = _nullable(type_)
    if is_list_type(nullable):
        return _from_list(node, nullable.of_type, shapes)
    if is_input_object_type(nullable) and isinstance(node, ObjectValueNode):
        nodes = {field.name.value: field.value for field in node.fields}
        fields = arguments_of(nullable.fields, nodes, shapes)
        if nullable.is_one_of and [each is None for each in fields.values()] != [False]:
            names = ", ".join(nullable.fields)
            raise bad_input(f"One of {names} is required and cannot be null.", node)
        return Input(nullable, fields)
    value = coerce_input_literal(node, nullable)
    return _known_value(value, node) if _is_structural(nullable) else Given(lambda _: value)


def _from_list(node: ValueNode, item_type: GraphQLInputType, shapes: Shapes) -> Argument:
    nodes = node.values if isinstance(node, ListValueNode) else (node,)
    items = tuple(_from_node(item, item_type, shapes) for item in nodes)
    if is_non_null_type(item_type) and None in items:
        raise bad_input("The items of this list cannot be null.", node)
    if _shapes_sql(item_type):
        return items
    reads = [item.read if isinstance(item, Given) else _read_null for item in items]
    return Given(lambda variables: [read(variables) for read in reads])


def _from_shape(shape: Hashable, type_: GraphQLInputType, read: Read) -> Argument:
    if shape is None:
        return None
    nullable = _nullable(type_)
    if _is_structural(nullable):
        return _known_value(shape, None)
    if is_list_type(nullable) and isinstance(shape, tuple):
        return tuple(
            _from_shape(item, nullable.of_type, _reading(read, index))
            for index, item in enumerate(shape)
        )
    if is_input_object_type(nullable) and isinstance(shape, tuple):
        return Input(
            nullable,
            {
                name: _from_shape(inner, nullable.fields[name].type, _reading(read, name))
                for name, inner in shape
            },
        )
    return Given(read)


def _known_value(value: Hashable, node: Node | None) -> Known:
    if isinstance(value, Enum) and value.value is ANSWER_ONLY:
        message = f"{value.name} is only an answer, for a word that is not declared any more."
        raise bad_input(message, node)
    return Known(value)


def _reading(read: Read, key: str | int) -> Read:
    return lambda variables: read(variables)[key]


def _read_null(_: Variables) -> None:
    return None


def _is_absent(node: ValueNode, shapes: Shapes) -> bool:
    return isinstance(node, VariableNode) and node.name.value not in shapes


def _is_structural(type_: GraphQLInputType) -> bool:
    return is_enum_type(type_) or (is_scalar_type(type_) and type_.name == "Boolean")


def _shapes_sql(type_: GraphQLInputType) -> bool:
    nullable = _nullable(type_)
    if is_list_type(nullable):
        return _shapes_sql(nullable.of_type)
    return _is_structural(nullable) or is_input_object_type(nullable)


def _nullable(type_: GraphQLInputType) -> GraphQLInputType:
    return type_.of_type if is_non_null_type(type_) else type_
