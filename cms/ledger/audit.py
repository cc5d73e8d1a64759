"""The audit chain: every record contains the hash of the one before it.

A record's hash is SHA-256 over a tag and the canonical JSON (RFC 8785) of its other columns, so
that verifying the chain detects a changed, missing or inserted row. The counter that numbers the
records shows whether the last ones were deleted. A person with write access to the database can
also reset the counter or compute all hashes again; only a signed checkpoint that is kept elsewhere
detects that (:mod:`cms.ledger.checkpoint`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import select

from cms.clock import to_milliseconds
from cms.content.canonical_json import Json, JsonObject, canonical_bytes, digest_of
from cms.content.strict_json import in_doubles
from cms.ledger.chain import (
    FIRST,
    AnyRow,
    BrokenChain,
    ChainLink,
    UnreadableError,
    VerifiedChain,
    ignore_progress,
    in_order,
    walk,
)
from cms.ledger.counters import advance, current
from cms.storage.database import ReadSession, WriteSession
from cms.storage.dialects import as_text
from cms.tables import AuditRecord, Revision

AuditOutcome: TypeAlias = Literal["done", "refused"]

_TAG = b"copydesk.audit.v1\n"


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event to record in the audit chain.

    Attributes:
        actor: an account's id, or ``"operator"``.
        action: the requested action.
        subject: id of the object of the action, or ``None``.
        outcome: whether the action was done or refused.
        detail: further facts for readers of the chain.
    """

    actor: str
    action: str
    subject: str | None
    outcome: AuditOutcome
    detail: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class BrokenRevision:
    """A revision whose content does not have the stored digest.

    Attributes:
        revision_id: id of the revision.
        reason: the fault, as a clause for messages.
    """

    revision_id: str
    reason: str


async def append(session: WriteSession, event: Event, now: datetime) -> AuditRecord:
    """Append a record to the chain; later appends wait for this transaction to end."""
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
    await session.flush()  # the next record of this transaction reads its hash
    return record


def hash_of(record: AuditRecord) -> str:
    """Return the hash of the record, computed from its other columns."""
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
    session: ReadSession, progress: Callable[[int], object] = ignore_progress
) -> VerifiedChain | BrokenChain:
    """Verify the whole chain, and return it or its first broken link.

    Records deleted from the end are not detected if the counter was reset too, nor are records
    whose hashes were all computed again up to the end;
    :func:`cms.ledger.checkpoint.verify_checkpoint` detects both.

    Args:
        session: a snapshot, so that no record is appended meanwhile.
        progress: called with 1 after each record.
    """
    records = select(AuditRecord.sequence, AuditRecord)
    found = await walk(session, records, AuditRecord.sequence, link_of=_link_of, progress=progress)
    if isinstance(found, BrokenChain):
        return found
    return found.check_length(await current(session, "audit"))


async def verify_revisions(
    session: ReadSession, progress: Callable[[int], object] = ignore_progress
) -> list[BrokenRevision]:
    """Compute the digest of every revision, and return those that differ from the stored one.

    The check ends at the first revision that cannot be read, which is the last one returned.

    Args:
        session: session to read from.
        progress: called with 1 after each revision.
    """
    broken: list[BrokenRevision] = []
    revisions = select(Revision.id, Revision.content, Revision.digest)
    last = ""
    try:
        async for revision_id, content, digest in in_order(session, revisions, Revision.id):
            last = revision_id
            if reason := _fault_of(content, digest):
                broken.append(BrokenRevision(revision_id, reason))
            progress(1)
    except UnreadableError as error:
        following = select(Revision.id).where(Revision.id > last).order_by(Revision.id).limit(1)
        unread = str(await session.scalar(following))
        broken.append(BrokenRevision(unread, f"it cannot be read: {error}"))
    return broken


def _link_of(row: AnyRow) -> ChainLink:
    record: AuditRecord = row[1]
    return ChainLink(previous=record.previous_hash, hash=record.hash, computed=hash_of(record))


def _fault_of(content: JsonObject, digest: str) -> str:
    try:
        computed = digest_of(in_doubles(content))
    except (ValueError, RecursionError) as error:
        return f"the digest of its content cannot be computed: {error}"
    return "" if computed == digest else "its content does not match its digest"
