"""The read path: document → variables → plan → statement → bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ParamSpec, TypeAlias, TypeVar

import orjson
from cachetools import LRUCache
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

from cms.authorization.actions import Action, grants_for
from cms.authorization.actor import Actor
from cms.errors import TooManyWaiting
from cms.reading.view import ContentScope, Preview, View
from cms.site import Site
from cms.storage.dialects import Reader, Turns, wait_for
from graphql_api.http.documents import Documents, Operation
from graphql_api.http.errors import RequestFailed, failed, formatted, too_many
from graphql_api.http.limits import (
    Limits,
    check_answers,
    check_cost,
    check_size,
    check_variables,
)
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner.answers import PREVIEW
from graphql_api.planner.arguments import shape_of
from graphql_api.planner.build import INTROSPECTION, build_plan
from graphql_api.planner.compile import compile_plan
from graphql_api.planner.cost import Entries, Measure, measure
from graphql_api.planner.declarations import Answer, Answers
from graphql_api.planner.json_sql import MARK
from graphql_api.planner.null_propagation import complete
from graphql_api.planner.plan import Field, Plan, Typename
from graphql_api.planner.selection import Selections
from graphql_api.planner.statement import Statement

P = ParamSpec("P")
T = TypeVar("T")
CountEntries: TypeAlias = Callable[[], Awaitable[Entries]]

# For so many times as long as a request took to prepare, its client waits with the next new one,
# while others are around.
PLANNING_REST = 4.0
# The memory that the statements of one API may take, and that the texts about its schema may take.
_STATEMENT_BYTES, _TEXT_BYTES = 64 * 1024**2, 16 * 1024**2
# The memory that a piece of a plan takes, and a character of its statement.
_BYTES_OF_PART, _BYTES_OF_CHARACTER = 4_000, 4
# Fields of several types become one part where they are alike.
_FIELDS_OF_PART = 10
# The work of a question about the schema, in units of cost; see graphql_api.planner.cost.
_INTROSPECTION_COST = {"__schema": 400_000, "__type": 20_000}


@dataclass(frozen=True, eq=False)
class Asked:
    """A valid operation, with the values of its variables.

    Attributes:
        operation: the operation.
        variables: the values of its variables.
        shapes: their shapes.
        client: for whom; what clients ask for is run in fair turns.
        wants_cost: whether the response is to have the cost.
    """

    operation: Operation
    variables: Mapping[str, Any]
    shapes: tuple[tuple[str, Hashable], ...]
    client: str = ""
    wants_cost: bool = False


@dataclass(frozen=True, eq=False)
class Prepared:
    """An operation, or one root field of it, that is ready to run for variables of one shape.

    Attributes:
        plan: what it asks for.
        statement: its SQL, or ``None`` if it asks nothing of the database.
        measure: how large it is, and the work that it is for the database.
        keys: the response names of its root fields, in order.
        introspection: its root fields that ask about the schema.
        answers: its root fields that Python has to work out first.
        document_bytes: the memory that its document takes.
    """

    plan: Plan
    statement: Statement | None
    measure: Measure
    keys: tuple[str, ...]
    introspection: tuple[FieldNode, ...]
    answers: tuple[Field, ...]
    document_bytes: int

    @property
    def fields(self) -> tuple[Field | Typename, ...]:
        """The root fields that are planned."""
        return self.plan.root.cases[0].fields

    @property
    def bytes(self) -> int:
        """The memory that it takes, about."""
        sql = self.statement.sql if self.statement is not None else ""
        own = self.measure.parts * _BYTES_OF_PART + len(sql) * _BYTES_OF_CHARACTER
        return own + self.document_bytes

    def cost(self, variables: Mapping[str, Any], entries: Entries) -> int:
        """Return the cost of a request with these variables."""
        introspected = (_INTROSPECTION_COST[node.name.value] for node in self.introspection)
        return self.measure.cost(variables, entries) + sum(introspected)


async def no_entries() -> Entries:
    """Return the counts of a site of which nothing is known."""
    return {}


@dataclass(frozen=True)
class _Texts:
    """The answers to questions about the schema, by response name, and the memory they take."""

    by_key: Mapping[str, bytes]
    bytes: int


class Operations:
    """Reads, checks and prepares the operations on one schema.

    What has not been asked before takes a while, so it is done beside the event loop, one request
    at a time, in fair turns.

    Args:
        schema: the schema.
        dialect: what statements are compiled for.
        limits: how much one request may ask for.
        entries: counts the entries, by which the cost of a request is estimated.
        turns: the turns in which requests are prepared.
        kept_bytes: the memory that the statements which are kept may take.

    Attributes:
        limits: how much one request may ask for.
        entries: counts the entries.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        dialect: Dialect,
        limits: Limits,
        entries: CountEntries = no_entries,
        turns: Turns | None = None,
        kept_bytes: int = _STATEMENT_BYTES,
    ) -> None:
        self.limits = limits
        self._schema = schema
        self._dialect = dialect
        self._documents = Documents(schema, limits)
        self.entries = entries
        self._turns = turns or Turns(1, rest=PLANNING_REST)
        self._thread = ThreadPoolExecutor(1, "copydesk-planner")
        self._kept: LRUCache[Hashable, Prepared] = LRUCache(
            kept_bytes, lambda prepared: prepared.bytes
        )
        self._texts: LRUCache[Hashable, _Texts] = LRUCache(_TEXT_BYTES, lambda texts: texts.bytes)

    async def read(self, request: GraphQLRequest, client: str = "") -> Asked:
        """Return the operation that a request asks for.

        Raises:
            RequestFailed: if it is not valid, or its variables are not.
        """
        self._turns.note(client)
        document = self._documents.known(request.query)
        if document is None:
            examined = await self._beside(client, self._documents.examine, request.query)
            document = self._documents.keep(request.query, examined)
        operation = document.operation(request.operation_name)
        check_variables(request.variables, self.limits)
        variables = operation.coerce(request.variables)
        shapes = _shapes_of(operation, variables)
        return Asked(operation, variables, shapes, client, request.wants_cost)

    async def prepare(self, asked: Asked, view: View, key: str | None = None) -> Prepared:
        """Return the operation ready to run, or only its root field of this response name.

        Raises:
            RequestFailed: if arguments contradict each other, or it asks for too much.
        """
        entries = await self.entries()
        place = (asked.operation.key, asked.shapes, view, key)
        prepared = self._kept.get(place)
        try:
            if prepared is None:
                arguments = asked, view, key, entries
                prepared = await self._beside(asked.client, self._prepared, *arguments)
                _keep(self._kept, place, prepared)
            check_cost(prepared.cost(asked.variables, entries), self.limits)
            check_answers(len(prepared.answers), self.limits)
        except GraphQLError as error:
            raise RequestFailed(error) from None
        return prepared

    async def respond(
        self,
        asked: Asked,
        prepared: Prepared,
        data: bytes,
        errors: Iterable[GraphQLError] = (),
    ) -> bytes:
        """Return the response, with what the database cannot say: nulls gone wrong, the schema."""
        known = list(errors)
        parts: dict[str, bytes] = {}
        if prepared.introspection or known or MARK in data:
            completed, missing = complete(prepared.plan, data)
            if problems := [formatted(each, "MISSING_VALUE") for each in (*known, *missing)]:
                parts["errors"] = orjson.dumps(problems)
            data = await self._completed(asked, prepared, completed)
        parts["data"] = data
        if asked.wants_cost:
            parts["extensions"] = orjson.dumps(await self._told(asked, prepared))
        return _joined(parts)

    async def _completed(
        self, asked: Asked, prepared: Prepared, completed: dict[str, Any] | None
    ) -> bytes:
        """Return the data with what is asked about the schema, as JSON."""
        if completed is None or not prepared.introspection:
            return _json(completed)
        parts = {key: _json(value) for key, value in completed.items()}
        parts |= await self._introspected(asked, prepared)
        return _joined({key: parts[key] for key in prepared.keys})

    async def _told(self, asked: Asked, prepared: Prepared) -> Mapping[str, Any]:
        """Return the extensions of a response that is to have the cost."""
        cost = {
            "cost": prepared.cost(asked.variables, await self.entries()),
            "filters": prepared.measure.filters,
            "parts": prepared.measure.parts,
        }
        limits = {f"{name}Limit": getattr(self.limits, name) for name in cost}
        return {"cost": {**cost, **limits}}

    async def _beside(
        self, client: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what work returns that is done beside the event loop, when it is its turn."""
        try:
            async with self._turns.of(client):
                return await _in_thread(self._thread, work, *args, **kwargs)
        except TooManyWaiting as error:
            raise too_many(error) from None

    def _prepared(self, asked: Asked, view: View, key: str | None, entries: Entries) -> Prepared:
        operation = asked.operation
        selections = Selections(self._schema, operation.fragments, dict(asked.shapes))
        most_fields = _FIELDS_OF_PART * self.limits.parts
        plan = build_plan(selections, operation.root, operation.node, most_fields)
        if key is not None:
            plan = plan.only(key)
        measured = measure(plan)
        check_size(measured.parts, measured.filters, self.limits)
        check_cost(measured.cost(asked.variables, entries), self.limits)
        selected = selections.of(operation.root, (operation.node.selection_set,))
        fields = [each for each in plan.root.cases[0].fields if isinstance(each, Field)]
        return Prepared(
            plan=plan,
            statement=compile_plan(plan, view, self._dialect) if fields else None,
            measure=measured,
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
            document_bytes=operation.bytes,
        )

    async def _introspected(self, asked: Asked, prepared: Prepared) -> Mapping[str, bytes]:
        """Return what the schema says of itself, by response name, as JSON."""
        variables = {name: value for name, value in asked.variables.items() if _is_plain(value)}
        given = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
        place = (asked.operation.key, given)
        known = self._texts.get(place)
        if known is None:
            fields = prepared.introspection
            texts = await self._beside(asked.client, self._introspect, asked, fields)
            size = asked.operation.bytes + len(given) + sum(map(len, texts.values()))
            known = _Texts(texts, size)
            _keep(self._texts, place, known)
        return known.by_key

    def _introspect(self, asked: Asked, fields: tuple[FieldNode, ...]) -> Mapping[str, bytes]:
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
        return {key: orjson.dumps(value) for key, value in (result.data or {}).items()}


async def _in_thread(
    thread: Executor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Return what work returns; if cancelled, only when the thread is free again."""
    running = asyncio.get_running_loop().run_in_executor(thread, partial(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await wait_for(running)
        raise


def _json(value: object) -> bytes:
    # Not orjson, to which what a text of a hundred levels becomes is too deep.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _joined(parts: Mapping[str, bytes]) -> bytes:
    """Return the JSON object with these members, each JSON already."""
    members = (b'"%b":%b' % (key.encode(), value) for key, value in parts.items())
    return b"{" + b",".join(members) + b"}"


def _is_plain(value: object) -> bool:
    """Return whether a variable can be an argument of introspection: a name, or a truth."""
    return value is None or isinstance(value, str | bool)


def _keep(cache: LRUCache[Hashable, T], place: Hashable, value: T) -> None:
    with suppress(ValueError):  # larger than all that may be kept
        cache[place] = value


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks the delivery API.

    Attributes:
        scopes: the parts of the content whose drafts they may ask for.
        preview: the id of the revision that they are shown as if it were public.
        client: who they are, as far as it matters to whose turn it is.
    """

    scopes: tuple[ContentScope, ...] = ()
    preview: str | None = None
    client: str = ""


READER = Visitor()


class Delivery:
    """Answers queries about what is public.

    Args:
        site: the site's declaration.
        schema: its delivery schema.
        reader: where statements are run.
        limits: how much one request may ask for.
        entries: counts the entries, by which the cost of a request is estimated.
        turns: the turns in which requests are prepared.
    """

    def __init__(
        self,
        site: Site,
        schema: GraphQLSchema,
        reader: Reader,
        limits: Limits | None = None,
        entries: CountEntries = no_entries,
        turns: Turns | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._operations = Operations(schema, reader.dialect, self.limits, entries, turns)
        self._view = View(site.locales_for(site.default_locale), scopes=())
        self._reader = reader

    async def answer(self, request: GraphQLRequest, visitor: Visitor = READER) -> bytes:
        """Return the response to a request, as JSON.

        Args:
            request: what is asked.
            visitor: who is asking, as far as it matters to what they see, and when.

        Raises:
            RequestFailed: if there is no answer, with the reasons.
        """
        asked = await self._operations.read(request, visitor.client)
        if not asked.operation.is_query:
            raise failed("This endpoint accepts only queries.", "BAD_REQUEST")
        view = replace(self._view, scopes=visitor.scopes)
        if visitor.preview is not None:
            view = replace(view, preview=Preview(null()))
        prepared = await self._operations.prepare(asked, view)
        variables = {**asked.variables, PREVIEW: visitor.preview}
        data = await fetch(self._reader, prepared, variables, visitor.client)
        return await self._operations.respond(asked, prepared, data)


def scopes_of(actor: Actor) -> tuple[ContentScope, ...]:
    """Return the parts of the content whose drafts an actor may read."""
    scopes = {
        ContentScope(grant.content_type, grant.category_id)
        for grant in grants_for(actor, Action.ENTRY_READ)
    }
    return tuple(sorted(scopes, key=repr))


async def fetch(
    reader: Reader, prepared: Prepared, variables: Mapping[str, Any], client: str
) -> bytes:
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
        return await reader.fetch(prepared.statement.sql, values, client)
    except GraphQLError as error:
        raise RequestFailed(error) from None
    except TooManyWaiting as error:
        raise too_many(error) from None


def _shapes_of(
    operation: Operation, variables: Mapping[str, Any]
) -> tuple[tuple[str, Hashable], ...]:
    types = operation.variable_types
    return tuple((name, shape_of(value, types[name])) for name, value in variables.items())
