"""The inputs of fields, for the values that editors write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cms.content.fields import AnyBlock, Block, Choice, Computed, Field, List, Object
from cms.content.fields.names import camel, lower_first
from cms.errors import SiteError
from graphql_api.schema.content_types.kind import FieldTypes, InputType
from graphql_api.schema.declaring.fields import Declared


def declare_inputs(
    types: FieldTypes, name: str, fields: Mapping[str, Field]
) -> dict[str, Declared]:
    """Return the inputs for the values of fields, and add their types.

    Args:
        types: the types of fields.
        name: the name of the type with the fields; the names of their inputs begin with it.
        fields: the fields, by their names.

    Raises:
        SiteError: if there is no input for one of them.
    """
    return {
        key: Declared(
            f"{input_type(types, f'{name}{camel(key)}', field)} | None",
            None,
            field.description or f'Value of "{field.label}" in the `{name}`.',
            deprecated=field.deprecated,
        )
        for key, field in written_fields(fields)
    }


def written_fields(fields: Mapping[str, Field]) -> Iterator[tuple[str, Field]]:
    """Yield the fields that editors write, with their names; not the computed ones."""
    return ((key, field) for key, field in fields.items() if not isinstance(field, Computed))


def input_type(types: FieldTypes, name: str, field: Field) -> str:
    """Return the type of a field's input, and add it to the schema.

    Raises:
        SiteError: if there is no input for it.
    """
    add = types.kinds.of(field).input
    if add is None:
        raise SiteError(f"{name}: a field of kind {type(field).__name__} has no GraphQL input")
    return add(types, name, field)


def shared_input(type_: str) -> InputType[Field]:
    """Return the function to the one input type that all fields of a kind have."""
    return lambda _types, _name, _field: type_


def choice_input(_types: FieldTypes, name: str, _field: Choice) -> str:
    """Return the enum of a choice, which is that of its output."""
    return name


def list_input(types: FieldTypes, name: str, field: List) -> str:
    """Return the type of a list, and add that of its items."""
    return f"list[{input_type(types, name, field.item)}]"


def object_input(types: FieldTypes, name: str, field: Object) -> str:
    """Return the input of an object, and add it."""
    fields = declare_inputs(types, name, field.fields)
    types.registry.add_input(
        f"{name}Input", field.description or f'Values of the object "{field.label}".', fields
    )
    return f"{name}Input"


def block_input(types: FieldTypes, name: str, field: AnyBlock) -> str:
    """Return the input of a block of any of several classes, and add it."""
    choices = {
        block.name: Declared(
            f"{_input_of_class(types, block)} | None",
            None,
            f"Values of a block of type `{block.name}`, in the `{name}`.",
            name=lower_first(block.name),
        )
        for block in field.blocks.values()
    }
    types.registry.add_input(
        f"{name}Input",
        f'Block in the field "{field.label}": exactly one of the types.',
        choices,
        one_of=True,
    )
    return f"{name}Input"


def _input_of_class(types: FieldTypes, block: type[Block]) -> str:
    """Return the input of a class of blocks, and add it, unless another field has it already."""
    name = f"{block.name}Input"
    if not types.registry.has(name):
        fields = declare_inputs(types, block.name, block.fields)
        types.registry.add_input(
            name, block.description or f"Values of a block of type `{block.name}`.", fields
        )
    return name
