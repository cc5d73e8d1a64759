"""Headers are bounded, in bytes and in time, before anything of the app has run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from graphql_api.http.request_headers import BoundedHeaders
from tests.graphql_api.http.live import serving

START = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
MANY = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 100) for number in range(1_000))


class Echo:
    """Answers with the length of the body; counts who has asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        request = Request(scope, receive)
        text = str(len(await request.body())) if request.method == "POST" else request.url.path
        response: Response = PlainTextResponse(text)
        await response(scope, receive, send)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@asynccontextmanager
async def connected(echo: Echo) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection to a server."""
    async with asyncio.timeout(30), serving(echo) as host:
        name, _, port = host.partition(":")
        reader, writer = await asyncio.open_connection(name, int(port))
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def answer_to(echo: Echo, *parts: bytes) -> bytes:
    """Return all that a server sends to this until it closes the connection."""
    async with connected(echo) as (reader, writer):
        with suppress(OSError):  # it can be closed before everything is sent
            for part in parts:
                writer.write(part)
                await writer.drain()
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


async def status_of(reader: asyncio.StreamReader) -> bytes:
    """Return the status of the next response, and read it to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return head.split()[1]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server wait for no time at all."""
    monkeypatch.setattr(BoundedHeaders, "seconds", 0.01)


@pytest.mark.parametrize(
    "parts",
    [
        [START + MANY + b"\r\n"],
        [START + b"X: " + b"y" * 70_000 + b"\r\n\r\n"],
        [START + b"X" * 70_000 + b": y\r\n\r\n"],
        [b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n\r\n"],
        [START, *[b"X: " + b"y" * 1_000 + b"\r\n"] * 5_000],
        [START + b"X: ", *[b"y" * 1_000] * 5_000],
        [b"GET /", *[b"y" * 1_000] * 5_000],
    ],
    ids=["many", "value", "name", "address", "many slowly", "value slowly", "address slowly"],
)
async def test_headers_that_are_too_large_do_not_reach_the_app(
    echo: Echo, parts: list[bytes]
) -> None:
    answer = await answer_to(echo, *parts)
    assert not answer or answer.startswith(b"HTTP/1.1 431 ")
    assert echo.asked == 0


async def test_headers_that_are_too_large_are_refused_by_their_status(echo: Echo) -> None:
    assert (await answer_to(echo, START + MANY + b"\r\n")).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("part", [b"X: " + b"y" * 1_000 + b"\r\n", b"y" * 1_000])
async def test_trailers_are_bounded_as_headers_are(echo: Echo, part: bytes) -> None:
    head = POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    answer = await answer_to(echo, head, *[part] * 5_000)
    assert b" 200 " not in answer


async def test_what_is_within_the_bound_is_answered(echo: Echo) -> None:
    async with connected(echo) as (reader, writer):
        for _ in range(3):  # each request has the whole bound for itself
            writer.write(START + b"X: " + b"y" * 60_000 + b"\r\n\r\n")
            assert await status_of(reader) == b"200"
        writer.write(POST + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000 + START + b"\r\n")
        assert [await status_of(reader) for _ in range(2)] == [b"200"] * 2
        writer.write(START + b"\r\n" + START + b"\r\n")
        assert [await status_of(reader) for _ in range(2)] == [b"200"] * 2
    assert echo.asked == 7


@pytest.mark.parametrize("begun", [START, b"GET /", START + b"X: y"])
@pytest.mark.usefixtures("impatient")
async def test_headers_that_do_not_come_are_not_waited_for(echo: Echo, begun: bytes) -> None:
    assert (await answer_to(echo, begun)).startswith(b"HTTP/1.1 408 ")
    assert echo.asked == 0


@pytest.mark.parametrize("said", [b"", b"\r\n"])
@pytest.mark.usefixtures("impatient")
async def test_a_connection_that_asks_nothing_is_closed(echo: Echo, said: bytes) -> None:
    assert b"200" not in await answer_to(echo, said)


@pytest.mark.usefixtures("impatient")
async def test_a_second_request_has_no_more_time_than_the_first(echo: Echo) -> None:
    answer = await answer_to(echo, START + b"\r\n" + START)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert echo.asked == 1


@pytest.mark.usefixtures("impatient")
async def test_a_body_that_nobody_reads_does_not_keep_a_connection_open(echo: Echo) -> None:
    async with connected(echo) as (reader, writer):
        writer.write(START + b"Content-Length: 1000\r\n\r\n")
        assert await status_of(reader) == b"200"
        writer.write(b"x")
        assert await reader.read() == b""


async def test_a_body_has_more_time_than_headers(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()
    stop = BoundedHeaders._stop_waiting

    def stopped(protocol: BoundedHeaders) -> None:
        stop(protocol)
        ended.set()

    monkeypatch.setattr(BoundedHeaders, "_stop_waiting", stopped)
    async with connected(echo) as (reader, writer):
        writer.write(POST + b"Content-Length: 4\r\n\r\nbo")
        await ended.wait()  # from here on there is no limit of the headers
        writer.write(b"dy")
        assert await status_of(reader) == b"200"
