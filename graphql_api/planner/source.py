"""Relations under names of their own, of which only the used columns are selected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, literal_column, select
from sqlalchemy.types import TypeEngine

from cms.reading.narrowing import narrowed

Selectable: TypeAlias = Select[*tuple[Any, ...]]
Sql: TypeAlias = ColumnElement[Any]
SqlType: TypeAlias = TypeEngine[Any]


class Relation(Protocol):
    """A set of rows with named columns."""

    def type_of(self, column: str) -> SqlType | None:
        """Return the type of a column, or ``None`` if there is none of this name."""

    def under(self, name: str, columns: Sequence[str]) -> FromClause:
        """Return a FROM clause with at least these columns."""


class Chosen:
    """A select as a relation.

    Attributes:
        select: the select.
    """

    def __init__(self, select: Selectable) -> None:
        self.select = select

    def type_of(self, column: str) -> SqlType | None:
        """Return the type of a column, or ``None`` if there is none of this name."""
        found = self.select.selected_columns.get(column)
        return found.type if found is not None else None

    def under(self, name: str, columns: Sequence[str]) -> FromClause:
        """Return the select as a subquery with these columns alone."""
        return narrowed(self.select, columns).subquery(name)


_NONE_KNOWN: Mapping[str, Callable[[], Sql]] = MappingProxyType({})


class Columns:
    """A relation's columns as attributes; records the used ones."""

    def __init__(
        self,
        relation: Relation,
        name: str,
        known: Mapping[str, Callable[[], Sql]] = _NONE_KNOWN,
    ) -> None:
        self._relation = relation
        self._name = name
        self._known = known
        self.used: dict[str, None] = {}

    def knowing(self, values: Mapping[str, Callable[[], Sql]]) -> Columns:
        """Return these columns, of which some have a value that is the same in all rows.

        What is made of such a value alone, a database makes once, and not for each row.

        Args:
            values: what makes these values, by column.
        """
        columns = Columns(self._relation, self._name, values)
        columns.used = self.used
        return columns

    def __getattr__(self, column: str) -> Sql:
        return self[column]

    def __getitem__(self, column: str) -> Sql:
        if column in self._known:
            return self._known[column]()
        type_ = self._relation.type_of(column)
        if type_ is None:
            raise AttributeError(f"the relation has no column {column!r}")
        self.used[column] = None
        # By name and not as an object, since the subquery is made only when all its used columns
        # are known; names are unique in a statement.
        return literal_column(f"{self._name}.{column}", type_)


class Source:
    """A relation in a statement.

    Attributes:
        columns: its columns.
    """

    def __init__(self, relation: Relation, name: str) -> None:
        self._relation = relation
        self._name = name
        self.columns = Columns(relation, name)

    def clause(self) -> FromClause:
        """Return the FROM clause. Call it when every use of the columns exists."""
        return self._relation.under(self._name, tuple(self.columns.used))


def select_over(
    source: Source, value: Sql, conditions: Sequence[ColumnElement[bool]]
) -> ScalarSelect[Any]:
    """Return a value of a source's rows, as part of the statement around it."""
    return select(value).select_from(source.clause()).where(*conditions).scalar_subquery()
