"""Verification of rows: each row against its newest hash, and the hashes against their records."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from sqlalchemy import select, tuple_

from cms.ledger.chain import UnreadableError, batches
from cms.ledger.rows import COVERED, hash_of_row, root_of
from cms.ledger.stored_rows import RowReader, StoredHash, StoredRow, newest_hashes
from cms.storage.database import ReadSession
from cms.storage.dialects import as_text
from cms.tables import AuditedRow, AuditRecord

_AT_ONCE = 500
# Rows of a record that a finding names.
_NAMED = 10


@dataclass(frozen=True)
class RowFault:
    """A row that differs from the ledger.

    Attributes:
        table: name of the table.
        key: key of the row.
        reason: the fault, as a clause for messages.
    """

    table: str
    key: str
    reason: str


@dataclass(frozen=True)
class RootFault:
    """A record whose root differs from the stored hashes of its rows.

    Attributes:
        sequence: number of the record.
        reason: the fault, as a clause for messages.
    """

    sequence: int
    reason: str


# Table, key, version and hash.
_HashedRow = tuple[str, str, int, str | None]


@dataclass
class _Root:
    """The stored hashes of one record."""

    sequence: int
    rows: list[_HashedRow] = field(default_factory=list)


async def verify_roots(
    session: ReadSession, progress: Callable[[int], object], after: int = 0
) -> AsyncGenerator[RootFault]:
    """Verify that the stored hashes of rows are those of the audit records; yield what differs.

    Args:
        session: a snapshot.
        progress: called with 1 after each record.
        after: number of an audit record; records up to it are left out.
    """
    async with aclosing(_roots(session, after)) as roots:
        root = await anext(roots, None)
        async with aclosing(_recorded_roots(session, after)) as records:
            async for sequence, recorded in records:
                while root is not None and root.sequence < sequence:
                    yield _without_record(root)
                    root = await anext(roots, None)
                rows = root.rows if root is not None and root.sequence == sequence else []
                if rows:
                    root = await anext(roots, None)
                if recorded != _expected_root(rows, recorded):
                    named = _names([(table, key) for table, key, _, _ in rows])
                    yield RootFault(
                        sequence, f"the hashes of its rows do not match its root: {named}"
                    )
                progress(1)
        while root is not None:
            yield _without_record(root)
            root = await anext(roots, None)


async def verify_rows(
    session: ReadSession,
    table: str,
    progress: Callable[[int], object],
    *,
    doubted: Collection[int] = (),
) -> AsyncGenerator[RowFault]:
    """Verify all rows of a table against their newest hashes; yield what differs.

    Args:
        session: a snapshot.
        table: name of the table.
        progress: called with 1 after each row.
        doubted: numbers of the records whose root differs from the stored hashes.
    """
    reader = RowReader(session, table)
    check = _Check(session, table, doubted)
    last = ""
    async with aclosing(_pairs(session, table, reader)) as pairs:
        try:
            async for row, expected in pairs:
                if row is None:
                    fault = await check.without_row(expected) if expected is not None else None
                else:
                    fault = await check.of(row, expected)
                    last = max(last, row.key)
                    progress(1)
                if fault is not None:
                    yield fault
        except UnreadableError as error:
            yield RowFault(table, f"(after {last})", f"it cannot be read: {error}")
    for stray in reader.strays:
        yield RowFault(stray.table, stray.key, "no command wrote it")


async def _pairs(
    session: ReadSession, table: str, reader: RowReader
) -> AsyncGenerator[tuple[StoredRow | None, StoredHash | None]]:
    """Yield each row with its newest hash; ``None`` for what is missing."""
    async with aclosing(newest_hashes(session, table)) as hashes, aclosing(reader.all()) as rows:
        expected, last = await anext(hashes, None), ""
        async for row in rows:
            while expected is not None and expected.key < row.key:
                yield None, expected
                expected = await anext(hashes, None)
            # Keys of commands sort like their rows; any other was written by hand.
            is_own = expected is not None and expected.key == row.key and row.key > last
            yield row, expected if is_own else None
            if is_own:
                expected = await anext(hashes, None)
            last = max(last, row.key)
        while expected is not None:
            yield None, expected
            expected = await anext(hashes, None)


async def verify_newer_rows(
    session: ReadSession,
    table: str,
    progress: Callable[[int], object],
    *,
    after: int,
    doubted: Collection[int] = (),
) -> AsyncGenerator[RowFault]:
    """Verify the rows of a table that were written after an audit record; yield what differs.

    Args:
        session: a snapshot.
        table: name of the table.
        progress: called with 1 after each row.
        after: number of the record.
        doubted: numbers of the records whose root differs from the stored hashes.
    """
    reader = RowReader(session, table)
    check = _Check(session, table, doubted)
    async with aclosing(newest_hashes(session, table, after)) as hashes:
        batch: list[StoredHash] = []
        async for each in hashes:
            batch.append(each)
            if len(batch) == _AT_ONCE:
                for fault in await check.batch(batch, reader):
                    yield fault
                progress(len(batch))
                batch = []
        for fault in await check.batch(batch, reader):
            yield fault
        progress(len(batch))


class _Check:
    """A comparison of the rows of a table with their hashes."""

    def __init__(self, session: ReadSession, table: str, doubted: Collection[int]) -> None:
        self._session = session
        self._table = table
        self._doubted = doubted
        self._versions = COVERED[table]

    async def of(self, row: StoredRow, expected: StoredHash | None) -> RowFault | None:
        """Return the fault of a row, if it has one."""
        if expected is None:
            return RowFault(self._table, row.key, "no command wrote it")
        record = expected.sequence
        if expected.hash is None:
            return RowFault(self._table, row.key, f"{await self._record(record)} deleted it")
        if row.fault:
            reason = f"it cannot be read: {row.fault}; {await self._record(record)} wrote it last"
            return RowFault(self._table, row.key, reason)
        if expected.version not in self._versions:
            reason = f"its hash has the unknown version {expected.version}"
            return RowFault(
                self._table, row.key, f"{reason}; {await self._record(record)} wrote it"
            )
        if self._hash(row, expected) == expected.hash:
            return None
        if record in self._doubted:
            reason = f"it, or its hash, was changed after {await self._record(record)}"
        else:
            reason = f"it was changed after {await self._record(record)}"
        return RowFault(self._table, row.key, reason)

    async def without_row(self, expected: StoredHash) -> RowFault | None:
        """Return the fault of a hash without a row, if a command did not delete it."""
        if expected.hash is None:
            return None
        reason = f"it is missing; {await self._record(expected.sequence)} wrote it last"
        return RowFault(self._table, expected.key, reason)

    async def batch(self, hashes: Sequence[StoredHash], reader: RowReader) -> list[RowFault]:
        """Return the faults of the rows with these hashes."""
        rows = await reader.of([each.key for each in hashes]) if hashes else {}
        faults = [
            await self.of(rows[each.key], each)
            if each.key in rows
            else await self.without_row(each)
            for each in hashes
        ]
        return [each for each in faults if each is not None]

    def _hash(self, row: StoredRow, expected: StoredHash) -> str:
        covered = self._versions[expected.version]
        values = {name: row.values[name] for name in (*covered.columns, *covered.parts)}
        try:
            return hash_of_row(self._table, expected.version, values, expected.salt)
        except (ValueError, TypeError):
            return ""  # a value without a canonical form, which no command writes

    async def _record(self, sequence: int) -> str:
        """Return the words for an audit record in messages."""
        chosen = select(AuditRecord.actor, AuditRecord.action, AuditRecord.recorded_at)
        found = await self._session.execute(chosen.where(AuditRecord.sequence == sequence))
        row = found.one_or_none()
        if row is None:
            return f"audit record {sequence}, which is missing,"
        return (
            f"audit record {sequence} ({row.action} by {row.actor} at {as_text(row.recorded_at)})"
        )


async def _recorded_roots(
    session: ReadSession, after: int
) -> AsyncGenerator[tuple[int, str | None]]:
    chosen = select(AuditRecord.sequence, AuditRecord.rows_root)
    rest = chosen.where(AuditRecord.sequence > after)
    async with aclosing(batches(session, rest, AuditRecord.sequence)) as found:
        async for rows in found:
            for sequence, recorded in rows:
                yield sequence, recorded


async def _roots(session: ReadSession, after: int) -> AsyncGenerator[_Root]:
    """Yield the stored hashes of each record that has some."""
    place = (AuditedRow.sequence, AuditedRow.table_name, AuditedRow.key)
    chosen = select(*place, AuditedRow.version, AuditedRow.hash).order_by(*place).limit(_AT_ONCE)
    rest = chosen.where(AuditedRow.sequence > after)
    root: _Root | None = None
    while True:
        rows = (await session.execute(rest)).all()
        for row in rows:
            if root is None or root.sequence != row.sequence:
                if root is not None:
                    yield root
                root = _Root(row.sequence)
            root.rows.append((row.table_name, row.key, row.version, row.hash))
        if len(rows) < _AT_ONCE:
            break
        rest = chosen.where(tuple_(*place) > tuple(rows[-1][:3]))
    if root is not None:
        yield root


def _expected_root(rows: Sequence[_HashedRow], recorded: str | None) -> str | None:
    """Return the root that a record should have; a record without rows may have none."""
    if not rows and recorded is None:
        return None
    try:
        return root_of(rows)
    except (ValueError, TypeError):
        return ""  # a value without a canonical form, which no command writes


def _without_record(root: _Root) -> RootFault:
    named = _names([(table, key) for table, key, _, _ in root.rows])
    return RootFault(root.sequence, f"it is missing, and there are hashes of its rows: {named}")


def _names(rows: Sequence[tuple[str, str]]) -> str:
    named = [f"{table} {key}" for table, key in rows[:_NAMED]]
    more = [f"and {len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
    return ", ".join([*named, *more]) or "there are none"
