"""The way to a plan: document → variables → plan → statement. All but variables is cached."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeAlias, TypeVar

from cachetools import LRUCache
from graphql import FieldNode, GraphQLError, GraphQLSchema
from sqlalchemy import Dialect

from cms.errors import TooManyWaiting
from cms.reading.view import View
from cms.storage.dialects import RestingTurns, wait_for
from graphql_api.http.documents import Documents, Operation
from graphql_api.http.errors import RequestFailed, too_many_waiting
from graphql_api.http.limits import (
    Limits,
    check_answers,
    check_cost,
    check_size,
    check_variables,
)
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner.arguments import Variables, shape_of
from graphql_api.planner.build import INTROSPECTION, build_plan
from graphql_api.planner.compile import compile_plan
from graphql_api.planner.cost import Entries, Measure, measure
from graphql_api.planner.declarations import Answer, Answers
from graphql_api.planner.plan import Plan, PlannedField, Typename
from graphql_api.planner.selection import Selections
from graphql_api.planner.statement import Statement
from graphql_api.timings import Timings

P = ParamSpec("P")
T = TypeVar("T")
CountEntries: TypeAlias = Callable[[], Awaitable[Entries]]

# For so many times as long as a request took to plan, its client waits with the next new one,
# while others are around.
_REST = 4.0
# The memory that the statements of one API may take.
_STATEMENT_BYTES = 64 * 1024**2
# The memory that a piece of a plan takes, and a character of its statement.
_BYTES_OF_PART, _BYTES_OF_CHARACTER = 4_000, 4
# Fields of several types become one part where they are alike.
_FIELDS_OF_PART = 10
# The work of a question about the schema, in units of cost; see graphql_api.planner.cost.
_INTROSPECTION_COST = {"__schema": 400_000, "__type": 20_000}


@dataclass(frozen=True, eq=False)
class BoundOperation:
    """A valid operation with the values of its variables: one request.

    Attributes:
        operation: the operation.
        variables: the values of its variables.
        shapes: their shapes.
        client: for whom; what clients ask for is run in fair turns.
        wants_cost: whether the response is to have the cost.
        timings: the time that each step of the request has taken.
    """

    operation: Operation
    variables: Variables
    shapes: tuple[tuple[str, Hashable], ...]
    client: str = ""
    wants_cost: bool = False
    timings: Timings = field(default_factory=Timings)


@dataclass(frozen=True, eq=False)
class PlannedOperation:
    """The plan of an operation, or of one root field of it, for variables of one shape.

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
    answers: tuple[PlannedField, ...]
    document_bytes: int

    @property
    def fields(self) -> tuple[PlannedField | Typename, ...]:
        """The root fields that are planned."""
        return self.plan.root.cases[0].fields

    @property
    def bytes(self) -> int:
        """The memory that it takes, about."""
        sql = self.statement.sql if self.statement is not None else ""
        own = self.measure.parts * _BYTES_OF_PART + len(sql) * _BYTES_OF_CHARACTER
        return own + self.document_bytes

    def cost(self, variables: Variables, entries: Entries) -> int:
        """Return the cost of a request with these variables."""
        introspected = (_INTROSPECTION_COST[node.name.value] for node in self.introspection)
        return self.measure.cost(variables, entries) + sum(introspected)


@dataclass(frozen=True, eq=False)
class ReadyOperation:
    """A request with its plan.

    Attributes:
        bound: the operation, with the values of its variables.
        planned: its plan, or that of one root field.
        cost: the cost with these variables.
    """

    bound: BoundOperation
    planned: PlannedOperation
    cost: int


async def no_entries() -> Entries:
    """Return the counts of a site of which nothing is known."""
    return {}


class PlanningThread:
    """A thread for what is too slow for the event loop: one piece of work at a time.

    Clients take fair turns, and the work of one does not hold up the others for long.
    """

    def __init__(self) -> None:
        self._turns = RestingTurns(1, _REST)
        self._executor = ThreadPoolExecutor(1, "copydesk-planner")

    def note(self, client: str) -> None:
        """Note that a client is around, though its request needs no thread."""
        self._turns.note(client)

    async def run(self, client: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result of a function that is run in the thread.

        If cancelled, wait until the thread is free again.

        Raises:
            RequestFailed: if too much of the client waits already.
        """
        loop = asyncio.get_running_loop()
        try:
            async with self._turns.of(client):
                running = loop.run_in_executor(self._executor, partial(work, *args, **kwargs))
                try:
                    return await asyncio.shield(running)
                except asyncio.CancelledError:
                    await wait_for(running)
                    raise
        except TooManyWaiting as error:
            raise too_many_waiting(error) from None


class Planner:
    """Reads, checks and plans the operations on one schema.

    Args:
        schema: the schema.
        dialect: what statements are compiled for.
        limits: how much one request may ask for.
        entries: counts the entries, by which the cost of a request is estimated.
        thread: where new documents and plans are made.
        kept_bytes: the memory that the plans which are kept may take.

    Attributes:
        limits: how much one request may ask for.
        thread: where new documents and plans are made.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        dialect: Dialect,
        limits: Limits,
        entries: CountEntries = no_entries,
        thread: PlanningThread | None = None,
        kept_bytes: int = _STATEMENT_BYTES,
    ) -> None:
        self.limits = limits
        self.thread = thread or PlanningThread()
        self._schema = schema
        self._dialect = dialect
        self._documents = Documents(schema, limits)
        self._entries = entries
        self._kept: LRUCache[Hashable, PlannedOperation] = LRUCache(
            kept_bytes, lambda planned: planned.bytes
        )

    async def bind(
        self, request: GraphQLRequest, client: str = "", timings: Timings | None = None
    ) -> BoundOperation:
        """Return the operation that a request asks for, with the values of its variables.

        Raises:
            RequestFailed: if it is not valid, or its variables are not.
        """
        timings = Timings() if timings is None else timings
        with timings.step("document"):
            self.thread.note(client)
            document = self._documents.find(request.query)
            if document is None:
                examined = await self.thread.run(client, self._documents.examine, request.query)
                document = self._documents.keep(request.query, examined)
            operation = document.operation(request.operation_name)
            check_variables(request.variables, self.limits)
            variables = operation.coerce(request.variables)
            shapes = _shapes_of(operation, variables)
        return BoundOperation(operation, variables, shapes, client, request.wants_cost, timings)

    async def plan(
        self, bound: BoundOperation, view: View, key: str | None = None
    ) -> ReadyOperation:
        """Return an operation with its plan, or that of its root field of this response name.

        Raises:
            RequestFailed: if arguments contradict each other, or it asks for too much.
        """
        with bound.timings.step("plan"):
            entries = await self._entries()
            place = (bound.operation.key, bound.shapes, view, key)
            planned = self._kept.get(place)
            try:
                if planned is None:
                    arguments = bound, view, key, entries
                    planned = await self.thread.run(bound.client, self._make_plan, *arguments)
                    with suppress(ValueError):  # larger than all that may be kept
                        self._kept[place] = planned
                cost = planned.cost(bound.variables, entries)
                check_cost(cost, self.limits)
                check_answers(len(planned.answers), self.limits)
            except GraphQLError as error:
                raise RequestFailed(error) from None
        return ReadyOperation(bound, planned, cost)

    def _make_plan(
        self, bound: BoundOperation, view: View, key: str | None, entries: Entries
    ) -> PlannedOperation:
        operation = bound.operation
        selections = Selections(self._schema, operation.fragments, dict(bound.shapes))
        most_fields = _FIELDS_OF_PART * self.limits.parts
        plan = build_plan(selections, operation.root, operation.node, most_fields)
        if key is not None:
            plan = plan.only(key)
        size = measure(plan)
        check_size(size.parts, size.filters, self.limits)
        check_cost(size.cost(bound.variables, entries), self.limits)
        selected = selections.of(operation.root, (operation.node.selection_set,))
        fields = [each for each in plan.root.cases[0].fields if isinstance(each, PlannedField)]
        return PlannedOperation(
            plan=plan,
            statement=compile_plan(plan, view, self._dialect) if fields else None,
            measure=size,
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


def _shapes_of(operation: Operation, variables: Variables) -> tuple[tuple[str, Hashable], ...]:
    types = operation.variable_types
    return tuple((name, shape_of(value, types[name])) for name, value in variables.items())
