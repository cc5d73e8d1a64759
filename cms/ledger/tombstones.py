"""Tombstones: the rows whose words a purge emptied, and what is left of them in the ledger.

The older hashes of such a row stay, so that the roots of audit records match them. They lose their
salts, so that the words cannot be guessed by them. A link of a chain whose words were emptied
keeps its hash, which the next link contains; its tombstone has a hash of what is left of it. The
attestation of a purge contains the digest of the list of its tombstones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import exists, func, select, update

from cms.content.canonical_json import JsonObject, canonical_bytes, plain_canonical_bytes
from cms.content.strict_json import in_doubles
from cms.ledger.rows import key_of
from cms.storage.database import ReadSession, WriteSession
from cms.tables import (
    Account,
    Attestation,
    AuditedRow,
    AuditRecord,
    Publication,
    Purge,
    Revision,
    Tombstone,
)

# Table, key, and the hash of what is left of a link of a chain.
Emptied: TypeAlias = tuple[str, str, str | None]

_LIST_TAG = b"copydesk.purge.v1\n"
_REMAINDER_TAG = b"copydesk.remainder.v1\n"
_RECORD, _ATTESTATION = AuditRecord.__tablename__, Attestation.__tablename__


@dataclass(frozen=True)
class EmptiedLinks:
    """The links of chains whose words a purge empties.

    Attributes:
        records: what is left of audit records, as their hashes cover it, by number.
        attestations: ids of the attestations whose statements are emptied, with their hashes.
    """

    records: Mapping[int, JsonObject] = field(default_factory=dict)
    attestations: Mapping[str, str] = field(default_factory=dict)

    def tombstones(self) -> list[Emptied]:
        """Return the tombstones of the links."""
        return [
            *((_RECORD, key_of([each]), remainder_of(left)) for each, left in self.records.items()),
            *((_ATTESTATION, each, hash_) for each, hash_ in self.attestations.items()),
        ]


@dataclass(frozen=True)
class PurgedRows:
    """The rows that a purge emptied.

    Attributes:
        digest: digest of the list of all of them.
        counts: their number by table.
        records: hashes of what is left of audit records, by number.
        statements: hashes of emptied attestations, by number.
    """

    digest: str
    counts: Mapping[str, int]
    records: Mapping[str, str]
    statements: Mapping[str, str]


def remainder_of(record: JsonObject) -> str:
    """Return the hash of what is left of an audit record.

    Args:
        record: its values, as its own hash covered them.
    """
    return hashlib.sha256(_REMAINDER_TAG + canonical_bytes(in_doubles(record))).hexdigest()


async def remainders(session: ReadSession, table: str) -> Mapping[str, str]:
    """Return the hashes of what is left of the emptied links of a chain, by key."""
    found = await session.execute(
        select(Tombstone.key, Tombstone.remainder).where(Tombstone.table_name == table)
    )
    return {key: str(remainder) for key, remainder in found}


async def purged_rows(session: ReadSession, purge_id: str) -> PurgedRows:
    """Return the rows that a purge emptied, as its tombstones name them."""
    found = await session.execute(
        select(Tombstone.table_name, Tombstone.key, Tombstone.remainder)
        .where(Tombstone.purge_id == purge_id)
        .order_by(Tombstone.table_name, Tombstone.key)
    )
    listed = [(table, key, remainder) for table, key, remainder in found]
    attested = {key: remainder for table, key, remainder in listed if table == _ATTESTATION}
    numbers = await session.execute(
        select(Attestation.id, Attestation.sequence).where(Attestation.id.in_(attested))
    )
    counts: dict[str, int] = {}
    for table, _, _ in listed:
        counts[table] = counts.get(table, 0) + 1
    digest = hashlib.sha256(_LIST_TAG + plain_canonical_bytes([list(each) for each in listed]))
    return PurgedRows(
        digest=digest.hexdigest(),
        counts=counts,
        records={
            str(int(key)): str(remainder)
            for table, key, remainder in listed
            if table == _RECORD and key.isdecimal()
        },
        statements={str(sequence): str(attested[each]) for each, sequence in numbers},
    )


async def empty_links(session: WriteSession, links: EmptiedLinks) -> None:
    """Empty the words in links of chains, which have tombstones."""
    for sequence, left in links.records.items():
        record = update(AuditRecord).where(AuditRecord.sequence == sequence)
        await session.execute(record.values(detail=left["detail"]))
    emptied = update(Attestation).where(Attestation.id.in_(links.attestations))
    await session.execute(emptied.values(envelope={}))


async def empty_salts(session: WriteSession, purge_id: str) -> None:
    """Empty the salts of the hashes of all rows that a purge empties."""
    await session.execute(
        update(AuditedRow)
        .where(
            exists().where(
                Tombstone.purge_id == purge_id,
                Tombstone.table_name == AuditedRow.table_name,
                Tombstone.key == AuditedRow.key,
            )
        )
        .values(salt="")
        .execution_options(synchronize_session=False)
    )


async def rows_without_salt(session: ReadSession, most: int) -> Sequence[tuple[str, str]]:
    """Return rows with a hash whose salt was emptied, and for which there is no tombstone."""
    found = await session.execute(
        select(AuditedRow.table_name, AuditedRow.key)
        .where(
            AuditedRow.salt == "",
            ~exists().where(
                Tombstone.table_name == AuditedRow.table_name, Tombstone.key == AuditedRow.key
            ),
        )
        .distinct()
        .order_by(AuditedRow.table_name, AuditedRow.key)
        .limit(most)
    )
    return [(table, key) for table, key in found]


async def purges_with_records(session: ReadSession) -> Sequence[tuple[Purge, int | None]]:
    """Return all purges in their order, each with the number of the audit record that closed it."""
    written = (
        select(func.min(AuditedRow.sequence))
        .where(AuditedRow.table_name == Purge.__tablename__, AuditedRow.key == Purge.id)
        .scalar_subquery()
    )
    found = await session.execute(select(Purge, written).order_by(Purge.id))
    return [(purge, sequence) for purge, sequence in found]


async def rows_without_purge(session: ReadSession, most: int) -> Sequence[tuple[str, str]]:
    """Return rows with a tombstone of no purge, and rows marked as purged without a tombstone."""
    unknown = ~exists().where(Purge.id == Tombstone.purge_id)
    buried = select(Tombstone.table_name, Tombstone.key).where(unknown).limit(most)
    found = [(table, key) for table, key in await session.execute(buried)]
    for table in (Account, Publication, Revision):
        name = table.__tablename__
        is_buried = exists().where(Tombstone.table_name == name, Tombstone.key == table.id)
        marked = select(table.id).where(table.purged_at.is_not(None), ~is_buried).limit(most)
        found += [(name, key) for key in await session.scalars(marked)]
    return found[:most]
