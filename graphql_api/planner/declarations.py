"""The declaration of a schema field's SQL.

A declaration is in the ``extensions`` of the GraphQL field, under :data:`PLANNED`. Its functions
get the *row* of the object that the field belongs to: the columns of a relation, or a value from
the declaration of the object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select

from cms.reading.site_size import SiteSize
from cms.reading.view import View
from cms.reading.visibility import Leading
from graphql_api.planner.arguments import Arguments, Given, Variables
from graphql_api.planner.source import Columns, Relation, Selectable, Source, Sql, SqlType

PLANNED = "planned"

# The default and the largest number of objects on a page.
DEFAULT_SIZE = 20
LARGEST_SIZE = 100

# Columns of a relation, or a part of a JSON document. The planner only passes it on.
Row: TypeAlias = object


@dataclass(frozen=True)
class OrderKey:
    """One key of an order.

    Attributes:
        sql: the compared value.
        descending: whether the largest comes first.
        nullable: whether the value can be null; nulls come last in both directions.
        is_same: whether it is the same for all rows of a list; cursors have it, and rows are not
            compared by it.
        beside: for the key beside a first one that can be null, and that is null with it: its value
            where the first has one. An index has both, and the value is different for every row.
    """

    sql: Sql
    descending: bool = False
    nullable: bool = False
    is_same: bool = False
    beside: Sql | None = None


def _no_order(_: Columns) -> tuple[OrderKey, ...]:
    return ()


def _same_columns(columns: Columns) -> Columns:
    return columns


@dataclass(frozen=True)
class Found:
    """The rows that a condition keeps, as an index finds them.

    Attributes:
        column: the column that tells which they are.
        values: its values; further conditions may exclude some of them.
        is_of_list: whether the index is over the rows themselves.
        is_of_most: whether they can be most of all rows.
    """

    column: Sql
    values: Select[tuple[Any]]
    is_of_list: bool = False
    is_of_most: bool = False


@dataclass(frozen=True)
class Search:
    """The ways in which rows that match a search are found; see :mod:`.page_rows`.

    Attributes:
        rank: the rank of a row.
        revisions: how an index finds them.
        found: the rows that :attr:`revisions` finds, if a condition is true that is the same for
            all rows.
        best: by rank, the rows that have more points than every match has, on such a condition;
            ``None`` in another order.
        in_order: the rows of a relation that match, which is read in an order, on such a condition;
            by rank those of them that are not the best.
    """

    rank: Callable[[Columns], Sql]
    revisions: Callable[[Columns], Found]
    found: Callable[[ColumnElement[bool]], Relation]
    best: Callable[[ColumnElement[bool]], Relation] | None
    in_order: Callable[[ColumnElement[bool], Selectable], Relation]


@dataclass(frozen=True)
class Rows:
    """Selected and ordered rows of a relation, declared by functions of its columns.

    Attributes:
        relation: the relation.
        where: the conditions on the rows.
        order: the keys of a total order; none if there is at most one row.
        row: the row that the fields of an object get.
        typename: for rows of an abstract type: the expression for the name of a row's object
            type, or the name if it is the same for all.
        is_first: whether a field of one object takes the first row in order of several.
        search: how a search finds them; ``None`` without a search.
        found: how an index finds them, if one does; see :mod:`graphql_api.planner.page`.
        is_whole: whether they are all that the view shows of a type, or of all types of the site.
        in_order: the relation in parts, each of which an index has in an order; given the column
            that an order begins with, if it is one of another table, without the rows in which
            this is null. ``None`` if the relation itself is read.
    """

    relation: Relation
    where: tuple[Callable[[Columns], ColumnElement[bool]], ...] = ()
    order: Callable[[Columns], tuple[OrderKey, ...]] = _no_order
    row: Callable[[Columns], Row] = _same_columns
    typename: Callable[[Columns], Sql] | str | None = None
    is_first: bool = False
    search: Search | None = None
    found: Callable[[Columns], Found] | None = None
    is_whole: bool = False
    in_order: Callable[[Leading | None], Sequence[Selectable]] | None = None

    def conditions(self, columns: Columns) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions on the rows."""
        return tuple(condition(columns) for condition in self.where)


@dataclass(frozen=True)
class Call:
    """The inputs of a declaration besides the row.

    Attributes:
        view: the view of the content.
        arguments: the field's arguments.
        bind: makes a bound parameter of a type from a value of the request.
        source: adds a relation to the statement.
        require: adds a condition without which the operation has no data; see
            :data:`~graphql_api.planner.json_sql.UNMET`.
        is_in_order: whether rows are read in the order of a list up to the end of a page, for which
            no index over a condition is of use.
    """

    view: View
    arguments: Arguments
    bind: Callable[[Given, SqlType], Sql]
    source: Callable[[Relation], Source]
    require: Callable[[ColumnElement[bool]], None]
    is_in_order: bool = False

    def required_scalar(self, name: str) -> Given:
        """Return the value of a required scalar argument."""
        given = self.arguments[name]
        if not isinstance(given, Given):
            raise TypeError(f"{name} is no required scalar")
        return given


@dataclass(frozen=True)
class Value:
    """A leaf: an expression whose value has a form in JSON.

    Attributes:
        sql: the expression.
        required: whether the value can be null against the schema, because the content was
            published before its field was required, or is a draft.
        work: the work of making it; see :mod:`graphql_api.planner.cost`.
    """

    sql: Callable[[Row], Sql]
    required: bool = False
    work: int = 1


@dataclass(frozen=True)
class SeenValue:
    """A leaf whose expression reads other rows, through the view.

    Attributes:
        sql: the expression.
        parts: the number of pieces of SQL; see :mod:`graphql_api.planner.cost`.
        is_text: whether the value is text, which a subquery does not change.
    """

    sql: Callable[[Row, Call], Sql]
    parts: int = 12
    is_text: bool = False


@dataclass(frozen=True)
class Inside:
    """An object that is made of the same row.

    Attributes:
        row: the row that its fields get.
        present: the condition without which the object is null.
        required: whether the object can be null against the schema; see :class:`Value`.
    """

    row: Callable[[Row], Row]
    present: Callable[[Row], ColumnElement[bool]] | None = None
    required: bool = False


@dataclass(frozen=True)
class Joined:
    """At most one object, whose columns are among those of the row that it belongs to.

    Attributes:
        row: the row that its fields get.
        present: the condition without which there is none.
        typename: see :class:`Rows`.
    """

    row: Row
    present: ColumnElement[bool]
    typename: Callable[[Columns], Sql] | str | None = None


@dataclass(frozen=True)
class One:
    """At most one object of a relation.

    Attributes:
        rows: the relation, or the object where the row has it already.
        work: the work of finding it; see :mod:`graphql_api.planner.cost`.
    """

    rows: Callable[[Row, Call], Rows | Joined]
    work: int = 10


@dataclass(frozen=True)
class OneOf:
    """At most one object of several relations.

    Attributes:
        rows: the relations.
        relations: the number of them.
    """

    rows: Callable[[Row, Call], tuple[Rows, ...]]
    relations: int = 4


@dataclass(frozen=True)
class Many:
    """All objects of a relation, in order.

    Attributes:
        rows: the relation.
        most: the most objects; ``None`` for a few.
    """

    rows: Callable[[Row, Call], Rows]
    most: int | None = None


@dataclass(frozen=True)
class EachOf:
    """For each row, at most one object of several relations.

    Attributes:
        rows: the rows, in order.
        one: the relations, for a row.
        relations: the number of them.
        most: the most rows; ``None`` for a few.
    """

    rows: Callable[[Row, Call], Rows]
    one: Callable[[Row, Call], tuple[Rows, ...]]
    relations: int = 4
    most: int | None = None


@dataclass(frozen=True)
class Extent:
    """The assumed number of rows of a connection, for the estimate of a query's cost.

    Attributes:
        share: the share of all entries.
        content_type: the content type of the entries; ``None`` for all types.
        is_ordered: whether an index has the rows in their default order.
        work: the work of checking whether an entry is among them.
        is_whole: see :class:`Rows`.
    """

    share: float = 1
    content_type: str | None = None
    is_ordered: bool = False
    work: float = 0
    is_whole: bool = False


@dataclass(frozen=True)
class Matches:
    """The estimate of a search.

    Attributes:
        share: the share of the rows that match.
        work: the work of the search for each of all rows, to count and sum what matches.
        best_work: that of a page of the best matches, where an index has the order of the rows.
        ordered_work: that of a page in an order that an index has.
    """

    share: float = 1
    work: float = 0
    best_work: float = 0
    ordered_work: float = 0


@dataclass(frozen=True)
class Connection:
    """A page of the objects of a relation; takes the arguments of a Relay connection.

    Attributes:
        rows: the relation.
        largest: the largest size of a page.
        view: the view of the connection and its contents, if not that of the field.
        extent: the assumed number of rows; a few by default.
        plain_extent: that of a plain view, where it differs; see :class:`~cms.reading.view.View`.
        matches: the estimate of a search; see :mod:`graphql_api.planner.cost`.
        work: the work of finding all rows, beside that for each of them.
        share_of_hub: the share of all entries from which the object with most rows has them.
    """

    rows: Callable[[Row, Call], Rows]
    largest: int = LARGEST_SIZE
    view: Callable[[Call], View] | None = None
    extent: Extent | None = None
    plain_extent: Extent | None = None
    matches: Callable[[str, SiteSize], Matches] | None = None
    work: Callable[[Arguments, Variables, SiteSize], float] | None = None
    share_of_hub: float = 0


@dataclass(frozen=True)
class Part:
    """A part of a connection, by name: nodes, edges, cursor, pageInfo, totalCount and so on."""

    name: str


@dataclass(frozen=True)
class Answer:
    """An object that Python computes before the statement runs: JSON, or ``None`` for null.

    The statement gets it as a parameter, so its selection is planned like that of any row, and
    it can refer to rows by their ids.

    Attributes:
        run: computes the object; its arguments are agreed between declaration and caller.
        of_view: whether it depends on the view, so that it can be selected through another one.
        work: the work of computing it; see :mod:`graphql_api.planner.cost`.
        of_each: the further work for each public edition.
    """

    run: Callable[..., Any]
    of_view: bool = False
    work: int = 0
    of_each: float = 0


@dataclass(frozen=True)
class Answers:
    """A list of objects that Python computes; see :class:`Answer`.

    Attributes:
        run: computes the objects.
        most: the most objects, where the argument ``first`` does not ask for fewer; ``None`` for
            a list without pages.
        of_view: see :class:`Answer`.
        work: see :class:`Answer`.
        of_each: see :class:`Answer`.
    """

    run: Callable[..., Any]
    most: int | None = None
    of_view: bool = False
    work: int = 0
    of_each: float = 0


@dataclass(frozen=True)
class Through:
    """An object whose fields look through another view: the same root once more.

    Attributes:
        view: returns the view for a call with its arguments.
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
