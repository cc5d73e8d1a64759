"""The server that ``copydesk serve`` runs."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cms.settings import Settings
from graphql_api.http.errors import failed
from graphql_api.http.forwarding import Forwarding
from graphql_api.http.live import LiveLimits
from graphql_api.http.request_headers import BoundedHeaders
from graphql_api.http.response import JSON, failure
from graphql_api.http.security_headers import SecurityHeaders
from graphql_api.http.shutdown import Shutdown

# How long requests that are being answered may still take when the server ends, in seconds.
_GRACE = 5


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return the configuration of the server for an app."""
    return uvicorn.Config(
        Forwarding(app, settings.trusted_proxies),
        host=settings.host,
        port=settings.port,
        http=BoundedHeaders,
        proxy_headers=False,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE,
        ws_max_size=LiveLimits().message_bytes + 1,
    )


class Server(uvicorn.Server):
    """A server for which to be stopped is no failure: its process ends with 0."""

    def __init__(self, app: Starlette, settings: Settings) -> None:
        self._shutdown: Shutdown = app.state.shutdown
        super().__init__(server_config(SecurityHeaders(_answered(app)), settings))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, and end when those that are there are answered."""
        self._shutdown.begin()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM, without raising them again as the one of uvicorn does."""
        before = {
            each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def _answered(app: ASGIApp) -> ASGIApp:
    """Return an app that answers the requests that the server no longer waits for."""

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
                "The server ended before this was answered. If it was to change something, that "
                "may have been done: look, or send it again with the same clientMutationId."
            )
            response = failure(failed(message, "OUTCOME_UNKNOWN", status=503, retry_after=1), JSON)
            await response(scope, receive, send)

    return serve
