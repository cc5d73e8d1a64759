"""GraphQL over server-sent events, one stream for one operation.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, distinct connections mode.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import lru_cache

from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from graphql_api.http.errors import RequestFailed
from graphql_api.http.live import LiveLimits, closing, failure_body, responses
from graphql_api.http.response import GRAPHQL_RESPONSE, JSON, weights_of

EVENT_STREAM = "text/event-stream"
_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"
_JSON_TYPES = (GRAPHQL_RESPONSE, "application/graphql+json", JSON, "application/*", "*/*")


@lru_cache(maxsize=100)
def prefers_event_stream(accept: str) -> bool:
    """Say whether a client that accepts this wants events rather than one JSON response.

    Some clients name both in every request, so events are only for those that rank them higher.
    """
    weights = weights_of(accept)
    return weights.get(EVENT_STREAM, 0.0) > max(weights.get(each, 0.0) for each in _JSON_TYPES)


async def begin_stream(
    stream: AsyncIterator[bytes], limits: LiveLimits | None = None
) -> AsyncIterator[bytes]:
    """Begin a stream ahead of its response, so that what fails at once has a status of its own.

    A subscription can have nothing to tell for hours, while its client wants to know that it
    has been heard. So the first response is waited for only briefly; what fails later is told
    as an event. Give the result to :func:`sse_response`, which closes it.

    Raises:
        RequestFailed: if there is no answer. It may raise anything that the stream does.
    """
    feed = _Feed(stream)
    try:
        await feed.begin((limits or LiveLimits()).first_seconds)
    except BaseException:
        await feed.aclose()
        raise
    return feed


def sse_response(stream: AsyncIterator[bytes], limits: LiveLimits | None = None) -> Response:
    """Return the response that has the responses of a stream as events.

    The stream is closed when it ends, when the client goes away, and when the client takes
    nothing for too long. What goes wrong in it is the last event before it is complete.
    """
    return _EventStream(stream, limits or LiveLimits())


class _EventStream(StreamingResponse):
    """A response that notices at once when its client has gone, however quiet the stream is."""

    def __init__(self, stream: AsyncIterator[bytes], limits: LiveLimits) -> None:
        # Proxies would keep events back until they have enough of them to make it worthwhile.
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        self._stream = stream
        self._events = _events(stream)
        self._limits = limits
        self._sending = asyncio.Lock()
        super().__init__(self._events, headers=headers, media_type=EVENT_STREAM)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        async def patiently(message: Message) -> None:
            await self._send(send, message)

        # The stream too, since events that were never asked for do not know it yet.
        async with closing(self._stream), aclosing(self._events):
            try:
                async with asyncio.TaskGroup() as tasks:
                    beside = (
                        tasks.create_task(_until_gone(receive)),
                        tasks.create_task(self._keep_alive(patiently)),
                    )
                    await self.stream_response(patiently)
                    for task in beside:
                        task.cancel()
            except* (ClientDisconnect, OSError):
                pass  # there is nobody left to tell

    async def _keep_alive(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._limits.comment_seconds)
            await send({"type": "http.response.body", "body": _COMMENT, "more_body": True})

    async def _send(self, send: Send, message: Message) -> None:
        async with self._sending:
            try:
                async with asyncio.timeout(self._limits.send_seconds):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientDisconnect


async def _events(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(responses(stream)) as answers:
            async for response in answers:
                yield _next(response)
    except RequestFailed as failure:
        yield _next(failure_body(failure))
    yield _COMPLETE


def _next(response: bytes) -> bytes:
    # Between the tokens of JSON a line break is white space; here it would end the data.
    return b"event: next\ndata: " + b" ".join(response.splitlines()) + b"\n\n"


class _Feed:
    """A stream that is read in a task of its own, never more than one response ahead.

    A generator may hold on to what belongs to a task, such as a timeout or a group of tasks;
    so one task has to read it from the beginning to the end.
    """

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._outcomes: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._taken = asyncio.Semaphore(0)
        self._task = asyncio.create_task(self._read(stream))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        outcome = await self._outcomes.get()
        self._taken.release()
        if outcome is None:
            raise StopAsyncIteration
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def begin(self, seconds: float) -> None:
        """Wait so long for the first response.

        Raises:
            Exception: if there is none, because of it.
        """
        try:
            async with asyncio.timeout(seconds):
                outcome = await self._outcomes.get()
        except TimeoutError:
            return
        if isinstance(outcome, Exception):
            raise outcome
        self._outcomes.put_nowait(outcome)  # its reader has still to get it

    async def aclose(self) -> None:
        """End the stream."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _read(self, stream: AsyncIterator[bytes]) -> None:
        try:
            async with closing(stream):
                async for response in stream:
                    self._outcomes.put_nowait(response)
                    await self._taken.acquire()
        except Exception as error:  # noqa: BLE001  # raised where it is read
            self._outcomes.put_nowait(error)
        finally:
            self._outcomes.put_nowait(None)
