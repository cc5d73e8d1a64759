"""How a field of the schema says its SQL.

A declaration stands where the GraphQL field is declared, in the field's ``extensions`` under
:data:`PLANNED`. Its functions get the *row* of the object that the field belongs to: the
columns of a relation, or whatever the declaration above handed down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement

from cms.reading.view import View
from graphql_api.planner.arguments import Arguments, Given
from graphql_api.planner.source import Columns, Relation, Source, Sql, SqlType

PLANNED = "planned"

# How many objects a page has if nothing is said, and at most.
DEFAULT_SIZE = 20
LARGEST_SIZE = 100

# Columns of a relation, or a part of a JSON document: the planner only hands it on.
Row: TypeAlias = object


@dataclass(frozen=True)
class OrderKey:
    """One key of an order.

    Attributes:
        sql: what is compared.
        descending: whether the largest comes first.
        nullable: whether it can be null; nulls come last, either way.
    """

    sql: Sql
    descending: bool = False
    nullable: bool = False


def _no_order(_: Columns) -> tuple[OrderKey, ...]:
    return ()


def _same_columns(columns: Columns) -> Columns:
    return columns


@dataclass(frozen=True)
class Rows:
    """Rows of a relation: which, and in which order. All is said of the relation's columns.

    Attributes:
        relation: where they come from.
        where: what is true of them.
        order: keys that put them in one certain order; none where there is at most one.
        row: what the fields of an object get to see.
        typename: for rows of an abstract type: where the name of each one's object type is,
            or that name if it is the same for all.
        is_first: where one object is wanted and several can fit: the first in order is meant.
        rank: how well each fits what was searched for, if anything was.
    """

    relation: Relation
    where: tuple[Callable[[Columns], ColumnElement[bool]], ...] = ()
    order: Callable[[Columns], tuple[OrderKey, ...]] = _no_order
    row: Callable[[Columns], Row] = _same_columns
    typename: Callable[[Columns], Sql] | str | None = None
    is_first: bool = False
    rank: Callable[[Columns], Sql] | None = None

    def conditions(self, columns: Columns) -> tuple[ColumnElement[bool], ...]:
        """Return what is true of the rows."""
        return tuple(condition(columns) for condition in self.where)


@dataclass(frozen=True)
class Call:
    """What a declaration may use beside the row.

    Attributes:
        view: what is seen.
        arguments: the field's arguments.
        bind: makes a bound parameter of a given value, of a type.
        source: makes a relation take part in the statement.
    """

    view: View
    arguments: Arguments
    bind: Callable[[Given, SqlType], Sql]
    source: Callable[[Relation], Source]

    def required_scalar(self, name: str) -> Given:
        """Return an argument that the schema requires and that is a scalar."""
        given = self.arguments[name]
        if not isinstance(given, Given):
            raise TypeError(f"{name} is no required scalar")
        return given


@dataclass(frozen=True)
class Value:
    """A leaf: an expression whose value can stand in JSON.

    Attributes:
        sql: the expression.
        required: it may be null although the schema says it cannot, because content was
            published before its field was required, or is a draft.
        work: the work of making it; see :mod:`graphql_api.planner.cost`.
    """

    sql: Callable[[Row], Sql]
    required: bool = False
    work: int = 1


@dataclass(frozen=True)
class SeenValue:
    """A leaf whose expression looks at other rows, as the view shows them.

    Attributes:
        sql: the expression.
        parts: how many pieces of SQL it is made of; see :mod:`graphql_api.planner.cost`.
    """

    sql: Callable[[Row, Call], Sql]
    parts: int = 12


@dataclass(frozen=True)
class Inside:
    """An object that is made of the same row.

    Attributes:
        row: what its fields get to see.
        present: null unless this is true.
        required: it may be null although the schema says it cannot; see :class:`Value`.
    """

    row: Callable[[Row], Row]
    present: Callable[[Row], ColumnElement[bool]] | None = None
    required: bool = False


@dataclass(frozen=True)
class One:
    """At most one object of a relation.

    Attributes:
        rows: the relation.
        work: the work of finding it; see :mod:`graphql_api.planner.cost`.
    """

    rows: Callable[[Row, Call], Rows]
    work: int = 10


@dataclass(frozen=True)
class OneOf:
    """At most one object, in whichever of several relations it is.

    Attributes:
        rows: the relations.
        relations: the number of them.
    """

    rows: Callable[[Row, Call], tuple[Rows, ...]]
    relations: int = 4


@dataclass(frozen=True)
class Many:
    """All objects of a relation, in order."""

    rows: Callable[[Row, Call], Rows]


@dataclass(frozen=True)
class EachOf:
    """For each row, at most one object, in whichever of several relations it is.

    Attributes:
        rows: the rows, in order.
        one: the relations, for a row.
        relations: the number of them.
    """

    rows: Callable[[Row, Call], Rows]
    one: Callable[[Row, Call], tuple[Rows, ...]]
    relations: int = 4


@dataclass(frozen=True)
class Extent:
    """The rows that a connection is taken to have, when the cost of a query is estimated.

    Attributes:
        share: the share of all entries.
        content_type: the type whose entries are meant, where it is one.
        is_ordered: whether an index has them in their own order.
        work: the work of finding out whether an entry is one of them.
    """

    share: float = 1
    content_type: str | None = None
    is_ordered: bool = False
    work: float = 0


@dataclass(frozen=True)
class Connection:
    """A page of the objects of a relation; takes the arguments of a Relay connection.

    Attributes:
        rows: the relation.
        largest: how many objects a page has at most.
        view: what it and all that is in it is looked at through, where that is a view of its own.
        extent: how many rows the relation has; a few, if nothing is said.
        effort: the work of a search for each row; see :mod:`graphql_api.planner.cost`.
    """

    rows: Callable[[Row, Call], Rows]
    largest: int = LARGEST_SIZE
    view: Callable[[Call], View] | None = None
    extent: Extent | None = None
    effort: Callable[[str], float] | None = None


@dataclass(frozen=True)
class Part:
    """A part of a connection, by name: nodes, edges, cursor, pageInfo, totalCount and so on."""

    name: str


@dataclass(frozen=True)
class Answer:
    """An object that Python works out before the statement runs: JSON, or ``None`` for null.

    The statement gets it as a parameter, so what is selected of it is planned as of any row,
    and it can refer to rows by their ids.

    Attributes:
        run: works it out; what it takes is for those who declare it and those who run it.
    """

    run: Callable[..., Any]


@dataclass(frozen=True)
class Answers:
    """A list of objects that Python works out; see :class:`Answer`."""

    run: Callable[..., Any]


@dataclass(frozen=True)
class Through:
    """An object whose fields look through another view: the same root once more.

    Attributes:
        view: the view, given the call with the arguments that say which.
    """

    view: Callable[[Call], View]


Declaration: TypeAlias = (
    Value
    | SeenValue
    | Inside
    | One
    | OneOf
    | Many
    | EachOf
    | Connection
    | Part
    | Answer
    | Answers
    | Through
)
