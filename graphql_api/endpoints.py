"""What is served where: each endpoint from its request to its response."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from cms.access.rate_limit import network_of
from cms.authorization.actor import ANONYMOUS, Actor
from cms.storage.database import Database
from graphql_api import pages
from graphql_api.http.authentication import Identify, actor_of, preview_of, unauthenticated
from graphql_api.http.errors import RequestFailed, failed, failure_of
from graphql_api.http.live import LiveLimits
from graphql_api.http.request import GraphQLRequest, read_request
from graphql_api.http.response import (
    GRAPHQL_RESPONSE,
    JSON,
    failure,
    media_type_for,
    private,
    success,
    wants_page,
)
from graphql_api.http.shares import Share, Shares
from graphql_api.http.shutdown import Shutdown
from graphql_api.http.sse import begun, prefers_event_stream, sse_response
from graphql_api.http.websocket import serve_websocket
from graphql_api.management import OPEN_LIMITS, Management
from graphql_api.operation import Delivery, Visitor, scopes_of

# How long a request may take to arrive, in seconds.
_BODY_SECONDS = 60.0

# HTTP's own numbers.
_UNAUTHENTICATED = 401
_NOT_ALLOWED = 405
_TIMED_OUT = 408


async def serve_delivery(
    delivery: Delivery, database: Database, shutdown: Shutdown, request: Request
) -> Response:
    """Return the response to a request to the delivery API."""

    async def arrived() -> GraphQLRequest:
        return await _arrived(request, delivery.limits.body_bytes, _BODY_SECONDS, shutdown)

    async def answer(media_type: str) -> Response:
        header = request.headers.get("authorization")
        if header is None:
            asked = await arrived()
            visitor = Visitor(client=network_of(_address(request)))
            return success(await delivery.answer(asked, visitor), media_type)
        visitor = await _visitor(database, header, _address(request))
        asked = await arrived()
        return private(await delivery.answer(asked, visitor), media_type)

    return pages.graphiql() if wants_page(request) else await _respond(request, answer)


async def _visitor(database: Database, authorization: str, address: str) -> Visitor:
    """Return who an ``Authorization`` header stands for, as far as it matters to reading."""
    secret = authorization.partition(" ")[2].strip()
    if secret.startswith("copydesk_preview_"):
        shown = await preview_of(database, secret)
        return Visitor(preview=shown, client=network_of(address))
    actor = await actor_of(database, authorization)
    return Visitor(scopes=scopes_of(actor), client=actor.account_id or network_of(address))


@dataclass(frozen=True)
class ManagementEndpoint:
    """The management API over HTTP and WebSocket.

    Attributes:
        management: what answers.
        database: where accounts and tokens are.
        shutdown: ends what is waited for when the server ends.
        identify: how a host application says who is asking, in place of those.
        allowed_origins: the pages elsewhere that may open a WebSocket.
        live_limits: how much one client may have going on.
        body_seconds: how long a request may take to arrive.
        shares: what accounts have open.
    """

    management: Management
    database: Database
    shutdown: Shutdown
    identify: Identify | None = None
    allowed_origins: Collection[str] = ()
    live_limits: LiveLimits = field(default_factory=LiveLimits)
    body_seconds: float = _BODY_SECONDS
    shares: Shares = field(default_factory=Shares)

    async def serve(self, request: Request) -> Response:
        """Return the response to a request, or begin a stream of events."""
        if wants_page(request):
            return pages.graphiql()
        return _confidential(await self._respond(request))

    async def serve_socket(self, websocket: WebSocket) -> None:
        """Serve a WebSocket until it ends."""
        await serve_websocket(
            websocket,
            _Connection(self, websocket),
            self.live_limits,
            self.allowed_origins,
            self.shares,
        )

    async def actor(self, connection: HTTPConnection, authorization: str | None) -> Actor:
        """Return who is asking.

        Raises:
            RequestFailed: if their credentials are not good.
        """
        if self.identify is not None:
            return await self.identify(connection)
        return await actor_of(self.database, authorization)

    async def _respond(self, request: Request) -> Response:
        if prefers_event_stream(request.headers.get("accept", "")):
            # Whoever takes events looks at the status before anything else.
            return await _respond_with(GRAPHQL_RESPONSE, self._events(request))
        return await _respond(request, lambda media_type: self._answer(request, media_type))

    async def _answer(self, request: Request, media_type: str) -> Response:
        asked, actor = await self._read(request)
        body = await self.management.answer(asked, actor, _address(request))
        return private(body, media_type)

    async def _events(self, request: Request) -> Response:
        asked, actor = await self._read(request)
        stream = self.management.stream(asked, actor, _address(request))
        if actor != ANONYMOUS:
            stream = _in_turn(stream, self.shares.of(actor, self.live_limits))
        return sse_response(await begun(stream, self.live_limits), self.live_limits)

    async def _read(self, request: Request) -> tuple[GraphQLRequest, Actor]:
        if request.method != "POST":
            message = "Send requests to the management API with POST."
            raise failed(message, "METHOD_NOT_ALLOWED", status=405)
        # Who is asking comes first, so that nobody learns anything from what is wrong.
        actor = await self.actor(request, request.headers.get("authorization"))
        limits = OPEN_LIMITS if actor == ANONYMOUS else self.management.limits
        most = limits.body_bytes
        return await _arrived(request, most, self.body_seconds, self.shutdown), actor


@dataclass(frozen=True)
class _Connection:
    """A WebSocket, as far as answering goes."""

    endpoint: ManagementEndpoint
    websocket: WebSocket

    async def authenticate(self, authorization: str | None) -> Actor:
        """Return who is asking: by the message, or else by the handshake."""
        header = authorization or self.websocket.headers.get("authorization")
        actor = await self.endpoint.actor(self.websocket, header)
        if actor == ANONYMOUS:
            raise unauthenticated("Send `authorization` in the payload of connection_init.")
        return actor

    async def stream(self, request: GraphQLRequest, actor: Actor) -> AsyncGenerator[bytes, None]:
        """Yield the responses to a request.

        A host is asked anew who it is, since a socket can live for long.

        Raises:
            RequestFailed: as :meth:`graphql_api.management.Management.stream` does.
        """
        current = actor if self.endpoint.identify is None else await self.authenticate(None)
        stream = self.endpoint.management.stream(request, current, _address(self.websocket))
        async with aclosing(stream) as responses:
            async for response in responses:
                yield response


async def _in_turn(
    stream: AsyncGenerator[bytes, None], share: Share
) -> AsyncGenerator[bytes, None]:
    """Yield the responses of a stream while it is one of an account's operations."""
    async with share.turn(), aclosing(stream) as responses:
        async for response in responses:
            yield response


async def _respond(request: Request, answer: Callable[[str], Awaitable[Response]]) -> Response:
    """Return the response in the media type that the client prefers."""
    try:
        media_type = media_type_for(request.headers.get("accept", ""))
    except RequestFailed as error:
        return failure(error, JSON)
    return await _respond_with(media_type, answer(media_type))


async def _respond_with(media_type: str, answer: Awaitable[Response]) -> Response:
    """Return the response, or what went wrong."""
    try:
        return await answer
    except Exception as error:  # noqa: BLE001  # whatever it is, the client gets no traceback
        told = failure_of(error)
    response = failure(told, media_type)
    if told.status == _TIMED_OUT:  # what is still to come is not waited for either
        response.headers["Connection"] = "close"
    return response


async def _arrived(
    request: Request, most_bytes: int, seconds: float, shutdown: Shutdown
) -> GraphQLRequest:
    """Return what a request asks, once it is here.

    Raises:
        RequestFailed: if it is not well formed, or does not come.
    """
    try:
        async with shutdown.wait(seconds):
            return await read_request(request, most_bytes)
    except TimeoutError:
        if shutdown.has_begun:
            message = "The server shut down before the request was complete; send it again."
            raise failed(message, "UNAVAILABLE", status=503, retry_after=1) from None
        message = f"The request did not arrive within {seconds:g} seconds; send it again."
    except ClientDisconnect:
        message = "The client disconnected before its request was complete."
    raise failed(message, "BAD_REQUEST", status=_TIMED_OUT) from None


def _confidential(response: Response) -> Response:
    """Return a response of the management API, which nobody may keep."""
    response.headers["Cache-Control"] = "private, no-store"
    if response.status_code == _UNAUTHENTICATED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if response.status_code == _NOT_ALLOWED:
        response.headers["Allow"] = "POST"
    return response


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""
