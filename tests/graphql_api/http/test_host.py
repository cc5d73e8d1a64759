"""The management API inside another app, which says who is asking."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Mount
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from cms.access.accounts import load_actor
from cms.authorization.actor import ANONYMOUS, Actor
from graphql_api.http.errors import request_failure
from tests.builders import Newsroom
from tests.graphql_api.http.desk import (
    EMAIL,
    EVENTS,
    JSON,
    ME,
    PAGE,
    PASSWORD,
    PATH,
    Desk,
    app_of,
    bearer,
    check_turned_away,
    error_of,
    open_desk,
    take_roles,
)

STUDIO = "https://studio.example"


@asynccontextmanager
async def hosted(newsroom: Newsroom) -> AsyncIterator[Desk]:
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
        create = 'mutation { createTag(input: {name: "x"}) { errors { code } } }'
        publisher = cookie(newsroom.publisher.account_id)
        async with desk.socket(None, additional_headers=publisher) as socket:
            await socket.acknowledged()
            assert (await socket.ask("1", create))["data"]["createTag"]["errors"] == []
            await take_roles(newsroom, newsroom.publisher)
            refused = (await socket.ask("2", create))["data"]["createTag"]["errors"]
            assert refused == [{"code": "NOT_ALLOWED"}]
