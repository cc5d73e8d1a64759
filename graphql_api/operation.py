"""The read path: document → variables → plan → statement → bytes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)

from cms.content.site import Site
from cms.dialects import Reader
from cms.errors import ReadTimeout
from cms.reading.view import View
from graphql_api.http.documents import Documents, Operation
from graphql_api.http.errors import RequestFailed, failed, formatted
from graphql_api.http.limits import Limits, check_objects, check_variables
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner.arguments import shape_of
from graphql_api.planner.build import INTROSPECTION, build_plan
from graphql_api.planner.compile import compile_plan
from graphql_api.planner.cost import Count, objects_of
from graphql_api.planner.json_sql import MISSING
from graphql_api.planner.missing import complete
from graphql_api.planner.plan import Plan, Typename
from graphql_api.planner.selection import Selections
from graphql_api.planner.statement import Statement


@dataclass(frozen=True, eq=False)
class Prepared:
    """An operation that is ready to run, for variables of one shape.

    Attributes:
        plan: what it asks for.
        statement: its SQL, or ``None`` if it asks nothing of the database.
        count: how to count the objects in its answer.
        keys: the response names of its root fields, in order.
        introspection: its root fields that ask about the schema.
    """

    plan: Plan
    statement: Statement | None
    count: Count
    keys: tuple[str, ...]
    introspection: tuple[FieldNode, ...]


class Delivery:
    """Answers queries about what is public.

    Args:
        site: the site's declaration.
        schema: its delivery schema.
        reader: where statements are run.
        limits: how much one request may ask for.
    """

    def __init__(
        self, site: Site, schema: GraphQLSchema, reader: Reader, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        self.documents = Documents(schema, self.limits)
        self._site = site
        self._schema = schema
        self._reader = reader
        self._prepare = lru_cache(maxsize=1_000)(self._prepared)

    async def answer(self, request: GraphQLRequest) -> bytes:
        """Return the response to a request, as JSON.

        Raises:
            RequestFailed: if there is no answer, with the reasons.
        """
        operation = self.documents.read(request.query).operation(request.operation_name)
        if not operation.is_query:
            raise failed("This endpoint only reads; send queries.", "BAD_REQUEST")
        check_variables(request.variables, self.limits)
        variables = operation.coerce(request.variables)
        try:
            prepared = self._prepare(operation, _shapes_of(operation, variables))
            check_objects(prepared.count(variables), self.limits)
            data = await self._fetch(prepared, variables)
        except GraphQLError as error:
            raise RequestFailed(error) from None
        if prepared.introspection or MISSING in data:
            return self._completed(operation, prepared, variables, data)
        return b'{"data":' + data + b"}"

    def _prepared(self, operation: Operation, shapes: tuple[tuple[str, Hashable], ...]) -> Prepared:
        selections = Selections(self._schema, operation.fragments, dict(shapes))
        plan = build_plan(selections, operation.root, operation.node.selection_set)
        selected = selections.of(operation.root, (operation.node.selection_set,))
        asks_database = any(not isinstance(f, Typename) for f in plan.root.cases[0].fields)
        view = View(locale=self._site.default_locale)
        return Prepared(
            plan=plan,
            statement=compile_plan(plan, view, self._reader.dialect) if asks_database else None,
            count=objects_of(plan),
            keys=tuple(selected),
            introspection=tuple(
                node
                for nodes in selected.values()
                for node in nodes
                if node.name.value in INTROSPECTION
            ),
        )

    async def _fetch(self, prepared: Prepared, variables: Mapping[str, Any]) -> bytes:
        if prepared.statement is None:
            (case,) = prepared.plan.root.cases
            return orjson.dumps({field.key: case.types[0] for field in case.fields})
        try:
            return await self._reader.fetch(
                prepared.statement.sql, prepared.statement.values(variables)
            )
        except ReadTimeout as error:
            raise failed(str(error), "TIMEOUT", status=503) from None

    def _completed(
        self,
        operation: Operation,
        prepared: Prepared,
        variables: Mapping[str, Any],
        planned: bytes,
    ) -> bytes:
        """Return the response with what the database cannot say: nulls gone wrong, the schema."""
        data, errors = complete(prepared.plan, planned)
        if prepared.introspection and data is not None:
            data |= self._introspect(operation, prepared.introspection, variables)
            data = {key: data[key] for key in prepared.keys}
        response = {"errors": [formatted(e, "MISSING_VALUE") for e in errors]} if errors else {}
        return orjson.dumps({**response, "data": data})

    def _introspect(
        self,
        operation: Operation,
        fields: tuple[FieldNode, ...],
        variables: Mapping[str, Any],
    ) -> dict[str, Any]:
        asked = OperationDefinitionNode(
            operation=operation.node.operation,
            variable_definitions=operation.node.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=fields),
        )
        document = DocumentNode(definitions=(asked, *operation.fragments.values()))
        result = execute_sync(self._schema, document, variable_values=dict(variables))
        if result.errors:
            raise RequestFailed(*result.errors)
        return result.data or {}


def _shapes_of(
    operation: Operation, variables: Mapping[str, Any]
) -> tuple[tuple[str, Hashable], ...]:
    types = operation.variable_types
    return tuple((name, shape_of(value, types[name])) for name, value in variables.items())
