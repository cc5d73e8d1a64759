"""The server that ``copydesk serve`` runs."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cms.errors import SettingsError
from cms.settings import Settings
from graphql_api.http.errors import request_failure
from graphql_api.http.forwarding import Forwarding
from graphql_api.http.live import LiveLimits
from graphql_api.http.request_headers import BoundedHeaders
from graphql_api.http.response import JSON, failure_response
from graphql_api.http.shutdown import Shutdown
from graphql_api.on_demand import OnDemand

_log = logging.getLogger("copydesk")

# The seconds for which a thread keeps Python's lock while another waits for it.
_SWITCH_SECONDS = 0.0005
# The seconds after the start in which only readers are served, unless an editor asks.
_PAUSE = 1.0
# The seconds that running requests may still take at the end of the server.
_GRACE = 5
# The parameter of mallopt(3) for the number of arenas.
_M_ARENA_MAX = -8


class _WebSockets(asyncio.Protocol):
    """The protocol of uvicorn for WebSockets, imported for the first one."""

    def __new__(cls, **options: Any) -> asyncio.Protocol:  # type: ignore[misc]  # see above
        from uvicorn.protocols.websockets.websockets_sansio_impl import (  # noqa: PLC0415
            WebSocketsSansIOProtocol,
        )

        return WebSocketsSansIOProtocol(**options)


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return the configuration of the server for an app."""
    return uvicorn.Config(
        Forwarding(app, settings.trusted_proxies),
        host=settings.host,
        port=settings.port,
        http=BoundedHeaders,
        ws=_WebSockets,
        proxy_headers=False,
        log_level="warning",
        access_log=False,  # which would have no line at this level, but takes time to prepare
        timeout_graceful_shutdown=_GRACE,
        ws_max_size=LiveLimits().message_bytes + 1,
    )


def share_arenas() -> None:
    """Let all threads that begin from now on allocate from two arenas; only glibc has them.

    With one for each thread, what one thread has freed is of no use to the others: 11 MiB in all.
    """
    with suppress(AttributeError, OSError, TypeError):  # the last on Windows
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _tune_python() -> None:
    """Reduce the delays of the event loop by threads and garbage collection."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    # The schemas and the site are permanent, and traversing them takes a tenth of a second. So
    # would collecting first, for a megabyte of garbage.
    gc.freeze()
    gc.enable()


@contextmanager
def stopped_by(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle the signals that stop a server; only the main thread of a process gets them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, handle) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def end_at_once(_number: int, _frame: FrameType | None) -> None:
    """End the process at once, for a server that has not begun to serve."""
    os._exit(0)


class Server(uvicorn.Server):
    """A server whose process ends with 0 after a signal, since a stop is no failure.

    Args:
        app: the app to serve.
        settings: the settings for the address and the trusted proxies.
        announce: called with the URL as soon as requests are accepted there.
        note_setup: tells what remains to be set up, when readers are served.
    """

    def __init__(
        self,
        app: Starlette,
        settings: Settings,
        announce: Callable[[str], None],
        note_setup: Callable[[], Awaitable[None]],
    ) -> None:
        self._shutdown: Shutdown = app.state.shutdown
        self._management: OnDemand[object] = app.state.management
        self._preparing: asyncio.Task[None] | None = None
        self._announce = announce
        self._note_setup = note_setup
        super().__init__(server_config(_answering_app(app), settings))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept requests.

        Raises:
            SettingsError: if the server cannot listen on its address.
        """
        listening = sockets or await _open_sockets(self.config.host, self.config.port)
        await super().startup(listening)
        _tune_python()
        self._announce(address_of(self.config.host, listening[0].getsockname()[1]))
        self._preparing = asyncio.create_task(self._prepare_editing())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more requests, and end when the running ones are answered."""
        self._shutdown.begin()
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.wait([self._preparing])  # which uses the database until then
        await super().shutdown(sockets)

    async def _prepare_editing(self) -> None:
        """Tell what remains to be set up, and make the management API before its first request."""
        await asyncio.sleep(_PAUSE)
        try:
            await self._note_setup()
        except Exception:  # noqa: BLE001  # which is no reason not to serve
            _log.exception("the setup of the site could not be checked")
        try:
            await self._management.get()
        except Exception:  # noqa: BLE001  # the first request tries again
            _log.exception("the management API could not be made")
        gc.freeze()  # as above, for the larger of the schemas

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM, without raising them again as uvicorn does."""
        with stopped_by(self.handle_exit):
            yield


def address_of(host: str, port: int) -> str:
    """Return the URL of a server on a host and a port."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _open_sockets(host: str, port: int) -> list[socket.socket]:
    """Return sockets for all addresses of a host, not listening yet.

    Raises:
        SettingsError: if there are none. Uvicorn would log that and end the process.
    """
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"cannot listen on {address_of(host, port)} ({_reason(error)}); "
            "correct COPYDESK_HOST or COPYDESK_PORT, or stop the program that listens there"
        ) from None
    sockets = [each.dup() for each in server.sockets]
    server.close()
    return sockets


def _reason(error: OSError | UnicodeError) -> str:
    match error:
        case socket.gaierror(strerror=str(reason)):
            return reason
        case OSError(errno=int(number)):
            return os.strerror(number)  # the event loop's own message, with the address
    return "this machine has no such address"


def _answering_app(app: ASGIApp) -> ASGIApp:
    """Return an app that answers requests which the server no longer waits for."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] == "http"

        async def send_on(message: Message) -> None:
            nonlocal is_open
            is_open = False
            await send(message)

        try:
            await app(scope, receive, send_on)
        except asyncio.CancelledError:
            if not is_open:
                raise
            message = (
                "The server shut down before it answered. A change may have been made; check, "
                "or repeat the request with the same clientMutationId."
            )
            response = failure_response(
                request_failure(message, "OUTCOME_UNKNOWN", status=503, retry_after=1), JSON
            )
            await response(scope, receive, send)

    return serve
