"""Conditions that ask for nothing, which are ignored wherever they are.

A condition is ignored if it is null, and if all that it is made of is ignored: ``{}``,
``AND: []``, ``OR: [{}]``, ``NOT: {title: {}}``, ``{title: {eq: null}}``, ``some: {}``. So any
part of a filter can be a variable that is left out. A list that values are looked for in is a
value and no condition: nothing is in an empty one.
"""

from __future__ import annotations

from graphql import get_named_type, is_input_object_type

from graphql_api.planner.arguments import Argument, Input

# The operator that asks for nothing, but says how the others compare.
MODE = "mode"


def without_empty(where: Argument) -> Input | None:
    """Return a filter without what asks for nothing; ``None`` if nothing is left."""
    if not isinstance(where, Input):
        return None
    asked = {name: _field_condition(where, name, each) for name, each in where.fields.items()}
    kept = {name: each for name, each in asked.items() if each is not None}
    return Input(where.type, kept) if kept.keys() - {MODE} else None


def _field_condition(where: Input, name: str, value: Argument) -> Argument:
    """Return what a field of a filter asks for, or ``None``."""
    if not is_input_object_type(get_named_type(where.type.fields[name].type)):
        return value
    if not isinstance(value, tuple):
        return without_empty(value)
    kept = (without_empty(each) for each in value)
    return tuple(each for each in kept if each is not None) or None
