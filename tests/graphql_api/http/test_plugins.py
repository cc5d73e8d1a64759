"""What plugins add is served: routes, identity, refusals, and words in closed vocabularies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from cms.access.accounts import grant_role, load_actor
from cms.authorization.actions import Reach
from cms.authorization.actor import ANONYMOUS, Actor, Grant
from cms.errors import GateFailed, InvalidValue, Refused, SiteError
from cms.events import DraftSaved, Event
from cms.hooks import AsgiApp, AsgiScope, Candidate, Gate, Identity, hookimpl
from cms.plugins import Plugin
from cms.site import Site
from cms.work.work import Work
from graphql_api.schema.management.mutations.sessions import OWN_CREDENTIALS
from tests.builders import Newsroom
from tests.graphql_api.http.desk import (
    ME,
    PATH,
    Desk,
    app_of,
    bearer,
    check_turned_away,
    open_desk,
)
from tests.sites import SITE, URLS

HEADER = "x-signed-in-as"
MUTATIONS = '{ __type(name: "Mutation") { fields { name } } }'
WORDS = """{
  roles: __type(name: "Role") { enumValues { name } }
  actions: __type(name: "Action") { enumValues { name } }
  gates: __type(name: "PublishGate") { enumValues { name } }
}"""
CREATE = """mutation($input: CreateArticleInput!) { createArticle(input: $input) {
  entry { id } revision { id digest }
  errors { __typename code message path ... on PluginRefused { plugin } }
} }"""
PUBLISH = """mutation($input: PublishEntryInput!) { publishEntry(input: $input) {
  errors { code ... on GateFailed { gate } }
} }"""
GRANTS = "{ me { account { grants { role roleName } } } }"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what is below the path."""
    root, path = scope["root_path"], scope["path"]
    await PlainTextResponse(f"{scope['method']} {root} {path.removeprefix(root)}")(
        scope, receive, send
    )


def has_no_joke(candidate: Candidate) -> Iterator[GateFailed]:
    """A page is serious."""
    if "joke" in str(candidate.content["title"]):
        yield GateFailed(message="be serious", path=("title",))


async def refuse_jokes(_: Work, events: Sequence[Event]) -> None:
    """Refuse a page on jokes."""
    for each in events:
        if isinstance(each, DraftSaved) and "jokes" in str(each.snapshot.content["title"]):
            raise Refused(InvalidValue(message="one joke at most", path=("title",)))


def house(**more: Any) -> Plugin:
    """Return the plugin ``house`` with these hooks."""
    return Plugin("house", SimpleNamespace(**{name: hookimpl(each) for name, each in more.items()}))


def site_with(*plugins: Plugin) -> Site:
    return Site(
        SITE.name,
        content_types=list(SITE.content_types.values()),
        locales=SITE.locales,
        url=URLS,
        plugins=plugins,
    )


def routes_to(*paths: str) -> Plugin:
    def routes() -> Mapping[str, AsgiApp]:
        return dict.fromkeys(paths, echo)

    return house(routes=routes)


@asynccontextmanager
async def client_of(
    app: Starlette, served: ASGIApp | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """Ask an app, or what it is mounted in, without a server."""
    transport = httpx2.ASGITransport(served or app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://site") as client,
    ):
        yield client


async def test_a_route_has_its_path_and_all_below(newsroom: Newsroom) -> None:
    newsroom.site = site_with(routes_to("/house/app", "/.well-known/house.txt"))
    app = app_of(newsroom)
    async with client_of(app) as client:
        for path, status, words in (
            ("/house/app", 200, "GET /house/app "),
            ("/house/app/", 200, "GET /house/app /"),
            ("/house/app/a/b", 200, "GET /house/app /a/b"),
            ("/.well-known/house.txt", 200, "GET /.well-known/house.txt "),
            ("/house/application", 404, "Not Found"),
            ("/house", 404, "Not Found"),
        ):
            response = await client.get(path)
            assert (response.status_code, response.text) == (status, words)
            assert "content-security-policy" in response.headers
        assert (await client.post("/house/app")).text == "POST /house/app "
    async with client_of(app, Starlette(routes=[Mount("/cms", app)])) as client:
        assert (await client.get("/cms/house/app/a")).text == "GET /cms/house/app /a"


@pytest.mark.parametrize(
    "paths",
    [
        ("/graphql",),
        ("/manage/graphql",),
        ("/manage",),
        ("/graphql/assets/page.css",),
        ("/sitemap.xml",),
        ("/sitemap-1.xml",),
        ("/feeds",),
        ("/house", "/house/more"),
        ("/house/more", "/house"),
    ],
    ids="-".join,
)
async def test_two_routes_of_one_path_are_refused(newsroom: Newsroom, paths: Sequence[str]) -> None:
    newsroom.site = site_with(routes_to(*paths))
    sentence = f"the plugin 'house' has the route '{paths[-1]}', and there is already one"
    with pytest.raises(SiteError, match=sentence):
        app_of(newsroom)


@pytest.mark.parametrize("path", ["", "/", "house", "/house/", "/house/{id}", "/a b", "/é"])
async def test_a_route_has_a_plain_path(newsroom: Newsroom, path: str) -> None:
    newsroom.site = site_with(routes_to(path))
    with pytest.raises(SiteError, match=r"the plugin 'house' has the route .*; use a path such as"):
        app_of(newsroom)


async def test_a_plugin_identifies_actors(newsroom: Newsroom) -> None:
    def identity(copydesk: Any) -> Identity:
        async def actor_of(scope: AsgiScope) -> Actor:
            account_id = dict(scope["headers"]).get(HEADER.encode(), b"").decode()
            if not account_id:
                return ANONYMOUS
            async with copydesk.database.reading() as session:
                return await load_actor(session, account_id)

        return actor_of

    newsroom.site = site_with(house(identity=identity))
    author = {HEADER: str(newsroom.author.account_id)}
    async with open_desk(newsroom, app_of(newsroom)) as desk:
        answer = await desk.client.post(desk.path, json={"query": ME}, headers=author)
        assert answer.json() == {"data": {"me": {"account": {"email": "ada.author@example.org"}}}}
        own = bearer(await desk.secret(newsroom.author))
        check_turned_away(await desk.client.post(desk.path, json={"query": ME}, headers=own))
        answer = await desk.client.post(desk.path, json={"query": MUTATIONS}, headers=author)
        names = {each["name"] for each in answer.json()["data"]["__type"]["fields"]}
        assert names & OWN_CREDENTIALS == set()

    async def administrator(_: object) -> Actor:
        return newsroom.administrator

    # What the host application says comes before the plugin.
    async with client_of(app_of(newsroom, identify=administrator)) as client:
        answer = await client.post(PATH, json={"query": ME}, headers=author)
        assert answer.json()["data"]["me"]["account"]["email"] == "alma.admin@example.org"


@asynccontextmanager
async def housed(newsroom: Newsroom) -> AsyncIterator[Desk]:
    """Serve a site with a gate, a reaction, an action and a role of a plugin."""
    newsroom.site = site_with(
        house(
            gates=lambda: [Gate("house:jokes", has_no_joke)],
            reactions=lambda: [refuse_jokes],
            actions=lambda: ["house:rule"],
            roles=lambda: {"house:ruler": {"house:rule": Reach.ANY}},
        )
    )
    async with open_desk(newsroom, app_of(newsroom)) as desk:
        yield desk


async def test_refusals_and_words_of_plugins_are_in_the_api(newsroom: Newsroom) -> None:
    async with housed(newsroom) as desk:
        words = await desk.data(newsroom.author, WORDS)
        names = {
            key: {each["name"] for each in value["enumValues"]} for key, value in words.items()
        }
        assert "HOUSE_RULER" in names["roles"]
        assert "HOUSE_RULE" in names["actions"]
        assert "HOUSE_JOKES" in names["gates"]

        values = {"title": "Two jokes", "body": "Ha."}
        payload = (await desk.data(newsroom.author, CREATE, input={"values": values}))[
            "createArticle"
        ]
        assert payload == {
            "entry": None,
            "revision": None,
            "errors": [
                {
                    "__typename": "PluginRefused",
                    "code": "PLUGIN_REFUSED",
                    "message": "the plugin 'house' refuses this: one joke at most",
                    "path": ["input", "values", "title"],
                    "plugin": "house",
                }
            ],
        }
        page = await desk.article("One joke")
        given = {"entryId": page["entry"], "revisionId": page["id"]}
        payload = (await desk.data(newsroom.publisher, PUBLISH, input=given))["publishEntry"]
        assert payload["errors"] == [
            {"code": "MISSING_SIGN_OFF"},
            {"code": "GATE_FAILED", "gate": "HOUSE_JOKES"},
        ]


async def test_a_role_of_a_plugin_that_is_gone_is_unknown(newsroom: Newsroom) -> None:
    ruler = Grant(role="house:ruler")
    async with housed(newsroom) as desk:
        account_id = str(newsroom.author.account_id)
        await newsroom.do(newsroom.administrator, grant_role, account_id, ruler)
        granted = await desk.data(newsroom.author, GRANTS)
        assert granted["me"]["account"]["grants"][-1] == {
            "role": "HOUSE_RULER",
            "roleName": "house:ruler",
        }
    newsroom.site = SITE
    async with open_desk(newsroom, app_of(newsroom)) as desk:
        granted = await desk.data(newsroom.author, GRANTS)
        assert granted["me"]["account"]["grants"][-1] == {
            "role": "UNKNOWN",
            "roleName": "house:ruler",
        }
    (error,) = await newsroom.refusal(newsroom.administrator, grant_role, account_id, ruler)
    assert error.message.startswith("there is no role 'house:ruler'; use one of viewer, ")
