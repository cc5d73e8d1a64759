"""The timed steps of an HTTP request: authenticate → receive → read → respond."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from cms.access.rate_limit import network_of
from cms.authorization.actor import ANONYMOUS, Actor
from cms.reading.scopes import scopes_of
from cms.storage.database import Database
from graphql_api import pages
from graphql_api.delivery import Delivery, Visitor
from graphql_api.http.authentication import Identify, actor_of, preview_of, unauthenticated_failure
from graphql_api.http.errors import RequestFailed, failure_of, request_failure
from graphql_api.http.limits import OPEN_LIMITS
from graphql_api.http.live import LiveLimits
from graphql_api.http.quota import Quota, Quotas
from graphql_api.http.request import GraphQLRequest, HttpRequest, read_request
from graphql_api.http.response import (
    GRAPHQL_RESPONSE,
    JSON,
    NOT_ALLOWED,
    TIMED_OUT,
    UNAUTHENTICATED,
    failure_response,
    media_type_for,
    private_response,
    success_response,
)
from graphql_api.http.security_headers import NEVER_KEPT, SecurityHeaders
from graphql_api.http.shutdown import Shutdown
from graphql_api.http.sse import begin_stream, prefers_event_stream, sse_response
from graphql_api.http.websocket import serve_websocket
from graphql_api.on_demand import OnDemand
from graphql_api.timings import Timings

if TYPE_CHECKING:  # it is loaded on demand
    from graphql_api.management import Management

# The seconds in which a request has to arrive.
_BODY_SECONDS = 60.0


@dataclass(frozen=True)
class DeliveryEndpoint:
    """The delivery API over HTTP.

    Attributes:
        delivery: the delivery API.
        database: the database of accounts and tokens.
        shutdown: ends waits and streams at the end of the server.
        identify: a host application's function that identifies the actor instead.
    """

    delivery: Delivery
    database: Database
    shutdown: Shutdown
    identify: Identify | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        response = await self._respond(HttpRequest(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: HttpRequest) -> ASGIApp:
        if request.wants_page:
            return SecurityHeaders(pages.graphiql())
        media_type = JSON
        try:
            media_type = media_type_for(request.accept)
            return await self._answer(request, media_type)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client gets no traceback
            return failure_response(failure_of(error), media_type)

    async def _answer(self, request: HttpRequest, media_type: str) -> ASGIApp:
        timings = _timings_of(request)
        with timings.step("identity"):
            visitor = await self.visitor(request)
        with timings.step("request"):
            most_bytes = self.delivery.limits.body_bytes
            graphql_request = await _receive(request, most_bytes, _BODY_SECONDS, self.shutdown)
        result = await self.delivery.answer(graphql_request, visitor, timings)
        with timings.step("response"):
            respond = success_response if visitor.is_anonymous else private_response
            return respond(result.body, media_type)

    async def visitor(self, request: HttpRequest) -> Visitor:
        """Return the client of a request.

        Raises:
            RequestFailed: if its credentials are invalid.
        """
        client = _network_of(request.address)
        authorization = request.authorization
        if authorization is None and self.identify is None:
            return Visitor(client=client)
        secret = (authorization or "").partition(" ")[2].strip()
        # Previews are for people without an account, even if a host has the accounts.
        if secret.startswith("copydesk_preview_"):
            revision_id = await preview_of(self.database, secret)
            return Visitor(preview=revision_id, client=client, is_anonymous=False)
        connection = HTTPConnection(request.scope)
        actor = await _actor(self.identify, self.database, connection, authorization)
        if actor == ANONYMOUS:
            return Visitor(client=client)
        scopes = scopes_of(actor, self.delivery.roles)
        return Visitor(scopes, client=actor.account_id or client, is_anonymous=False)


@dataclass(frozen=True)
class ManagementEndpoint:
    """The management API over HTTP and WebSocket.

    Attributes:
        management: the management API, which is made for the first request.
        database: the database of accounts and tokens.
        shutdown: ends waits and streams at the end of the server.
        identify: a host application's function that identifies the actor instead.
        allowed_origins: the origins of other pages that may open a WebSocket.
        live_limits: the limits on the streams of one client.
        body_seconds: the time in which a request has to arrive.
        quotas: the quotas of accounts.
    """

    management: OnDemand[Management]
    database: Database
    shutdown: Shutdown
    identify: Identify | None = None
    allowed_origins: Collection[str] = ()
    live_limits: LiveLimits = field(default_factory=LiveLimits)
    body_seconds: float = _BODY_SECONDS
    quotas: Quotas = field(default_factory=Quotas)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or begin a stream of events."""
        response = await self._respond(HttpRequest(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: HttpRequest) -> ASGIApp:
        if request.wants_page:
            return SecurityHeaders(pages.graphiql())
        media_type = JSON
        try:
            if prefers_event_stream(request.accept):
                media_type = GRAPHQL_RESPONSE  # its clients read the status before any event
                return await self._stream(request)
            media_type = media_type_for(request.accept)
            return await self._answer(request, media_type)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client gets no traceback
            return _management_failure(failure_of(error), media_type)

    async def serve_socket(self, websocket: WebSocket) -> None:
        """Serve a WebSocket until it ends."""
        await serve_websocket(
            websocket,
            _Connection(self, websocket),
            self.live_limits,
            self.allowed_origins,
            self.quotas,
        )

    async def actor(self, connection: HTTPConnection, authorization: str | None) -> Actor:
        """Return the actor of a request.

        Raises:
            RequestFailed: if the credentials are invalid.
        """
        return await _actor(self.identify, self.database, connection, authorization)

    async def _answer(self, request: HttpRequest, media_type: str) -> ASGIApp:
        timings = _timings_of(request)
        # Authentication comes first, so that other errors reveal nothing to strangers.
        with timings.step("identity"):
            actor = await self._identify(request)
        with timings.step("request"):
            graphql_request = await self._receive(request, actor)
        management = await self.management.get()
        result = await management.answer(graphql_request, actor, request.address, timings)
        with timings.step("response"):
            return private_response(result.body, media_type)

    async def _stream(self, request: HttpRequest) -> ASGIApp:
        """Return the response with the answers as events."""
        actor = await self._identify(request)
        graphql_request = await self._receive(request, actor)
        management = await self.management.get()
        stream = management.stream(graphql_request, actor, request.address)
        if actor != ANONYMOUS:
            stream = _within_quota(stream, self.quotas.of(actor, self.live_limits))
        response = sse_response(await begin_stream(stream, self.live_limits), self.live_limits)
        response.headers["Cache-Control"] = NEVER_KEPT
        return SecurityHeaders(response)

    async def _identify(self, request: HttpRequest) -> Actor:
        if request.method != "POST":
            message = "Send requests to the management API with POST."
            raise request_failure(message, "METHOD_NOT_ALLOWED", status=NOT_ALLOWED)
        return await self.actor(HTTPConnection(request.scope), request.authorization)

    async def _receive(self, request: HttpRequest, actor: Actor) -> GraphQLRequest:
        is_open = actor == ANONYMOUS
        limits = OPEN_LIMITS if is_open else (await self.management.get()).limits
        return await _receive(request, limits.body_bytes, self.body_seconds, self.shutdown)


@dataclass(frozen=True)
class _Connection:
    """A WebSocket connection, for the answers to its operations."""

    endpoint: ManagementEndpoint
    websocket: WebSocket

    async def authenticate(self, authorization: str | None) -> Actor:
        """Return the actor of the connection's message, or of its handshake."""
        header = authorization or self.websocket.headers.get("authorization")
        actor = await self.endpoint.actor(self.websocket, header)
        if actor == ANONYMOUS:
            raise unauthenticated_failure("Send `authorization` in the payload of connection_init.")
        return actor

    async def stream(self, request: GraphQLRequest, actor: Actor) -> AsyncGenerator[bytes, None]:
        """Yield the responses to a request.

        The host identifies the actor again, since a socket can be open for long.

        Raises:
            RequestFailed: as :meth:`graphql_api.management.Management.stream` does.
        """
        current = actor if self.endpoint.identify is None else await self.authenticate(None)
        management = await self.endpoint.management.get()
        client = self.websocket.client
        stream = management.stream(request, current, client.host if client else "")
        async with aclosing(stream) as responses:
            async for response in responses:
                yield response


async def _within_quota(
    stream: AsyncGenerator[bytes, None], quota: Quota
) -> AsyncGenerator[bytes, None]:
    """Yield the responses of a stream while it is one of an account's operations."""
    async with quota.turn(), aclosing(stream) as responses:
        async for response in responses:
            yield response


async def _actor(
    identify: Identify | None,
    database: Database,
    connection: HTTPConnection,
    authorization: str | None,
) -> Actor:
    """Return the actor, from the host application if there is one, otherwise from a token."""
    if identify is not None:
        return await identify(connection)
    return await actor_of(database, authorization)


async def _receive(
    request: HttpRequest, most_bytes: int, seconds: float, shutdown: Shutdown
) -> GraphQLRequest:
    """Return the GraphQL request of an HTTP request, after its whole body has arrived.

    Raises:
        RequestFailed: if it is not well formed, or arrives too slowly.
    """
    try:
        return await read_request(request, most_bytes, partial(shutdown.wait, seconds))
    except TimeoutError:
        if shutdown.has_begun:
            message = "The server shut down before the request was complete; send it again."
            raise request_failure(message, "UNAVAILABLE", status=503, retry_after=1) from None
        message = f"The request did not arrive within {seconds:g} seconds; send it again."
    except ClientDisconnect:
        message = "The client disconnected before its request was complete."
    raise request_failure(message, "BAD_REQUEST", status=TIMED_OUT) from None


def _management_failure(failure: RequestFailed, media_type: str) -> ASGIApp:
    """Return the response to a request of the management API without an answer."""
    headers = {"Cache-Control": NEVER_KEPT}
    if failure.status == UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if failure.status == NOT_ALLOWED:
        headers["Allow"] = "POST"
    return failure_response(failure, media_type, headers)


def _timings_of(request: HttpRequest) -> Timings:
    """Return the record of the time of a request's steps: ``state.timings`` of its scope."""
    timings = Timings()
    request.scope.setdefault("state", {})["timings"] = timings
    return timings


# The network of a client that sends many requests is found once.
_network_of = lru_cache(maxsize=1_000)(network_of)
