"""The management API: queries of drafts, and mutations, each a command."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationType

from cms.access.rate_limit import network_of
from cms.access.sessions import DEFAULT_LIFETIMES, Lifetimes, renewed
from cms.authorization.actions import Action, Denied, Subject, decide
from cms.authorization.actor import ANONYMOUS, Actor
from cms.clock import now
from cms.content.canonical_json import Json
from cms.drafts.loading import authorise_on, look_at
from cms.errors import DatabaseError, OutcomeUnknown, Refused
from cms.ledger.tail import Tail
from cms.reading.view import Perspective, View
from cms.site import Site
from cms.storage.database import Database
from cms.storage.dialects import Turns
from cms.work.work import Work, begin_reading
from graphql_api.http.authentication import unauthenticated
from graphql_api.http.errors import RequestFailed, failed
from graphql_api.http.limits import Limits
from graphql_api.http.request import GraphQLRequest
from graphql_api.operation import (
    Asked,
    CountEntries,
    Operations,
    Prepared,
    fetch,
    no_entries,
    scopes_of,
)
from graphql_api.planner.answers import answer_slot
from graphql_api.planner.arguments import plain_values
from graphql_api.planner.declarations import Answer, Answers, Through
from graphql_api.planner.plan import Body, Field
from graphql_api.planner.selection import Selections
from graphql_api.schema.management.context import Asking
from graphql_api.schema.management.mutations.sessions import OPEN_TO_ALL
from graphql_api.schema.management.query import RESTRICTED
from graphql_api.schema.management.subscriptions import Following

# What editors may ask for at once.
MANAGEMENT_LIMITS = Limits(
    body_bytes=1024 * 1024,
    tokens=2_000,
    depth=15,
    aliases=30,
    root_fields=20,
    list_items=1_000,
    variable_items=20_000,
    fields=2_000,
    repetitions=10_000,
    filters=200,
    parts=1_200,
    cost=3_000_000,
)

# What can be asked for by those who have not signed in.
OPEN_LIMITS = Limits()

_SIGN_IN = "Sign in, and send the token as `Authorization: Bearer …`."


class Management:
    """Answers editors, reviewers and administrators.

    Args:
        site: the site's declaration.
        schema: its management schema.
        database: where the content is.
        limits: how much one request may ask for.
        lifetimes: for how long a session's tokens are good.
        entries: counts the entries, by which the cost of a request is estimated.
        turns: the turns in which requests are prepared.
    """

    def __init__(
        self,
        site: Site,
        schema: GraphQLSchema,
        database: Database,
        *,
        limits: Limits = MANAGEMENT_LIMITS,
        lifetimes: Lifetimes = DEFAULT_LIFETIMES,
        entries: CountEntries = no_entries,
        turns: Turns | None = None,
    ) -> None:
        self.limits = limits
        self._lifetimes = lifetimes
        self._site = site
        self._database = database
        self._tail = Tail(database)
        dialect = database.reader.dialect
        self._operations = Operations(schema, dialect, limits, entries, turns)
        # Whoever has not signed in yet gets to ask no more than any reader.
        self._open_operations = Operations(schema, dialect, OPEN_LIMITS, entries, turns)

    async def answer(self, request: GraphQLRequest, actor: Actor, address: str) -> bytes:
        """Return the response to a request, as JSON.

        Raises:
            RequestFailed: if there is no answer, with the reasons.
        """
        asked = await self.read(request, actor, address)
        match asked.operation.node.operation:
            case OperationType.QUERY:
                return await self._query(asked, actor)
            case OperationType.MUTATION:
                asking = Asking(self._database, self._site, actor, address, self._lifetimes)
                return await self._mutate(asked, asking)
        message = "Subscribe over WebSocket (graphql-transport-ws) or accept text/event-stream."
        raise failed(message, "BAD_REQUEST")

    async def read(self, request: GraphQLRequest, actor: Actor, address: str) -> Asked:
        """Return the operation that a request asks for.

        Raises:
            RequestFailed: if it is not valid, or takes an account and there is none.
        """
        if actor != ANONYMOUS:
            return await self._operations.read(request, actor.account_id or network_of(address))
        try:
            asked = await self._open_operations.read(request, network_of(address))
            if not _root_names(asked) <= OPEN_TO_ALL:
                raise unauthenticated(_SIGN_IN)
            prepared = await self.prepare(asked, actor)
        except RequestFailed:
            # What is wrong with it is for those who may know the schema.
            raise unauthenticated(_SIGN_IN) from None
        names = _names(prepared)
        if prepared.introspection or not names or not names <= OPEN_TO_ALL:
            raise unauthenticated(_SIGN_IN)
        return asked

    async def prepare(self, asked: Asked, actor: Actor, key: str | None = None) -> Prepared:
        """Return an operation, or one root field of it, ready to run for an actor."""
        return await self._operations.prepare(asked, self.view_of(actor), key)

    async def stream(
        self, request: GraphQLRequest, actor: Actor, address: str
    ) -> AsyncGenerator[bytes, None]:
        """Yield the responses to a request: of a subscription whenever something happens.

        Raises:
            RequestFailed: at the first response, if there is no answer; at a later one, if the
                actor's session or token is over.
        """
        # A socket lives longer than what its client may do.
        current = await self._renewed(actor)
        asked = await self.read(request, current, address)
        if asked.operation.node.operation is not OperationType.SUBSCRIPTION:
            yield await self.answer(request, current, address)
            return
        field = await self._subscribed(asked, current)
        following = Following(self._database, self._site, self._tail, current)
        arguments = _arguments(field, asked)
        async with (
            aclosing(_declared(field).run(following, arguments)) as events,
            aclosing(_checked(events)) as checked,
        ):
            async for event in checked:
                response = await self._tail.persistently(
                    partial(self._told, asked, current, field.key, event)
                )
                if response is not None:
                    yield response

    def end_subscriptions(self) -> None:
        """End all subscriptions, as if nothing will happen any more."""
        self._tail.end()

    async def _subscribed(self, asked: Asked, actor: Actor) -> Field:
        """Return the one field that a subscription asks for."""
        match (await self.prepare(asked, actor)).fields:
            case (Field() as field,):
                return field
        raise failed("Subscribe to one field of the schema.", "BAD_REQUEST")

    async def _renewed(self, actor: Actor) -> Actor:
        """Return an actor with what it may do by now.

        Raises:
            RequestFailed: if its session or token is over.
        """
        async with self._database.reading() as session:
            try:
                return await renewed(session, actor, now())
            except Refused as refusal:
                raise unauthenticated(refusal.errors[0].message) from None

    async def _told(
        self, asked: Asked, actor: Actor, key: str, event: Mapping[str, Json]
    ) -> bytes | None:
        """Return the response to an event, or nothing if it is about what one may not see."""
        current = await self._renewed(actor)
        async with begin_reading(self._database, self._site, current) as work:
            try:
                held = await look_at(work, str(event["entry"]), _text(event.get("locale")))
                await authorise_on(work, Action.ENTRY_READ, held)
            except Refused:
                return None
        answer = {**event, "revision": held.head.id}
        data, prepared = await self.respond_to(asked, current, key, answer)
        return await self._operations.respond(asked, prepared, data)

    async def respond_to(
        self, asked: Asked, actor: Actor, key: str, answer: object
    ) -> tuple[bytes, Prepared]:
        """Return the data of one root field, given what Python has worked out for it."""
        prepared = await self.prepare(asked, actor, key)
        variables = {**asked.variables, answer_slot(key): answer}
        data = await fetch(self._database.reader, prepared, variables, asked.client)
        return data, prepared

    def view_of(self, actor: Actor) -> View:
        """Return what an actor sees: the drafts that its roles reach."""
        locales = self._site.locales_for(self._site.default_locale)
        return View(locales, Perspective.DRAFT, scopes_of(actor))

    async def _query(self, asked: Asked, actor: Actor) -> bytes:
        prepared = await self.prepare(asked, actor)
        _check_restricted(prepared, actor)
        variables = dict(asked.variables)
        errors: list[GraphQLError] = []
        if prepared.answers:
            async with begin_reading(self._database, self._site, actor) as work:
                for field in prepared.answers:
                    variables[answer_slot(field.key)] = await _ask(work, field, asked, errors)
        data = await fetch(self._database.reader, prepared, variables, asked.client)
        return await self._operations.respond(asked, prepared, data, errors)

    async def _check_answerable(self, asked: Asked, actor: Actor, key: str) -> None:
        prepared = await self.prepare(asked, actor, key)
        if prepared.statement is not None:
            try:
                prepared.statement.values({**asked.variables, answer_slot(key): None})
            except GraphQLError as error:
                raise RequestFailed(error) from None

    async def _mutate(self, asked: Asked, asking: Asking) -> bytes:
        """Run the root fields one after the other, each wholly before the next begins."""
        whole = await self.prepare(asked, asking.actor)
        # Whatever cannot be answered is refused before anything is done.
        for each in whole.fields:
            await self._check_answerable(asked, asking.actor, each.key)
        parts: list[bytes] = []
        done: list[str] = []
        try:
            for field in whole.fields:
                answer = None
                if isinstance(field, Field):
                    answer = await _declared(field).run(asking, _arguments(field, asked))
                    done.append(field.name)
                data, _ = await self.respond_to(asked, asking.actor, field.key, answer)
                parts.append(data.strip()[1:-1])
                self._tail.wake()
        except DatabaseError as error:
            if not done:
                raise
            raise OutcomeUnknown(f"{', '.join(done)} had been committed when {error}") from error
        return await self._operations.respond(asked, whole, b"{" + b",".join(parts) + b"}")


async def _checked(
    events: AsyncIterator[Mapping[str, Json]],
) -> AsyncGenerator[Mapping[str, Json], None]:
    """Yield the events; a refusal on the way is the end of them."""
    try:
        async for event in events:
            yield event
    except Refused as refusal:
        (first, *_) = refusal.errors
        raise failed(first.message, first.code) from None


def _arguments(field: Field, asked: Asked) -> dict[str, Any]:
    """Return the arguments of a field that Python answers."""
    given = plain_values(field.arguments, asked.variables)
    return {name: _without_nul(value) for name, value in given.items()}


def _without_nul(value: Any) -> Any:
    """Return a value that can be asked for in PostgreSQL, which does not take NUL.

    Another control character stands for it, which no id and no stored text has either.
    """
    match value:
        case str():
            return value.replace("\0", "\1")
        case list():
            return [_without_nul(item) for item in value]
        case dict():
            return {_without_nul(key): _without_nul(item) for key, item in value.items()}
        case _:
            return value


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


async def _ask(work: Work, field: Field, asked: Asked, errors: list[GraphQLError]) -> object:
    """Return what Python has to say, or nothing and an error."""
    try:
        return await _declared(field).run(work, _arguments(field, asked))
    except Refused as refusal:
        errors += (
            GraphQLError(
                each.message, nodes=field.node, path=[field.key], extensions={"code": each.code}
            )
            for each in refusal.errors
        )
        return [] if isinstance(field.declaration, Answers) else None


def _check_restricted(prepared: Prepared, actor: Actor) -> None:
    """Go on only if the actor may ask for every root field."""
    for name in sorted(_names(prepared) & RESTRICTED.keys()):
        decision = decide(actor, RESTRICTED[name], Subject())
        if isinstance(decision, Denied):
            raise failed(decision.reason, "NOT_ALLOWED")


def _root_names(asked: Asked) -> set[str]:
    """Return the fields that an operation selects of its root."""
    operation = asked.operation
    selections = Selections(operation.schema, operation.fragments, dict(asked.shapes))
    selected = selections.of(operation.root, (operation.node.selection_set,))
    return {nodes[0].name.value for nodes in selected.values()} - {"__typename"}


def _names(prepared: Prepared) -> set[str]:
    """Return which fields of the root are asked for, through other views as well."""
    return {each.name for each in _root_fields(prepared.plan.root)}


def _root_fields(root: Body) -> Iterator[Field]:
    for field in root.cases[0].fields:
        if isinstance(field, Field):
            yield field
            if isinstance(field.declaration, Through) and field.body is not None:
                yield from _root_fields(field.body)


def _declared(field: Field) -> Answer | Answers:
    if not isinstance(field.declaration, Answer | Answers):
        raise TypeError(f"{field.name} is computed in Python")
    return field.declaration
