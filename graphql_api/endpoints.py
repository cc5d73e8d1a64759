"""The timed steps of an HTTP request: authenticate → receive → read → respond."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from cms.access.rate_limit import network_of
from cms.authorization.actor import ANONYMOUS, Actor
from cms.storage.database import Database
from graphql_api import pages
from graphql_api.delivery import Delivery, Visitor, scopes_of
from graphql_api.http.authentication import Identify, actor_of, preview_of, unauthenticated_failure
from graphql_api.http.errors import RequestFailed, failure_of, request_failure
from graphql_api.http.limits import OPEN_LIMITS
from graphql_api.http.live import LiveLimits
from graphql_api.http.quota import Quota, Quotas
from graphql_api.http.request import GraphQLRequest, read_request
from graphql_api.http.response import (
    GRAPHQL_RESPONSE,
    JSON,
    failure_response,
    media_type_for,
    private_response,
    success_response,
    wants_page,
)
from graphql_api.http.shutdown import Shutdown
from graphql_api.http.sse import begin_stream, prefers_event_stream, sse_response
from graphql_api.http.websocket import serve_websocket
from graphql_api.on_demand import OnDemand
from graphql_api.timings import Timings

if TYPE_CHECKING:  # it is loaded on demand
    from graphql_api.management import Management

# The seconds in which a request has to arrive.
_BODY_SECONDS = 60.0

# HTTP statuses.
_UNAUTHENTICATED = 401
_NOT_ALLOWED = 405
_TIMED_OUT = 408


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

    async def serve(self, request: Request) -> Response:
        """Return the response to a request."""
        if wants_page(request):
            return pages.graphiql()
        return await _respond(request, lambda media_type: self._answer(request, media_type))

    async def _answer(self, request: Request, media_type: str) -> Response:
        timings = _timings_of(request)
        with timings.step("identity"):
            visitor = await self._visitor(request)
        with timings.step("request"):
            most_bytes = self.delivery.limits.body_bytes
            graphql_request = await _receive(request, most_bytes, _BODY_SECONDS, self.shutdown)
        result = await self.delivery.answer(graphql_request, visitor, timings)
        with timings.step("response"):
            respond = success_response if visitor.is_anonymous else private_response
            return respond(result.body, media_type)

    async def _visitor(self, request: Request) -> Visitor:
        """Return the client of a request.

        Raises:
            RequestFailed: if its credentials are invalid.
        """
        client = network_of(_address(request))
        authorization = request.headers.get("authorization")
        secret = (authorization or "").partition(" ")[2].strip()
        # Previews are for people without an account, even if a host has the accounts.
        if secret.startswith("copydesk_preview_"):
            revision_id = await preview_of(self.database, secret)
            return Visitor(preview=revision_id, client=client, is_anonymous=False)
        actor = await _actor(self.identify, self.database, request, authorization)
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

    async def serve(self, request: Request) -> Response:
        """Return the response to a request, or begin a stream of events."""
        if wants_page(request):
            return pages.graphiql()
        if prefers_event_stream(request.headers.get("accept", "")):
            # A client of events reads the status before any event.
            response = await _respond_as(GRAPHQL_RESPONSE, self._stream(request))
        else:
            response = await _respond(request, lambda media_type: self._answer(request, media_type))
        return _never_kept(response)

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

    async def _answer(self, request: Request, media_type: str) -> Response:
        timings = _timings_of(request)
        # Authentication comes first, so that other errors reveal nothing to strangers.
        with timings.step("identity"):
            actor = await self._identify(request)
        with timings.step("request"):
            graphql_request = await self._receive(request, actor)
        management = await self.management.get()
        result = await management.answer(graphql_request, actor, _address(request), timings)
        with timings.step("response"):
            return private_response(result.body, media_type)

    async def _stream(self, request: Request) -> Response:
        """Return the response with the answers as events."""
        actor = await self._identify(request)
        graphql_request = await self._receive(request, actor)
        management = await self.management.get()
        stream = management.stream(graphql_request, actor, _address(request))
        if actor != ANONYMOUS:
            stream = _within_quota(stream, self.quotas.of(actor, self.live_limits))
        return sse_response(await begin_stream(stream, self.live_limits), self.live_limits)

    async def _identify(self, request: Request) -> Actor:
        if request.method != "POST":
            message = "Send requests to the management API with POST."
            raise request_failure(message, "METHOD_NOT_ALLOWED", status=405)
        return await self.actor(request, request.headers.get("authorization"))

    async def _receive(self, request: Request, actor: Actor) -> GraphQLRequest:
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
        stream = management.stream(request, current, _address(self.websocket))
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


async def _respond(request: Request, answer: Callable[[str], Awaitable[Response]]) -> Response:
    """Return the response in the media type that the client prefers."""
    try:
        media_type = media_type_for(request.headers.get("accept", ""))
    except RequestFailed as error:
        return failure_response(error, JSON)
    return await _respond_as(media_type, answer(media_type))


async def _respond_as(media_type: str, answer: Awaitable[Response]) -> Response:
    """Return the response, or that of the failure."""
    try:
        return await answer
    except Exception as error:  # noqa: BLE001  # whatever it is, the client gets no traceback
        failure = failure_of(error)
    response = failure_response(failure, media_type)
    if failure.status == _TIMED_OUT:  # nor wait for the rest of the body
        response.headers["Connection"] = "close"
    return response


async def _receive(
    request: Request, most_bytes: int, seconds: float, shutdown: Shutdown
) -> GraphQLRequest:
    """Return the GraphQL request of an HTTP request, after its whole body has arrived.

    Raises:
        RequestFailed: if it is not well formed, or arrives too slowly.
    """
    try:
        async with shutdown.wait(seconds):
            return await read_request(request, most_bytes)
    except TimeoutError:
        if shutdown.has_begun:
            message = "The server shut down before the request was complete; send it again."
            raise request_failure(message, "UNAVAILABLE", status=503, retry_after=1) from None
        message = f"The request did not arrive within {seconds:g} seconds; send it again."
    except ClientDisconnect:
        message = "The client disconnected before its request was complete."
    raise request_failure(message, "BAD_REQUEST", status=_TIMED_OUT) from None


def _never_kept(response: Response) -> Response:
    """Return a response of the management API, which must not be cached."""
    response.headers["Cache-Control"] = "private, no-store"
    if response.status_code == _UNAUTHENTICATED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if response.status_code == _NOT_ALLOWED:
        response.headers["Allow"] = "POST"
    return response


def _timings_of(request: Request) -> Timings:
    """Return the record of the time of a request's steps: ``state.timings`` of its scope."""
    timings = Timings()
    request.state.timings = timings
    return timings


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""
