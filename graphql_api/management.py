"""The management API: queries of drafts, and mutations, each a command."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from functools import partial

from graphql import GraphQLError, GraphQLSchema, OperationType

from cms.access.rate_limit import network_of
from cms.access.sessions import DEFAULT_LIFETIMES, Lifetimes, renew_actor
from cms.authorization.actions import Action, Allowed, Denied, Roles, Subject, decide
from cms.authorization.actor import ANONYMOUS, Actor
from cms.clock import now
from cms.content.canonical_json import Json
from cms.copydesk import Copydesk
from cms.drafts.loading import authorise_on, look_at
from cms.errors import DatabaseError, OutcomeUnknown, Refused
from cms.reading.scopes import scopes_of
from cms.reading.view import Perspective, View, view_of
from cms.work.work import Desk
from graphql_api.answering import Answering, arguments_in, declaration_of
from graphql_api.http.authentication import unauthenticated_failure
from graphql_api.http.errors import RequestFailed, request_failure
from graphql_api.http.limits import MANAGEMENT_LIMITS, OPEN_LIMITS, Limits
from graphql_api.http.request import GraphQLRequest
from graphql_api.operation import ReadResult, Responder, fetch
from graphql_api.planner.answers import ACTOR, READS_ACCOUNTS, answer_slot
from graphql_api.planner.declarations import Through
from graphql_api.planner.plan import Body, PlannedField, names_below
from graphql_api.planner.selection import Selections
from graphql_api.planning import (
    BoundOperation,
    MeasureSite,
    PlannedOperation,
    Planner,
    PlanningThread,
    ReadyOperation,
    no_size,
)
from graphql_api.schema.build_management import build_management_schema
from graphql_api.schema.management.context import RequestContext
from graphql_api.schema.management.mutations.sessions import OPEN_TO_ALL, OWN_CREDENTIALS
from graphql_api.schema.management.query import RESTRICTED
from graphql_api.schema.management.subscriptions import SubscriptionContext
from graphql_api.timings import Timings

_SIGN_IN = "Sign in, and send the token as `Authorization: Bearer …`."


def make_management(
    copydesk: Copydesk,
    limits: Limits,
    site_size: MeasureSite,
    thread: PlanningThread,
    answering: Answering,
    *,
    has_credentials: bool,
) -> Management:
    """Return the management API of a site, with its schema.

    Args:
        copydesk: the site.
        limits: the limits on one request.
        site_size: measures the site, for the estimate of a request's cost.
        thread: the thread that plans new requests.
        answering: answers fields in Python.
        has_credentials: whether Copydesk's own tokens identify the actors. Otherwise, the
            mutations that issue them would have no effect and are not in the schema.
    """
    settings = copydesk.settings
    without = frozenset[str]() if has_credentials else OWN_CREDENTIALS
    return Management(
        copydesk,
        build_management_schema(copydesk.site, without),
        limits=limits,
        lifetimes=Lifetimes(
            access=timedelta(minutes=settings.session_minutes),
            refresh=timedelta(days=settings.refresh_days),
        ),
        site_size=site_size,
        thread=thread,
        answering=answering,
    )


class Management:
    """Answers requests of editors, reviewers and administrators.

    Args:
        desk: the site with its database.
        schema: its management schema.
        limits: the limits on one request.
        lifetimes: how long a session's tokens are valid.
        site_size: measures the site, for the estimate of a request's cost.
        thread: the thread that plans new requests.
        answering: answers fields in Python.
    """

    def __init__(
        self,
        desk: Desk,
        schema: GraphQLSchema,
        *,
        limits: Limits = MANAGEMENT_LIMITS,
        lifetimes: Lifetimes = DEFAULT_LIFETIMES,
        site_size: MeasureSite = no_size,
        thread: PlanningThread | None = None,
        answering: Answering | None = None,
    ) -> None:
        self.limits = limits
        self._lifetimes = lifetimes
        self._desk = desk
        dialect = desk.database.reader.dialect
        self._planner = Planner(schema, dialect, limits, site_size, thread)
        # Requests without an account have the limits of a reader.
        self._open_planner = Planner(schema, dialect, OPEN_LIMITS, site_size, self._planner.thread)
        self._responder = Responder(schema, limits, self._planner.thread)
        self._answering = answering or Answering(desk)

    async def answer(
        self, request: GraphQLRequest, actor: Actor, address: str, timings: Timings | None = None
    ) -> ReadResult:
        """Return the answer to a request.

        Args:
            request: the request.
            actor: the actor of the request.
            address: the network address of the client.
            timings: records the time of each step.

        Raises:
            RequestFailed: if there is no answer, with the reasons.
        """
        bound = await self._bind(request, actor, address, timings)
        match bound.operation.node.operation:
            case OperationType.QUERY:
                return await self._query(bound, actor)
            case OperationType.MUTATION:
                return await self._mutate(bound, actor, address)
        message = "Subscribe over WebSocket (graphql-transport-ws) or accept text/event-stream."
        raise request_failure(message, "BAD_REQUEST")

    async def stream(
        self, request: GraphQLRequest, actor: Actor, address: str
    ) -> AsyncGenerator[bytes, None]:
        """Yield the responses to a request: one, or for a subscription one for each event.

        Raises:
            RequestFailed: at the first response, if there is no answer; at a later one, if the
                actor's session or token is over.
        """
        # The client's rights can end before the socket.
        current = await self._renew(actor)
        bound = await self._bind(request, current, address)
        if bound.operation.node.operation is not OperationType.SUBSCRIPTION:
            yield (await self.answer(request, current, address)).body
            return
        field = await self._subscription_field(bound, current)
        context = SubscriptionContext(self._desk, current)
        arguments = arguments_in(field, bound)
        async with (
            aclosing(declaration_of(field).run(context, arguments)) as all_events,
            aclosing(_events_until_refusal(all_events)) as events,
        ):
            async for event in events:
                result = await self._desk.tail.retry(
                    partial(self._respond_to_event, bound, current, field.key, event)
                )
                if result is not None:
                    yield result.body

    async def _bind(
        self, request: GraphQLRequest, actor: Actor, address: str, timings: Timings | None = None
    ) -> BoundOperation:
        """Return the operation that a request asks for.

        Raises:
            RequestFailed: if it is not valid, or takes an account and there is none.
        """
        if actor != ANONYMOUS:
            client = actor.account_id or network_of(address)
            return await self._planner.bind(request, client, timings)
        try:
            bound = await self._open_planner.bind(request, network_of(address), timings)
            if not _selected_names(bound) <= OPEN_TO_ALL:
                raise unauthenticated_failure(_SIGN_IN)
            planned = (await self._plan(bound, actor)).planned
        except RequestFailed:
            # Other errors are only for those who may know the schema.
            raise unauthenticated_failure(_SIGN_IN) from None
        names = _planned_names(planned)
        if planned.introspection or not names or not names <= OPEN_TO_ALL:
            raise unauthenticated_failure(_SIGN_IN)
        return bound

    async def _plan(
        self, bound: BoundOperation, actor: Actor, key: str | None = None
    ) -> ReadyOperation:
        """Return an operation with its plan for an actor, or that of one root field."""
        return await self._planner.plan(bound, self._view_of(actor), key)

    def _view_of(self, actor: Actor) -> View:
        """Return the view of an actor, who sees the drafts that its roles reach."""
        site = self._desk.site
        scopes = scopes_of(actor, site.roles)
        return replace(view_of(site), perspective=Perspective.DRAFT, scopes=scopes)

    async def _query(self, bound: BoundOperation, actor: Actor) -> ReadResult:
        ready = await self._plan(bound, actor)
        _check_restricted(ready.planned, actor, self._desk.site.roles)
        answered = await self._answering.answer(ready, self._view_of(actor), actor)
        values = {**self._actor_variables(actor), **answered.values}
        data = await fetch(self._desk.database.reader, ready, values)
        return await self._responder.respond(ready, data, answered.errors)

    async def _mutate(self, bound: BoundOperation, actor: Actor, address: str) -> ReadResult:
        """Run the root fields one after the other, each completely before the next."""
        whole = await self._plan(bound, actor)
        fields = whole.planned.fields
        plans = {each.key: await self._plan_part(whole, actor, each.key) for each in fields}
        # A request that cannot be answered is refused before any change.
        for key, ready in plans.items():
            self._check_answerable(ready, actor, key)
        parts: list[bytes] = []
        done: list[str] = []
        try:
            for field in fields:
                answer = None
                if isinstance(field, PlannedField):
                    selected = {*names_below(field)}
                    context = RequestContext(self._desk, actor, address, self._lifetimes, selected)
                    with bound.timings.step("command"):
                        run = declaration_of(field).run
                        answer = await run(context, arguments_in(field, bound))
                    done.append(field.name)
                key = field.key
                data = await self._fetch_field(plans[key], actor, key, answer)
                parts.append(data.strip()[1:-1])
        except DatabaseError as error:
            if not done:
                raise
            raise OutcomeUnknown(f"{', '.join(done)} had been committed when {error}") from error
        return await self._responder.respond(whole, b"{" + b",".join(parts) + b"}")

    async def _plan_part(self, whole: ReadyOperation, actor: Actor, key: str) -> ReadyOperation:
        """Return the plan of one root field; that of the operation if it has no other."""
        is_alone = len(whole.planned.fields) == 1
        return whole if is_alone else await self._plan(whole.bound, actor, key)

    def _check_answerable(self, ready: ReadyOperation, actor: Actor, key: str) -> None:
        statement, variables = ready.planned.statement, ready.bound.variables
        if statement is not None:
            try:
                statement.values(
                    {**variables, **self._actor_variables(actor), answer_slot(key): None}
                )
            except GraphQLError as error:
                raise RequestFailed(error) from None

    async def _fetch_field(
        self, ready: ReadyOperation, actor: Actor, key: str, answer: object
    ) -> bytes:
        """Return the data of one root field, if Python has an answer for it."""
        values = {**self._actor_variables(actor), answer_slot(key): answer}
        return await fetch(self._desk.database.reader, ready, values)

    async def _subscription_field(self, bound: BoundOperation, actor: Actor) -> PlannedField:
        """Return the one root field of a subscription."""
        match (await self._plan(bound, actor)).planned.fields:
            case (PlannedField() as field,):
                return field
        raise request_failure("Subscribe to one field of the schema.", "BAD_REQUEST")

    async def _respond_to_event(
        self, bound: BoundOperation, actor: Actor, key: str, event: Mapping[str, Json]
    ) -> ReadResult | None:
        """Return the result for an event, or ``None`` if the actor may not see its entry."""
        current = await self._renew(actor)
        async with self._desk.reading(current) as reading:
            try:
                held = await look_at(reading, str(event["entry"]), _text(event.get("locale")))
                await authorise_on(reading, Action.ENTRY_READ, held)
            except Refused:
                return None
        answer = {**event, "revision": held.head.id}
        ready = await self._plan(bound, current, key)
        data = await self._fetch_field(ready, current, key, answer)
        return await self._responder.respond(ready, data)

    def _actor_variables(self, actor: Actor) -> dict[str, object]:
        """Return the variables of a statement that name the actor and its rights."""
        decision = decide(actor, Action.ACCOUNT_READ, Subject(), self._desk.site.roles)
        return {ACTOR: actor.account_id, READS_ACCOUNTS: int(isinstance(decision, Allowed))}

    async def _renew(self, actor: Actor) -> Actor:
        """Return the actor with its present rights.

        Raises:
            RequestFailed: if its session or token is over.
        """
        async with self._desk.database.reading() as session:
            try:
                return await renew_actor(session, actor, now())
            except Refused as refusal:
                raise unauthenticated_failure(refusal.errors[0].message) from None


async def _events_until_refusal(
    events: AsyncIterator[Mapping[str, Json]],
) -> AsyncGenerator[Mapping[str, Json], None]:
    """Yield events; a refusal ends them with its failure."""
    try:
        async for event in events:
            yield event
    except Refused as refusal:
        (first, *_) = refusal.errors
        raise request_failure(first.message, first.code) from None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _check_restricted(planned: PlannedOperation, actor: Actor, roles: Roles) -> None:
    """Refuse an operation with a root field that the actor may not select."""
    for name in sorted(_planned_names(planned) & RESTRICTED.keys()):
        decision = decide(actor, RESTRICTED[name], Subject(), roles)
        if isinstance(decision, Denied):
            raise request_failure(decision.reason, "NOT_ALLOWED")


def _selected_names(bound: BoundOperation) -> set[str]:
    """Return the names of the root fields that an operation selects."""
    operation = bound.operation
    selections = Selections(operation.schema, operation.fragments, dict(bound.shapes))
    selected = selections.of(operation.root, (operation.node.selection_set,))
    return {nodes[0].name.value for nodes in selected.values()} - {"__typename"}


def _planned_names(planned: PlannedOperation) -> set[str]:
    """Return the names of the selected root fields, including those through other views."""
    return {each.name for each in _root_fields(planned.plan.root)}


def _root_fields(root: Body) -> Iterator[PlannedField]:
    for field in root.cases[0].fields:
        if isinstance(field, PlannedField):
            yield field
            if isinstance(field.declaration, Through) and field.body is not None:
                yield from _root_fields(field.body)
