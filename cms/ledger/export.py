"""Export of the ledger for third parties; docs/proof.md says how it is verified."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from sqlalchemy import func, select

from cms.content.canonical_json import JsonObject
from cms.ledger.audit import hashed_values
from cms.ledger.chain import AnyRow, Rows, batches
from cms.storage.database import ReadSession
from cms.tables import (
    Attestation,
    AuditedRow,
    AuditRecord,
    Publication,
    Revision,
    SignOff,
)


async def export_ledger(session: ReadSession) -> AsyncGenerator[JsonObject]:
    """Yield all audit records with the hashes of their rows, and then all attestations.

    Args:
        session: a snapshot.

    Raises:
        UnreadableError: at the first row that cannot be read.
    """
    chosen = select(*AuditRecord.__table__.columns)
    async with aclosing(batches(session, chosen, AuditRecord.sequence)) as found:
        async for records in found:
            rows = await _rows_of(session, records)
            for record in records:
                values = record._asdict()
                yield {
                    "record": hashed_values(values),
                    "hash": values["hash"],
                    "rows": rows.get(record.sequence, []),
                }
    async with aclosing(batches(session, _attestations(), Attestation.sequence)) as found:
        async for attestations in found:
            for each in attestations:
                about = {"content": each.content} if each.content else {}  # not of a purged one
                yield {"attestation": each.envelope, "hash": each.hash, **about}


async def _rows_of(
    session: ReadSession, records: Sequence[AnyRow]
) -> dict[int, list[Sequence[str | int | None]]]:
    place = (AuditedRow.sequence, AuditedRow.table_name, AuditedRow.key)
    chosen = select(*place, AuditedRow.version, AuditedRow.hash).order_by(*place)
    first, last = records[0].sequence, records[-1].sequence
    rows: dict[int, list[Sequence[str | int | None]]] = {}
    found = await session.execute(chosen.where(AuditedRow.sequence.between(first, last)))
    for row in found:
        hashed = [row.table_name, row.key, row.version, row.hash]
        rows.setdefault(row.sequence, []).append(hashed)
    return rows


def _attestations() -> Rows:
    revision_id = func.coalesce(SignOff.revision_id, Publication.revision_id)
    return (
        select(Attestation.sequence, Attestation.envelope, Attestation.hash, Revision.content)
        .outerjoin(SignOff, SignOff.id == Attestation.id)
        .outerjoin(Publication, Publication.id == Attestation.id)
        .outerjoin(Revision, Revision.id == revision_id)
    )
