"""Responses whose body is made while it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send


class StreamedResponse(StreamingResponse):
    """A response that ends at once when its client disconnects, or reads nothing for too long.

    Args:
        body: the parts of the body; closed in every case.
        media_type: the media type.
        headers: further headers.
        send_seconds: the time that one part may take to send.
        within: the time limit of the whole; it raises ``TimeoutError``.
    """

    def __init__(
        self,
        body: AsyncGenerator[bytes, None],
        media_type: str,
        *,
        headers: Mapping[str, str],
        send_seconds: float,
        within: AbstractAsyncContextManager[None] | None = None,
    ) -> None:
        self._body = body
        self._send_seconds = send_seconds
        self._within = within or nullcontext()
        self._sending = asyncio.Lock()
        super().__init__(body, headers=headers, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the response."""

        async def patiently(message: Message) -> None:
            await self._send(send, message)

        async with aclosing(self._body):
            try:
                async with self._within, asyncio.TaskGroup() as tasks:
                    beside = (
                        tasks.create_task(_until_gone(receive)),
                        tasks.create_task(self.beside(patiently)),
                    )
                    await self.stream_response(patiently)
                    for task in beside:
                        task.cancel()
            except* (ClientDisconnect, OSError):
                pass  # the client has disconnected, or its time is over

    async def beside(self, send: Send) -> None:
        """Send more while the body is sent; cancelled at its end."""

    async def _send(self, send: Send, message: Message) -> None:
        async with self._sending:
            try:
                async with asyncio.timeout(self._send_seconds):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientDisconnect
