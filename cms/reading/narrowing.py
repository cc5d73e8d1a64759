"""Relations with some of their columns, without the joins that only other columns need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Column, FromClause, Join, Select
from sqlalchemy.sql import visitors
from sqlalchemy.sql.visitors import ExternallyTraversible


class KeyJoin(Join):
    """A join to the one row of another table that has the same key, or an outer join to none.

    It neither adds rows nor removes any, so :func:`narrowed` can leave it out. The databases
    themselves leave out outer joins, but SQLite not in aggregates and not by a partial index; and
    in an outer join, SQLite would look for no row by an index over an expression.
    """

    inherit_cache = True


def narrowed(relation: Select[*tuple[Any, ...]], names: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Return a relation with some columns, without each :class:`KeyJoin` that they do not need.

    Args:
        relation: the relation.
        names: names of the columns; the first column of the relation if there are none.
    """
    every = relation.selected_columns
    used = [every[name] for name in names] or list(every)[:1]
    fewer = relation.with_only_columns(*used)
    conditions = fewer.whereclause
    needed = {*_tables_in(used if conditions is None else [*used, conditions])}
    left_out: set[FromClause] = set()

    def trimmed(joined: FromClause) -> FromClause:
        if not isinstance(joined, Join):
            return joined
        if isinstance(joined, KeyJoin) and joined.right not in needed:
            left_out.add(joined.right)
            return trimmed(joined.left)
        if joined.onclause is not None:
            needed.update(_tables_in([joined.onclause]))
        left = trimmed(joined.left)
        if left is joined.left:
            return joined
        return type(joined)(left, joined.right, joined.onclause, isouter=joined.isouter)

    def replacement(element: ExternallyTraversible, **_: object) -> ExternallyTraversible | None:
        # What is returned is not copied: all but the statement itself.
        if isinstance(element, Join):
            return trimmed(element)
        return None if element is fewer else element

    without_joins = visitors.replacement_traverse(fewer, {}, replacement)
    if not left_out:
        return relation.with_only_columns(*used, maintain_column_froms=True)
    if not isinstance(without_joins, Select):
        raise TypeError(f"expected a select, not {without_joins!r}")
    froms = (each for each in relation.columns_clause_froms if each not in left_out)
    return without_joins.select_from(*froms)


def _tables_in(elements: Iterable[ClauseElement]) -> frozenset[FromClause]:
    """Return the tables of all columns in the elements."""
    return frozenset(
        column.table
        for element in elements
        for column in visitors.iterate(element)
        if isinstance(column, Column)
    )
