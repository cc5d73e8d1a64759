"""The audit chain: every record holds the hash of the one before it.

A record's hash is SHA-256 over a tag and the canonical JSON (RFC 8785) of its other columns,
so a changed, missing or inserted row is found by walking the chain. A chain alone does not
show that its end was cut off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from cms.content.canonical_json import Json, JsonObject, canonical_bytes
from cms.database import WriteSession
from cms.dialects import as_text
from cms.ledger.counters import advance
from cms.tables import AuditRecord

_TAG = b"copydesk.audit.v1\n"
_FIRST = "0" * 64


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


async def append(session: WriteSession, event: Event, now: datetime) -> AuditRecord:
    """Add a record to the chain. Whoever does so next waits for this transaction to end."""
    sequence = await advance(session, "audit")
    previous = await session.scalar(
        select(AuditRecord.hash).where(AuditRecord.sequence == sequence - 1)
    )
    record = AuditRecord(
        sequence=sequence,
        recorded_at=now,
        actor=event.actor,
        action=event.action,
        subject=event.subject,
        outcome=event.outcome,
        detail=event.detail,
        previous_hash=previous or _FIRST,
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
