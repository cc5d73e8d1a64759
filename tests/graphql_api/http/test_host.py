"""Both APIs inside another app, which says who is asking."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from cms.access.accounts import load_actor
from cms.access.tokens import issue_preview
from cms.authorization.actor import ANONYMOUS, Actor
from graphql_api.http.errors import request_failure
from graphql_api.schema.management.mutations.sessions import OWN_CREDENTIALS
from graphql_api.timings import Timings
from tests.builders import Newsroom
from tests.graphql_api.http.desk import (
    EMAIL,
    EVENTS,
    JSON,
    ME,
    PAGE,
    PASSWORD,
    PATH,
    SIGN_IN,
    Desk,
    app_of,
    bearer,
    check_turned_away,
    error_of,
    open_desk,
    take_roles,
)

STUDIO = "https://studio.example"
READING = "/cms/graphql"
DRAFTS = "query @view(perspective: DRAFT) { articles { nodes { title } } }"
MUTATIONS = '{ __type(name: "Mutation") { fields { name } } }'


@asynccontextmanager
async def hosted(
    newsroom: Newsroom, watch: Callable[[ASGIApp], ASGIApp] | None = None
) -> AsyncIterator[Desk]:
    """Mount the app in another one, which knows people by a cookie."""

    async def identify(connection: HTTPConnection) -> Actor:
        match connection.cookies.get("person"):
            case None:
                return ANONYMOUS
            case "banned":
                raise request_failure("The host does not let you in.", "BANNED", status=403)
            case "odd":
                raise RuntimeError(PASSWORD)
            case account_id:
                async with newsroom.database.reading() as session:
                    return await load_actor(session, account_id)

    app = app_of(newsroom, identify=identify, allowed_origins=[STUDIO])
    host = Starlette(routes=[Mount("/cms", app)])
    if watch is not None:
        host.add_middleware(watch)
    async with open_desk(newsroom, app, host, f"/cms{PATH}") as desk:
        yield desk


def cookie(person: str | None) -> dict[str, str]:
    return {"Cookie": f"person={person}"}


async def test_a_host_can_say_who_is_asking(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    async with hosted(newsroom) as desk:
        author = cookie(newsroom.author.account_id)
        answer = await desk.client.post(desk.path, json={"query": ME}, headers=author)
        assert answer.json() == {"data": {"me": {"account": {"email": EMAIL}}}}
        assert answer.headers["cache-control"] == "private, no-store"

        own = bearer(await desk.secret(newsroom.author))
        check_turned_away(await desk.client.post(desk.path, json={"query": ME}, headers=own))
        check_turned_away(await desk.client.post(desk.path, json={"query": ME}))

        for accept in (JSON, EVENTS):
            headers = {"Accept": accept, **cookie("banned")}
            banned = await desk.client.post(desk.path, json={"query": ME}, headers=headers)
            assert banned.status_code == 403
            assert error_of(banned)["extensions"] == {"code": "BANNED"}
            assert banned.headers["cache-control"] == "private, no-store"

        broken = await desk.client.post(desk.path, json={"query": ME}, headers=cookie("odd"))
        assert broken.status_code == 500
        assert PASSWORD not in broken.text
        assert error_of(broken)["extensions"]["reference"] in caplog.text

        form = await desk.client.post(
            desk.path,
            content=json.dumps({"query": ME}),
            headers={"Content-Type": "text/plain", **author},
        )
        assert form.status_code == 415
        page = await desk.client.get(desk.path, headers={"Accept": PAGE})
        assert page.status_code == 200
        script = await desk.client.get(f"{desk.path}/assets/page.js")
        assert script.status_code == 200


async def test_a_host_is_asked_anew_for_every_operation_on_a_socket(newsroom: Newsroom) -> None:
    async with hosted(newsroom) as desk:
        author = cookie(newsroom.author.account_id)
        for origin in (None, STUDIO, f"http://{desk.host}"):
            said = Origin(origin) if origin else None
            async with desk.socket(None, origin=said, additional_headers=author) as socket:
                await socket.acknowledged()
        with pytest.raises(InvalidStatus):
            async with desk.socket(
                None, origin=Origin("https://evil.example"), additional_headers=author
            ):
                pass
        for person in ("banned", "nobody"):
            async with desk.socket(None, additional_headers=cookie(person)) as socket:
                assert await socket.closed() in {4403, 4500}
        create = 'mutation { createCategory(input: {values: {name: "x"}}) { errors { code } } }'
        publisher = cookie(newsroom.publisher.account_id)
        async with desk.socket(None, additional_headers=publisher) as socket:
            await socket.acknowledged()
            assert (await socket.ask("1", create))["data"]["createCategory"]["errors"] == []
            await take_roles(newsroom, newsroom.publisher)
            refused = (await socket.ask("2", create))["data"]["createCategory"]["errors"]
            assert refused == [{"code": "NOT_ALLOWED"}]


async def test_the_mutations_of_own_credentials_are_only_where_there_is_no_host(
    desk: Desk, newsroom: Newsroom
) -> None:
    async def names(desk: Desk, headers: dict[str, str]) -> set[str]:
        answer = await desk.client.post(desk.path, json={"query": MUTATIONS}, headers=headers)
        return {each["name"] for each in answer.json()["data"]["__type"]["fields"]}

    own = await names(desk, bearer(await desk.secret(newsroom.author)))
    async with hosted(newsroom) as host:
        assert await names(host, cookie(newsroom.author.account_id)) == own - OWN_CREDENTIALS
        check_turned_away(await host.post(SIGN_IN, email=EMAIL, password=PASSWORD))
    assert own > OWN_CREDENTIALS


async def test_the_word_of_a_host_holds_for_the_delivery_api(newsroom: Newsroom) -> None:
    revision = await newsroom.draft(title="Draft", slug="draft")
    await newsroom.published(title="Public", slug="public")
    entry_id = await newsroom.entry_id(revision)
    async with newsroom.as_(newsroom.author) as work:
        preview = (await issue_preview(work, entry_id)).secret
    async with hosted(newsroom) as desk:

        async def titles(query: str, headers: dict[str, str]) -> tuple[set[str], str | None]:
            answer = await desk.client.post(READING, json={"query": query}, headers=headers)
            found = {each["title"] for each in answer.json()["data"]["articles"]["nodes"]}
            return found, answer.headers.get("cache-control")

        author = cookie(newsroom.author.account_id)
        private = "private, no-store"
        assert await titles(DRAFTS, author) == ({"Draft", "Public"}, private)
        public = DRAFTS.replace("perspective: DRAFT", "perspective: PUBLISHED")
        assert await titles(public, author) == ({"Public"}, private)
        assert await titles(public, {}) == ({"Public"}, None)
        assert await titles(public, bearer(preview)) == ({"Draft", "Public"}, private)

        # Without the word of the host, a token of an account is as good as none.
        for headers in ({}, bearer(await desk.secret(newsroom.author))):
            refused = await desk.client.post(READING, json={"query": DRAFTS}, headers=headers)
            assert error_of(refused)["extensions"]["code"] == "NOT_ALLOWED"
        banned = await desk.client.post(READING, json={"query": public}, headers=cookie("banned"))
        assert banned.status_code == 403
        assert error_of(banned)["extensions"] == {"code": "BANNED"}
        unknown = await desk.client.post(READING, json={"query": public}, headers=bearer("x"))
        assert unknown.status_code == 200


async def test_a_host_can_see_how_long_each_step_has_taken(newsroom: Newsroom) -> None:
    seen: list[Timings] = []

    def watch(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)
            if scope["type"] == "http":
                seen.append(scope["state"]["timings"])

        return serve

    async with hosted(newsroom, watch) as desk:
        author = cookie(newsroom.author.account_id)
        for path, query in ((READING, "{ articles { nodes { title } } }"), (desk.path, ME)):
            answer = await desk.client.post(path, json={"query": query}, headers=author)
            assert "errors" not in answer.json()
    reading, managing = seen
    steps = ["identity", "request", "document", "plan", "statement", "response"]
    assert list(reading) == steps
    assert list(managing) == [*steps[:4], "answers", *steps[4:]]
    assert min(reading.values()) > 0
