"""The management API behind a real server, and those who use it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2
import orjson
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from cms.access.accounts import revoke_role
from cms.access.passwords import prepare_password, set_password
from cms.access.tokens import issue_token
from cms.authorization.actor import OPERATOR, Actor
from cms.copydesk import Copydesk
from cms.settings import Settings
from cms.tables import RoleGrant
from graphql_api.app import create_app
from graphql_api.endpoints import ManagementEndpoint
from graphql_api.http.websocket import SUBPROTOCOL
from tests.builders import Newsroom
from tests.engines import share_compiled_statements
from tests.graphql_api.http.live import serving

PATH = "/manage/graphql"
OWN = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"
PAGE = "text/html,application/xhtml+xml,*/*;q=0.8"
EMAIL = "ada.author@example.org"
PASSWORD = "correct horse battery"
DAY = timedelta(days=1)

TOKENS = "errors { code message } accessToken refreshToken"
SIGN_IN = f"""mutation($email: String!, $password: String!) {{
  signIn(input: {{email: $email, password: $password}}) {{ {TOKENS} account {{ email }} }}
}}"""
REFRESH = f"""mutation($token: String!) {{
  refreshSession(input: {{refreshToken: $token}}) {{ {TOKENS} }}
}}"""
SIGN_OUT = "mutation { signOut { errors { code } } }"
ME = "{ me { account { email } } }"


@dataclass
class Desk:
    """A server of the management API, asked as the tools of editors would.

    Attributes:
        newsroom: the people whose tools these are.
        host: the server's address and port.
        client: what asks.
        path: where the API is.
        secrets: the service tokens of those who have asked.
    """

    newsroom: Newsroom
    host: str
    client: httpx2.AsyncClient
    path: str = PATH
    secrets: dict[Actor, str] = field(default_factory=dict)

    async def post(
        self, query: str, token: str | None = None, accept: str = JSON, /, **variables: Any
    ) -> httpx2.Response:
        """Return the response to a request with this token."""
        headers = {"Accept": accept, **bearer(token)}
        body = {"query": query, "variables": variables}
        return await self.client.post(self.path, json=body, headers=headers)

    async def data(self, actor: Actor, query: str, **variables: Any) -> Any:
        """Return the data of a response without errors."""
        response = (await self.post(query, await self.secret(actor), **variables)).json()
        assert "errors" not in response, response["errors"]
        return response["data"]

    async def do(self, actor: Actor, name: str, selection: str = "", /, **given: Any) -> Any:
        """Return the payload of a mutation that is not refused."""
        query = f"""mutation($input: {name[:1].upper()}{name[1:]}Input!) {{
          {name}(input: $input) {{ errors {{ code message path }} {selection} }}
        }}"""
        payload = (await self.data(actor, query, input=given))[name]
        assert payload["errors"] == [], payload["errors"]
        return payload

    async def article(self, title: str, **values: Any) -> Mapping[str, str]:
        """Create an Article and return the ids of the entry and its revision, and the digest."""
        wanted = {"title": title, "body": "Some *text*.", **values}
        selection = "entry { id } revision { id digest }"
        made = await self.do(self.newsroom.author, "createArticle", selection, values=wanted)
        return {"entry": made["entry"]["id"], **made["revision"]}

    async def secret(self, actor: Actor) -> str:
        """Return a service token for an actor."""
        if actor not in self.secrets:
            self.secrets[actor] = await self.issue(actor)
        return self.secrets[actor]

    async def issue(self, actor: Actor, now: datetime | None = None) -> str:
        """Make a service token that is good for a day."""
        async with self.newsroom.as_(actor, now) as work:
            return (await issue_token(work, "a tool", scopes=None, valid_for=DAY)).secret

    async def give_password(self, actor: Actor) -> None:
        """Give an account the password."""
        new = await prepare_password(PASSWORD)
        async with self.newsroom.as_(OPERATOR) as work:
            await set_password(work, str(actor.account_id), new)

    async def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        """Return what becomes of an attempt to sign in."""
        response = await self.post(SIGN_IN, email=email, password=password)
        assert response.status_code == 200
        return response.json()["data"]["signIn"]

    @asynccontextmanager
    async def socket(self, token: str | None, **more: Any) -> AsyncIterator[Socket]:
        """Open a socket and say who one is."""
        url = f"ws://{self.host}{self.path}"
        protocols = [Subprotocol(SUBPROTOCOL)]
        async with connect(url, subprotocols=protocols, compression=None, **more) as connection:
            socket = Socket(connection)
            payload = {"authorization": f"Bearer {token}"} if token else {}
            await socket.send({"type": "connection_init", "payload": payload})
            yield socket


@dataclass
class Socket:
    """The client's end of a socket."""

    connection: ClientConnection

    async def send(self, message: Any) -> None:
        """Send a message."""
        await self.connection.send(orjson.dumps(message).decode())

    async def receive(self) -> Any:
        """Return the next message that is no ping."""
        while True:
            message = orjson.loads(await self.connection.recv())
            if message["type"] != "ping":
                return message

    async def acknowledged(self) -> None:
        """Wait until the server knows who one is."""
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, id_: str, query: str, **variables: Any) -> None:
        """Ask something; subscriptions come without the word for them."""
        payload = {"query": query, "variables": variables}
        await self.send({"id": id_, "type": "subscribe", "payload": payload})

    async def next(self, id_: str) -> Any:
        """Return the data of the next response."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", id_), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def ask(self, id_: str, query: str, **variables: Any) -> Any:
        """Return the one response to an operation."""
        await self.subscribe(id_, query, **variables)
        message = await self.receive()
        if message["type"] == "next":
            assert (await self.receive())["type"] == "complete"
        return message["payload"]

    async def closed(self) -> int | None:
        """Read until the server closes, and return its code."""
        try:
            while True:
                await self.connection.recv()
        except ConnectionClosed:
            return self.connection.close_code


def bearer(token: str | None) -> dict[str, str]:
    """Return the header with a token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def settings_of(newsroom: Newsroom) -> Settings:
    """Return the settings of a server on the newsroom's database."""
    database = newsroom.database
    url = database.engine.url.set(drivername=database.engine.dialect.name)
    return Settings(
        database_url=url.render_as_string(hide_password=False),
        signing_key=database.key_file.path,
    )


def app_of(newsroom: Newsroom, **more: Any) -> Starlette:
    """Return the app as it is served, on the newsroom's database."""
    copydesk = Copydesk(newsroom.site, settings_of(newsroom))
    share_compiled_statements(copydesk.database)
    return create_app(copydesk, **more)


@asynccontextmanager
async def open_desk(
    newsroom: Newsroom, app: Starlette, served: ASGIApp | None = None, path: str = PATH
) -> AsyncIterator[Desk]:
    """Serve an app, or what it is mounted in, for the time of a test."""
    async with (
        app.router.lifespan_context(app),
        serving(served or app) as host,
        httpx2.AsyncClient(base_url=f"http://{host}", timeout=20) as client,
    ):
        yield Desk(newsroom, host, client, path)


def endpoint_of(app: Starlette) -> ManagementEndpoint:
    """Return what answers in an app."""
    route = next(each for each in app.routes if isinstance(each, Route) and each.path == PATH)
    assert isinstance(route.endpoint, ManagementEndpoint)
    return route.endpoint


def error_of(response: httpx2.Response) -> Any:
    """Return the one error of a response that has nothing else."""
    assert list(response.json()) == ["errors"]
    (error,) = response.json()["errors"]
    return error


def check_turned_away(response: httpx2.Response, accept: str = JSON) -> None:
    """Check that a response says no more than that one is not known."""
    error = error_of(response)
    assert response.status_code == 401
    assert response.headers["content-type"].partition(";")[0] == accept
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["www-authenticate"] == "Bearer"
    assert error.keys() == {"message", "extensions"}
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}


async def take_roles(newsroom: Newsroom, actor: Actor) -> None:
    """Take all roles of somebody."""
    async with newsroom.as_(newsroom.administrator) as work:
        held = select(RoleGrant.id).where(RoleGrant.account_id == actor.account_id)
        for grant_id in list(await work.session.scalars(held)):
            await revoke_role(work, grant_id)
