"""Plan → ONE statement with one column, whose value is the JSON of ``data``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, case, null, select
from sqlalchemy.sql.functions import coalesce
from sqlalchemy.types import TypeEngine

from cms.reading.view import View
from graphql_api.planner.arguments import Given
from graphql_api.planner.declarations import (
    Call,
    Connection,
    EachOf,
    Inside,
    Many,
    One,
    OneOf,
    Part,
    Row,
    Rows,
    Sql,
    Value,
)
from graphql_api.planner.json_sql import (
    MISSING,
    JsonArray,
    JsonConstant,
    JsonObject,
    json_of,
    text,
)
from graphql_api.planner.ordering import order_by
from graphql_api.planner.page import Page
from graphql_api.planner.plan import Body, Case, Field, Plan, Typename
from graphql_api.planner.statement import Parameters, Statement


def compile_plan(plan: Plan, view: View, dialect: Dialect) -> Statement:
    """Return the statement for a plan: a pure function of the plan, without any value in it.

    Raises:
        graphql.GraphQLError: if arguments contradict each other.
    """
    parameters = Parameters(dialect)
    root = _Compiler(view, parameters).object(plan.root.cases[0], None, None)
    statement = select(root)
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return Statement(str(compiled), parameters.in_order(compiled))


class _Compiler:
    """Turns each part of a plan into an expression."""

    def __init__(self, view: View, parameters: Parameters) -> None:
        self._view = view
        self._parameters = parameters

    def object(self, chosen: Case, row: Row, typename: Sql | None) -> Sql:
        """Return an object with the selected fields."""
        own_name = typename if typename is not None else text(chosen.types[0])
        return JsonObject(
            [
                (
                    field.key,
                    own_name if isinstance(field, Typename) else self._field(field, row),
                )
                for field in chosen.fields
            ]
        )

    def _field(self, field: Field, row: Row) -> Sql:
        call = Call(self._view, field.arguments, self._bind)
        match field.declaration:
            case Value(sql, required):
                value = json_of(sql(row))
                return coalesce(value, JsonConstant(MISSING, "jsonb")) if required else value
            case Inside():
                return self._inside(field, field.declaration, row)
            case One(rows):
                return self._one(field, rows(row, call))
            case OneOf(rows):
                return self._one_of(field, rows(row, call))
            case EachOf(rows, one):
                return self._each_of(field, rows(row, call), one, call)
            case Many(rows):
                return self._many(field, rows(row, call))
            case Connection(rows):
                return self._connection(field, lambda: rows(row, call), call)
            case Part(name):
                return self._part(field, name, row)

    def _inside(self, field: Field, declaration: Inside, row: Row) -> Sql:
        value = self.object(_only_case(field), declaration.row(row), None)
        if declaration.present is None:
            return value
        absent = JsonConstant(MISSING, "json") if declaration.required else null()
        return case((declaration.present(row), value), else_=absent)

    def _one_of(self, field: Field, relations: tuple[Rows, ...]) -> Sql:
        named = {rows.typename for rows in relations if isinstance(rows.typename, str)}
        others = field.body.without(named) if field.body is not None else None
        objects = (
            _subselect(self._body(field.body if rows.typename in named else others, rows), rows)
            for rows in relations
        )
        return coalesce(*objects, null())

    def _each_of(
        self,
        field: Field,
        rows: Rows,
        one: Callable[[Row, Call], tuple[Rows, ...]],
        call: Call,
    ) -> Sql:
        value = self._one_of(field, one(rows.row, call))
        return _subselect(JsonArray(value, order_by(rows.order(rows.row))), rows)

    def _one(self, field: Field, rows: Rows) -> Sql:
        return _subselect(self._body(field.body, rows), rows)

    def _many(self, field: Field, rows: Rows) -> Sql:
        order = order_by(rows.order(rows.row))
        return _subselect(JsonArray(self._body(field.body, rows), order), rows)

    def _connection(self, field: Field, rows: Callable[[], Rows], call: Call) -> Sql:
        page = Page(field, rows, call, self._parameters)
        value = self.object(_only_case(field), page, None)
        return page.summed_up(value) if page.is_needed else value

    def _part(self, field: Field, name: str, page: Page) -> Sql:
        match name:
            case "nodes":
                return page.array(self._body(field.body, page.rows))
            case "edges":
                return page.array(self.object(_only_case(field), page, None))
            case "node":
                return self._body(field.body, page.rows)
            case "pageInfo":
                return self.object(_only_case(field), page, None)
            case _:
                return page.fact(name)

    def _body(self, body: Body | None, rows: Rows) -> Sql:
        """Return the object that a row becomes, by its type."""
        if body is None:
            raise TypeError("objects have selections")
        if rows.typename is None:
            return self.object(body.cases[0], rows.row, None)
        if isinstance(rows.typename, str):
            of_type = next(each for each in body.cases if rows.typename in each.types)
            return self.object(of_type, rows.row, text(rows.typename))
        return self._by_type(body.cases, rows.row, rows.typename(rows.row))

    def _by_type(self, cases: tuple[Case, ...], row: Row, typename: Sql) -> Sql:
        *others, widest = sorted(cases, key=lambda each: len(each.types))
        value = self.object(widest, row, typename)
        branches = [
            (typename.in_([text(name) for name in each.types]), self.object(each, row, typename))
            for each in others
        ]
        return case(*branches, else_=value) if branches else value

    def _bind(self, given: Given, type_: TypeEngine[Any]) -> Sql:
        return self._parameters.add(given.read, type_)


def _only_case(field: Field) -> Case:
    if field.body is None:
        raise TypeError(f"{field.name} is an object and has a selection")
    return field.body.cases[0]


def _subselect(value: Sql, rows: Rows) -> Sql:
    """Return the value over the rows, within whatever statement surrounds it."""
    found = select(value).select_from(rows.source).where(*rows.where)
    return found.correlate_except(rows.source).scalar_subquery()
