"""Bounds on the size and the duration of a request's headers."""

from __future__ import annotations

from asyncio import AbstractEventLoop, TimerHandle, Transport
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

_TIMED_OUT = 408
_TOO_LARGE = 431


class BoundedHeaders(HttpToolsProtocol):
    """Uvicorn's protocol, with the bounds on headers that its fast parser does not have.

    They hold for the URL of a request, its headers, and trailers after its body. The app limits
    the body itself.

    Attributes:
        most_bytes: the largest total size in bytes.
        seconds: the time in which a connection has to complete the headers of a request.
    """

    most_bytes = 64 * 1024
    seconds = 10.0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: TimerHandle | None = None
        self._is_in_headers = False
        self._is_too_large = False
        self._waiting_bytes = 0  # in chunks that the parser has not consumed yet

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Start the timeout of the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeout."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read data, unless the headers are too large."""
        self._waiting_bytes += len(data)
        super().data_received(data)
        if self._waiting_bytes > self.most_bytes:
            self._refuse(_TOO_LARGE)
        elif self._is_in_headers or self._waiting_bytes or self._is_unread():
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that the parser cannot read, or that is too large."""
        if self._is_too_large:
            self._refuse(_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        """Start counting the headers of a request."""
        super().on_message_begin()
        self._is_in_headers = True
        self._waiting_bytes = 0

    def on_headers_complete(self) -> None:
        """Stop the timeout; the body has a limit of its own."""
        self._is_in_headers = False
        self._waiting_bytes = 0
        self._stop_waiting()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.most_bytes:
            self._is_too_large = True
            raise ValueError("the headers are too large")  # which ends the parser
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Receive a part of the body."""
        self._waiting_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Start the timeout of the next request."""
        self._waiting_bytes = 0
        super().on_message_complete()

    def _wait(self) -> None:
        # A connection that was upgraded to a WebSocket is no longer among these.
        if self._deadline is None and self in self.connections:
            self._deadline = self.loop.call_later(self.seconds, self._end_waiting)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_waiting(self) -> None:
        self._deadline = None
        if self._is_answering():
            self._wait()  # the next request waits for the answer
        elif self._is_in_headers:
            self._refuse(_TIMED_OUT)
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _is_unread(self) -> bool:
        """Return whether a body still arrives after the answer to its request."""
        cycle = self.cycle
        return cycle is not None and cycle.response_complete and cycle.more_body

    def _refuse(self, status: int) -> None:
        if not self._is_answering():  # else it would be a part of that answer
            end = b"connection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + end)
        self.transport.close()
