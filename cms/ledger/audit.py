"""The audit chain: every record contains the hash of the previous one.

A record's hash is SHA-256 over a tag and the canonical JSON (RFC 8785) of its other columns,
so verifying the chain finds changed, missing and inserted rows. The counter of the records reveals
that the end was cut off. With write access to the database, the counter can be reset and all hashes
can be recomputed; only a signed checkpoint that is stored elsewhere reveals this
(:mod:`cms.ledger.checkpoint`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from cms.clock import to_milliseconds
from cms.content.canonical_json import Json, JsonObject, canonical_bytes, digest_of
from cms.content.strict_json import in_doubles
from cms.ledger.chain import (
    FIRST,
    AnyRow,
    Broken,
    Link,
    UnreadableError,
    Verified,
    in_order,
    unnoticed,
    walk,
)
from cms.ledger.counters import advance, current
from cms.storage.database import ReadSession, WriteSession
from cms.storage.dialects import as_text
from cms.tables import AuditRecord, Revision

_TAG = b"copydesk.audit.v1\n"


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event to record.

    Attributes:
        actor: an account's id, or ``"operator"``.
        action: the requested action.
        subject: the id of the object, or ``None``.
        outcome: whether it was done or refused.
        detail: further details.
    """

    actor: str
    action: str
    subject: str | None
    outcome: Literal["done", "refused"]
    detail: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class BrokenRevision:
    """A revision whose content does not match its digest.

    Attributes:
        revision_id: the id of the revision.
        reason: the fault.
    """

    revision_id: str
    reason: str


async def append(session: WriteSession, event: Event, now: datetime) -> AuditRecord:
    """Append a record to the chain, and lock the chain until the transaction ends."""
    sequence = await advance(session, "audit")
    previous = await session.scalar(
        select(AuditRecord.hash).where(AuditRecord.sequence == sequence - 1)
    )
    record = AuditRecord(
        sequence=sequence,
        recorded_at=to_milliseconds(now),
        actor=event.actor,
        action=event.action,
        subject=event.subject,
        outcome=event.outcome,
        detail=event.detail,
        previous_hash=previous or FIRST,
    )
    record.hash = hash_of(record)
    session.add(record)
    await session.flush()  # so that the next record of this transaction finds it
    return record


def hash_of(record: AuditRecord) -> str:
    """Return the computed hash of a record."""
    statement: JsonObject = {
        "sequence": record.sequence,
        "recorded_at": as_text(record.recorded_at),
        "actor": record.actor,
        "action": record.action,
        "subject": record.subject,
        "outcome": record.outcome,
        "detail": record.detail,
        "previous_hash": record.previous_hash,
    }
    return hashlib.sha256(_TAG + canonical_bytes(statement)).hexdigest()


async def verify(
    session: ReadSession, seen: Callable[[int], object] = unnoticed
) -> Verified | Broken:
    """Verify the whole chain, and return its end or the first invalid record.

    A chain that was cut off with its counter reset, or rehashed from some record on, is not found
    here, but by :func:`cms.ledger.checkpoint.verify_checkpoint`.

    Args:
        session: a snapshot, which excludes later records.
        seen: a progress function, called with 1 for each record.
    """
    records = select(AuditRecord.sequence, AuditRecord)
    found = await walk(session, records, AuditRecord.sequence, link_of=_link_of, seen=seen)
    if isinstance(found, Broken):
        return found
    return found.ended_at(await current(session, "audit"))


async def verify_revisions(
    session: ReadSession, seen: Callable[[int], object] = unnoticed
) -> list[BrokenRevision]:
    """Recompute the digests of all revisions, and return the revisions that do not match.

    It stops at a revision that cannot be read.

    Args:
        session: the session to read in.
        seen: a progress function, called with 1 for each revision.
    """
    broken: list[BrokenRevision] = []
    revisions = select(Revision.id, Revision.content, Revision.digest)
    last = ""
    try:
        async for revision_id, content, digest in in_order(session, revisions, Revision.id):
            last = revision_id
            if reason := _wrong_with(content, digest):
                broken.append(BrokenRevision(revision_id, reason))
            seen(1)
    except UnreadableError as error:
        following = select(Revision.id).where(Revision.id > last).order_by(Revision.id).limit(1)
        unread = str(await session.scalar(following))
        broken.append(BrokenRevision(unread, f"it cannot be read: {error}"))
    return broken


def _link_of(row: AnyRow) -> Link:
    record: AuditRecord = row[1]
    return Link(previous=record.previous_hash, hash=record.hash, computed=hash_of(record))


def _wrong_with(content: JsonObject, digest: str) -> str:
    try:
        computed = digest_of(in_doubles(content))
    except (ValueError, RecursionError) as error:
        return f"the digest of its content cannot be computed: {error}"
    return "" if computed == digest else "its content does not match its digest"
