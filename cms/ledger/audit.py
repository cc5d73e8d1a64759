"""The audit chain: every record holds the hash of the one before it.

A record's hash is SHA-256 over a tag and the canonical JSON (RFC 8785) of its other columns,
so a changed, missing or inserted row is found by walking the chain. That its end was cut off is
seen from the counter that numbers the records. Who can write to the database can set the counter
back too, or make all hashes anew; both are shown by a signed checkpoint that was kept elsewhere
(:mod:`cms.ledger.checkpoint`), and by nothing else.
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
    """What is to be remembered.

    Attributes:
        actor: an account's id, or ``"operator"``.
        action: what was asked for.
        subject: the id of what it was done to, or ``None``.
        outcome: whether it was done.
        detail: what else a reader of the chain should know.
    """

    actor: str
    action: str
    subject: str | None
    outcome: Literal["done", "refused"]
    detail: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class BrokenRevision:
    """A revision whose content is not what its digest was made of.

    Attributes:
        revision_id: which.
        reason: what is wrong with it.
    """

    revision_id: str
    reason: str


async def append(session: WriteSession, event: Event, now: datetime) -> AuditRecord:
    """Add a record to the chain. Whoever does so next waits for this transaction to end."""
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
    """Return the hash that the record has to hold."""
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
    """Walk along the whole chain, and return what it comes to or where it first does not hold.

    What was cut off together with the counter being set back, or was hashed anew from some record
    to the end, is not found; :func:`cms.ledger.checkpoint.verify_checkpoint` finds it.

    Args:
        session: a snapshot, so that no record is appended meanwhile.
        seen: is told of every record, with the number 1.
    """
    records = select(AuditRecord.sequence, AuditRecord)
    found = await walk(session, records, AuditRecord.sequence, link_of=_link_of, seen=seen)
    if isinstance(found, Broken):
        return found
    return found.ended_at(await current(session, "audit"))


async def verify_revisions(
    session: ReadSession, seen: Callable[[int], object] = unnoticed
) -> list[BrokenRevision]:
    """Compute the digest of every revision anew, and return those whose stored one is another.

    It ends at a revision that cannot be read.

    Args:
        session: where to read.
        seen: is told of every revision, with the number 1.
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
