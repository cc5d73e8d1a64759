"""Trusted proxies: the senders whose ``X-Forwarded-For`` is used."""

from __future__ import annotations

import logging
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_log = logging.getLogger("copydesk")


class Forwarding:
    """An app that uses the headers of trusted proxies, and warns once of an untrusted one."""

    def __init__(self, app: ASGIApp, trusted: Collection[IPv4Network | IPv6Network]) -> None:
        self._trusted = trusted
        self._has_warned = False
        believing = ProxyHeadersMiddleware(app, [str(each) for each in trusted])  # type: ignore[arg-type]  # uvicorn types ASGI itself
        self._app: ASGIApp = believing if trusted else app  # type: ignore[assignment]  # as above

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if not self._has_warned and scope["type"] != "lifespan":
            self._look(scope)
        await self._app(scope, receive, send)

    def _look(self, scope: Scope) -> None:
        peer = scope["client"][0] if scope.get("client") else ""
        is_forwarded = any(name == b"x-forwarded-for" for name, _ in scope["headers"])
        if is_forwarded and peer and not self._trusts(peer):
            self._has_warned = True
            # Without the header's value, which any client can send.
            message = "ignored X-Forwarded-For from %s; if it is your proxy, add its address to %s"
            _log.warning(message, peer, "COPYDESK_TRUSTED_PROXIES")

    def _trusts(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in each for each in self._trusted)
