"""The way to a plan: document → variables → plan → statement. All but variables is cached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import ParamSpec, TypeAlias, TypeVar

from cachetools import LRUCache
from graphql import FieldNode, GraphQLError, GraphQLSchema
from sqlalchemy import Dialect

from cms.errors import TooManyWaiting
from cms.reading.site_size import SiteSize
from cms.reading.view import View
from cms.storage.dialects import RestingTurns, run_to_end
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
from graphql_api.planner.arguments import Variables, constant_of
from graphql_api.planner.build import INTROSPECTION, build_plan
from graphql_api.planner.compile import compile_plan
from graphql_api.planner.cost import Measure, measure
from graphql_api.planner.plan import Asked, Plan, PlannedField, Typename
from graphql_api.planner.selection import Selections
from graphql_api.planner.statement import Statement
from graphql_api.timings import Timings

P = ParamSpec("P")
T = TypeVar("T")
MeasureSite: TypeAlias = Callable[[], Awaitable[SiteSize]]

# While other clients are active, a client waits this many times the planning time of its last
# new request before its next one is planned.
_REST = 4.0
# The memory limit for the statements of one API.
_STATEMENT_BYTES = 64 * 1024**2
# The memory of a piece of a plan, and of a character of its statement.
_BYTES_OF_PART, _BYTES_OF_CHARACTER = 4_000, 4
# Equal fields of several types become one part.
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
        client: the client, for fair turns.
        wants_cost: whether the response should have the cost.
        timings: the time of each step of the request.
    """

    operation: Operation
    variables: Variables
    shapes: tuple[tuple[str, Hashable], ...]
    client: str = ""
    wants_cost: bool = False
    timings: Timings = field(default_factory=Timings)


class _FixedCost:
    """The cost of a plan as long as the site has one size, if no variable determines it."""

    def __init__(self) -> None:
        self.size: SiteSize | None = None
        self.cost: int | None = None

    def look(self, cost: Callable[[Variables, SiteSize], int], size: SiteSize) -> None:
        """Compute the cost for another size."""
        self.size = size
        _, self.cost = constant_of(lambda variables: cost(variables, size))


@dataclass(frozen=True, eq=False)
class PlannedOperation:
    """The plan of an operation, or of one root field of it, for variables of one shape.

    Attributes:
        plan: the plan.
        statement: the SQL, or ``None`` if it needs no database.
        measure: the size of the statement, and its work for the database.
        keys: the response names of the root fields, in order.
        introspection: the root fields about the schema.
        answers: the fields that Python answers first.
        document_bytes: the memory of the document.
    """

    plan: Plan
    statement: Statement | None
    measure: Measure
    keys: tuple[str, ...]
    introspection: tuple[FieldNode, ...]
    answers: tuple[Asked, ...]
    document_bytes: int
    _fixed_cost: _FixedCost = field(default_factory=_FixedCost, init=False)

    @property
    def fields(self) -> tuple[PlannedField | Typename, ...]:
        """Planned root fields."""
        return self.plan.root.cases[0].fields

    @cached_property
    def position_key(self) -> str | None:
        """Response name of the position of the snapshot, if it is selected."""
        if self.plan.through is not None:  # then it is the position of the view
            return None
        fields = (each for each in self.fields if isinstance(each, PlannedField))
        return next((each.key for each in fields if each.name == "position"), None)

    @property
    def bytes(self) -> int:
        """Approximate memory of the plan, in bytes."""
        sql = self.statement.sql if self.statement is not None else ""
        own = self.measure.parts * _BYTES_OF_PART + len(sql) * _BYTES_OF_CHARACTER
        return own + self.document_bytes

    def cost(self, variables: Variables, size: SiteSize) -> int:
        """Return the cost of a request with these variables."""
        if self._fixed_cost.size is not size:
            self._fixed_cost.look(self._cost, size)
        fixed = self._fixed_cost.cost
        return self._cost(variables, size) if fixed is None else fixed

    def _cost(self, variables: Variables, size: SiteSize) -> int:
        introspected = (_INTROSPECTION_COST[node.name.value] for node in self.introspection)
        return self.measure.cost(variables, size) + sum(introspected)


@dataclass(frozen=True, eq=False)
class ReadyOperation:
    """A request with its plan.

    Attributes:
        bound: the operation, with the values of its variables.
        planned: the plan of the operation, or of one root field.
        cost: the cost with these variables.
    """

    bound: BoundOperation
    planned: PlannedOperation
    cost: int


async def no_size() -> SiteSize:
    """Return the size of a site that is not known."""
    return SiteSize()


class PlanningThread:
    """A thread for work that is too slow for the event loop, one piece at a time.

    Clients take fair turns, so that the work of one does not delay the others for long.
    """

    def __init__(self) -> None:
        self._turns = RestingTurns(1, _REST)
        self._executor = ThreadPoolExecutor(1, "copydesk-planner")

    def note(self, client: str) -> None:
        """Record that a client is active, though its request needs no thread."""
        self._turns.note(client)

    async def run(self, client: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result of a function, run in the thread.

        If cancelled, wait until the thread is free again.

        Raises:
            RequestFailed: if the client has too much work waiting.
        """
        try:
            async with self._turns.of(client):
                return await run_to_end(self._executor, partial(work, *args, **kwargs))
        except TooManyWaiting as error:
            raise too_many_waiting(error) from None


class Planner:
    """Reads, checks and plans the operations on one schema.

    Args:
        schema: the schema.
        dialect: the dialect of the statements.
        limits: the limits on one request.
        site_size: measures the site, for the estimate of a request's cost.
        thread: the thread that checks new documents and makes new plans.
        kept_bytes: the memory limit of the cache of plans.

    Attributes:
        limits: the limits on one request.
        thread: the thread that checks new documents and makes new plans.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        dialect: Dialect,
        limits: Limits,
        site_size: MeasureSite = no_size,
        thread: PlanningThread | None = None,
        kept_bytes: int = _STATEMENT_BYTES,
    ) -> None:
        self.limits = limits
        self.thread = thread or PlanningThread()
        self._schema = schema
        self._dialect = dialect
        self._documents = Documents(schema, limits)
        self._site_size = site_size
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
            variables, shapes = operation.coerce(request.variables)
        return BoundOperation(operation, variables, shapes, client, request.wants_cost, timings)

    async def plan(
        self, bound: BoundOperation, view: View, key: str | None = None
    ) -> ReadyOperation:
        """Return an operation with its plan, or that of its root field of this response name.

        Raises:
            RequestFailed: if arguments contradict each other, or a limit is exceeded.
        """
        with bound.timings.step("plan"):
            site_size = await self._site_size()
            place = (bound.operation.key, bound.shapes, view, key)
            planned = self._kept.get(place)
            try:
                if planned is None:
                    arguments = bound, view, key, site_size
                    planned = await self.thread.run(bound.client, self._make_plan, *arguments)
                    with suppress(ValueError):  # larger than the whole cache
                        self._kept[place] = planned
                cost = planned.cost(bound.variables, site_size)
                check_cost(cost, self.limits)
                check_answers(len(planned.answers), self.limits)
            except GraphQLError as error:
                raise RequestFailed(error) from None
        return ReadyOperation(bound, planned, cost)

    def _make_plan(
        self, bound: BoundOperation, view: View, key: str | None, site_size: SiteSize
    ) -> PlannedOperation:
        operation = bound.operation
        selections = Selections(self._schema, operation.fragments, dict(bound.shapes))
        most_fields = _FIELDS_OF_PART * self.limits.parts
        plan = build_plan(selections, operation.root, operation.node, most_fields)
        if key is not None:
            plan = plan.only(key)
        size = measure(plan, view)
        check_size(size.parts, size.filters, self.limits)
        check_cost(size.cost(bound.variables, site_size), self.limits)
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
            answers=plan.asked(),
            document_bytes=operation.bytes,
        )
