"""``copydesk serve`` is told to stop: by SIGTERM and SIGINT, whatever it is doing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson
import pytest
from pysqlite3 import dbapi2 as sqlite

from cms.storage.database import Database
from graphql_api.http.security_headers import SECURITY_HEADERS
from graphql_api.http.shutdown import Shutdown
from tests.conftest import Templates
from tests.graphql_api.http.desk import EVENTS, JSON, ME, PATH, Desk, bearer
from tests.outages import until

ROOT = Path(__file__).parents[3]
CHANGED = "subscription { entryChanged { action } }"
CREATE = 'mutation { createCategory(input: {values: {name: "Word"}}) { errors { code } } }'


@dataclass
class Serving:
    """A server in a process of its own.

    Attributes:
        desk: what asks it.
        token: of somebody who may do everything.
        file: its database.
        process: the process.
    """

    desk: Desk
    token: str
    file: Path
    process: asyncio.subprocess.Process

    async def ended(self) -> tuple[int | None, str]:
        """Return what the process ended with, and what it said on standard error."""
        async with asyncio.timeout(30):
            _, said = await self.process.communicate()
        return self.process.returncode, said.decode()


@asynccontextmanager
async def copydesk(url: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``copydesk serve``."""
    environment = os.environ | {
        "COPYDESK_SITE": "tests.sites:SITE",
        "COPYDESK_DATABASE_URL": url,
        "COPYDESK_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from graphql_api.cli import main; main()", "serve"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.fixture
async def serving(templates: Templates) -> AsyncIterator[Serving]:
    """A server that takes requests."""
    url = await templates.copy("sqlite", is_hired=True)
    database = Database(url)
    newsroom = templates.newsroom("sqlite", database)
    port = free_port()
    host = f"127.0.0.1:{port}"
    async with (
        copydesk(url, port) as process,
        httpx2.AsyncClient(base_url=f"http://{host}", timeout=30) as client,
    ):
        desk = Desk(newsroom, host, client)
        token = await desk.secret(newsroom.administrator)
        await database.close()
        await until(lambda: _listens(port), 60)
        assert (await desk.post(ME, token)).status_code == 200
        yield Serving(desk, token, Path(url.removeprefix("sqlite:///")), process)


SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@SIGNALS
async def test_a_server_that_has_not_begun_ends(number: int) -> None:
    connected = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        with closing(writer):
            await reader.read()

    database = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with database:
        port = database.sockets[0].getsockname()[1]
        async with copydesk(f"postgresql://u@127.0.0.1:{port}/site", 0) as process:
            async with asyncio.timeout(60):
                await connected.wait()
                process.send_signal(number)
                told = await process.communicate()
            assert (process.returncode, *told) == (0, b"", b"")


@SIGNALS
async def test_a_server_that_does_nothing_ends(serving: Serving, number: int) -> None:
    serving.process.send_signal(number)
    assert await serving.ended() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_metrics_are_computed_beside_a_server_until_it_ends(
    serving: Serving, number: int
) -> None:
    def are_computed() -> bool:
        with closing(sqlite.connect(serving.file)) as connection:
            runs = "select count(*) from link_metric_run where is_current"
            return bool(connection.execute(runs).fetchone()[0])

    await until(lambda: asyncio.to_thread(are_computed), 60)
    serving.process.send_signal(number)
    # Both have the same standard error, which is closed when both have ended.
    code, said = await serving.ended()
    assert (code, said) == (0 if number == signal.SIGTERM else -number, "")


@SIGNALS
async def test_streams_and_sockets_end_with_the_server(serving: Serving, number: int) -> None:
    desk = serving.desk
    headers = {"Accept": EVENTS, **bearer(serving.token)}
    async with (
        desk.client.stream("POST", PATH, json={"query": CHANGED}, headers=headers) as events,
        desk.socket(serving.token) as websocket,
    ):
        await websocket.acknowledged()
        await websocket.subscribe("1", CHANGED)
        serving.process.send_signal(number)
        text = "".join([each async for each in events.aiter_text()])
        assert text.endswith("event: complete\ndata:\n\n")
        assert "event: next" not in text
        assert await websocket.closed() == 1012
    assert await serving.ended() == (0, "")


@SIGNALS
async def test_a_request_that_is_being_answered_gets_its_answer(
    serving: Serving, number: int
) -> None:
    with locked(serving.file) as lock:
        asked = asyncio.create_task(serving.desk.post(CREATE, serving.token))
        await until(lambda: _is_waiting(serving, asked))
        serving.process.send_signal(number)
        await until(lambda: _refuses(serving))
        lock.rollback()
    answered = await asked
    assert answered.json() == {"data": {"createCategory": {"errors": []}}}
    assert await serving.ended() == (0, "")


@SIGNALS
async def test_a_request_that_has_not_arrived_is_not_waited_for(
    serving: Serving, number: int
) -> None:
    connections = []
    for path in ("/graphql", PATH):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", serving.desk.client.base_url.port
        )
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: 100\r\n"
            f"Authorization: Bearer {serving.token}\r\nExpect: 100-continue\r\n\r\n"
        )
        writer.write(head.encode())
        assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")  # it waits for the body now
        connections.append((reader, writer))
    serving.process.send_signal(number)
    for reader, writer in connections:
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 503 ")
        assert "content-type: application/json" in head
        assert "retry-after: 1" in head
        assert orjson.loads(body)["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
        writer.close()
    assert await serving.ended() == (0, "")


async def test_a_request_that_takes_too_long_is_told_so(serving: Serving) -> None:
    with locked(serving.file):
        asked = asyncio.create_task(serving.desk.post(CREATE, serving.token))
        await until(lambda: _is_waiting(serving, asked))
        serving.process.send_signal(signal.SIGTERM)
        answered = await asked
    assert answered.status_code == 503
    expected = {**SECURITY_HEADERS, "Cache-Control": "private, no-store"}
    assert {name: answered.headers.get(name) for name in expected} == expected
    code, said = await serving.ended()
    assert answered.json()["errors"][0]["extensions"]["code"] in {"OUTCOME_UNKNOWN", "BUSY"}
    assert code == 0
    assert "Traceback" not in said


@contextmanager
def locked(file: Path) -> Iterator[sqlite.Connection]:
    """Keep all others from writing to a database."""
    with closing(sqlite.connect(file, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield connection


async def _is_waiting(serving: Serving, asked: asyncio.Task[httpx2.Response]) -> bool:
    """Say whether a later request is answered, though the earlier one is not."""
    answered = await serving.desk.post(ME, serving.token)
    return answered.status_code == 200 and not asked.done()


async def _refuses(serving: Serving) -> bool:
    return not await _listens(serving.desk.client.base_url.port or 0)


async def test_nothing_is_left_where_there_is_no_database(tmp_path: Path) -> None:
    async with asyncio.timeout(60), copydesk(f"sqlite:///{tmp_path}/site.db", 0) as process:
        _, said = await process.communicate()
    (line,) = said.decode().splitlines()
    assert line == f"Error: there is no database {tmp_path}/site.db; run: copydesk migrate"
    assert process.returncode == 1
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240  # nothing else waits


async def test_waiting_ends_when_the_server_does() -> None:
    ended: list[bool] = []
    shutdown = Shutdown(lambda: ended.append(True))

    async def wait() -> None:
        async with shutdown.wait(60):
            await asyncio.Event().wait()

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    shutdown.begin()
    with pytest.raises(TimeoutError):
        await waiting
    with pytest.raises(TimeoutError):
        await wait()
    shutdown.begin()
    assert ended == [True, True]
