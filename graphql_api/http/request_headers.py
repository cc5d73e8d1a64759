"""How large the headers of a request may be, and how long they may take."""

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

    They hold for the address of a request, its headers, and trailers after its body. The body
    itself is the app's to bound.

    Attributes:
        most_bytes: bytes of all of them together.
        seconds: that a connection may take until the headers of a request are complete.
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
        self._waiting_bytes = 0  # in chunks of which the parser could make nothing yet

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless it has become too much."""
        self._waiting_bytes += len(data)
        super().data_received(data)
        if self._waiting_bytes > self.most_bytes:
            self._refuse(_TOO_LARGE)
        elif self._is_in_headers or self._waiting_bytes or self._is_unread():
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read, or was kept from reading on."""
        if self._is_too_large:
            self._refuse(_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        """Begin with the headers."""
        super().on_message_begin()
        self._is_in_headers = True
        self._waiting_bytes = 0

    def on_headers_complete(self) -> None:
        """Let the request take its time from here on: its body has a limit of its own."""
        self._is_in_headers = False
        self._waiting_bytes = 0
        self._stop_waiting()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.most_bytes:
            self._is_too_large = True
            raise ValueError("the headers are too large")  # which ends the parser
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._waiting_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Be ready for the next request."""
        self._waiting_bytes = 0
        super().on_message_complete()

    def _wait(self) -> None:
        # A connection that has become a WebSocket is not among these any more.
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
        """Return whether a body still arrives although its request has been answered."""
        cycle = self.cycle
        return cycle is not None and cycle.response_complete and cycle.more_body

    def _refuse(self, status: int) -> None:
        if not self._is_answering():  # else it would be a part of that answer
            end = b"connection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + end)
        self.transport.close()
