"""What editors are told as it happens, through real servers on a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from cms.access.accounts import grant_role
from cms.authorization.actions import Action
from cms.authorization.actor import Actor, Grant
from cms.clock import now
from cms.drafts.presence import announce_presence, present_in
from cms.ledger.tail import ChainEvent, Tail
from cms.review.comments import add_comment
from cms.storage.database import Database
from cms.tables import AuditRecord
from graphql_api.http.live import LiveLimits
from tests.builders import Newsroom, entry_id_of
from tests.graphql_api.http.desk import (
    EMAIL,
    EVENTS,
    ME,
    OWN,
    PATH,
    SIGN_OUT,
    Desk,
    Socket,
    app_of,
    bearer,
    check_turned_away,
    endpoint_of,
    open_desk,
    take_roles,
)

CHANGED = """subscription($id: ID) {
  entryChanged(entryId: $id) { action account { email } entry { id title } }
}"""
REQUESTED = """subscription {
  reviewRequested { entry { id } reviewRequest { requestedBy { email } } account { email } }
}"""
COMMENTED = "subscription { commentAdded { entry { id } comment { body } } }"
PUBLISHED = "subscription { publicationChanged { action entry { id } publication { path } } }"
PRESENT = """subscription($id: ID!) {
  presenceChanged(entryId: $id) { entry { presence { account { email } fieldPath } } }
}"""
FOLLOWED = {"changed": CHANGED, "requested": REQUESTED, "said": COMMENTED, "public": PUBLISHED}


class WatchedTail(Tail):
    """Knows who follows it, and how often it has asked how long the chain is."""

    def __init__(self, database: Database, every: float = 0.02) -> None:
        super().__init__(database, every)
        self.looks: dict[asyncio.Task[Any], int] = {}
        self.questions = 0
        self._changed = asyncio.Event()

    async def followed_by(self, count: int, looks: int = 1) -> None:
        """Wait until so many have begun to follow and have looked so often."""
        while sum(each >= looks for each in self.looks.values()) < count:
            self._changed.clear()
            await self._changed.wait()

    async def caught_up(self) -> None:
        """Wait until all who follow are done with whatever has happened by now."""
        # One look may have begun before it happened, the next finds it; then it is told of.
        await self.followed_by(len(self.looks), max(self.looks.values()) + 3)

    async def _look(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.looks[task] = self.looks.get(task, 0) + 1
        self._changed.set()
        await super()._look()

    async def _length(self) -> int:
        self.questions += 1
        return await super()._length()


@dataclass
class Live:
    """A server, and what goes on inside it."""

    desk: Desk
    tail: WatchedTail
    database: Database

    @property
    def newsroom(self) -> Newsroom:
        return self.desk.newsroom

    def holds_nothing(self) -> bool:
        """Say whether no connection to the database is in use, but one that questions keep."""
        pools = {self.database.engine.pool, self.database._reading.pool}
        taken = sum(pool.checkedout() for pool in pools)  # type: ignore[attr-defined]
        return taken == (self.database._questions._idle is not None)


@asynccontextmanager
async def live_desk(newsroom: Newsroom, limits: LiveLimits | None = None) -> AsyncIterator[Live]:
    """Serve the app; what its streams have begun has to have ended with it."""
    app = app_of(newsroom)
    quick = limits or LiveLimits(first_seconds=0.05)
    endpoint = replace(endpoint_of(app), live_limits=quick)
    management = await endpoint.management.get()
    management._desk.tail = tail = WatchedTail(endpoint.database)
    served = Starlette(
        routes=[
            Route(PATH, endpoint, methods=["POST"]),
            WebSocketRoute(PATH, endpoint.serve_socket),
        ]
    )
    async with asyncio.timeout(60), open_desk(newsroom, app, served) as desk:
        yield Live(desk, tail, endpoint.database)


@asynccontextmanager
async def following(live: Live, actor: Actor) -> AsyncIterator[Socket]:
    """Open a socket for somebody."""
    async with live.desk.socket(await live.desk.secret(actor)) as socket:
        await socket.acknowledged()
        yield socket


@dataclass
class Events:
    """The client's end of a stream of events."""

    response: httpx2.Response
    lines: AsyncIterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.response.aiter_lines()

    async def next(self) -> Any:
        """Return the next response."""
        async for line in self.lines:
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
        return None


@asynccontextmanager
async def streaming(
    live: Live, actor: Actor, query: str, **variables: Any
) -> AsyncIterator[Events]:
    """Open a stream of events for somebody."""
    headers = {"Accept": EVENTS, **bearer(await live.desk.secret(actor))}
    body = {"query": query, "variables": variables}
    async with live.desk.client.stream("POST", PATH, json=body, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].partition(";")[0] == EVENTS
        assert response.headers["cache-control"] == "private, no-store"
        yield Events(response)


async def gather(socket: Socket, *counts: tuple[str, int]) -> dict[str, list[Any]]:
    """Return the data of so many responses to each operation; there may be no others."""
    wanted = dict(counts)
    got: dict[str, list[Any]] = {id_: [] for id_ in wanted}
    while any(len(got[id_]) < count for id_, count in wanted.items()):
        message = await socket.receive()
        assert message["type"] == "next", message
        (data,) = message["payload"]["data"].values()
        got[message["id"]].append(data)
    return got


async def edit(desk: Desk) -> tuple[str, str]:
    """Have an article written, discussed, reviewed, published and taken back, beside another."""
    newsroom = desk.newsroom
    first = await desk.article("First", slug="first")
    second = await desk.article("Second")
    entry = first["entry"]
    place = {"revisionId": first["id"], "fieldPath": "fields/body", "start": 0, "end": 4}
    await desk.do(newsroom.author, "addComment", entryId=entry, body="Why?", place=place)
    await desk.do(newsroom.author, "requestReview", entryId=entry, baseRevision=first["id"])
    await desk.do(newsroom.reviewers[0], "signOff", entryId=entry, digest=first["digest"])
    await desk.do(newsroom.publisher, "publishEntry", entryId=entry, revisionId=first["id"])
    await desk.do(newsroom.publisher, "unpublishEntry", entryId=entry)
    await desk.do(newsroom.publisher, "archiveEntry", entryId=second["entry"])
    return entry, second["entry"]


# What that is told as, in its order.
FIRST = ["ENTRY_CREATE", "COMMENT_WRITE", "REVIEW_REQUEST", "REVIEW_SIGN_OFF"]
FIRST += ["ENTRY_PUBLISH", "ENTRY_UNPUBLISH"]
ALL = ["ENTRY_CREATE", "ENTRY_CREATE", *FIRST[1:], "ENTRY_ARCHIVE"]


async def done(newsroom: Newsroom) -> list[str]:
    """Return what was done to entries, in the order of the chain."""
    async with newsroom.database.reading() as session:
        records = await session.scalars(select(AuditRecord).order_by(AuditRecord.sequence))
        done = [Action(each.action).name for each in records if "entry" in each.detail]
        return done[-len(ALL) :]  # the bylines came first


async def test_editors_are_told_what_happens_in_its_order_on_every_server(
    newsroom: Newsroom,
) -> None:
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(live_desk(newsroom))
        there = await stack.enter_async_context(live_desk(newsroom))
        near = await stack.enter_async_context(following(here, newsroom.author))
        far = await stack.enter_async_context(following(there, newsroom.administrator))
        events = await stack.enter_async_context(streaming(there, newsroom.author, CHANGED))
        for socket in (near, far):
            for id_, query in FOLLOWED.items():
                await socket.subscribe(id_, query)
        await here.tail.followed_by(4)
        await there.tail.followed_by(5)

        first, second = await edit(here.desk)
        counts = (("changed", len(ALL)), ("requested", 1), ("said", 1), ("public", 2))
        told = [await gather(socket, *counts) for socket in (near, far)]
        assert told[0] == told[1]
        assert [each["action"] for each in told[0]["changed"]] == ALL == await done(newsroom)
        assert {each["entry"]["id"] for each in told[0]["changed"]} == {first, second}
        assert told[0]["changed"][0]["account"] == {"email": EMAIL}
        who = {"email": EMAIL}
        assert told[0]["requested"] == [
            {"entry": {"id": first}, "reviewRequest": {"requestedBy": who}, "account": who}
        ]
        assert told[0]["said"] == [{"entry": {"id": first}, "comment": {"body": "Why?"}}]
        assert [each["action"] for each in told[0]["public"]] == FIRST[-2:]
        assert told[0]["public"][0]["publication"] == {"path": "/articles/first"}
        for expected in told[0]["changed"]:
            assert (await events.next())["data"] == {"entryChanged": expected}


async def test_one_can_follow_a_single_entry(newsroom: Newsroom) -> None:
    async with live_desk(newsroom) as live, following(live, newsroom.author) as socket:
        made = [await live.desk.article(title) for title in ("First", "Second")]
        await socket.subscribe("one", CHANGED, id=made[1]["entry"])
        await live.tail.followed_by(1)
        for each in made:
            await live.desk.do(newsroom.publisher, "archiveEntry", entryId=each["entry"])
        assert (await socket.next("one"))["entryChanged"]["entry"]["title"] == "Second"
        await socket.send({"id": "one", "type": "complete"})
        assert "data" in await socket.ask("one", ME)


async def comment(newsroom: Newsroom, entry_id: str, *bodies: str) -> None:
    """Say several things in one transaction, past any server."""
    async with newsroom.as_(newsroom.author) as work:
        for body in bodies:
            await add_comment(work, entry_id, body)


async def test_nothing_is_lost_however_much_happens_at_once(newsroom: Newsroom) -> None:
    async with live_desk(newsroom) as live, following(live, newsroom.author) as socket:
        made = await live.desk.article("Much discussed")
        await socket.subscribe("said", COMMENTED)
        await live.tail.followed_by(1)
        bodies = [f"Comment {number}" for number in range(105)]
        await comment(newsroom, made["entry"], *bodies[:102])
        for body in bodies[102:]:
            await comment(newsroom, made["entry"], body)
        told = await gather(socket, ("said", len(bodies)))
        assert [each["comment"]["body"] for each in told["said"]] == bodies


async def test_who_begins_to_follow_while_somebody_writes_is_told_of_it(
    newsroom: Newsroom,
) -> None:
    async with live_desk(newsroom) as live, following(live, newsroom.author) as socket:
        made = await live.desk.article("Being written")
        async with newsroom.as_(newsroom.author) as work:
            await add_comment(work, made["entry"], "Before")
            await socket.subscribe("said", COMMENTED)
            await live.tail.followed_by(1, looks=2)
            await add_comment(work, made["entry"], "After")
        told = await gather(socket, ("said", 2))
        assert [each["comment"]["body"] for each in told["said"]] == ["Before", "After"]


async def test_no_record_comes_to_stand_before_one_that_was_seen(newsroom: Newsroom) -> None:
    made = [await newsroom.draft(title=f"Entry {number}") for number in range(4)]
    async with newsroom.as_(newsroom.author) as work:
        entries = [await entry_id_of(work, each) for each in made]
    tail = WatchedTail(newsroom.database, every=0.001)
    seen: list[ChainEvent] = []

    async def follow() -> None:
        async for happened in tail.events():
            seen.append(happened)
            if len(seen) == 80:
                return

    async def write(entry_id: str) -> None:
        for number in range(10):
            await comment(newsroom, entry_id, *["x", "y"][: 1 + number % 2], *["z"] * (number % 2))

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        await tail.followed_by(1)
        for entry_id in entries:
            tasks.create_task(write(entry_id))
    numbers = [each.sequence for each in seen]
    assert numbers == list(range(numbers[0], numbers[0] + 80))


async def test_all_who_follow_share_one_look_at_the_database(newsroom: Newsroom) -> None:
    tail = WatchedTail(newsroom.database, every=0.05)
    streams = [tail.events() for _ in range(10)]
    tasks = [asyncio.ensure_future(anext(stream)) for stream in streams]
    async with asyncio.timeout(60):
        await tail.followed_by(10, looks=8)
    assert tail.questions < 10 + 8 * 10 / 2
    await newsroom.draft()
    assert {(await task).action for task in tasks} == {"entry:create"}
    for stream in streams:
        await stream.aclose()


async def test_one_is_told_only_of_what_one_may_see(newsroom: Newsroom) -> None:
    grant = Grant(role="author", content_type="Note")
    stranger = await newsroom.person("Nora Notes", grant)
    public = (await newsroom.published(title="Public, but nothing to write about")).entry_id
    note = await newsroom.draft("Note", title="A note", text="x")
    hidden = await newsroom.draft(title="Hidden")
    async with newsroom.as_(newsroom.administrator) as work:
        note_id, hidden_id = [await entry_id_of(work, each) for each in (note, hidden)]
    async with live_desk(newsroom) as live, following(live, stranger) as socket:
        await socket.subscribe("changed", CHANGED)
        await live.tail.followed_by(1)

        for each in (public, hidden_id, note_id):
            await comment(newsroom, each, "x")
        told = (await socket.next("changed"))["entryChanged"]
        assert told["entry"] == {"id": note_id, "title": "A note"}

        await take_roles(newsroom, stranger)
        await comment(newsroom, note_id, "x")
        create = 'mutation { createNote(input: {values: {title: "x"}}) { errors { code } } }'
        refused = (await socket.ask("now", create))["data"]["createNote"]["errors"]
        assert refused == [{"code": "NOT_ALLOWED"}]
        await live.tail.caught_up()
        async with newsroom.as_(newsroom.administrator) as work:
            await grant_role(work, str(stranger.account_id), grant)
            await add_comment(work, note_id, "x")
        told = (await socket.next("changed"))["entryChanged"]
        assert told["account"] == {"email": "alma.admin@example.org"}


async def test_what_runs_ends_with_its_session(newsroom: Newsroom) -> None:
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(live_desk(newsroom))
        desk = live.desk
        await desk.give_password(newsroom.author)
        made = await desk.article("Followed")
        secret = (await desk.sign_in(EMAIL))["accessToken"]
        desk.secrets[newsroom.author] = secret
        socket = await stack.enter_async_context(following(live, newsroom.author))
        events = await stack.enter_async_context(streaming(live, newsroom.author, CHANGED))
        await socket.subscribe("changed", CHANGED)
        await live.tail.followed_by(2)

        assert "errors" not in (await desk.post(SIGN_OUT, secret)).json()
        await desk.do(newsroom.publisher, "archiveEntry", entryId=made["entry"])
        assert await socket.receive() == {"id": "changed", "type": "error", "payload": [OVER]}
        assert await events.next() == {"errors": [OVER]}
        assert await events.next() is None
        for query in (ME, CHANGED, SIGN_OUT):
            await socket.subscribe("later", query)
            assert await socket.receive() == {"id": "later", "type": "error", "payload": [OVER]}


OVER = {
    "message": "this token is unknown, has expired or was revoked; sign in again",
    "extensions": {"code": "UNAUTHENTICATED"},
}


async def test_who_is_not_known_gets_no_socket_and_no_stream(newsroom: Newsroom) -> None:
    # A refusal that comes later is an event.
    async with live_desk(newsroom, LiveLimits(first_seconds=30)) as live:
        desk = live.desk
        expired = await desk.issue(newsroom.author, now() - timedelta(days=2))
        for secret in (None, "garbage", expired):
            async with desk.socket(secret) as socket:
                await socket.subscribe("1", CHANGED)
                assert await socket.closed() == 4403
            response = await desk.post(CHANGED, secret, EVENTS)
            check_turned_away(response, OWN)
        secret = await desk.secret(newsroom.author)
        async with desk.socket(None, additional_headers=bearer(secret)) as socket:
            await socket.acknowledged()
            assert (await socket.ask("1", ME))["data"]["me"]["account"] == {"email": EMAIL}
        with pytest.raises(InvalidStatus):
            async with desk.socket(secret, origin=Origin("https://evil.example")):
                pass
        assert live.tail.looks == {}


async def test_who_has_an_entry_open_is_told_to_those_who_may_see_it(newsroom: Newsroom) -> None:
    async with live_desk(newsroom) as live, following(live, newsroom.author) as socket:
        desk = live.desk
        entry_id = (await desk.article("Open"))["entry"]

        async def present() -> list[Any]:
            told = (await socket.next("present"))["presenceChanged"]["entry"]["presence"]
            return [(each["account"]["email"], each["fieldPath"]) for each in told]

        async with newsroom.as_(newsroom.second_author, now() - timedelta(seconds=61)) as work:
            await announce_presence(work, entry_id)  # and was not heard of again
        await socket.subscribe("present", PRESENT, id=entry_id)
        assert await present() == []
        await desk.do(newsroom.administrator, "announcePresence", entryId=entry_id)
        who = "alma.admin@example.org"
        assert await present() == [(who, None)]
        given = {"entryId": entry_id, "fieldPath": "fields/body"}
        await desk.do(newsroom.administrator, "announcePresence", **given)
        assert await present() == [(who, "fields/body")]
        async with newsroom.as_(newsroom.second_author, now() - timedelta(seconds=30)) as work:
            await announce_presence(work, entry_id)
        assert sorted(await present()) == [("abe.author@example.org", None), (who, "fields/body")]
        await desk.do(newsroom.administrator, "leaveEntry", entryId=entry_id)
        assert await present() == [("abe.author@example.org", None)]
        async with newsroom.as_(newsroom.author, now() + timedelta(seconds=61)) as work:
            assert await present_in(work, entry_id, None) == frozenset()


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_client_that_is_gone_leaves_nothing_behind(newsroom: Newsroom, how: str) -> None:
    async with live_desk(newsroom) as live:
        made = await live.desk.article("Followed")
        before = asyncio.all_tasks()
        async with AsyncExitStack() as stack:
            sockets = [
                await stack.enter_async_context(following(live, newsroom.author)) for _ in range(3)
            ]
            for socket in sockets:
                for id_, query in FOLLOWED.items():
                    await socket.subscribe(id_, query)
                await socket.subscribe("present", PRESENT, id=made["entry"])
                await socket.next("present")
            await stack.enter_async_context(streaming(live, newsroom.author, CHANGED))
            await live.tail.followed_by(13)
            begun = asyncio.all_tasks() - before
            await comment(newsroom, made["entry"], *"abc")
            if how == "abort":
                for socket in sockets:
                    socket.connection.transport.abort()
        begun |= asyncio.all_tasks() - before
        await asyncio.wait(begun - {asyncio.current_task()})
        assert live.holds_nothing()
        live.tail.questions = 0
        await live.desk.data(newsroom.author, ME)
        assert live.tail.questions == 0


async def test_a_client_that_takes_nothing_is_let_go(newsroom: Newsroom) -> None:
    limits = LiveLimits(queue=2, slow_seconds=0.05, send_seconds=5)
    async with live_desk(newsroom, limits) as live:
        desk = live.desk
        made = await desk.article("Large", body="word " * 35_000)
        query = (
            "subscription { commentAdded { entry { ... on Article { body { html markdown } } } } }"
        )
        secret = await desk.secret(newsroom.author)
        async with desk.socket(secret, max_queue=1) as socket:
            await socket.acknowledged()
            await socket.subscribe("said", query)
            (task,) = await followers(live.tail, 1)
            await comment(newsroom, made["entry"], *map(str, range(40)))
            await asyncio.wait({task})
            assert await socket.closed() == 4008
        assert live.holds_nothing()


async def followers(tail: WatchedTail, count: int) -> list[asyncio.Task[Any]]:
    """Return the tasks that follow, once they are so many."""
    await tail.followed_by(count)
    return list(tail.looks)
