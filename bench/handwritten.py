"""Runs handwritten statements that return JSON, each in the words of the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import asyncpg
from pysqlite3 import dbapi2 as sqlite

# Runs a statement with its values, and returns the JSON of its only cell.
Fetch: TypeAlias = Callable[..., Awaitable[bytes]]

_MOMENT = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


def words_of(is_sqlite: bool) -> Mapping[str, str]:
    """Return the functions and parameters that the two databases spell differently."""
    if is_sqlite:
        words = {"object": "json_object", "array": "json_group_array"}
        return {**words, "one": "?1", "two": "?2"}
    return {"object": "json_build_object", "array": "json_agg", "one": "$1", "two": "$2"}


def moment_text(is_sqlite: bool, column: str) -> str:
    """Return the SQL of a point in time in the API's form."""
    return column if is_sqlite else _MOMENT.format(column)


def fetch_from_sqlite(connection: sqlite.Connection) -> Fetch:
    """Return how statements run on an open SQLite file."""
    connection.text_factory = bytes

    async def fetch(sql: str, *values: Any) -> bytes:
        # On the event loop itself: there is nothing faster for a short statement.
        (found,) = connection.execute(sql, values).fetchone()
        return bytes(found)

    return fetch


async def fetch_from_postgresql(url: str) -> Fetch:
    """Return how statements run in a PostgreSQL database, on four connections."""

    async def prepare(connection: asyncpg.Connection) -> None:
        await connection.set_type_codec(
            "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
        )

    async def keep(_: asyncpg.Connection) -> None:
        """Reset nothing between requests."""

    pool = await asyncpg.create_pool(url, min_size=4, max_size=4, init=prepare, reset=keep)

    async def fetch(sql: str, *values: Any) -> bytes:
        async with pool.acquire() as connection:
            return bytes(await connection.fetchval(sql, *values))

    return fetch
