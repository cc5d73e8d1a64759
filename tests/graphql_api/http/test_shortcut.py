"""Requests to GraphQL that pass by the router are answered as by the router."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.builders import Newsroom
from tests.graphql_api.http.desk import app_of

PATHS = ("/graphql", "/manage/graphql")
REQUESTS: Sequence[tuple[str, dict[str, Any]]] = (
    ("POST", {"json": {"query": "{ __typename }"}}),
    ("POST", {"json": {"query": "{ nothing }"}}),
    ("POST", {"content": "x" * 70_000, "headers": {"Content-Type": "application/json"}}),
    ("POST", {"content": "{}", "headers": {"Content-Type": "text/plain"}}),
    ("POST", {"json": {}, "headers": {"Accept": "image/png"}}),
    ("POST", {"json": {}, "headers": {"Accept": "text/event-stream"}}),
    ("POST", {"json": {}, "headers": {"Authorization": "Basic x"}}),
    ("GET", {"params": {"query": "{ __typename }"}}),
    ("GET", {"headers": {"Accept": "text/html"}}),
    ("HEAD", {}),
    ("OPTIONS", {}),
    ("PUT", {"json": {}}),
)


class Watch:
    """Middleware that changes nothing, and counts what it sees."""

    seen = 0

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def count(message: Message) -> None:
            Watch.seen += message["type"] == "http.response.start"
            await send(message)

        await self._app(scope, receive, count)


def test_answers_are_those_of_an_app_without_the_shortcut(newsroom: Newsroom) -> None:
    direct, watched = app_of(newsroom), app_of(newsroom)
    watched.add_middleware(Watch)
    before = Watch.seen
    with TestClient(direct) as client, TestClient(watched) as other:
        for path in PATHS:
            for method, more in REQUESTS:
                one = client.request(method, path, **more)
                two = other.request(method, path, **more)
                assert one.content == two.content
                assert one.status_code == two.status_code
                assert _headers(one.headers) == _headers(two.headers)
    assert Watch.seen - before == len(PATHS) * len(REQUESTS)


def _headers(headers: Any) -> dict[str, Any]:
    """Return headers; the methods in one of Starlette's are in any order."""
    return {name: sorted(value.split(", ")) for name, value in headers.items()}


@pytest.mark.parametrize("path", PATHS)
def test_other_addresses_are_as_before(newsroom: Newsroom, path: str) -> None:
    with TestClient(app_of(newsroom), follow_redirects=False) as client:
        slash = client.post(f"{path}/", json={})
        assert (slash.status_code, slash.headers["location"]) == (307, f"http://testserver{path}")
        assert client.post(f"{path}x", json={}).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_a_host_finds_the_route_in_the_scope(newsroom: Newsroom, path: str) -> None:
    scopes: list[Scope] = []
    app = app_of(newsroom)

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await app(scope, receive, send)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with app.router.lifespan_context(app):
            yield

    with TestClient(Starlette(routes=[Mount("/cms", keep)], lifespan=lifespan)) as client:
        client.post(f"/cms{path}", json={"query": "{ __typename }"})
    (scope,) = scopes
    assert isinstance(scope["route"], Route)
    assert scope["route"].path == path
    assert scope["endpoint"] is scope["route"].endpoint
    assert scope["app"] is app
    assert "identity" in scope["state"]["timings"]


def test_routes_of_a_host_have_no_shortcut(newsroom: Newsroom) -> None:
    app = app_of(newsroom)
    app.routes.insert(0, Route("/hook", Watch(PlainTextResponse("here")), methods=["POST"]))
    with TestClient(app) as client:
        assert client.post("/hook").text == "here"
        assert client.get("/hook").status_code == 405
        assert client.get("/hook").headers["x-content-type-options"] == "nosniff"
