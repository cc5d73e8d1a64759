"""What a database knows of its data, which it plans by."""

from __future__ import annotations

import pytest
from sqlalchemy import text  # noqa: TID251  # looks at what SQLite has noted

from cms.storage.database import Database
from tests.builders import Newsroom


async def test_a_database_that_grew_page_by_page_can_look_at_its_data(newsroom: Newsroom) -> None:
    await newsroom.draft(title="One", slug="one")
    database = newsroom.database
    await database.refresh_stale_statistics()
    if database.engine.dialect.name == "sqlite":
        async with database.engine.connect() as connection:
            noted = await connection.scalars(text("select distinct tbl from sqlite_stat1"))
            assert {"entry", "edition", "revision"} <= set(noted)
            tables = await connection.scalars(text("select name from sqlite_schema"))
            assert "sqlite_stat4" not in set(tables)


async def test_no_statistics_make_sqlite_scan_the_blocks_of_the_full_text_index(
    database: Database,
) -> None:
    if database.engine.dialect.name == "postgresql":
        pytest.skip("its full-text index has no table of its own")
    await database.refresh_statistics()
    removal = "explain query plan delete from search_index_data where id >= 1 and id <= 2"
    async with database.engine.connect() as connection:
        (step,) = await connection.exec_driver_sql(removal)
    assert step.detail == "SEARCH search_index_data USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"


async def test_the_first_pages_of_a_site_are_not_scanned_for_once_it_has_many(
    newsroom: Newsroom,
) -> None:
    if newsroom.database.engine.dialect.name == "postgresql":
        pytest.skip("it analyzes tables that grow, by itself")
    await newsroom.draft(title="One", slug="one")
    await newsroom.database.refresh_stale_statistics()
    lookup = (
        "explain query plan select number from revision join edition on edition.id = edition_id "
        "join entry on entry.id = entry_id where revision.id = 'rev'"
    )
    async with newsroom.database.engine.connect() as connection:
        steps = await connection.exec_driver_sql(lookup)
        assert [each.detail.split()[:2] for each in steps] == [
            ["SEARCH", "revision"],
            ["SEARCH", "edition"],
            ["SEARCH", "entry"],
        ]
        noted = await connection.execute(
            text("select stat from sqlite_stat1 where idx = 'sqlite_autoindex_revision_1'")
        )
        assert noted.scalars().all() == ["1000 1"]
