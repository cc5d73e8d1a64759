"""Measures ``audit verify``: ``python -m bench.ledger``."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import func, insert, select, update

from bench.__main__ import database_of, prepare
from cms.identifiers import new_salt
from cms.ledger.audit import hash_of
from cms.ledger.chain import FIRST
from cms.ledger.rows import COVERED, RowHash, hash_of_row, newest_version, root_of
from cms.ledger.stored_rows import RowReader, StoredRow
from cms.ledger.verification import verify_ledger
from cms.storage.database import Database, WriteSession
from cms.tables import AuditedRow, AuditRecord, Base, Counter

_ROWS_IN_RECORD = 5
_RECORDS_AT_ONCE = 1_000
_START = datetime(2026, 1, 1, tzinfo=UTC)


@click.command()
@click.option("--entries", default=20_000, show_default=True, help="How much content.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
def main(entries: int, database: tuple[str, ...]) -> None:
    """Measure how many rows the verification checks in a minute, without deriving."""
    for kind in database or ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder,
            database_of(kind, Path(folder)) as url,
        ):
            asyncio.run(prepare(url, entries, Path(folder)))
            asyncio.run(_measure(kind, url, Path(folder)))


async def _measure(kind: str, url: str, folder: Path) -> None:
    database = Database(url, signing_key=folder / "signing.key")
    async with database.transaction() as session:
        await _record(session)
    await database.refresh_statistics()
    async with database.reading() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(Base.metadata.tables[table])) or 0
            for table in COVERED
        ]
        started = time.process_time(), time.perf_counter()
        # The sign-offs and publications of these data have no attestations.
        findings = [
            each.words
            async for each in verify_ledger(session, None, _no_progress)
            if "attestation" not in each.words
        ]
        used, passed = time.process_time() - started[0], time.perf_counter() - started[1]
    rows = sum(counts)
    print(
        f"{kind}: {rows:,} rows in {passed:.1f} s ({used:.1f} s of this process): "
        f"{rows / passed * 60:,.0f} rows a minute"
    )
    print(*findings, sep="\n")
    await database.close()


async def _record(session: WriteSession) -> None:
    """Record all rows, as if commands had written them, a few by each."""
    previous, sequence = FIRST, 0
    records: list[dict[str, Any]] = []
    hashes: list[RowHash] = []
    for table in COVERED:
        pending: list[StoredRow] = []
        async for row in RowReader(session, table).all():
            pending.append(row)
            if len(pending) < _ROWS_IN_RECORD:
                continue
            sequence += 1
            own = [_hash_of(table, each, sequence) for each in pending]
            record = _record_of(sequence, own, previous)
            previous = record["hash"]
            records.append(record)
            hashes += own
            pending = []
            if len(records) == _RECORDS_AT_ONCE:
                await session.execute(insert(AuditRecord), records)
                await session.execute(insert(AuditedRow), hashes)
                records, hashes = [], []
        if pending:
            sequence += 1
            own = [_hash_of(table, each, sequence) for each in pending]
            record = _record_of(sequence, own, previous)
            previous = record["hash"]
            records.append(record)
            hashes += own
    await session.execute(insert(AuditRecord), records)
    await session.execute(insert(AuditedRow), hashes)
    await session.execute(update(Counter).where(Counter.name == "audit").values(value=sequence))


def _hash_of(table: str, row: StoredRow, sequence: int) -> RowHash:
    version, salt = newest_version(table), new_salt()
    return RowHash(
        table_name=table,
        key=row.key,
        sequence=sequence,
        version=version,
        salt=salt,
        hash=hash_of_row(table, version, row.values, salt),
    )


def _record_of(sequence: int, hashes: Sequence[RowHash], previous: str) -> dict[str, Any]:
    rows = [(each["table_name"], each["key"], each["version"], each["hash"]) for each in hashes]
    record: dict[str, Any] = {
        "sequence": sequence,
        "recorded_at": _START,
        "actor": "operator",
        "action": "entry:save",
        "subject": hashes[0]["key"],
        "detail": {"event": "DraftSaved"},
        "rows_root": root_of(rows),
        "previous_hash": previous,
    }
    return {**record, "hash": hash_of(record)}


@contextmanager
def _no_progress(_label: str, _length: int, /) -> Iterator[Callable[[int], object]]:
    yield lambda _: None


if __name__ == "__main__":
    main()
