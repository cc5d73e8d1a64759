"""How the types of the schema are declared.

A type is declared as a plain class with fields made by the functions below: what a field
yields, as a type expression, and its SQL. The names in type expressions are those of the other
types of the same schema, so one declaration serves any site; a
:class:`~graphql_api.schema.declaring.type_registry.Namespace` makes Strawberry types of them::

    class Tag(Node):
        \"""A word that cuts across the tree of topics.\"""

        id = value("ID", lambda tag: tag.id, "Its id.")
        entries = connection("EntryConnection", entries_of_tag, "What is tagged with it.")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement

from graphql_api.planner.declarations import (
    Call,
    Inside,
    Many,
    One,
    Row,
    Rows,
    SeenValue,
    Sql,
    Value,
)

# The work of taking a part out of a JSON document; see graphql_api.planner.cost.
PART = 3
# One row of so many has a certain value of what has an index.
FEW = 20


@dataclass(frozen=True)
class Argument:
    """An argument of a field.

    Attributes:
        name: its name in Python's style.
        type: a type expression.
        description: what it says.
    """

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Declared:
    """A field of an object type, an interface or an input.

    Attributes:
        type: a type expression: ``"list[Link]"``, ``"Person | None"``.
        plan: its SQL, or for a field of an input its meaning.
        description: for the schema's readers.
        arguments: what it can be called with.
        name: its GraphQL name, where that does not follow from Python's.
    """

    type: str
    plan: object
    description: str
    arguments: Sequence[Argument] = ()
    name: str | None = None


def value(
    type_: str,
    sql: Callable[[Row], Sql],
    description: str,
    *,
    required: bool = False,
    work: int = 1,
) -> Declared:
    """Declare a leaf. See :class:`~graphql_api.planner.declarations.Value`."""
    return Declared(type_, Value(sql, required, work), description)


def seen_value(
    type_: str, sql: Callable[[Row, Call], Sql], description: str, *, parts: int = 12
) -> Declared:
    """Declare a leaf that depends on what the view shows. See :class:`.SeenValue`."""
    return Declared(type_, SeenValue(sql, parts), description)


def inside(
    type_: str,
    row: Callable[[Row], Row],
    description: str,
    *,
    present: Callable[[Row], ColumnElement[bool]] | None = None,
    required: bool = False,
) -> Declared:
    """Declare an object that is made of the same row."""
    return Declared(type_, Inside(row, present, required), description)


def one(
    type_: str,
    rows: Callable[[Row, Call], Rows],
    description: str,
    arguments: Sequence[Argument] = (),
    *,
    work: int = 10,
) -> Declared:
    """Declare at most one object of a relation. See :class:`.One`."""
    return Declared(type_, One(rows, work), description, arguments)


def many(
    type_: str,
    rows: Callable[[Row, Call], Rows],
    description: str,
    arguments: Sequence[Argument] = (),
) -> Declared:
    """Declare all objects of a relation."""
    return Declared(type_, Many(rows), description, arguments)
