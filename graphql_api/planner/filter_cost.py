"""The cost of a filter, for each row that it is asked of; see :mod:`graphql_api.planner.cost`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from graphql_api.planner.arguments import Argument, Input
from graphql_api.planner.declarations import PLANNED
from graphql_api.planner.filters import Compare, CompareSeen, Inner, Reach, Test, ToMany, ToOne
from graphql_api.planner.look_ups import finds
from graphql_api.planner.ordering import ViewKind

# The work of a value that reads other rows.
SEEN = 100
# The work of a condition, and where an index has what is compared.
_CONDITION, _INDEXED = 1, 0.1
# Of so many rows, an index over what an object is named by leaves one; and an index over a list.
_NAMED, _LISTED = 4, 2
# Indexes find so few rows that may have a certain value, which is then read.
_SUSPECT, _CHECKED = 40, 10


@dataclass(frozen=True)
class Conditions:
    """The cost of a filter.

    Attributes:
        count: the number of conditions.
        work: the work of all conditions for each row.
        narrows: an index leaves one row of this many.
        is_read: whether rows are read, beside an index.
        is_found: whether an index finds the rows of each condition.
        is_rare: whether so few rows may meet them that a page of these ends with the list.
    """

    count: int = 0
    work: float = 0
    narrows: float = 1
    is_read: bool = False
    is_found: bool = False
    is_rare: bool = False

    def plus(self, other: Conditions) -> Conditions:
        """Return the conjunction of two filters."""
        narrows = max(self.narrows, other.narrows)
        return Conditions(
            self.count + other.count,
            self.work + other.work,
            narrows,
            self.is_read or other.is_read,
            # Without conditions there is nothing to find.
            (self.is_found or not self.count) and (other.is_found or not other.count),
            self.is_rare or other.is_rare,
        )


def conditions_of(where: Argument, kind: ViewKind, *, of_all: bool = False) -> Conditions:
    """Return the cost of a ``where`` argument for each row.

    Args:
        where: the argument.
        kind: the kind of the view.
        of_all: whether it is the filter of a list of the whole site, so that only those rows are
            read that :attr:`.CompareSeen.reach` tells.
    """
    if not isinstance(where, Input):
        return Conditions()
    return reduce(
        Conditions.plus,
        (
            _condition(where, name, value, kind, of_all=of_all)
            for name, value in where.fields.items()
        ),
        Conditions(),
    )


def _condition(
    where: Input, name: str, value: Argument, kind: ViewKind, *, of_all: bool
) -> Conditions:
    if name in {"AND", "OR", "NOT"}:
        members = value if isinstance(value, tuple) else (value,)
        found = [conditions_of(each, kind, of_all=of_all and name == "AND") for each in members]
        total = reduce(Conditions.plus, found, Conditions(1))
        if name == "AND":
            return replace(total, is_found=any(each.is_found for each in found))
        return replace(total, narrows=1, is_read=True, is_found=False)
    declaration = where.type.fields[name].extensions.get(PLANNED)
    match declaration:
        case Compare():
            way = declaration.look_up
            if way is not None and finds(way, value, is_past=kind == "past"):
                left = declaration.narrows if way.is_of_most else max(declaration.narrows, _NAMED)
                return Conditions(1, _INDEXED, left, is_found=True)
            return _comparison_conditions(value, declaration.work, declaration.narrows)
        case CompareSeen(reach=reach):
            read = reach(value, kind) if reach is not None and of_all else Reach.ALL
            if read is Reach.ALL:
                return _comparison_conditions(value, SEEN, declaration.narrows)
            return Conditions(
                1, _CHECKED, _SUSPECT, is_read=True, is_found=True, is_rare=read is Reach.FEW
            )
        case Test():
            return Conditions(1, _CONDITION, declaration.narrows, is_read=True)
        case ToOne():
            return _reference_conditions(declaration, conditions_of(value, kind))
        case ToMany():
            return _quantifier_conditions(declaration, value, kind)
        case Inner(look_up=way):
            part = conditions_of(value, kind)
            return part if way is None else replace(part, is_found=part.count > 0)
    return Conditions(1, _CONDITION, is_read=True)


def _comparison_conditions(operators: Argument, work: float, narrows: float = 1) -> Conditions:
    names = set(operators.fields) if isinstance(operators, Input) else set()
    left = narrows if {"eq", "in"} & names else 1
    return Conditions(len(names), work * len(names), left, is_read=bool(names))


def _reference_conditions(declared: ToOne, inner: Conditions) -> Conditions:
    """Return the cost of a filter on the object that rows refer to, which is looked up once."""
    if declared.look_up is not None and declared.look_up.is_of_list:
        return Conditions(inner.count + 1, _INDEXED, max(inner.narrows, _LISTED), is_found=True)
    return replace(
        inner, count=inner.count + 1, work=inner.work + _CONDITION, is_read=True, is_found=False
    )


def _quantifier_conditions(declared: ToMany, quantifiers: Argument, kind: ViewKind) -> Conditions:
    if not isinstance(quantifiers, Input):
        return Conditions()
    total = Conditions()
    for name, value in quantifiers.fields.items():
        # A count reads all related rows.
        lookup = declared.work * 3 if name == "count" else declared.work
        is_found = name == "some" and declared.look_up is not None
        narrows = _NAMED if is_found else 1
        inner = conditions_of(value, kind)
        total = total.plus(
            Conditions(
                *(inner.count + 2, inner.work + lookup, narrows),
                is_read=True,
                is_found=is_found,
                is_rare=name == "count" and declared.has_hubs,
            )
        )
    return total
