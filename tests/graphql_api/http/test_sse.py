"""GraphQL over server-sent events, through a real server and a real client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from cms.authorization.actor import ANONYMOUS
from graphql_api.http.errors import RequestFailed
from graphql_api.http.live import LiveLimits
from graphql_api.http.request import GraphQLRequest
from graphql_api.http.response import GRAPHQL_RESPONSE, failure_response
from graphql_api.http.sse import begin_stream, prefers_event_stream, sse_response
from tests.graphql_api.http.live import SECRET, FakeLive, serving

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
COMPLETE = "event: complete\ndata:\n\n"


@pytest.fixture
async def live() -> FakeLive:
    """What answers."""
    return FakeLive()


@asynccontextmanager
async def hosting(live: FakeLive, limits: LiveLimits | None = None) -> AsyncIterator[str]:
    """Serve events: ``/begun`` as an app would, ``/`` without waiting for anything."""

    async def with_status(request: Request) -> Response:
        try:
            stream = await begin_stream(live.stream(asked(request), ANONYMOUS), limits)
        except RequestFailed as error:
            failure = failure_response(error, GRAPHQL_RESPONSE)
            return Response(failure.body, failure.status, media_type=GRAPHQL_RESPONSE)
        return sse_response(stream, limits)

    async def without(request: Request) -> Response:
        return sse_response(live.stream(asked(request), ANONYMOUS), limits)

    app = Starlette(routes=[Route("/begun", with_status), Route("/", without)])
    async with asyncio.timeout(20), serving(app) as host:
        yield f"http://{host}"


def asked(request: Request) -> GraphQLRequest:
    return GraphQLRequest(request.query_params["query"])


async def get(url: str, query: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as client:
        return await client.get(url, params={"query": query})


def event(payload: Any) -> str:
    return f"event: next\ndata: {json.dumps(payload, separators=(',', ':'))}\n\n"


BOTH = pytest.mark.parametrize("path", ["", "/begun"])


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/event-stream", True),
        ("text/event-stream, multipart/mixed", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("text/event-stream, application/json;q=0.9", True),
        ("text/event-stream, */*;q=0.1", True),
        ("text/event-stream;q=0.2, application/json;q=0.1", True),
        (URQL, False),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("text/event-stream, application/json", False),
        ("text/event-stream, application/*", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=nan", False),
        ("text/event-stream;q=0.5, application/graphql-response+json;q=0.6", False),
    ],
)
def test_events_are_for_those_that_prefer_them(accept: str, *, expected: bool) -> None:
    assert prefers_event_stream(accept) is expected


@BOTH
async def test_a_query_is_one_event(live: FakeLive, path: str) -> None:
    async with hosting(live) as url:
        response = await get(url + path, "one")
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.text == event({"data": [None, {}]}) + COMPLETE
    assert live.running == 0


@BOTH
async def test_events_come_in_order(live: FakeLive, path: str) -> None:
    async with hosting(live) as url:
        response = await get(url + path, "burst")
    expected = [event({"data": number}) for number in range(500)]
    assert response.text == "".join(expected) + COMPLETE


@BOTH
async def test_a_line_break_does_not_end_an_event(live: FakeLive, path: str) -> None:
    async with hosting(live) as url:
        response = await get(url + path, "pretty")
    first, second, *_ = response.text.splitlines()
    assert first == "event: next"
    assert json.loads(second.removeprefix("data: ")) == {"data": 1}


@BOTH
async def test_a_stream_is_read_in_one_task(live: FakeLive, path: str) -> None:
    async with hosting(live) as url:
        response = await get(url + path, "of_one_task")
    assert response.text == event({"data": 1}) + event({"data": 2}) + COMPLETE


async def test_what_fails_at_once_has_a_status(live: FakeLive) -> None:
    async with hosting(live) as url:
        response = await get(f"{url}/begun", "invalid")
    assert response.status_code == 400
    assert [each["message"] for each in response.json()["errors"]] == [
        "No such field.",
        "No such argument.",
    ]
    assert live.running == 0


async def test_what_fails_unexpectedly_at_once_is_left_to_the_caller(live: FakeLive) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(RuntimeError, match=SECRET):
        await begin_stream(live.stream(GraphQLRequest("broken"), ANONYMOUS))
    assert asyncio.all_tasks() == before


async def test_whoever_does_not_wait_gets_it_as_an_event(live: FakeLive) -> None:
    async with hosting(live) as url:
        response = await get(url, "invalid")
    assert response.status_code == 200
    first = response.text.removeprefix("event: next\ndata: ").removesuffix("\n\n" + COMPLETE)
    assert len(json.loads(first)["errors"]) == 2


@BOTH
async def test_errors_after_the_first_response(live: FakeLive, path: str) -> None:
    async with hosting(live) as url:
        response = await get(url + path, "then_refused")
    error = {"message": "Sign in again.", "extensions": {"code": "UNAUTHENTICATED"}}
    assert response.text == event({"data": 1}) + event({"errors": [error]}) + COMPLETE


@BOTH
async def test_a_failure_of_the_server_tells_nothing(
    live: FakeLive, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with hosting(live) as url:
        response = await get(url + path, "then_broken")
    assert response.text.endswith(COMPLETE)
    assert SECRET not in response.text
    assert SECRET in caplog.text
    errors = json.loads(response.text.split("data: ")[2].partition("\n")[0])["errors"]
    assert errors[0]["extensions"]["reference"] in caplog.text


@BOTH
@pytest.mark.parametrize("query", ["forever", "silent", "stubborn"])
async def test_it_ends_when_the_client_goes_away(live: FakeLive, path: str, query: str) -> None:
    limits = LiveLimits(first_seconds=0.01)
    async with hosting(live, limits) as url, httpx2.AsyncClient() as client:
        async with client.stream("GET", url + path, params={"query": query}) as response:
            assert response.status_code == 200
            assert live.running == 1
        await live.ended.wait()
        assert live.running == 0


@BOTH
async def test_a_quiet_stream_is_kept_alive(live: FakeLive, path: str) -> None:
    limits = LiveLimits(first_seconds=0.01, comment_seconds=0.01)
    async with hosting(live, limits) as url, httpx2.AsyncClient() as client:
        async with client.stream("GET", url + path, params={"query": "forever"}) as response:
            received = ""
            async for text in response.aiter_text():
                received += text
                if received.count(":\n\n") >= 3:
                    break
        assert received.startswith(event({"data": "begun"}) + ":\n\n:\n\n")
        await live.ended.wait()


@BOTH
async def test_a_client_that_takes_nothing_holds_nothing_up(live: FakeLive, path: str) -> None:
    async with hosting(live, LiveLimits(send_seconds=0.05)) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1)
        writer.write(f"GET {path or '/'}?query=flood HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await live.ended.wait()
        writer.transport.abort()
    assert live.running == 0


async def test_a_client_that_is_gone_before_the_first_event(live: FakeLive) -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def send(_: Message) -> None:
        raise BrokenPipeError

    before = asyncio.all_tasks()
    stream = await begin_stream(live.stream(GraphQLRequest("forever"), ANONYMOUS))
    await sse_response(stream)({"type": "http"}, receive, send)
    assert live.running == 0
    assert asyncio.all_tasks() == before


async def test_a_request_that_is_given_up_before_it_is_begun(live: FakeLive) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await begin_stream(live.stream(GraphQLRequest("silent"), ANONYMOUS))
    assert live.actors == [ANONYMOUS]
    assert live.running == 0
    assert asyncio.all_tasks() == before
