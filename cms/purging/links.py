"""The links of the ledger's chains in which the words of purged rows stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, or_, select

from cms.authorization.actions import Action
from cms.content.canonical_json import JsonObject
from cms.events import without_words
from cms.ledger.audit import hashed_values
from cms.ledger.rows import key_of
from cms.ledger.tombstones import EmptiedLinks
from cms.purging.findings import Found, in_parts
from cms.storage.database import ReadSession
from cms.tables import Attestation, AuditRecord, Publication, Tombstone


async def find_links(session: ReadSession, found: Found) -> EmptiedLinks:
    """Return the audit records and attestations that have words of purged rows.

    An attestation has some if its publication has a reason, or was imported; an audit record, if
    its event has a text, or tells from where an account signed in.

    Args:
        session: the transaction of the purge, before it empties rows.
        found: the purged rows.
    """
    return EmptiedLinks(
        records=await _records(session, found),
        attestations=await _attestations(session, sorted(found.ids[Publication])),
    )


async def _records(session: ReadSession, found: Found) -> Mapping[int, JsonObject]:
    records: dict[int, JsonObject] = {}
    columns = AuditRecord.__table__.columns
    for ids in in_parts(sorted(found.all_ids())):
        accounts = [each for each in ids if each in found.accounts]
        begun = and_(AuditRecord.actor.in_(accounts), AuditRecord.action == Action.SESSION_BEGIN)
        chosen = select(*columns).where(or_(AuditRecord.subject.in_(ids), begun))
        for row in (await session.execute(chosen.order_by(AuditRecord.sequence))).mappings():
            left = without_words(row["detail"])
            if left != row["detail"]:
                records[row["sequence"]] = hashed_values({**row, "detail": left})
    for sequence in await _purged_records(session, list(records)):
        del records[sequence]
    return records


async def _purged_records(session: ReadSession, sequences: Sequence[int]) -> list[int]:
    """Return those of some records that have a tombstone."""
    by_key = {key_of([each]): each for each in sequences}
    keys: list[str] = []
    for some in in_parts(list(by_key)):
        keys += await session.scalars(
            select(Tombstone.key).where(
                Tombstone.table_name == AuditRecord.__tablename__, Tombstone.key.in_(some)
            )
        )
    return [by_key[key] for key in keys]


async def _attestations(session: ReadSession, publications: Sequence[str]) -> Mapping[str, str]:
    attestations: dict[str, str] = {}
    for ids in in_parts(publications):
        rows = await session.execute(
            select(Attestation.id, Attestation.hash)
            .join(Publication, Publication.id == Attestation.id)
            .where(
                Publication.id.in_(ids),
                or_(
                    Publication.break_glass_reason.is_not(None),
                    Publication.source.is_not(None),
                    Publication.claimed_review.is_not(None),
                ),
            )
        )
        attestations |= dict(rows.all())
    return attestations
