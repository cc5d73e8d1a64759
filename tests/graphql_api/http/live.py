"""A server of live requests to test with, and what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import orjson
import uvicorn
from graphql import GraphQLError
from starlette.types import ASGIApp

from cms.authorization.actor import Actor
from graphql_api.http.errors import RequestFailed, request_failure
from graphql_api.http.request import GraphQLRequest
from graphql_api.http.request_headers import BoundedHeaders

SECRET = "the password is hunter2"
LARGE = b'{"data":"' + b"x" * 1_000_000 + b'"}'


def response(value: object) -> bytes:
    return orjson.dumps({"data": value})


def refusing(*errors: GraphQLError) -> bytes:
    raise RequestFailed(*errors)


def breaking() -> bytes:
    raise RuntimeError(SECRET)


async def one(request: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    yield response([request.operation_name, request.variables])


async def burst(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    for number in range(500):
        yield response(number)


async def forever(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    yield response("begun")
    await asyncio.Event().wait()


async def silent(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    await asyncio.Event().wait()
    yield response("never")


async def invalid(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    yield refusing(GraphQLError("No such field."), GraphQLError("No such argument."))


async def broken(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    yield breaking()


async def then_refused(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    yield response(1)
    raise request_failure("Sign in again.", "UNAUTHENTICATED")


async def then_broken(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    yield response(1)
    raise RuntimeError(SECRET)


async def flood(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    while True:
        yield LARGE
        await asyncio.sleep(0)


async def stubborn(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    try:
        yield response("begun")
        await asyncio.Event().wait()
    finally:
        raise RuntimeError(SECRET)


async def pretty(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    yield b'{\n  "data":\r\n1\r}'


async def of_one_task(_: GraphQLRequest) -> AsyncGenerator[bytes, None]:
    async with asyncio.timeout(60):  # it may only be left by the task that has entered it
        yield response(1)
        yield response(2)


ANSWERS: dict[str, Callable[[GraphQLRequest], AsyncGenerator[bytes, None]]] = {
    each.__name__: each
    for each in (
        *(one, burst, forever, silent, invalid, broken, then_refused, then_broken),
        *(flood, stubborn, pretty, of_one_task),
    )
}


class FakeLive:
    """Answers a query that is one of the names above.

    Attributes:
        running: the number of streams that have begun and not ended.
        ended: is set when one has ended.
        left: is set when the server is done with a socket.
        actors: who has asked.
    """

    def __init__(self) -> None:
        self.running = 0
        self.ended = asyncio.Event()
        self.left = asyncio.Event()
        self.actors: list[Actor] = []

    async def authenticate(self, authorization: str | None) -> Actor:
        if authorization == "Bearer stale":
            raise request_failure("Sign in again.", "UNAUTHENTICATED", status=401)
        if authorization == "Bearer broken":
            raise RuntimeError(SECRET)
        return Actor(account_id=authorization)

    async def stream(self, request: GraphQLRequest, actor: Actor) -> AsyncIterator[bytes]:
        self.running += 1
        self.actors.append(actor)
        try:
            async with aclosing(ANSWERS[request.query](request)) as answers:
                async for answer in answers:
                    yield answer
        finally:
            self.running -= 1
            self.ended.set()


@asynccontextmanager
async def serving(app: ASGIApp, *, most_bytes: int = 1_000_000) -> AsyncIterator[str]:
    """Serve an app on a free port, and see to it that no task is left when it is over."""
    config = uvicorn.Config(
        app,
        port=0,
        http=BoundedHeaders,
        lifespan="off",
        log_config=None,
        ws_max_size=most_bytes,
        timeout_graceful_shutdown=5,
    )
    async with running(config) as host:
        yield host


@asynccontextmanager
async def running(config: uvicorn.Config) -> AsyncIterator[str]:
    """Run a server of this configuration, without the lifespan of its app."""
    before = asyncio.all_tasks()
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.shutdown()
    # A fixture is left by another task than the one that has entered it.
    assert asyncio.all_tasks() - before <= {asyncio.current_task()}
