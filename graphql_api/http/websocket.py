"""GraphQL over WebSocket: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import aclosing, suppress

from starlette.datastructures import Headers
from starlette.websockets import WebSocket, WebSocketDisconnect

from cms.authorization.actor import Actor
from graphql_api.http.errors import RequestFailed, failure_of
from graphql_api.http.live import Live, LiveLimits, responses
from graphql_api.http.messages import (
    ACKNOWLEDGED,
    PING,
    PONG,
    CloseCode,
    Closed,
    Complete,
    ConnectionInit,
    Ping,
    Pong,
    Subscribe,
    complete_of,
    error_of,
    next_of,
    read_message,
)
from graphql_api.http.quota import Quota, Quotas

SUBPROTOCOL = "graphql-transport-ws"
_REASON_BYTES = 123  # a control frame has at most 125 bytes, with two for the code


async def serve_websocket(
    websocket: WebSocket,
    live: Live,
    limits: LiveLimits | None = None,
    allowed_origins: Collection[str] = (),
    quotas: Quotas | None = None,
) -> None:
    """Serve a socket until it and all its operations have ended.

    Args:
        websocket: the socket, not yet accepted.
        live: answers the operations.
        limits: the limits on the client.
        allowed_origins: origins whose pages may connect, such as ``https://studio.example``,
            besides the host itself. Programs other than browsers have no origin.
        quotas: the quotas of accounts.
    """
    if not _may_connect(websocket.headers, allowed_origins):
        await websocket.close()  # before accepting, this responds with 403
    elif SUBPROTOCOL not in websocket.scope.get("subprotocols", ()):
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            await websocket.close(CloseCode.SUBPROTOCOL, f"Use the subprotocol {SUBPROTOCOL}.")
    else:
        await websocket.accept(SUBPROTOCOL)
        await _Socket(websocket, live, limits or LiveLimits(), quotas or Quotas()).serve()


def _may_connect(headers: Headers, allowed_origins: Collection[str]) -> bool:
    """Return whether the origin of the page, if any, is this host or an allowed one.

    Browsers let any page connect to any host, so the host has to refuse.
    """
    host = headers.get("host", "").lower()
    own = {f"http://{host}", f"https://{host}"} if host else set()
    allowed = own.union(origin.lower() for origin in allowed_origins)
    return all(origin.lower() in allowed for origin in headers.getlist("origin"))


class _Socket:
    """An accepted socket.

    Its tasks are one group: a writer, one task for each operation, and the reader, which starts
    the others. A task that finds the socket unusable ends them all.
    """

    def __init__(
        self, websocket: WebSocket, live: Live, limits: LiveLimits, quotas: Quotas
    ) -> None:
        self._websocket = websocket
        self._live = live
        self._limits = limits
        self._quotas = quotas
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(limits.queue)
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write())
                actor = await self._initialise()
                quota = self._quotas.of(actor, self._limits)
                with quota.socket():
                    await self._send(ACKNOWLEDGED)
                    await self._read(actor, quota, tasks)
        except ExceptionGroup as group:
            if (closed := _farewell(group.exceptions)) is not None:
                await self._close(closed)

    async def _initialise(self) -> Actor:
        """Return the actor after the client has authenticated."""
        try:
            async with asyncio.timeout(self._limits.init_seconds):
                message = await self._next()
        except TimeoutError:
            reason = "Connection initialisation timeout"
            raise Closed(CloseCode.INIT_TIMEOUT, reason) from None
        if not isinstance(message, ConnectionInit):
            raise Closed(CloseCode.UNAUTHORIZED, "Unauthorized")
        return await self._authenticate(message.authorization)

    async def _authenticate(self, authorization: str | None) -> Actor:
        try:
            return await self._live.authenticate(authorization)
        except RequestFailed:
            raise Closed(CloseCode.FORBIDDEN, "Forbidden") from None

    async def _read(self, actor: Actor, quota: Quota, tasks: asyncio.TaskGroup) -> None:
        while True:
            match await self._next():
                case Subscribe() as message:
                    await self._subscribe(message, actor, quota, tasks)
                case Complete(id=id_) if id_ in self._operations:
                    self._operations.pop(id_).cancel()
                case ConnectionInit():
                    raise Closed(CloseCode.SECOND_INIT, "Too many initialisation requests")

    async def _next(self) -> ConnectionInit | Subscribe | Complete:
        """Return the client's next message other than a ping, and answer pings."""
        while True:
            frame = await self._websocket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame["code"])
            message = read_message(frame.get("text"), self._limits.message_bytes)
            if isinstance(message, Ping):
                await self._send(PONG)
            elif not isinstance(message, Pong):
                return message

    async def _subscribe(
        self, message: Subscribe, actor: Actor, quota: Quota, tasks: asyncio.TaskGroup
    ) -> None:
        if message.id in self._operations:
            reason = f"Subscriber for {message.id} already exists"
            raise Closed(CloseCode.DUPLICATE_ID, reason)
        if len(self._operations) >= self._limits.operations + self._limits.waiting:
            await self._send(error_of(message.id, quota.too_many()))
            return
        self._operations[message.id] = tasks.create_task(self._operate(message, actor, quota))

    async def _operate(self, message: Subscribe, actor: Actor, quota: Quota) -> None:
        """Run an operation and send its messages."""
        try:
            last = await self._answer(message, actor, quota)
            await self._tell(message.id, last)
        finally:
            # No await between this and the last message, so that a client that has seen the
            # message may reuse its id.
            if self._is_wanted(message.id):
                del self._operations[message.id]

    async def _answer(self, message: Subscribe, actor: Actor, quota: Quota) -> bytes:
        """Send all responses to a client, and return the final message."""
        try:
            async with (
                quota.turn(),
                aclosing(responses(self._live.stream(message.request, actor))) as stream,
            ):
                async for response in stream:
                    await self._tell(message.id, next_of(message.id, response))
        except RequestFailed as failure:
            return error_of(message.id, failure)
        return complete_of(message.id)

    async def _tell(self, id_: str, frame: bytes) -> None:
        """Send a message of the running operation, unless the client has ended it."""
        if self._is_wanted(id_):
            await self._send(frame)

    def _is_wanted(self, id_: str) -> bool:
        return self._operations.get(id_) is asyncio.current_task()

    async def _send(self, frame: bytes) -> None:
        try:
            async with asyncio.timeout(self._limits.slow_seconds):
                await self._frames.put(frame)
        except TimeoutError:
            raise self._too_slow() from None

    async def _write(self) -> None:
        """Send queued messages; ping the client if there are none for a while."""
        while True:
            try:
                async with asyncio.timeout(self._limits.ping_seconds):
                    frame = await self._frames.get()
            except TimeoutError:
                frame = PING
            await self._write_frame(frame)

    async def _write_frame(self, frame: bytes) -> None:
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._websocket.send_text(frame.decode())
        except TimeoutError:
            raise self._too_slow() from None
        except RuntimeError:
            # Servers raise this for a socket that they have closed themselves.
            raise WebSocketDisconnect from None

    def _too_slow(self) -> Closed:
        return Closed(CloseCode.TOO_SLOW, "Messages are sent faster than the client reads them.")

    async def _close(self, closed: Closed) -> None:
        reason = closed.reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        # A client that reads nothing does not read this either, so the wait is limited.
        with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(self._limits.send_seconds):
                await self._websocket.close(closed.code, reason)


def _farewell(errors: Sequence[Exception]) -> Closed | None:
    """Return the close of a socket after these exceptions; ``None`` if the client closed it."""
    for error in errors:
        if not isinstance(error, Closed | WebSocketDisconnect):
            failure = failure_of(error)
            code = CloseCode.INTERNAL if failure.retry_after is None else CloseCode.TRY_AGAIN_LATER
            return Closed(code, str(failure))
    if any(isinstance(error, WebSocketDisconnect) for error in errors):
        return None
    return next(error for error in errors if isinstance(error, Closed))
