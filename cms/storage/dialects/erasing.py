"""Removal of what was deleted from the files of a database.

A deleted row leaves its bytes in pages that are free or have room. SQLite overwrites them
(``secure_delete``), but for copies that were left when rows were moved between pages, and for
words in segments of the full-text index; so the file is rewritten after a purge. PostgreSQL
keeps deleted rows until they are vacuumed, and words in its statistics until these are collected.
"""

from __future__ import annotations

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import text  # noqa: TID251  # has no expression
from sqlalchemy.ext.asyncio import AsyncEngine

# Merges the segments of the full-text index, so that those of deleted documents are dropped.
_MERGE = "insert into search_index (search_index) values ('optimize')"


def rewrite_file(connection: sqlite.Connection) -> bool:
    """Rewrite an SQLite file without what was deleted; return whether its log is empty too.

    The log cannot be emptied while a reader needs it.

    Args:
        connection: a connection without a transaction, which is closed afterwards.
    """
    try:
        connection.execute(_MERGE)
        connection.execute("vacuum")
        (is_busy, _, _) = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        return not is_busy
    finally:
        connection.close()


async def vacuum_tables(engine: AsyncEngine) -> None:
    """Remove deleted rows from the tables of a PostgreSQL database, and collect statistics."""
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with autocommit.connect() as connection:
        for limit in ("statement_timeout", "lock_timeout"):
            await connection.execute(text(f"set {limit} = 0"))
        await connection.execute(text("vacuum (analyze)"))
        for limit in ("statement_timeout", "lock_timeout"):
            await connection.execute(text(f"reset {limit}"))
