"""Filters that match a missing object.

``isNull: true`` matches a missing object, in any combination with ``AND``, ``OR`` and ``NOT``;
every other condition matches only an object that exists.
"""

from __future__ import annotations

from graphql_api.planner.arguments import Argument, Input, input_in, inputs_in, is_true


def fits_absence(where: Input) -> bool:
    """Return whether a filter on an object matches a missing object."""
    return all(_field_fits(name, value) for name, value in where.fields.items())


def _field_fits(name: str, value: Argument) -> bool:
    match name:
        case "AND":
            return all(map(fits_absence, inputs_in(value)))
        case "OR":
            return any(map(fits_absence, inputs_in(value)))
        case "NOT":
            return _asks_for_it(input_in(value)) and not fits_absence(input_in(value))
        case _:
            return name == "isNull" and is_true(value)


def _asks_for_it(where: Input) -> bool:
    combined = (where.fields[name] for name in ("AND", "OR", "NOT") if name in where.fields)
    return "isNull" in where.fields or any(
        _asks_for_it(each) for value in combined for each in inputs_in(value)
    )
