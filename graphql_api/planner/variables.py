"""The variables of an operation: how the values of a request are read, found out once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from graphql import (
    GraphQLInputType,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_nullable_type,
    is_input_type,
    is_leaf_type,
    is_non_null_type,
    type_from_ast,
)
from graphql.execution.values import input_is_nested_too_deeply
from graphql.utilities import coerce_input_literal, coerce_input_value

from graphql_api.planner.arguments import Variables, shape_of


class BoundVariables(NamedTuple):
    """The variables of a request.

    Attributes:
        values: their coerced values.
        shapes: the shapes of the values.
    """

    values: Variables
    shapes: tuple[tuple[str, Hashable], ...]


@dataclass(frozen=True)
class VariableReader:
    """Reads one variable.

    Attributes:
        name: its name.
        type: its type.
        is_required: whether its value cannot be null.
        has_default: whether its definition has a default value.
        default: the coerced default value, if it is a scalar or an enum; nothing changes it.
        coerce: returns the coerced value of one that is not null, and ``Undefined`` for an invalid
            one, or raises an exception.
    """

    name: str
    type: GraphQLInputType
    is_required: bool
    has_default: bool
    default: Any
    coerce: Callable[[Any], Any]


class Unusual(Exception):
    """Values that graphql-core has to read."""


def readers_of(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
) -> Sequence[VariableReader]:
    """Return the readers of the variables that the definitions of a valid operation declare."""
    typed = ((each, type_from_ast(schema, each.type)) for each in definitions)
    return tuple(_reader(each, type_) for each, type_ in typed if is_input_type(type_))


def read_variables(readers: Sequence[VariableReader], raw: Variables) -> BoundVariables:
    """Return the values of a request, as ``graphql.get_variable_values`` does if all are valid.

    Raises:
        Unusual: if one is invalid or missing, or is the default value of a list or an object.
    """
    values: dict[str, Any] = {}
    shapes: list[tuple[str, Hashable]] = []
    for reader in readers:
        value = raw.get(reader.name, Undefined)
        if value is Undefined:
            if not reader.has_default and not reader.is_required:
                continue
            value = reader.default
        elif value is not None:
            value = _coerced(reader, value)
        if value is Undefined or (value is None and reader.is_required):
            raise Unusual
        values[reader.name] = value
        shapes.append((reader.name, shape_of(value, reader.type)))
    return BoundVariables(values, tuple(shapes))


def _coerced(reader: VariableReader, value: Any) -> Any:
    try:
        return reader.coerce(value)
    except Exception:  # noqa: BLE001  # scalars raise any; graphql-core finds the message
        raise Unusual from None


def _reader(definition: VariableDefinitionNode, type_: GraphQLInputType) -> VariableReader:
    nullable, literal = get_nullable_type(type_), definition.default_value
    coerce: Callable[[Any], Any] = partial(_coerce_inside, type_)
    default: Any = Undefined
    if is_leaf_type(nullable):
        coerce = nullable.coerce_input_value
        default = coerce_input_literal(literal, type_) if literal else Undefined
    return VariableReader(
        name=definition.variable.name.value,
        type=type_,
        is_required=is_non_null_type(type_),
        has_default=literal is not None,
        default=default,
        coerce=coerce,
    )


def _coerce_inside(type_: GraphQLInputType, value: Any) -> Any:
    """Return the coerced value of a list or an input object."""
    return (
        Undefined if input_is_nested_too_deeply(value, type_) else coerce_input_value(value, type_)
    )
