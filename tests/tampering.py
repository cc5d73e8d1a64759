"""Changing history by hand, as somebody could who owns the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cms.ledger.audit import hash_of
from cms.storage.database import Database
from cms.tables import AuditRecord, Base, Counter


@asynccontextmanager
async def tampering(database: Database) -> AsyncIterator[AsyncConnection]:
    """Give a connection to which no trigger and no foreign key says no."""
    async with database.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:  # which does not listen to this within a transaction
            await connection.exec_driver_sql("commit")
            await connection.exec_driver_sql("pragma foreign_keys=off")
            await connection.exec_driver_sql("begin immediate")
        await _disarm(connection)
        yield connection
        await connection.commit()
        if is_sqlite:
            await connection.exec_driver_sql("commit")
            await connection.exec_driver_sql("pragma foreign_keys=on")
            await connection.exec_driver_sql("begin immediate")


async def _disarm(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        for table in Base.metadata.tables:
            await connection.exec_driver_sql(f"alter table {table} disable trigger all")
        return
    found = await connection.exec_driver_sql("select name from sqlite_master where type='trigger'")
    for (name,) in found.all():
        await connection.exec_driver_sql(f"drop trigger {name}")
    # An index over a part of a document refuses one that is none.
    await connection.exec_driver_sql("drop index if exists ix_audit_record_entry")


async def set_counter(connection: AsyncConnection, name: str, value: int) -> None:
    """Set a counter back, or forth."""
    await connection.execute(update(Counter).where(Counter.name == name).values(value=value))


async def hash_anew(connection: AsyncConnection) -> None:
    """Make all hashes of the audit chain anew, so that it holds again."""
    rows = await connection.execute(select(AuditRecord.__table__).order_by(AuditRecord.sequence))
    previous = "0" * 64
    for row in rows.mappings().all():
        values: dict[str, Any] = {"previous_hash": previous}
        values["hash"] = previous = hash_of({**row, **values})
        chosen = AuditRecord.sequence == row["sequence"]
        await connection.execute(update(AuditRecord).where(chosen).values(**values))
