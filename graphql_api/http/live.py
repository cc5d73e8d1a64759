"""Answers over time, for any transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import orjson

from cms.authorization.actor import Actor
from graphql_api.http.errors import RequestFailed, error_json, failure_of
from graphql_api.http.request import GraphQLRequest


class Live(Protocol):
    """The interface through which a transport gets answers over time."""

    async def authenticate(self, authorization: str | None) -> Actor:
        """Return the actor of an ``Authorization`` header.

        Raises:
            RequestFailed: with the code ``UNAUTHENTICATED``, if it is invalid.
        """

    def stream(self, request: GraphQLRequest, actor: Actor) -> AsyncIterator[bytes]:
        """Return the responses to a request, each as JSON; queries and mutations have one.

        Raises:
            RequestFailed: at the first response, if there is no answer; at a later one, if
                the stream cannot continue, such as when the actor loses the right to it.
        """


@dataclass(frozen=True)
class LiveLimits:
    """The limits on a client's sockets and streams, and the timeouts of both sides.

    Attributes:
        init_seconds: until a new socket has to authenticate.
        sockets: of one account in this process.
        operations: of one account that run at once, on all of its sockets and streams.
        waiting: further operations on a socket that may wait for one of those to end.
        turn_seconds: that they may wait.
        message_bytes: of one message from a client.
        queue: messages that wait for a client to take them.
        slow_seconds: that the queue may stay full.
        send_seconds: that a single message, event or farewell may take to send.
        ping_seconds: without a message to the client after which a socket is pinged.
        comment_seconds: between the comments that keep a stream of events alive.
        first_seconds: to wait for a first response before a stream of events is begun.
    """

    init_seconds: float = 5
    sockets: int = 10
    operations: int = 50
    waiting: int = 50
    turn_seconds: float = 5
    message_bytes: int = 64 * 1024
    queue: int = 100
    slow_seconds: float = 1
    send_seconds: float = 10
    ping_seconds: float = 15
    comment_seconds: float = 12
    first_seconds: float = 1


async def responses(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the responses of a stream; if it fails later, the errors as the last response.

    The stream is closed in every case.

    Raises:
        RequestFailed: if it fails before the first response, for any reason.
    """
    begun = False
    failure: RequestFailed | None = None
    try:
        async with closing(stream):
            async for response in stream:
                begun = True
                yield response
    except Exception as error:  # noqa: BLE001  # whatever it is, the client gets no traceback
        failure = failure_of(error)
    if failure is not None:
        if not begun:
            raise failure
        yield failure_body(failure)


def failure_body(failure: RequestFailed) -> bytes:
    """Return a response with only the errors of a failure."""
    return b'{"errors":' + errors_of(failure) + b"}"


def errors_of(failure: RequestFailed) -> bytes:
    """Return the errors of a failure as a JSON list."""
    return orjson.dumps([error_json(error, "BAD_REQUEST") for error in failure.errors])


@asynccontextmanager
async def closing(stream: AsyncIterator[bytes]) -> AsyncIterator[None]:
    """Close a stream at the end of the block, even if it is not exhausted."""
    try:
        yield
    finally:
        if isinstance(stream, _Closable):
            await stream.aclose()


@runtime_checkable
class _Closable(Protocol):
    """An object that has to be closed, such as a generator."""

    async def aclose(self) -> None: ...
