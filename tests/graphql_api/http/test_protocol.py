"""GraphQL over HTTP, as programs and browsers speak it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from cms.copydesk import Copydesk
from cms.settings import Settings
from graphql_api.app import create_app
from tests.builders import Newsroom
from tests.conftest import begins_with
from tests.sites import SITE

OWN = "application/graphql-response+json"
JSON = "application/json"
QUERY = '{ entry(by: {path: "/articles/page"}) { title } }'


async def one_page(newsroom: Newsroom) -> None:
    await newsroom.published(title="Page </script>", slug="page")


pytestmark = begins_with(one_page)


@pytest.fixture
def url(newsroom: Newsroom) -> str:
    """A database with one public page."""
    return newsroom.database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    """A client of the app."""
    app = create_app(Copydesk(SITE, Settings(database_url=url)))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def post(client: TestClient, body: Any, accept: str = JSON) -> Any:
    return client.post("/graphql", json=body, headers={"Accept": accept})


@pytest.mark.parametrize("accept", [OWN, JSON])
def test_a_query_by_post(client: TestClient, accept: str) -> None:
    response = post(client, {"query": QUERY}, accept)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == accept
    assert response.json() == {"data": {"entry": {"title": "Page </script>"}}}


def test_a_query_by_get(client: TestClient) -> None:
    query = "query Q($p: String!) { entry(by: {path: $p}) { title } } query Other { __typename }"
    response = client.get(
        "/graphql",
        params={
            "query": query,
            "operationName": "Q",
            "variables": json.dumps({"p": "/articles/page"}),
        },
    )
    assert response.json() == {"data": {"entry": {"title": "Page </script>"}}}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{OWN}, {JSON}", OWN),
        (f"{JSON}, {OWN};q=0.9", OWN),
        ("text/html, */*;q=0.1", JSON),
    ],
)
def test_the_media_type_is_the_clients_choice(
    client: TestClient, accept: str, expected: str
) -> None:
    response = post(client, {"query": "{ __typename }"}, accept)
    assert response.headers["content-type"].partition(";")[0] == expected


def test_a_media_type_that_there_is_not(client: TestClient) -> None:
    assert post(client, {"query": "{ __typename }"}, "text/plain").status_code == 406


@pytest.mark.parametrize(("accept", "status"), [(OWN, 400), (JSON, 200)])
def test_an_invalid_document_has_errors_and_no_data(
    client: TestClient, accept: str, status: int
) -> None:
    response = post(client, {"query": "{ nothing }"}, accept)
    assert response.status_code == status
    assert "data" not in response.json()
    (error,) = response.json()["errors"]
    assert error["locations"] == [{"line": 1, "column": 3}]
    assert error["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"query": 1}',
        b'{"query": ""}',
        b'{"query": "{__typename}", "variables": []}',
        b'{"query": "{__typename}", "operationName": 1}',
        b'{"query": "{__typename}", "extensions": 1}',
        b'[{"query": "{__typename}"}]',
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b"[" * 200_000,
        b'{"query":' * 20_000,
        b'{"query": "{__typename}", "query": "{__typename}"}',
        b'{"query": "{__typename}", "\\u0071uery": "{__typename}"}',
        b'{"query": "{__typename}", "variables": {"a": [{"b": 1, "c": 2, "b": 1}]}}',
        b'{"query": "{__typename}", "variables": {"a": NaN}}',
    ],
)
def test_a_malformed_request_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/graphql", content=body, headers={"Content-Type": JSON})
    assert response.status_code in {400, 413}
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] in {"BAD_REQUEST", "LIMIT_EXCEEDED"}
    assert "Traceback" not in response.text


@pytest.mark.parametrize("name", ["query", "operationName", "variables"])
def test_a_parameter_of_an_address_comes_once(client: TestClient, name: str) -> None:
    given = {"query": QUERY, "operationName": "", "variables": "{}"}
    response = client.get("/graphql", params=[*given.items(), (name, given[name])])
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].endswith(f"{name} is given more than once.")


def test_variables_in_an_address_have_no_key_twice(client: TestClient) -> None:
    response = client.get("/graphql", params={"query": QUERY, "variables": '{"a":1,"a":2}'})
    assert response.status_code == 400


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_form_cannot_ask(client: TestClient, media_type: str) -> None:
    body = json.dumps({"query": QUERY}).encode()
    response = client.post("/graphql", content=body, headers={"Content-Type": media_type})
    assert response.status_code == 415


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_not_allowed(client: TestClient, method: str) -> None:
    response = client.request(method, "/graphql", json={"query": QUERY})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


def test_a_body_that_is_too_large_is_not_read(client: TestClient) -> None:
    response = post(client, {"query": "{ __typename }" + " " * 70_000})
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}


def test_a_failure_of_the_server_tells_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "empty.db").touch()  # what is asked for has no table
    app = create_app(Copydesk(SITE, Settings(database_url=f"sqlite:///{tmp_path}/empty.db")))
    with TestClient(app, raise_server_exceptions=False) as client:
        response = post(client, {"query": QUERY})
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["reference"] in caplog.text
    assert "sqlite" not in response.text
    assert str(tmp_path) not in response.text


def test_a_person_with_a_browser_gets_graphiql_and_all_it_needs(client: TestClient) -> None:
    page = client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "://" not in page.text
    for line in page.text.splitlines():
        for attribute in ("src=", "href="):
            name = line.partition(f'{attribute}"graphql/assets/')[2].partition('"')[0]
            if name:
                asset = client.get(f"/graphql/assets/{name}")
                assert asset.status_code == 200, name
                assert len(asset.content) > 20
    for name in ("nothing.js", "..%2fapp.py", "graphiql.html"):
        assert client.get(f"/graphql/assets/{name}").status_code == 404


def test_a_program_that_takes_anything_gets_json_from_a_get(client: TestClient) -> None:
    response = client.get("/graphql", params={"query": QUERY}, headers={"Accept": "text/html"})
    assert response.status_code == 406
    assert client.get("/graphql", params={"query": QUERY}).json()["data"]["entry"]


def test_it_can_be_mounted_in_another_app(url: str) -> None:
    cms = create_app(Copydesk(SITE, Settings(database_url=url)))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # A mounted app has no lifespan of its own; the host gives it one.
        async with cms.router.lifespan_context(cms):
            yield

    host = Starlette(routes=[Mount("/cms", cms)], lifespan=lifespan)
    with TestClient(host) as client:
        response = client.post("/cms/graphql", json={"query": QUERY})
        assert response.json() == {"data": {"entry": {"title": "Page </script>"}}}


@pytest.mark.parametrize(("accept", "status"), [(OWN, 400), (JSON, 200)])
def test_a_position_of_another_site_is_an_error_without_data(
    client: TestClient, accept: str, status: int
) -> None:
    query = '{ sync(since: "1.0123456789abcdef") { nodes { path } } }'
    response = post(client, {"query": query}, accept)
    assert response.status_code == status
    assert response.json().keys() == {"errors"}
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "RESYNC"}
    assert "begin again without a position" in error["message"]
