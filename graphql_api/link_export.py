"""Exports of the link graph over HTTP: ``/graph/export``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import literal, select
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cms.authorization.actor import ANONYMOUS
from cms.errors import ExtraMissing, InvalidExport, TooManyWaiting
from cms.reading.positions import newest_position, position_token
from cms.reading.view import Perspective, Preview, View, view_of
from cms.storage.dialects import Key, Turns
from cms.work.work import Desk
from graphql_api.delivery import Visitor
from graphql_api.http.conditional import has_tag
from graphql_api.http.errors import (
    RequestFailed,
    failure_of,
    request_failure,
    too_many_waiting,
)
from graphql_api.http.request import HttpRequest
from graphql_api.http.response import retry_header
from graphql_api.http.security_headers import NEVER_KEPT
from graphql_api.http.shutdown import Shutdown
from graphql_api.http.streamed import StreamedResponse
from graphql_api.on_demand import OnDemand

if TYPE_CHECKING:  # arrays are loaded on demand
    from cms.links.asking import GraphReading, LinkGraphs
    from cms.links.exporting.asked import ReadyExport

# Identifies the client of a request.
Identified: TypeAlias = Callable[[HttpRequest], Awaitable[Visitor]]

# The parameters, and the names that they have in ``AskedExport``.
_PARAMETERS: Mapping[str, str] = {
    "format": "form",
    "part": "part",
    "locale": "locale",
    "asOf": "as_of",
    "position": "position",
    "from": "begun",
    "to": "ended",
}
_LISTS: Mapping[str, str] = {"layer": "layers", "kind": "kinds"}
_PERSPECTIVE = "perspective"
_INVALID, _NOT_IMPLEMENTED = 400, 501


@dataclass(frozen=True)
class ExportLimits:
    """The limits on exports over HTTP.

    Attributes:
        at_once: exports that are sent at once by this process.
        waiting: further ones of one client that may wait.
        waiting_seconds: that they may wait.
        seconds: that one may take, from its first byte.
        send_seconds: that a part of it may take to send.
    """

    at_once: int = 2
    waiting: int = 2
    waiting_seconds: float = 10
    seconds: float = 120
    send_seconds: float = 10


class LinkExport:
    """The link graph in the formats of other tools: what is public for everyone, drafts by token.

    Args:
        desk: the site with its database.
        graphs: the graphs that this process keeps.
        identify: identifies the client of a request.
        shutdown: ends exports at the end of the server.
        limits: the limits.
    """

    def __init__(
        self,
        desk: Desk,
        graphs: OnDemand[LinkGraphs],
        identify: Identified,
        shutdown: Shutdown,
        limits: ExportLimits | None = None,
    ) -> None:
        self._desk, self._graphs, self._identify = desk, graphs, identify
        self._shutdown, self._limits = shutdown, limits or ExportLimits()
        self._turns = Turns(self._limits.at_once, self._limits.waiting)

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/graph/export", self._serve)]

    async def _serve(self, request: Request) -> Response:
        try:
            return await self._respond(request)
        except (InvalidExport, ExtraMissing) as error:
            status = _INVALID if isinstance(error, InvalidExport) else _NOT_IMPLEMENTED
            return PlainTextResponse(f"{error}\n", status)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client gets no traceback
            failure = _failure_of(error)
            return PlainTextResponse(f"{failure}\n", failure.status or 500, retry_header(failure))

    async def _respond(self, request: Request) -> Response:
        visitor = await self._identify(HttpRequest(request.scope, request.receive))
        links, asked = await _LINKS.get(), _asked(request.query_params)
        asking = _Asking(
            ready=links.ready_export(self._desk.site, links.AskedExport(**asked)),
            visitor=visitor,
            is_draft=_is_draft(request.query_params.get(_PERSPECTIVE), visitor),
            key=repr(sorted(request.query_params.multi_items())),
        )
        known = request.headers.get("if-none-match", "")
        if known or request.method == "HEAD":
            # Without a turn: it reads next to nothing.
            async with self._reading(asking) as (reading, headers):
                await asking.ready.check(reading)
            if "ETag" in headers and has_tag(known, headers["ETag"]):
                return Response(status_code=304, headers={"ETag": headers["ETag"]})
            if request.method == "HEAD":
                return Response(headers=headers, media_type=asking.media_type)
        return await self._stream(asking)

    async def _stream(self, asking: _Asking) -> Response:
        """Return the response with an export, whose snapshot is open until it ends."""
        graphs = await self._graphs.get()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._turn(asking.visitor.client))
            async with graphs.turns.of(asking.visitor.client):
                reading, headers = await stack.enter_async_context(self._reading(asking))
                rows = await asking.ready.rows(reading)
            return _ExportResponse(
                asking.ready.write(rows),
                stack.pop_all(),
                media_type=asking.media_type,
                headers=headers,
                send_seconds=self._limits.send_seconds,
                within=self._shutdown.wait(self._limits.seconds),
            )

    @asynccontextmanager
    async def _turn(self, client: str) -> AsyncIterator[None]:
        """Wait a limited time for a turn, and hold it for the body.

        Raises:
            RequestFailed: if there is none in time.
            TooManyWaiting: if too many of the client's exports are waiting.
        """
        try:
            async with asyncio.timeout(self._limits.waiting_seconds):
                await self._turns.begin(client)
        except TimeoutError:
            message = "Other exports are running; try again later."
            raise request_failure(message, "BUSY", status=503, retry_after=10) from None
        try:
            yield
        finally:
            self._turns.end(client)

    @asynccontextmanager
    async def _reading(self, asking: _Asking) -> AsyncIterator[tuple[GraphReading, dict[str, str]]]:
        """Open a snapshot, and give it with the headers of a response that is made from it."""
        graphs, links = await self._graphs.get(), await _LINKS.get()
        async with self._desk.reading(ANONYMOUS) as reading:
            position = await reading.session.scalar(select(position_token(newest_position())))
            view = asking.view(view_of(self._desk.site, asking.ready.locale))
            yield links.GraphReading(reading, view, graphs), asking.headers(str(position))


@dataclass(frozen=True)
class _Asking:
    """A request for an export.

    Attributes:
        ready: the export.
        visitor: the client.
        is_draft: whether it is of drafts.
        key: tells the request from others.
    """

    ready: ReadyExport
    visitor: Visitor
    is_draft: bool
    key: str

    @property
    def media_type(self) -> str:
        """The media type of the response."""
        return self.ready.form.file_of(self.ready.part)[1]

    def view(self, public: View) -> View:
        """Return the view that the client sees, given that of what is public."""
        if self.is_draft:
            return replace(public, perspective=Perspective.DRAFT, scopes=self.visitor.scopes)
        if self.visitor.preview is None:
            return public
        return replace(public, preview=Preview(literal(self.visitor.preview, Key)))

    def headers(self, position: str) -> dict[str, str]:
        """Return the headers of the response at a position.

        What is public changes with positions alone, so they are the tag.
        """
        name, _ = self.ready.form.file_of(self.ready.part)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if not self.visitor.is_anonymous:
            return {**headers, "Cache-Control": NEVER_KEPT}
        known = f"{position}\n{self.key}\n{_VERSION}"
        return {**headers, "ETag": f'"{sha256(known.encode()).hexdigest()[:32]}"'}


def _failure_of(error: Exception) -> RequestFailed:
    return too_many_waiting(error) if isinstance(error, TooManyWaiting) else failure_of(error)


def _asked(given: QueryParams) -> dict[str, Any]:
    """Return the parameters as :class:`cms.links.exporting.asked.AskedExport` has them.

    Raises:
        InvalidExport: if there is one of another name, one is given twice, or there is no format.
    """
    known = (*_PARAMETERS, *_LISTS, _PERSPECTIVE)
    for name in given:
        if name not in known:
            message = f"there is no parameter {name[:40]!r}; use any of {', '.join(known)}"
            raise InvalidExport(message)
        if name not in _LISTS and len(given.getlist(name)) > 1:
            raise InvalidExport(f"give {name} once")
    return {
        **{_PARAMETERS[name]: given[name] for name in _PARAMETERS if name in given},
        **{_LISTS[name]: given.getlist(name) for name in _LISTS},
        "form": given.get("format", ""),
    }


def _is_draft(perspective: str | None, visitor: Visitor) -> bool:
    """Return whether a request is for drafts.

    Raises:
        InvalidExport: if there is no such perspective.
        RequestFailed: if the client may not read drafts.
    """
    names = [each.name for each in Perspective]
    if perspective is not None and perspective not in names:
        raise InvalidExport(
            f"there is no perspective {perspective[:40]!r}; use {' or '.join(names)}"
        )
    if perspective != Perspective.DRAFT.name:
        return False
    if not visitor.scopes:
        message = "Drafts require a token that can read them."
        raise request_failure(message, "NOT_ALLOWED", status=403)
    return True


class _ExportResponse(StreamedResponse):
    """A response with an export, which releases all that the export uses at its end.

    Args:
        chunks: the bytes of the export.
        used: closed at the end.
        options: those of :class:`StreamedResponse`.
    """

    def __init__(
        self, chunks: AsyncGenerator[bytes, None], used: AsyncExitStack, **options: Any
    ) -> None:
        self._used = used
        super().__init__(_logged(chunks), **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the export."""
        async with self._used:
            await super().__call__(scope, receive, send)


async def _logged(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of an export; after a failure the response ends without its end."""
    async with aclosing(chunks):
        try:
            async for chunk in chunks:
                yield chunk
        except Exception as error:  # noqa: BLE001  # the status has been sent
            failure_of(error)
            raise ClientDisconnect from None


def _load() -> Any:
    # Arrays take longer to load than a server takes to start.
    return import_module("cms.links.exporting.asked")


_LINKS: OnDemand[Any] = OnDemand(_load)
_VERSION = version("copydesk")
