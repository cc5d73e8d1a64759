"""One history of migrations, up and down, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from cms.errors import DatabaseError, DatabaseUnavailable
from cms.storage.database import Database
from cms.storage.migration import check_schema, migrate, migrate_down
from cms.storage.schema import MIGRATIONS, check_migrated, revisions
from tests.conftest import KINDS, Templates


@pytest.fixture(params=KINDS)
async def empty(request: pytest.FixtureRequest, templates: Templates) -> AsyncIterator[str]:
    """The URL of a database without any tables."""
    url = await templates.empty(request.param)
    yield url
    await templates.drop(url)


async def tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return set(names) - {"alembic_version"}


async def test_up_down_and_up_again(empty: str) -> None:
    database = Database(empty)
    await migrate(database)
    assert "publication" in await tables(database)
    await check_schema(database)
    await migrate_down(database)
    assert await tables(database) == set()
    await migrate(database)
    await check_schema(database)
    await check_migrated(database)
    await database.close()


def test_the_names_of_the_files_are_the_revisions_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert revisions() == [each.revision for each in reversed(scripts)]


async def test_two_who_migrate_at_once_do_not_collide(empty: str) -> None:
    databases = [Database(empty) for _ in range(3)]
    await asyncio.gather(*map(migrate, databases))
    await check_migrated(databases[0])
    for database in databases:
        await database.close()


async def test_a_database_that_is_behind_says_what_to_do(empty: str) -> None:
    database = Database(empty)
    with pytest.raises(DatabaseError, match="run: copydesk migrate"):
        await check_migrated(database)
    await database.close()


async def test_a_database_that_is_not_there_says_so(tmp_path: Path) -> None:
    for url, reason in (
        (f"sqlite:///{tmp_path}/no/folder/file.db", "there is no folder"),
        (f"postgresql://nobody@/nothing?host={tmp_path}", "cannot be reached"),
    ):
        database = Database(url)
        with pytest.raises(DatabaseUnavailable, match=reason):
            await check_migrated(database)
        await database.close()


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_a_url_of_no_database_is_refused(url: str) -> None:
    with pytest.raises(DatabaseError):
        Database(url)
