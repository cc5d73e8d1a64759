"""The read path: document → variables → plan → statement → bytes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
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
from sqlalchemy import Dialect, null

from cms.content.site import Site
from cms.dialects import Reader
from cms.editorial.actor import Actor
from cms.editorial.authorization import Action, grants_for
from cms.reading.view import ContentScope, Preview, View
from graphql_api.http.documents import Documents, Operation
from graphql_api.http.errors import RequestFailed, failed, formatted
from graphql_api.http.limits import Limits, check_answers, check_objects, check_variables
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner.answers import PREVIEW
from graphql_api.planner.arguments import shape_of
from graphql_api.planner.build import INTROSPECTION, build_plan
from graphql_api.planner.compile import compile_plan
from graphql_api.planner.cost import Count, objects_of
from graphql_api.planner.declarations import Answer, Answers
from graphql_api.planner.json_sql import MISSING
from graphql_api.planner.missing import complete
from graphql_api.planner.plan import Field, Plan, Typename
from graphql_api.planner.selection import Selections
from graphql_api.planner.statement import Statement


@dataclass(frozen=True, eq=False)
class Asked:
    """A valid operation, with the values of its variables."""

    operation: Operation
    variables: Mapping[str, Any]
    shapes: tuple[tuple[str, Hashable], ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """An operation, or one root field of it, that is ready to run for variables of one shape.

    Attributes:
        plan: what it asks for.
        statement: its SQL, or ``None`` if it asks nothing of the database.
        count: how to count the objects in its answer.
        keys: the response names of its root fields, in order.
        introspection: its root fields that ask about the schema.
        answers: its root fields that Python has to work out first.
    """

    plan: Plan
    statement: Statement | None
    count: Count
    keys: tuple[str, ...]
    introspection: tuple[FieldNode, ...]
    answers: tuple[Field, ...]

    @property
    def fields(self) -> tuple[Field | Typename, ...]:
        """The root fields that are planned."""
        return self.plan.root.cases[0].fields


class Operations:
    """Reads, checks and prepares the operations on one schema.

    Args:
        schema: the schema.
        dialect: what statements are compiled for.
        limits: how much one request may ask for.
    """

    def __init__(self, schema: GraphQLSchema, dialect: Dialect, limits: Limits) -> None:
        self.limits = limits
        self._schema = schema
        self._dialect = dialect
        self._documents = Documents(schema, limits)
        self._prepare = lru_cache(maxsize=1_000)(self._prepared)

    def read(self, request: GraphQLRequest) -> Asked:
        """Return the operation that a request asks for.

        Raises:
            RequestFailed: if it is not valid, or its variables are not.
        """
        operation = self._documents.read(request.query).operation(request.operation_name)
        check_variables(request.variables, self.limits)
        variables = operation.coerce(request.variables)
        return Asked(operation, variables, _shapes_of(operation, variables))

    def prepare(self, asked: Asked, view: View, key: str | None = None) -> Prepared:
        """Return the operation ready to run, or only its root field of this response name.

        Raises:
            RequestFailed: if arguments contradict each other, or it asks for too much.
        """
        try:
            prepared = self._prepare(asked.operation, asked.shapes, view, key)
            check_objects(prepared.count(asked.variables), self.limits)
            check_answers(len(prepared.answers), self.limits)
        except GraphQLError as error:
            raise RequestFailed(error) from None
        return prepared

    def respond(
        self,
        asked: Asked,
        prepared: Prepared,
        data: bytes,
        errors: Iterable[GraphQLError] = (),
    ) -> bytes:
        """Return the response, with what the database cannot say: nulls gone wrong, the schema."""
        known = list(errors)
        if not (prepared.introspection or known or MISSING in data):
            return b'{"data":' + data + b"}"
        completed, missing = complete(prepared.plan, data)
        if prepared.introspection and completed is not None:
            completed |= self._introspect(asked, prepared.introspection)
            completed = {key: completed[key] for key in prepared.keys}
        problems = [formatted(each, "MISSING_VALUE") for each in (*known, *missing)]
        response = {"errors": problems} if problems else {}
        return orjson.dumps({**response, "data": completed})

    def _prepared(
        self,
        operation: Operation,
        shapes: tuple[tuple[str, Hashable], ...],
        view: View,
        key: str | None,
    ) -> Prepared:
        selections = Selections(self._schema, operation.fragments, dict(shapes))
        plan = build_plan(selections, operation.root, operation.node)
        if key is not None:
            plan = plan.only(key)
        selected = selections.of(operation.root, (operation.node.selection_set,))
        fields = [each for each in plan.root.cases[0].fields if isinstance(each, Field)]
        return Prepared(
            plan=plan,
            statement=compile_plan(plan, view, self._dialect) if fields else None,
            count=objects_of(plan),
            keys=tuple(selected),
            introspection=tuple(
                node
                for nodes in selected.values()
                for node in nodes
                if node.name.value in INTROSPECTION
            ),
            answers=tuple(
                each for each in fields if isinstance(each.declaration, Answer | Answers)
            ),
        )

    def _introspect(self, asked: Asked, fields: tuple[FieldNode, ...]) -> dict[str, Any]:
        operation = OperationDefinitionNode(
            operation=asked.operation.node.operation,
            variable_definitions=asked.operation.node.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=fields),
        )
        document = DocumentNode(definitions=(operation, *asked.operation.fragments.values()))
        result = execute_sync(self._schema, document, variable_values=dict(asked.variables))
        if result.errors:
            raise RequestFailed(*result.errors)
        return result.data or {}


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks the delivery API.

    Attributes:
        scopes: the parts of the content whose drafts they may ask for.
        preview: the id of the revision that they are shown as if it were public.
    """

    scopes: tuple[ContentScope, ...] = ()
    preview: str | None = None


READER = Visitor()


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
        self._operations = Operations(schema, reader.dialect, self.limits)
        self._view = View(site.locales_for(site.default_locale), scopes=())
        self._reader = reader

    async def answer(self, request: GraphQLRequest, visitor: Visitor = READER) -> bytes:
        """Return the response to a request, as JSON.

        Args:
            request: what is asked.
            visitor: who is asking, as far as it matters to what they see.

        Raises:
            RequestFailed: if there is no answer, with the reasons.
        """
        asked = self._operations.read(request)
        if not asked.operation.is_query:
            raise failed("This endpoint only reads; send queries.", "BAD_REQUEST")
        view = replace(self._view, scopes=visitor.scopes)
        if visitor.preview is not None:
            view = replace(view, preview=Preview(null()))
        prepared = self._operations.prepare(asked, view)
        variables = {**asked.variables, PREVIEW: visitor.preview}
        data = await fetch(self._reader, prepared, variables)
        return self._operations.respond(asked, prepared, data)


def scopes_of(actor: Actor) -> tuple[ContentScope, ...]:
    """Return the parts of the content whose drafts an actor may read."""
    scopes = {
        ContentScope(grant.content_type, grant.category_id)
        for grant in grants_for(actor, Action.ENTRY_READ)
    }
    return tuple(sorted(scopes, key=repr))


async def fetch(reader: Reader, prepared: Prepared, variables: Mapping[str, Any]) -> bytes:
    """Return the data of what is prepared, as JSON.

    Raises:
        RequestFailed: if a value cannot be used.
        DatabaseError: if the database fails, or it takes too long.
    """
    if prepared.statement is None:
        (case,) = prepared.plan.root.cases
        return orjson.dumps({field.key: case.types[0] for field in case.fields})
    try:
        values = prepared.statement.values(variables)
        return await reader.fetch(prepared.statement.sql, values)
    except GraphQLError as error:
        raise RequestFailed(error) from None


def _shapes_of(
    operation: Operation, variables: Mapping[str, Any]
) -> tuple[tuple[str, Hashable], ...]:
    types = operation.variable_types
    return tuple((name, shape_of(value, types[name])) for name, value in variables.items())
