"""Security headers for browsers: https://owasp.org/www-project-secure-headers/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The value of Cache-Control for responses that must not be kept.
NEVER_KEPT = "private, no-store"

# A header as ASGI has it: its name, in lower case, and its value.
Header: TypeAlias = tuple[bytes, bytes]

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

_FAILED = 500


def raw_headers(headers: Mapping[str, str]) -> list[Header]:
    """Return headers as ASGI has them."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
    ]


_SECURITY_HEADERS = raw_headers(SECURITY_HEADERS)
_NOT_CACHED = raw_headers({"Cache-Control": NEVER_KEPT})


def secured(headers: Iterable[Header], status: int) -> list[Header]:
    """Return the headers of a response and :data:`SECURITY_HEADERS`, unless it has its own.

    A response with a failure of the server must not be cached.
    """
    own = list(headers)
    names = {name.lower() for name, _ in own}
    more = [*_SECURITY_HEADERS, *(_NOT_CACHED if status >= _FAILED else ())]
    return own + [header for header in more if header[0] not in names]


class SecurityHeaders:
    """An app whose responses have security headers, as :func:`secured` adds them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = secured(message.get("headers", ()), message["status"])
            await send(message)

        await self._app(scope, receive, send_secured)
