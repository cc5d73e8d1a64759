"""Plan → ONE statement with one column, whose value is the JSON of ``data``."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from types import MappingProxyType
from typing import cast

from sqlalchemy import Dialect, and_, case, null, select
from sqlalchemy.sql.functions import coalesce

from cms.reading.view import Preview, View
from cms.storage.dialects import JsonDocument, Key
from graphql_api.planner.answers import PREVIEW, answer_rows, answer_slot, answers_rows
from graphql_api.planner.arguments import Arguments, Given
from graphql_api.planner.declarations import (
    Answer,
    Answers,
    Call,
    Connection,
    EachOf,
    Inside,
    Joined,
    Many,
    One,
    OneOf,
    Part,
    Row,
    Rows,
    SeenValue,
    Through,
    Value,
)
from graphql_api.planner.json_sql import (
    MISSING,
    UNMET,
    JsonArray,
    JsonConstant,
    JsonObject,
    Repeated,
    json_of,
    keeps_json,
    text,
)
from graphql_api.planner.ordering import order_by
from graphql_api.planner.page import FirstRow, Page, Shared
from graphql_api.planner.plan import Body, Case, Plan, PlannedField, Typename, likeness
from graphql_api.planner.source import Columns, Relation, Source, Sql, SqlType, select_over
from graphql_api.planner.statement import Parameters, Statement

_NONE_KNOWN: Mapping[Hashable, Sql] = MappingProxyType({})


def compile_plan(plan: Plan, view: View, dialect: Dialect) -> Statement:
    """Return the statement for a plan: a pure function of the plan, without any value in it.

    Raises:
        graphql.GraphQLError: if arguments contradict each other.
    """
    parameters = Parameters(dialect)
    if view.preview is not None:
        revision_id = parameters.add(lambda variables: variables[PREVIEW], Key)
        view = replace(view, preview=Preview(revision_id))
    compiler = _Compiler(view, parameters, count(1))
    if plan.through is not None:
        compiler = compiler.through(plan.through.declaration, plan.through.arguments)
    root = compiler.object(plan.root.cases[0], None, None)
    if parameters.conditions:
        # Checked by the statement itself, so in the snapshot that its data is from.
        unmet = JsonConstant(UNMET, "json")
        root = case((and_(*parameters.conditions), root), else_=unmet)
    statement = select(root)
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return Statement(str(compiled), parameters.in_order(compiled), parameters.checks)


class _Compiler:
    """Compiles each part of a plan to an expression.

    Args:
        view: the view of what is compiled.
        parameters: the parameters of the statement.
        numbers: numbers for aliases.
        keys: the response names of the views that lead to it.
    """

    def __init__(
        self,
        view: View,
        parameters: Parameters,
        numbers: Iterator[int],
        keys: tuple[str, ...] = (),
    ) -> None:
        self._view = view
        self._parameters = parameters
        self._numbers = numbers
        self._keys = keys

    def through(self, declaration: Through, arguments: Arguments, *keys: str) -> _Compiler:
        """Return a compiler of parts of the same statement that are seen through another view."""
        view = declaration.view(self._call(arguments))
        return _Compiler(view, self._parameters, self._numbers, (*self._keys, *keys))

    def object(
        self,
        chosen: Case,
        row: Row,
        typename: Sql | None,
        known: dict[Hashable, Sql] | None = None,
    ) -> Sql:
        """Return an object with the selected fields.

        Args:
            chosen: the fields.
            row: what they are of.
            typename: the name of the object's type, if the type depends on the row.
            known: the values of fields that other types share, to which those of this one come.
        """
        own_name = typename if typename is not None else text(chosen.types[0])

        def value(field: PlannedField | Typename) -> Sql:
            if isinstance(field, Typename):
                return own_name
            if known is None:
                return self._field(field, row)
            key = likeness(field)
            if key not in known:
                known[key] = Repeated(self._field(field, row))
            return known[key]

        return JsonObject([(field.key, value(field)) for field in chosen.fields])

    def _field(self, field: PlannedField, row: Row) -> Sql:
        call = self._call(field.arguments)
        match field.declaration:
            case Value(sql, required):
                value = json_of(sql(row))
                return coalesce(value, JsonConstant(MISSING, "jsonb")) if required else value
            case SeenValue(sql):
                return json_of(sql(row, call))
            case Inside():
                return self._inner_object(field, field.declaration, row)
            case One(rows):
                return self._one(field.body, rows(row, call))
            case OneOf(rows=rows):
                return self._one_of(field.body, rows(row, call))
            case Many(rows):
                related = rows(row, call)
                return self._many(related, lambda columns: self._body(field.body, related, columns))
            case EachOf(rows=rows, one=one):
                related = rows(row, call)
                return self._many(
                    related,
                    lambda columns: self._one_of(field.body, one(related.row(columns), call)),
                )
            case Connection():
                return self._connection(field, field.declaration, row)
            case Part(name):
                return self._part(field, name, cast("Page", row))
            case Through():
                other = self.through(field.declaration, field.arguments, field.key)
                return other.object(_only_case(field), row, None)
            case Answer():
                return self._one(field.body, answer_rows(self._answer(field)))
            case Answers():
                answers = answers_rows(self._answer(field))
                return self._many(answers, lambda columns: self._body(field.body, answers, columns))

    def _connection(self, field: PlannedField, declaration: Connection, row: Row) -> Sql:
        compiler, call = self, self._call(field.arguments)
        if declaration.view is not None:
            call = replace(call, view=declaration.view(call))
            compiler = _Compiler(call.view, self._parameters, self._numbers, self._keys)
        page = Page(field, declaration, row, call, self._parameters)
        return page.aggregate(compiler.object(_only_case(field), page, None))

    def _inner_object(self, field: PlannedField, declaration: Inside, row: Row) -> Sql:
        value = self.object(_only_case(field), declaration.row(row), None)
        if declaration.present is None:
            return value
        absent = JsonConstant(MISSING, "json") if declaration.required else null()
        return case((declaration.present(row), value), else_=absent)

    def _one(self, body: Body | None, rows: Rows | Joined) -> Sql:
        if isinstance(rows, Joined):
            columns = cast("Columns", rows.row)
            return case((rows.present, self._of_type(body, rows.row, rows.typename, columns)))
        if rows.is_first:
            # JSON is made only of the first row; see graphql_api.planner.page.
            rows = replace(rows, relation=FirstRow(rows, self._source), where=())
        if body is not None:
            keeps = keeps_json(self._parameters.dialect)
            shared = body.shared_fields(keeps_json=keeps) if callable(rows.typename) else {}
            if shared or (keeps and body.reads_a_document_again):
                return self._one_apart(body, rows, shared)
        source = self._source(rows.relation)
        value = self._body(body, rows, source.columns)
        return select_over(source, value, rows.conditions(source.columns))

    def _one_apart(self, body: Body, rows: Rows, fields: Mapping[Hashable, PlannedField]) -> Sql:
        """Return an object of a row that is made first.

        Args:
            body: the selection on the object.
            rows: the row.
            fields: the fields that all types of the object share, by their likeness; they stand in
                the statement once.
        """
        shared = Shared(rows, self._source)
        source = self._source(shared)
        row, own = rows.row(shared.columns), source.columns
        values = {key: shared.add(self._field(field, row)) for key, field in fields.items()}
        known = {key: own[name] for key, name in values.items()}
        if callable(rows.typename):
            value = self._by_type(body.cases, rows.row(own), rows.typename(own), known)
        else:
            value = self._body(body, rows, own)
        return select_over(source, value, ())

    def _one_of(self, body: Body | None, relations: tuple[Rows, ...]) -> Sql:
        named = {rows.typename for rows in relations if isinstance(rows.typename, str)}
        others = body.without(named) if body is not None else None
        objects = (
            self._one(body if rows.typename in named else others, rows) for rows in relations
        )
        return coalesce(*objects, null())

    def _many(self, rows: Rows, make: Callable[[Columns], Sql]) -> Sql:
        source = self._source(rows.relation)
        value = JsonArray(make(source.columns), order_by(rows.order(source.columns)))
        return select_over(source, value, rows.conditions(source.columns))

    def _part(self, field: PlannedField, name: str, page: Page) -> Sql:
        match name:
            case "nodes":
                return page.array(self._body(field.body, page.rows, page.columns))
            case "edges":
                return page.array(self.object(_only_case(field), page, None))
            case "node":
                return self._body(field.body, page.rows, page.columns)
            case "pageInfo":
                return self.object(_only_case(field), page, None)
            case "highlight":
                if page.rows.search is None:
                    return null()
                return self.object(_only_case(field), page.columns, None)
            case _:
                return page.fact(name)

    def _body(self, body: Body | None, rows: Rows, columns: Columns) -> Sql:
        """Return the JSON of a row: an object by its type, or a leaf."""
        return self._of_type(body, rows.row(columns), rows.typename, columns)

    def _of_type(
        self,
        body: Body | None,
        row: Row,
        typename: Callable[[Columns], Sql] | str | None,
        columns: Columns,
    ) -> Sql:
        if body is None:
            return json_of(cast("Sql", row))
        if typename is None:
            return self.object(body.cases[0], row, None)
        if isinstance(typename, str):
            of_type = next(each for each in body.cases if typename in each.types)
            return self.object(of_type, row, text(typename))
        return self._by_type(body.cases, row, typename(columns))

    def _by_type(
        self,
        cases: tuple[Case, ...],
        row: Row,
        typename: Sql,
        known: Mapping[Hashable, Sql] = _NONE_KNOWN,
    ) -> Sql:
        *others, widest = sorted(cases, key=lambda each: len(each.types))
        known = dict(known)
        value = self.object(widest, row, typename, known)
        branches = [
            (
                typename.in_([text(name) for name in each.types]),
                self.object(each, row, typename, known),
            )
            for each in others
        ]
        return case(*branches, else_=value) if branches else value

    def _answer(self, field: PlannedField) -> Sql:
        """Return the parameter with Python's answer for a root field."""
        slot = answer_slot(*self._keys, field.key)
        return self._parameters.add(lambda variables: variables[slot], JsonDocument)

    def _call(self, arguments: Arguments) -> Call:
        require = self._parameters.conditions.append
        return Call(self._view, arguments, self._bind, self._source, require)

    def _bind(self, given: Given, type_: SqlType) -> Sql:
        return self._parameters.add(given.read, type_)

    def _source(self, relation: Relation) -> Source:
        return Source(relation, f"t{next(self._numbers)}")


def _only_case(field: PlannedField) -> Case:
    if field.body is None:
        raise TypeError(f"{field.name} is an object and has a selection")
    return field.body.cases[0]
