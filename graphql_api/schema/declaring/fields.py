"""Declarations of the fields of types.

A type is declared as a plain class with fields made by the functions below: each has a type
expression, its SQL and a description. The names in type expressions are those of the other types
of the same schema, so one declaration serves any site; a
:class:`~graphql_api.schema.declaring.type_registry.TypeRegistry` makes Strawberry types of them::

    class Tag:
        \"""Word that cuts across the tree of topics.\"""

        slug = value("str", TagRow.slug, "URL slug, made from the word.")
        entries = connection("Entry", entries_with_tag, "Entries with this tag.")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import ColumnElement

from graphql_api.planner.declarations import (
    Call,
    Inside,
    Joined,
    Many,
    One,
    Row,
    Rows,
    SeenValue,
    Value,
)
from graphql_api.planner.source import Sql

R = TypeVar("R")
T = TypeVar("T")
P = ParamSpec("P")

# The work of taking a part out of a JSON document; see graphql_api.planner.cost.
PART = 3
# One row of so many has a certain value of a leaf that an index narrows.
FEW = 20

# The characters that stand in a description for the name of the type that has the field, without
# "Where", and for that of the field that has the argument. No text of a site has them: they are
# for private use.
THIS_TYPE = "\ue000"
THIS_FIELD = "\ue001"


@dataclass(frozen=True)
class Argument:
    """An argument of a field.

    Attributes:
        name: its name in Python's style.
        type: a type expression.
        description: for the schema's readers; can have ``THIS_FIELD`` in it.
    """

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Declared:
    """A field of an object type, an interface or an input.

    Attributes:
        type: a type expression: ``"list[EntryLink]"``, ``"Person | None"``.
        plan: its SQL, or for a field of an input its meaning.
        description: for the schema's readers; can have ``THIS_TYPE`` in it.
        arguments: its arguments.
        name: its GraphQL name, where that does not follow from Python's.
        deprecated: the reason why it is deprecated; empty if it is not.
    """

    type: str
    plan: object
    description: str
    arguments: Sequence[Argument] = ()
    name: str | None = None
    deprecated: str = ""


def of_row(function: Callable[[R], T]) -> Callable[[Row], T]:
    """Return a function of the rows of one relation with the type that the planner expects.

    The planner calls each declaration with the row of the object that has the field. The
    declaration of the object makes sure that this is a row of the right relation.
    """
    return cast("Callable[[Row], T]", function)


def of_call(
    function: Callable[Concatenate[R, Call, P], T],
) -> Callable[Concatenate[Row, Call, P], T]:
    """Return a function of a row and a call likewise; see :func:`of_row`."""
    return cast("Callable[Concatenate[Row, Call, P], T]", function)


def value(
    type_: str,
    sql: Callable[[R], Sql],
    description: str,
    *,
    required: bool = False,
    work: int = 1,
) -> Declared:
    """Declare a leaf. See :class:`~graphql_api.planner.declarations.Value`."""
    return Declared(type_, Value(of_row(sql), required, work), description)


def seen_value(
    type_: str, sql: Callable[[R, Call], Sql], description: str, *, parts: int = 12
) -> Declared:
    """Declare a leaf that depends on the view. See :class:`.SeenValue`."""
    is_text = type_.removesuffix(" | None") == "str"
    return Declared(type_, SeenValue(of_call(sql), parts, is_text), description)


def row_object(
    type_: str,
    row: Callable[[R], Row],
    description: str,
    *,
    present: Callable[[R], ColumnElement[bool]] | None = None,
    required: bool = False,
) -> Declared:
    """Declare an object whose fields are read from the same row."""
    is_present = of_row(present) if present is not None else None
    return Declared(type_, Inside(of_row(row), is_present, required), description)


def one(
    type_: str,
    rows: Callable[[R, Call], Rows] | Callable[[R, Call], Rows | Joined],
    description: str,
    arguments: Sequence[Argument] = (),
    *,
    work: int = 10,
) -> Declared:
    """Declare at most one object of a relation. See :class:`.One`."""
    return Declared(type_, One(of_call(rows), work), description, arguments)


def many(
    type_: str,
    rows: Callable[[R, Call], Rows],
    description: str,
    arguments: Sequence[Argument] = (),
    *,
    most: int | None = None,
) -> Declared:
    """Declare all objects of a relation. See :class:`.Many`."""
    return Declared(type_, Many(of_call(rows), most), description, arguments)
