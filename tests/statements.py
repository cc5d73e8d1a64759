"""The statements that a database runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import column, event, func, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

from cms.storage.database import Database, ReadSession

_LOCKS = table("pg_locks", column("granted"), column("locktype"))


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Give a list of the statements that are run, as they are run."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    # On PostgreSQL, the engine that reads is the one that writes, and tells it of its statements.
    engines = {each.sync_engine.pool: each.sync_engine for each in _engines_of(database)}
    for each in engines.values():
        event.listen(each, "before_cursor_execute", note)
    yield seen
    for each in engines.values():
        event.remove(each, "before_cursor_execute", note)


def _engines_of(database: Database) -> tuple[AsyncEngine, ...]:
    return database._reading, database.engine


async def until_one_waits(session: ReadSession) -> None:
    """Return once another transaction waits for a lock; at once on SQLite, which has no locks."""
    if session.get_bind().dialect.name == "sqlite":
        return
    waiting = select(func.count()).where(~_LOCKS.c.granted, _LOCKS.c.locktype == "transactionid")
    while not await session.scalar(waiting):
        pass
