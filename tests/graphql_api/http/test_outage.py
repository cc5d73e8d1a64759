"""PostgreSQL goes away under a server, and comes back."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

import httpx2
import pytest
from click.testing import CliRunner
from sqlalchemy import event, func, select
from sqlalchemy.engine import Connection

from cms.storage.database import Database
from cms.tables import Account
from graphql_api.cli import main
from graphql_api.endpoints import ManagementEndpoint
from tests.builders import Newsroom
from tests.conftest import Templates
from tests.graphql_api.http.desk import (
    EVENTS,
    Desk,
    app_of,
    bearer,
    endpoint_of,
    error_of,
    open_desk,
)
from tests.graphql_api.http.test_live import WatchedTail
from tests.graphql_api.http.test_site_files import LOCATED
from tests.outages import BACK_SECONDS, OwnServer, own_server, until
from tests.sites import SITE

# They share a server, which is started once.

# How often the database goes away; COPYDESK_TEST_RESTARTS=50 is for a longer look.
RESTARTS = int(os.environ.get("COPYDESK_TEST_RESTARTS", "2"))
QUERY = '{ entry(by: {path: "/articles/page"}) { title } }'
ME = "{ me { account { email } } }"
NEW = "new@example.org"
CREATE = """mutation($email: String!) {
  createAccount(input: {email: $email}) { errors { code } }
}"""
SIGN_IN = """mutation {
  signIn(input: {email: "nobody@example.org", password: "no"}) { errors { code } }
}"""
CHANGED = "subscription { entryChanged { action entry { id } } }"
Ask = Callable[[], Awaitable[httpx2.Response]]


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A server of these tests alone."""
    with own_server() as server:
        yield server


@dataclass(frozen=True)
class Outage:
    """A desk, and the database behind it."""

    desk: Desk
    server: OwnServer
    endpoint: ManagementEndpoint

    async def terminate(self) -> None:
        """End all connections of the desk."""
        await self.server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name like 'copydesk%'"
        )

    async def ask_for_all(self) -> Mapping[str, Ask]:
        """Return requests of every kind."""
        desk, numbers = self.desk, count()
        token = await desk.secret(desk.newsroom.administrator)

        async def create() -> httpx2.Response:
            return await desk.post(CREATE, token, email=f"{next(numbers)}@example.org")

        return {
            "read": partial(desk.client.post, "/graphql", json={"query": QUERY}),
            "sitemap": partial(desk.client.get, "/sitemap.xml"),
            "feed": partial(desk.client.get, "/feeds/all.atom"),
            "manage": partial(desk.post, ME, token),
            "preview": partial(
                desk.client.post, "/graphql", json={"query": QUERY}, headers=bearer(token)
            ),
            "write": create,
            "sign in": partial(desk.post, SIGN_IN),
        }


@pytest.fixture
async def outage(server: OwnServer, templates: Templates) -> AsyncIterator[Outage]:
    """A server of a site whose database can go away."""
    database = Database(await server.copy(), signing_key=templates.signing_key)
    newsroom = Newsroom(database, LOCATED)
    await newsroom.hire()
    await newsroom.published(title="Page", slug="page")
    app = app_of(newsroom)
    async with open_desk(newsroom, app) as desk:
        yield Outage(desk, server, endpoint_of(app))
    await database.close()


def check_unavailable(response: httpx2.Response) -> None:
    """Check that a response says no more than that one should try again."""
    assert response.status_code == 503, response.text
    assert response.headers["retry-after"] == "1"
    assert "postgres" not in response.text.lower()
    if response.headers["content-type"].startswith("application/"):
        assert error_of(response)["extensions"]["code"] in {"UNAVAILABLE", "OUTCOME_UNKNOWN"}


async def _go_on_asking(ask: Ask, seen: Counter[int], is_over: asyncio.Event) -> None:
    while not is_over.is_set():
        response = await ask()
        seen[response.status_code] += 1
        if response.status_code != 200:
            check_unavailable(response)


async def _is_answered(ask: Ask) -> bool:
    return (await ask()).status_code == 200


async def _are_all_answered(asked: Mapping[str, Ask]) -> bool:
    return all([await _is_answered(ask) for ask in asked.values()])


async def test_requests_get_503_while_the_database_is_away_and_answers_after(
    outage: Outage,
) -> None:
    asked = await outage.ask_for_all()
    assert await _are_all_answered(asked)
    seen: Counter[int] = Counter()
    is_over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for ask in asked.values():
            tasks.create_task(_go_on_asking(ask, seen, is_over))
        for _ in range(RESTARTS):
            await outage.server.stop()
            for ask in asked.values():
                check_unavailable(await ask())
            await outage.server.start()
            for ask in asked.values():
                await until(partial(_is_answered, ask), BACK_SECONDS)
            await outage.terminate()
        is_over.set()
    assert seen.keys() == {200, 503}


async def test_connections_that_the_server_has_ended_are_not_used_again(outage: Outage) -> None:
    asked = await outage.ask_for_all()
    assert await _are_all_answered(asked)
    await outage.terminate()
    for ask in asked.values():
        await until(partial(_is_answered, ask), BACK_SECONDS)


async def test_a_subscription_outlives_its_database(outage: Outage) -> None:
    desk = outage.desk
    tail = (await outage.endpoint.management.get())._desk.tail = WatchedTail(
        outage.endpoint.database
    )
    token = await desk.secret(desk.newsroom.author)
    assert (await desk.post(ME, token)).status_code == 200  # the first answer takes its time
    async with asyncio.timeout(20), desk.socket(token) as socket:
        await socket.acknowledged()
        await socket.subscribe("1", CHANGED)
        await tail.followed_by(1)
        await outage.server.stop()
        check_unavailable(await desk.post(ME, token))
        await outage.server.start()
        await until(partial(_is_answered, partial(desk.post, ME, token)), BACK_SECONDS)
        made = await desk.article("After")
        changed = (await socket.next("1"))["entryChanged"]
        assert changed == {"action": "ENTRY_CREATE", "entry": {"id": made["entry"]}}


async def test_what_begins_while_the_database_is_away_is_told_to_try_again(
    outage: Outage,
) -> None:
    desk = outage.desk
    token = await desk.secret(desk.newsroom.author)
    await outage.server.stop()
    headers = {"Accept": EVENTS, **bearer(token)}
    check_unavailable(await desk.client.post(desk.path, json={"query": CHANGED}, headers=headers))
    async with desk.socket(token) as socket:
        assert await socket.closed() == 1013
    await outage.server.start()


async def test_a_password_that_is_refused_is_one_sentence(server: OwnServer) -> None:
    url = await server.lock_out("locked", "hunter2")
    for words in (["serve"], ["migrate"], ["account", "list"]):
        runner = CliRunner(env={"COPYDESK_SITE": "tests.sites:SITE", "COPYDESK_DATABASE_URL": url})
        result = await asyncio.to_thread(runner.invoke, main, words)
        (line,) = result.stderr.splitlines()
        assert 'password authentication failed for user "locked"' in line
        assert "hunter2" not in result.output
        assert result.exit_code == 1


@dataclass(frozen=True)
class Writing:
    """A desk on PostgreSQL with a token of somebody who writes there."""

    desk: Desk
    token: str
    database: Database

    async def create(self) -> httpx2.Response:
        """Create an account."""
        return await self.desk.post(CREATE, self.token, email=NEW)

    async def made(self) -> int:
        """Return how many there are."""
        async with self.desk.newsroom.database.reading() as session:
            return await session.scalar(select(func.count()).where(Account.email == NEW)) or 0


@pytest.fixture
async def writing(templates: Templates) -> AsyncIterator[Writing]:
    """A desk that has been used."""
    url = await templates.copy("postgresql")
    database = Database(url, signing_key=templates.signing_key)
    newsroom = Newsroom(database, SITE)
    await newsroom.hire()
    app = app_of(newsroom)
    async with open_desk(newsroom, app) as desk:
        token = await desk.secret(newsroom.administrator)
        assert (await desk.post(ME, token)).status_code == 200
        yield Writing(desk, token, endpoint_of(app).database)
    await database.close()
    await templates.drop(url)


async def test_a_change_that_was_lost_during_its_commit_is_not_repeated(writing: Writing) -> None:
    commits: list[Connection] = []

    def lose(connection: Connection) -> None:
        commits.append(connection)
        connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")

    engine = writing.database.engine.sync_engine
    event.listen(engine, "commit", lose)
    response = await writing.create()
    event.remove(engine, "commit", lose)
    check_unavailable(response)
    assert error_of(response)["extensions"] == {"code": "OUTCOME_UNKNOWN"}
    assert len(commits) == 1
    assert await writing.made() == 0


async def test_a_change_whose_answer_cannot_be_read_may_have_been_made(writing: Writing) -> None:
    await writing.database.reader.close()
    response = await writing.create()
    check_unavailable(response)
    assert error_of(response)["extensions"] == {"code": "OUTCOME_UNKNOWN"}
    assert await writing.made() == 1
