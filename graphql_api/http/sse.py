"""GraphQL over server-sent events, one stream for one operation.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, distinct connections mode.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import lru_cache

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graphql_api.http.errors import RequestFailed
from graphql_api.http.live import LiveLimits, closing, failure_body, responses
from graphql_api.http.response import GRAPHQL_RESPONSE, JSON, weights_of
from graphql_api.http.streamed import StreamedResponse

EVENT_STREAM = "text/event-stream"
_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"
_JSON_TYPES = (GRAPHQL_RESPONSE, "application/graphql+json", JSON, "application/*", "*/*")


@lru_cache(maxsize=100)
def prefers_event_stream(accept: str) -> bool:
    """Return whether an ``Accept`` header prefers events to one JSON response.

    Some clients accept both in every request, so events need a higher weight.
    """
    weights = weights_of(accept)
    return weights.get(EVENT_STREAM, 0.0) > max(weights.get(each, 0.0) for each in _JSON_TYPES)


async def begin_stream(
    stream: AsyncIterator[bytes], limits: LiveLimits | None = None
) -> AsyncIterator[bytes]:
    """Begin a stream before its HTTP response, so that an early failure has its own status.

    A subscription can be without events for hours, while its client waits for the response to
    begin. So the wait for the first event is short, and a later failure is sent as an event.
    Pass the result to :func:`sse_response`, which closes it.

    Raises:
        RequestFailed: if there is no answer. Other exceptions of the stream pass through.
    """
    feed = _Feed(stream)
    try:
        await feed.begin((limits or LiveLimits()).first_seconds)
    except BaseException:
        await feed.aclose()
        raise
    return feed


def sse_response(stream: AsyncIterator[bytes], limits: LiveLimits | None = None) -> Response:
    """Return the HTTP response with the responses of a stream as events.

    The stream is closed when it ends, when the client disconnects, and when the client reads
    nothing for too long. A failure is the last event before the end.
    """
    return _EventStream(stream, limits or LiveLimits())


class _EventStream(StreamedResponse):
    """A stream of events, with comments that keep it alive while it has none."""

    def __init__(self, stream: AsyncIterator[bytes], limits: LiveLimits) -> None:
        # Without this, proxies buffer events.
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        self._stream = stream
        self._comment_seconds = limits.comment_seconds
        super().__init__(
            _events(stream), EVENT_STREAM, headers=headers, send_seconds=limits.send_seconds
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        # The stream too, since events that never began to iterate do not close it.
        async with closing(self._stream):
            await super().__call__(scope, receive, send)

    async def beside(self, send: Send) -> None:
        """Send comments."""
        while True:
            await asyncio.sleep(self._comment_seconds)
            await send({"type": "http.response.body", "body": _COMMENT, "more_body": True})


async def _events(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(responses(stream)) as answers:
            async for response in answers:
                yield _next(response)
    except RequestFailed as failure:
        yield _next(failure_body(failure))
    yield _COMPLETE


def _next(response: bytes) -> bytes:
    # A line break between JSON tokens is white space, but would end the event's data.
    return b"event: next\ndata: " + b" ".join(response.splitlines()) + b"\n\n"


class _Feed:
    """A stream that a task of its own reads, at most one response ahead.

    A generator can hold resources of a task, such as a timeout or a task group, so one task has
    to read it from beginning to end.
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
        """Wait a limited time for the first response.

        Raises:
            Exception: the exception of the stream, if it fails before.
        """
        try:
            async with asyncio.timeout(seconds):
                outcome = await self._outcomes.get()
        except TimeoutError:
            return
        if isinstance(outcome, Exception):
            raise outcome
        self._outcomes.put_nowait(outcome)  # its reader still has to receive it

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
