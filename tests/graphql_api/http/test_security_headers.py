"""What browsers may do with a response is as little as there can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from graphql_api.http.security_headers import SECURITY_HEADERS
from tests.builders import Newsroom
from tests.graphql_api.http.desk import app_of

QUERY = {"query": "{ __typename }"}


@pytest.fixture
def client(newsroom: Newsroom) -> Iterator[TestClient]:
    """A client of the app."""
    with TestClient(app_of(newsroom)) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("POST", "/graphql", 200),
        ("PUT", "/graphql", 405),
        ("POST", "/manage/graphql", 401),
        ("GET", "/manage/graphql", 405),
        ("GET", "/sitemap-99.xml", 404),
        ("GET", "/feeds/nothing.atom", 404),
        ("GET", "/feeds/nothing.json", 404),
        ("GET", "/graphql/assets/page.js", 200),
        ("GET", "/nothing", 404),
    ],
)
def test_every_response_keeps_browsers_from_guessing_framing_and_telling(
    client: TestClient, method: str, address: str, status: int
) -> None:
    body = QUERY if method != "GET" else None
    response = client.request(method, address, json=body)
    assert response.status_code == status
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_a_response_that_the_framework_makes_of_a_failure_has_them_too(newsroom: Newsroom) -> None:
    app = app_of(newsroom)

    async def broken(_: Request) -> Response:
        raise RuntimeError

    app.router.routes.append(Route("/broken", broken))
    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/broken")
    assert response.status_code == 500
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert response.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("address", ["/graphql", "/manage/graphql"])
def test_a_page_says_itself_what_it_needs_and_is_in_no_frame(
    client: TestClient, address: str
) -> None:
    page = client.get(address, headers={"Accept": "text/html"})
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert policy.endswith("frame-ancestors 'none'")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers.get_list("content-security-policy") == [policy]
