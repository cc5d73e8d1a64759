"""What is served where: each endpoint from its request to its response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from cms.database import Database
from cms.editorial.actor import ANONYMOUS, Actor
from graphql_api import pages
from graphql_api.http.authentication import Identify, actor_of, preview_of, unauthenticated
from graphql_api.http.errors import RequestFailed, failed, unexpected
from graphql_api.http.request import GraphQLRequest, read_request
from graphql_api.http.response import JSON, failure, media_type_for, private, success, wants_page
from graphql_api.http.sse import begun, prefers_event_stream, sse_response
from graphql_api.http.websocket import serve_websocket
from graphql_api.management import Management
from graphql_api.operation import Delivery, Visitor, scopes_of


async def serve_delivery(delivery: Delivery, database: Database, request: Request) -> Response:
    """Return the response to a request to the delivery API."""

    async def answer(media_type: str) -> Response:
        header = request.headers.get("authorization")
        if header is None:
            asked = await read_request(request, delivery.limits.body_bytes)
            return success(await delivery.answer(asked), media_type)
        visitor = await _visitor(database, header)
        asked = await read_request(request, delivery.limits.body_bytes)
        return private(await delivery.answer(asked, visitor), media_type)

    return pages.graphiql() if wants_page(request) else await _respond(request, answer)


async def _visitor(database: Database, authorization: str) -> Visitor:
    """Return who an ``Authorization`` header stands for, as far as it matters to reading."""
    secret = authorization.partition(" ")[2].strip()
    if secret.startswith("copydesk_preview_"):
        return Visitor(preview=await preview_of(database, secret))
    return Visitor(scopes=scopes_of(await actor_of(database, authorization)))


@dataclass(frozen=True)
class ManagementEndpoint:
    """The management API over HTTP and WebSocket.

    Attributes:
        management: what answers.
        database: where accounts and tokens are.
        identify: how a host application says who is asking, in place of those.
        allowed_origins: the pages elsewhere that may open a WebSocket.
    """

    management: Management
    database: Database
    identify: Identify | None = None
    allowed_origins: Collection[str] = ()

    async def serve(self, request: Request) -> Response:
        """Return the response to a request, or begin a stream of events."""
        if wants_page(request):
            return pages.graphiql()
        accept = request.headers.get("accept", "")
        if prefers_event_stream(accept):
            return await _respond_with(JSON, self._events(request))
        return await _respond(request, lambda media_type: self._answer(request, media_type))

    async def serve_socket(self, websocket: WebSocket) -> None:
        """Serve a WebSocket until it ends."""
        await serve_websocket(
            websocket, _Connection(self, websocket), allowed_origins=self.allowed_origins
        )

    async def actor(self, connection: HTTPConnection, authorization: str | None) -> Actor:
        """Return who is asking.

        Raises:
            RequestFailed: if their credentials are not good.
        """
        if self.identify is not None:
            return await self.identify(connection)
        return await actor_of(self.database, authorization)

    async def _answer(self, request: Request, media_type: str) -> Response:
        asked, actor = await self._read(request)
        body = await self.management.answer(asked, actor, _address(request))
        return private(body, media_type)

    async def _events(self, request: Request) -> Response:
        asked, actor = await self._read(request)
        stream = self.management.stream(asked, actor, _address(request))
        return sse_response(await begun(stream))

    async def _read(self, request: Request) -> tuple[GraphQLRequest, Actor]:
        if request.method == "GET":
            message = "Send requests to the management API with POST."
            raise failed(message, "METHOD_NOT_ALLOWED", status=405)
        # Who is asking comes first, so that nobody learns anything from what is wrong.
        actor = await self.actor(request, request.headers.get("authorization"))
        return await read_request(request, self.management.limits.body_bytes), actor


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

    def stream(self, request: GraphQLRequest, actor: Actor) -> AsyncIterator[bytes]:
        """Return the responses to a request."""
        return self.endpoint.management.stream(request, actor, _address(self.websocket))


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
    except RequestFailed as error:
        return failure(error, media_type)
    except Exception as error:  # noqa: BLE001  # whatever it is, the client gets no traceback
        return failure(unexpected(error), media_type)


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""
