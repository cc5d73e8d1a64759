"""GraphQL over WebSocket, through a real server and a real client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from graphql_api.http.live import LiveLimits
from graphql_api.http.websocket import SUBPROTOCOL, serve_websocket
from tests.graphql_api.http.live import SECRET, FakeLive, serving

PROTOCOL = Subprotocol(SUBPROTOCOL)
INIT = {"type": "connection_init"}
STUDIO = "https://studio.example"


@pytest.fixture
async def live() -> FakeLive:
    """What answers."""
    return FakeLive()


@asynccontextmanager
async def hosting(live: FakeLive, limits: LiveLimits | None = None) -> AsyncIterator[str]:
    """Serve live requests."""

    async def endpoint(websocket: WebSocket) -> None:
        await serve_websocket(websocket, live, limits, [STUDIO])
        live.left.set()

    async with serving(Starlette(routes=[WebSocketRoute("/", endpoint)])) as host:
        yield host


class Client:
    """The other end of a socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, *messages: Any) -> None:
        for message in messages:
            await self.connection.send(json.dumps(message))

    async def subscribe(self, id_: str, query: str, **more: Any) -> None:
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, **more}})

    async def complete(self, id_: str) -> None:
        await self.send({"id": id_, "type": "complete"})

    async def receive(self) -> Any:
        frame = await self.connection.recv()
        assert isinstance(frame, str)
        return json.loads(frame)

    async def initialise(self, **payload: Any) -> None:
        await self.send({**INIT, "payload": payload})
        assert await self.receive() == {"type": "connection_ack"}

    async def closed(self) -> tuple[int | None, str | None]:
        """Read until the server closes, and return its code and reason."""
        with pytest.raises(ConnectionClosed):
            while True:
                await self.connection.recv()
        return self.connection.close_code, self.connection.close_reason

    async def is_there(self) -> None:
        """Check that the socket is open and nothing else has been said."""
        await self.send({"type": "ping"})
        assert await self.receive() == {"type": "pong"}


@asynccontextmanager
async def connected(live: FakeLive, limits: LiveLimits | None = None) -> AsyncIterator[Client]:
    """Connect to a server of one's own."""
    async with asyncio.timeout(20), hosting(live, limits) as host:
        url = f"ws://{host}/"
        async with connect(url, subprotocols=[PROTOCOL], compression=None) as connection:
            yield Client(connection)
        await ended(live)


async def ended(live: FakeLive) -> None:
    """Wait until all that has begun has ended."""
    while live.running:
        live.ended.clear()
        await live.ended.wait()


@pytest.mark.parametrize("offered", [[], ["graphql-ws"], ["nope"]])
async def test_only_one_subprotocol_is_spoken(live: FakeLive, offered: list[str]) -> None:
    subprotocols = [Subprotocol(each) for each in offered] or None
    async with hosting(live) as host, connect(f"ws://{host}/", subprotocols=subprotocols) as it:
        assert it.subprotocol is None
        assert (await Client(it).closed())[0] == 4406


async def test_it_is_chosen_among_several(live: FakeLive) -> None:
    subprotocols = [Subprotocol("graphql-ws"), PROTOCOL]
    async with hosting(live) as host, connect(f"ws://{host}/", subprotocols=subprotocols) as it:
        assert it.subprotocol == PROTOCOL
        await Client(it).initialise()


@pytest.mark.parametrize("origin", [None, "http://{host}", "https://{host}", STUDIO])
async def test_who_may_connect(live: FakeLive, origin: str | None) -> None:
    async with hosting(live) as host:
        said = Origin(origin.format(host=host)) if origin else None
        async with connect(f"ws://{host}/", subprotocols=[PROTOCOL], origin=said) as connection:
            await Client(connection).initialise()


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "{host}", "http://{host}.evil.example", "ftp://{host}"],
)
async def test_pages_from_elsewhere_may_not(live: FakeLive, origin: str) -> None:
    async with hosting(live) as host:
        headers = {"Origin": origin.format(host=host)}
        with pytest.raises(InvalidStatus) as refusal:
            async with connect(
                f"ws://{host}/", subprotocols=[PROTOCOL], additional_headers=headers
            ):
                pass
        assert refusal.value.response.status_code == 403


async def test_a_client_has_to_say_who_it_is_in_time(live: FakeLive) -> None:
    async with connected(live, LiveLimits(init_seconds=0.01)) as client:
        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_who_has_said_it_has_time(live: FakeLive) -> None:
    async with connected(live, LiveLimits(init_seconds=0.2, ping_seconds=0.3)) as client:
        await client.initialise()
        assert await client.receive() == {"type": "ping"}
        await client.send({"type": "pong"})
        await client.is_there()


async def test_a_client_says_who_it_is_once(live: FakeLive) -> None:
    async with connected(live) as client:
        await client.initialise()
        await client.send(INIT)
        assert await client.closed() == (4429, "Too many initialisation requests")


@pytest.mark.parametrize("kind", ["subscribe", "complete"])
async def test_nothing_is_asked_before(live: FakeLive, kind: str) -> None:
    async with connected(live) as client:
        await client.send({"id": "1", "type": kind, "payload": {"query": "one"}})
        assert await client.closed() == (4401, "Unauthorized")
    assert live.actors == []


async def test_pings_are_answered_before_and_after(live: FakeLive) -> None:
    async with connected(live) as client:
        await client.send({"type": "pong"})
        await client.is_there()
        await client.initialise()
        await client.send({"type": "pong", "payload": {}})
        await client.is_there()


async def test_who_is_not_known_is_turned_away(live: FakeLive) -> None:
    async with connected(live) as client:
        await client.send({**INIT, "payload": {"authorization": "Bearer stale"}})
        assert await client.closed() == (4403, "Forbidden")


async def test_a_failure_to_find_out_tells_nothing(
    live: FakeLive, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(live) as client:
        await client.send({**INIT, "payload": {"authorization": "Bearer broken"}})
        code, reason = await client.closed()
    assert code == 4500
    assert reason is not None
    assert SECRET not in reason
    assert reason.split()[-1].rstrip(".") in caplog.text
    assert SECRET in caplog.text


@pytest.mark.parametrize(
    "frame",
    [
        b"\x01",
        b"{}",
        "",
        "nope",
        "[]",
        "null",
        "{}",
        '{"type": 1}',
        '{"type": []}',
        '{"type": "nope"}',
        '{"type": "next", "id": "1", "payload": {}}',
        '{"type": "connection_init", "payload": []}',
        '{"type": "connection_init", "payload": {"authorization": 1}}',
        '{"type": "ping", "payload": "x"}',
        '{"type": "pong", "payload": 1}',
        '{"type": "complete"}',
        '{"type": "complete", "id": 1}',
        '{"type": "subscribe", "payload": {"query": "one"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "one"}}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "one", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "one", "operationName": 1}}',
        '{"type": "subscribe", "id": "\\ud800", "payload": {"query": "one"}}',
        '{"type": "connection_init", "type": "connection_init"}',
        '{"type": "ping", "payload": {"a": [{"b": 1, "\\u0062": 2}]}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "one", "query": "one"}}',
        "[" * 60_000,
        '{"payload":' * 5_000,
    ],
)
@pytest.mark.parametrize("ready", [False, True])
async def test_a_malformed_message_ends_it(
    live: FakeLive, frame: str | bytes, *, ready: bool
) -> None:
    async with connected(live) as client:
        if ready:
            await client.initialise()
        await client.connection.send(frame)
        code, reason = await client.closed()
    assert code == 4400
    assert reason
    assert live.actors == []


async def test_a_message_that_is_too_large_ends_it(live: FakeLive) -> None:
    async with connected(live, LiveLimits(message_bytes=100)) as client:
        await client.send({"type": "ping", "payload": {"x": "é" * 50}})
        assert await client.closed() == (1009, "The message has more than 100 bytes.")


async def test_a_query_has_one_answer(live: FakeLive) -> None:
    async with connected(live) as client:
        await client.initialise(authorization="Bearer good")
        await client.subscribe('"é', "one", operationName="Q", variables={"x": [1]})
        payload = {"data": ["Q", {"x": [1]}]}
        assert await client.receive() == {"id": '"é', "type": "next", "payload": payload}
        assert await client.receive() == {"id": '"é', "type": "complete"}
        await client.is_there()
    (actor,) = live.actors
    assert actor.account_id == "Bearer good"


async def test_errors_before_the_first_answer(live: FakeLive) -> None:
    async with connected(live) as client:
        await client.initialise()
        await client.subscribe("1", "invalid")
        message = await client.receive()
        assert (message["id"], message["type"]) == ("1", "error")
        assert [each["message"] for each in message["payload"]] == [
            "No such field.",
            "No such argument.",
        ]
        assert message["payload"][0]["extensions"] == {"code": "BAD_REQUEST"}
        await client.is_there()
        await client.subscribe("1", "one")
        assert (await client.receive())["type"] == "next"


async def test_errors_after_it(live: FakeLive) -> None:
    async with connected(live) as client:
        await client.initialise()
        await client.subscribe("1", "then_refused")
        assert (await client.receive())["payload"] == {"data": 1}
        error = {"message": "Sign in again.", "extensions": {"code": "UNAUTHENTICATED"}}
        last = {"id": "1", "type": "next", "payload": {"errors": [error]}}
        assert await client.receive() == last
        assert await client.receive() == {"id": "1", "type": "complete"}
        await client.is_there()


@pytest.mark.parametrize("query", ["broken", "then_broken"])
async def test_a_failure_of_the_server_tells_nothing(
    live: FakeLive, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(live) as client:
        await client.initialise()
        await client.subscribe("1", query)
        if query == "then_broken":
            await client.receive()
            (error,) = (await client.receive())["payload"]["errors"]
            assert await client.receive() == {"id": "1", "type": "complete"}
        else:
            (error,) = (await client.receive())["payload"]
        assert error["extensions"]["code"] == "INTERNAL"
        assert error["extensions"]["reference"] in caplog.text
        assert SECRET in caplog.text
        assert SECRET not in json.dumps(error)
        await client.is_there()


async def test_an_id_is_for_one_operation_at_a_time(live: FakeLive) -> None:
    id_ = "é" * 100
    async with connected(live) as client:
        await client.initialise()
        await client.subscribe(id_, "forever")
        await client.subscribe(id_, "one")
        code, reason = await client.closed()
        assert code == 4409
        assert reason is not None
        assert reason.startswith("Subscriber for é")


@pytest.mark.parametrize("query", ["forever", "silent", "stubborn"])
async def test_a_client_can_stop_an_operation(live: FakeLive, query: str) -> None:
    async with connected(live) as client:
        await client.initialise()
        await client.subscribe("1", query)
        if query != "silent":
            await client.receive()
        await client.is_there()
        await client.complete("1")
        await ended(live)
        await client.is_there()
        await client.subscribe("1", "one")
        assert (await client.receive())["payload"] == {"data": [None, {}]}


async def test_an_id_is_free_as_soon_as_it_is_given_up(live: FakeLive) -> None:
    async with connected(live) as client:
        await client.initialise()
        for _ in range(20):
            await client.subscribe("1", "silent")
            await client.complete("1")
        await client.complete("1")
        await client.complete("unknown")
        await client.subscribe("1", "one")
        assert (await client.receive())["type"] == "next"


async def test_more_operations_than_may_run_wait_for_their_turn(live: FakeLive) -> None:
    async with connected(live, LiveLimits(operations=2, waiting=100)) as client:
        await client.initialise()
        await client.subscribe("a", "silent")
        for number in range(90):
            await client.subscribe(str(number), "one")
        messages = [await client.receive() for _ in range(180)]
        assert {each["id"] for each in messages if each["type"] == "complete"} == {
            str(number) for number in range(90)
        }
        assert live.running == 1


@pytest.mark.parametrize(
    "limits",
    [LiveLimits(operations=1, turn_seconds=0.01), LiveLimits(operations=1, waiting=0)],
)
async def test_what_gets_no_turn_is_refused(live: FakeLive, limits: LiveLimits) -> None:
    async with connected(live, limits) as client:
        await client.initialise()
        await client.subscribe("1", "forever")
        await client.receive()
        await client.subscribe("2", "one")
        message = await client.receive()
        assert (message["id"], message["type"]) == ("2", "error")
        assert message["payload"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}
        await client.complete("1")
        await client.is_there()
        await client.subscribe("2", "one")
        assert (await client.receive())["type"] == "next"


async def test_a_fast_client_gets_everything(live: FakeLive) -> None:
    async with connected(live, LiveLimits(queue=2)) as client:
        await client.initialise()
        await client.subscribe("1", "burst")
        received = [(await client.receive())["payload"]["data"] for _ in range(500)]
        assert received == list(range(500))
        assert await client.receive() == {"id": "1", "type": "complete"}


async def test_a_slow_client_is_closed(live: FakeLive) -> None:
    async with connected(live, LiveLimits(queue=2, slow_seconds=0.05)) as client:
        await client.initialise()
        await client.subscribe("1", "flood")
        await live.ended.wait()
        assert (await client.closed())[0] == 4008


async def test_a_client_that_takes_nothing_holds_nothing_up(live: FakeLive) -> None:
    limits = LiveLimits(queue=5, slow_seconds=60, send_seconds=0.05)
    async with connected(live, limits) as client:
        await client.initialise()
        await client.subscribe("1", "flood")
        await live.left.wait()
        assert live.running == 0
        client.connection.transport.abort()


async def test_a_quiet_socket_is_pinged(live: FakeLive) -> None:
    async with connected(live, LiveLimits(ping_seconds=0.01)) as client:
        await client.initialise()
        for _ in range(3):
            assert await client.receive() == {"type": "ping"}


@pytest.mark.parametrize("how", ["close", "abort", "error"])
async def test_everything_ends_with_the_socket(live: FakeLive, how: str) -> None:
    async with connected(live, LiveLimits(operations=3)) as client:
        await client.initialise()
        for id_, query in enumerate(("forever", "silent", "stubborn", "one", "silent")):
            await client.subscribe(str(id_), query)
        await client.receive()
        await client.receive()
        if how == "close":
            await client.connection.close()
        elif how == "abort":
            client.connection.transport.abort()
        else:
            await client.send({})
            assert (await client.closed())[0] == 4400
        await live.left.wait()
        assert live.running == 0


async def test_everything_ends_with_the_server(live: FakeLive) -> None:
    async with asyncio.timeout(20), AsyncExitStack() as stack:
        async with hosting(live) as host:
            connection = await stack.enter_async_context(
                connect(f"ws://{host}/", subprotocols=[PROTOCOL])
            )
            client = Client(connection)
            await client.initialise()
            await client.subscribe("1", "forever")
            await client.receive()
        assert live.running == 0
        assert (await client.closed())[0] == 1012


async def test_a_server_that_closes_by_itself_is_no_failure(
    live: FakeLive, caplog: pytest.LogCaptureFixture
) -> None:
    async def endpoint(websocket: WebSocket) -> None:
        await serve_websocket(websocket, live)

    app = Starlette(routes=[WebSocketRoute("/", endpoint)])
    async with serving(app, most_bytes=100_000) as host:
        url = f"ws://{host}/"
        async with connect(url, subprotocols=[PROTOCOL], compression=None) as connection:
            client = Client(connection)
            await client.initialise()
            await client.subscribe("1", "burst")
            await connection.send("x" * 200_000)
            assert (await client.closed())[0] == 1009
    assert "live request failed" not in caplog.text


async def test_nor_is_one_that_has_closed_before_it_says_so(
    live: FakeLive, caplog: pytest.LogCaptureFixture
) -> None:
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    incoming.put_nowait({"type": "websocket.connect"})
    incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(INIT)})

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            raise RuntimeError(SECRET)

    scope = {"type": "websocket", "headers": [], "subprotocols": [SUBPROTOCOL]}
    await serve_websocket(WebSocket(scope, incoming.get, send), live)
    assert caplog.text == ""
