"""Empty conditions, which are ignored everywhere in a filter.

A condition is empty if it is null, or if all its parts are empty: ``{}``,
``AND: []``, ``OR: [{}]``, ``NOT: {title: {}}``, ``{title: {eq: null}}``, ``some: {}``. So any
part of a filter can be an omitted variable. The list of an operator such as ``in`` is a value, not
a condition: no value is in an empty list.
"""

from __future__ import annotations

from graphql import get_named_type, is_input_object_type

from graphql_api.planner.arguments import Argument, Input

# The operator that is no condition, but the mode of the others.
MODE = "mode"


def without_empty(where: Argument) -> Input | None:
    """Return a filter without its empty conditions; ``None`` if none are left."""
    if not isinstance(where, Input):
        return None
    asked = {name: _field_condition(where, name, each) for name, each in where.fields.items()}
    kept = {name: each for name, each in asked.items() if each is not None}
    return Input(where.type, kept) if kept.keys() - {MODE} else None


def _field_condition(where: Input, name: str, value: Argument) -> Argument:
    """Return the condition of a field of a filter, or ``None`` if it is empty."""
    if not is_input_object_type(get_named_type(where.type.fields[name].type)):
        return value
    if not isinstance(value, tuple):
        return without_empty(value)
    kept = (without_empty(each) for each in value)
    return tuple(each for each in kept if each is not None) or None
