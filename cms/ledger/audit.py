"""The audit chain: every record contains the hash of the one before it.

A record's hash is SHA-256 over a tag and the canonical JSON (RFC 8785) of its other columns, so
that verifying the chain detects a changed, missing or inserted row. The last record of a command
contains the root of the hashes of the rows that the command wrote (:mod:`cms.ledger.rows`). The
counter that numbers the records shows whether the last ones were deleted. A person with write
access to the database can also reset the counter or compute all hashes again; only a signed
checkpoint that is kept elsewhere detects that (:mod:`cms.ledger.checkpoint`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Insert, insert, select

from cms.clock import to_milliseconds
from cms.content.canonical_json import Json, JsonObject, canonical_bytes
from cms.ledger.chain import (
    FIRST,
    AnyRow,
    BrokenChain,
    ChainLink,
    VerifiedChain,
    ignore_progress,
    walk,
)
from cms.ledger.counters import current
from cms.ledger.rows import NO_PARTS, Parts, audited_rows, key_of, root_of
from cms.ledger.tombstones import remainder_of, remainders
from cms.storage.database import ReadSession, WriteSession
from cms.storage.dialects import as_text
from cms.tables import AuditRecord, Base

_TAG = b"copydesk.audit.v1\n"
# The columns that a record's hash covers.
_HASHED = (
    *("sequence", "recorded_at", "actor", "action", "subject", "detail", "rows_root"),
    "previous_hash",
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """An action to record in the audit chain.

    Attributes:
        actor: an account's id, or ``"operator"``.
        action: the action that was done.
        subject: id of the object of the action, or ``None``.
        detail: further facts for readers of the chain.
    """

    actor: str
    action: str
    subject: str | None
    detail: Mapping[str, Json] = field(default_factory=dict)


async def append(
    session: WriteSession,
    records: Sequence[Record],
    now: datetime,
    *,
    last: int,
    previous: str | None,
    written: Sequence[Base] = (),
    deleted: Sequence[Base] = (),
    parts: Parts = NO_PARTS,
) -> None:
    """Append the records of one command to the chain.

    The hashes of the command's rows are stored, and the last record contains their root.

    Args:
        session: the transaction of the command.
        records: the actions; at least one.
        now: the time of the command.
        last: the number of the last record.
        previous: the hash of the record before the first; ``None`` if there is none.
        written: rows that were inserted or updated; see :func:`cms.ledger.rows.audited_rows`.
        deleted: rows that were deleted.
        parts: the parts of written rows that were inserted.

    Raises:
        ValueError: if a row or a detail has no canonical form.
    """
    first = last - len(records) + 1
    rows = audited_rows(written, deleted, last, parts)
    root = root_of((row["table_name"], row["key"], row["version"], row["hash"]) for row in rows)
    chained = _chained(records, first, previous or FIRST, to_milliseconds(now), root)
    await session.run_each(_insertion("audit_record"), chained)
    await session.run_each(_insertion("audit_row"), rows)


@cache
def _insertion(table: str) -> Insert:
    return insert(Base.metadata.tables[table])


def hash_of(record: Mapping[str, Any]) -> str:
    """Return the hash of a record, computed from its other columns."""
    return hashlib.sha256(_TAG + canonical_bytes(hashed_values(record))).hexdigest()


def hashed_values(record: Mapping[str, Any]) -> JsonObject:
    """Return the values of a record that its hash covers, as JSON."""
    values = {name: record[name] for name in _HASHED}
    return {**values, "recorded_at": as_text(record["recorded_at"])}


def _chained(
    records: Sequence[Record], first: int, previous: str, moment: datetime, root: str
) -> list[dict[str, Any]]:
    """Return the values of the rows of records, each with the hash of the one before."""
    chained: list[dict[str, Any]] = []
    for sequence, record in enumerate(records, first):
        values: dict[str, Any] = {
            "sequence": sequence,
            "recorded_at": moment,
            "actor": record.actor,
            "action": str(record.action),  # canonical JSON takes longer for a member of an enum
            "subject": record.subject,
            "detail": record.detail,
            "rows_root": root if len(chained) == len(records) - 1 else None,
            "previous_hash": previous,
        }
        values["hash"] = previous = hash_of(values)
        chained.append(values)
    return chained


async def verify(
    session: ReadSession,
    progress: Callable[[int], object] = ignore_progress,
    start: VerifiedChain | None = None,
) -> VerifiedChain | BrokenChain:
    """Verify the whole chain, and return it or its first broken link.

    Records deleted from the end are not detected if the counter was reset too, nor are records
    whose hashes were all computed again up to the end;
    :func:`cms.ledger.checkpoint.verify_checkpoint` detects both.

    Args:
        session: a snapshot, so that no record is appended meanwhile.
        progress: called with 1 after each record.
        start: beginning of the chain that is trusted; by default, none.
    """
    records = select(*AuditRecord.__table__.columns)
    emptied = await remainders(session, AuditRecord.__tablename__)
    found = await walk(
        session,
        records,
        AuditRecord.sequence,
        link_of=lambda row: _link_of(row, emptied),
        progress=progress,
        start=start,
    )
    if isinstance(found, BrokenChain):
        return found
    return found.check_length(await current(session, "audit"))


def _link_of(row: AnyRow, emptied: Mapping[str, str]) -> ChainLink:
    """Return the link of a record; one that a purge emptied keeps the hash that it had.

    Args:
        row: the record.
        emptied: hashes of what is left of the records that purges emptied, by key.
    """
    values = row._asdict()
    left = emptied.get(key_of([values["sequence"]]))
    is_left = left is not None and left == remainder_of(hashed_values(values))
    computed = values["hash"] if is_left else hash_of(values)
    return ChainLink(previous=values["previous_hash"], hash=values["hash"], computed=computed)
