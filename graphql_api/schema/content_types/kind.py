"""The parts of a kind of field in GraphQL; :mod:`.kinds` has the table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, cast

from cms.content.canonical_json import Json
from cms.content.fields import Field, List
from cms.content.fields.kinds import row_of
from cms.errors import SiteError
from graphql_api.planner.declarations import Call, Row
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.aggregates import SummedNumber
from graphql_api.schema.declaring.facet_counts import Facet, ValueOf
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.type_registry import TypeRegistry

F = TypeVar("F", bound=Field)

# Declares the output of a field, or its filter, and adds the types for it to the schema; their
# names are the text, or begin with it.
Declare: TypeAlias = Callable[["FieldTypes", str, F], Declared]
# The same for a list, given the field of its items as well.
DeclareList: TypeAlias = Callable[["FieldTypes", str, List, F], Declared]
# Returns the type of a field's input, and adds it to the schema likewise.
InputType: TypeAlias = Callable[["FieldTypes", str, F], str]
OrderSql: TypeAlias = Callable[[Row, Call], Sql]


def as_json(given: object) -> Json:
    """Return a value of an input that is JSON already."""
    return cast("Json", given)


def _from_input(_kinds: Kinds, _field: Field, given: object) -> Json:
    return as_json(given)


def _to_input(_kinds: Kinds, _field: Field, value: Json) -> Json:
    return value


@dataclass(frozen=True, kw_only=True)
class Listed(Generic[F]):
    """GraphQL parts of lists of one kind of field.

    Attributes:
        output: its type and its SQL.
        filter: its filter.
        facet: its facet; ``None`` for none.
    """

    output: DeclareList[F]
    filter: DeclareList[F]
    facet: Callable[[List, F], Facet] | None = None


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[F]):
    """GraphQL parts of a kind of field; ``None`` for a part that the kind does not have.

    Attributes:
        output: its type and its SQL.
        input: the type of its input.
        from_input: returns the stored form of a value of that input.
        to_input: returns the input for a stored value.
        filter: its filter.
        order: the SQL of its order.
        order_suffix: the end of the order's name, where it is more than the field's.
        facet: its facet; like the number, of a field that may be a computed one of the kind.
        moment: the SQL of its time or day, for histograms.
        number: its number, for aggregates.
        listed: the parts of lists of this kind.
    """

    output: Declare[F] | None = None
    input: InputType[F] | None = None
    from_input: Callable[[Kinds, F, object], Json] = _from_input
    to_input: Callable[[Kinds, F, Json], Json] = _to_input
    filter: Declare[F] | None = None
    order: Callable[[F], OrderSql] | None = None
    order_suffix: str = ""
    facet: Callable[[Kinds, F], Facet | None] | None = None
    moment: Callable[[F], ValueOf] | None = None
    number: Callable[[F], SummedNumber] | None = None
    listed: Listed[F] | None = None


@dataclass(frozen=True)
class Kinds:
    """All kinds of field.

    Attributes:
        rows: the row of each kind; a kind without one is like the kind it inherits from.
    """

    rows: Mapping[type[Field], Kind[Any]]

    def of(self, field: Field) -> Kind[Any]:
        """Return the kind of a field; one without parts if it is not known."""
        return row_of(field, self.rows) or Kind()

    def list_kind(self, name: str, field: List) -> Listed[Any]:
        """Return the parts of a list, by the kind of its items.

        Raises:
            SiteError: if there are no lists of this kind.
        """
        listed = self.of(field.item).listed
        if listed is None:
            raise SiteError(f"{name}: a list of {type(field.item).__name__} has no GraphQL type")
        return listed


@dataclass(frozen=True)
class FieldTypes:
    """The types of fields in one schema.

    Attributes:
        registry: the types of the schema.
        kinds: the kinds of field.
    """

    registry: TypeRegistry
    kinds: Kinds
