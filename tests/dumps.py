"""All that a database holds, as bytes and as text, to search for words that should be gone."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from cms.storage.database import Database


async def bytes_of(database: Database) -> bytes:
    """Return the raw bytes of the database: its files, or a dump of all tables of a server.

    Payloads of attestations are decoded too, which are stored in base 64.
    """
    payloads = "\n".join([each async for each in _payloads(database)]).encode()
    if (name := database.engine.url.database) and database.engine.dialect.name == "sqlite":
        files = [Path(f"{name}{end}") for end in ("", "-wal", "-shm")]
        return payloads + b"".join(each.read_bytes() for each in files if each.exists())
    return payloads + "\n".join([line async for line in _dump(database)]).encode()


async def _dump(database: Database) -> AsyncIterator[str]:
    """Yield every row of every table of a server, also of what no table declares, as text."""
    async with database.engine.connect() as connection:
        names = await connection.exec_driver_sql(
            "select tablename from pg_tables where schemaname = 'public'"
        )
        for (name,) in names.all():
            rows = await connection.exec_driver_sql(f"select t::text from {name} as t")
            for (row,) in rows:
                yield row


async def _payloads(database: Database) -> AsyncIterator[str]:
    async with database.engine.connect() as connection:
        is_sqlite = database.engine.dialect.name == "sqlite"
        form = "json(envelope)" if is_sqlite else "envelope::text"
        envelopes = await connection.exec_driver_sql(f"select {form} from attestation")
        for (envelope,) in envelopes.all():
            yield from_envelope(json.loads(envelope))


def from_envelope(envelope: dict[str, Any]) -> str:
    """Return the payload of an envelope as text; empty if it was emptied."""
    return base64.b64decode(envelope.get("payload", "")).decode()


def words_in(content: bytes, words: Sequence[str]) -> list[str]:
    """Return those of some words that stand in bytes, in whatever case."""
    lower = content.lower()
    return [word for word in words if word.lower().encode() in lower]
