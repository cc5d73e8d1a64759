"""Tampering that passes for a purge is found, and so is tampering with what a purge has left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cms.ledger.words import EMPTIED, PURGE_TIME
from cms.tables import (
    Attestation,
    AuditedRow,
    AuditRecord,
    Base,
    Link,
    Purge,
    Revision,
    Tombstone,
)
from tests.builders import Newsroom
from tests.cms.ledger.test_tampering import faults
from tests.cms.purging.test_purging import purge, write_secret
from tests.forging import Score, forging, kinds_of


async def _purged(newsroom: Newsroom) -> Purge:
    entry_id = await write_secret(newsroom)
    await newsroom.published(title="Kept", slug="kept", tags=["Tag"])
    made = await purge(newsroom, entry_id)
    assert await faults(newsroom.database) == []
    return made


async def _kept(connection: AsyncConnection) -> Any:
    rows = await connection.execute(
        select(Revision.__table__).where(Revision.title == "Kept").limit(1)
    )
    return rows.mappings().one()


async def _empty_without_purge(connection: AsyncConnection) -> str:
    row = await _kept(connection)
    return await _empty(connection, row["id"])


async def _empty(connection: AsyncConnection, revision_id: str) -> str:
    left = {name: value for name, value in EMPTIED["revision"].items() if value is not PURGE_TIME}
    await connection.execute(update(Revision).where(Revision.id == revision_id).values(**left))
    await connection.execute(delete(Link).where(Link.revision_id == revision_id))
    return f"revision {revision_id} is not valid: it was changed after audit record "


async def _empty_salts_without_purge(connection: AsyncConnection) -> str:
    row = await _kept(connection)
    await _empty_salts(connection, row["id"])
    return f"revision {row['id']} is not valid: its hash has no salt, and no purge emptied it"


async def _empty_salts(connection: AsyncConnection, revision_id: str) -> None:
    chosen = AuditedRow.table_name == "revision", AuditedRow.key == revision_id
    await connection.execute(update(AuditedRow).where(*chosen).values(salt=""))


async def _add_tombstone(connection: AsyncConnection) -> str:
    """Empty another row, with a tombstone of a purge that there is."""
    row = await _kept(connection)
    purge_id = await connection.scalar(select(Purge.id))
    values = {"table_name": "revision", "key": row["id"], "purge_id": purge_id, "remainder": None}
    await connection.execute(insert(Tombstone).values(**values))
    await _empty(connection, row["id"])
    await _empty_salts(connection, row["id"])
    return f"{purge_id} has been changed: rows, list of rows"


async def _add_purge(connection: AsyncConnection) -> str:
    """Invent a purge, with hashes of its rows, and compute the chain anew."""
    row = await _kept(connection)
    values = (await connection.execute(select(Purge.__table__))).mappings().one()
    await connection.execute(insert(Purge).values(**{**values, "id": "purge_x"}))
    stone = {"table_name": "revision", "key": row["id"], "purge_id": "purge_x", "remainder": None}
    await connection.execute(insert(Tombstone).values(**stone))
    return "the attestation of purge_x is missing"


async def _remove_tombstone(connection: AsyncConnection) -> str:
    purge_id = await connection.scalar(select(Purge.id))
    await connection.execute(delete(Tombstone).where(Tombstone.table_name == "comment"))
    return f"{purge_id} has been changed: rows, list of rows"


async def _name_other_keys(connection: AsyncConnection) -> str:
    purge_id = await connection.scalar(select(Purge.id))
    await connection.execute(update(Purge).values(keys=["entry_1"]))
    return f"{purge_id} has been changed: keys"


async def _bring_back_content(connection: AsyncConnection) -> str:
    row = await _purged_revision(connection)
    chosen = update(Revision).where(Revision.id == row)
    await connection.execute(chosen.values(content={"title": "Invented"}))
    return f"revision {row} is not valid: its content does not match its purge"


async def _bring_back_title(connection: AsyncConnection) -> str:
    row = await _purged_revision(connection)
    await connection.execute(update(Revision).where(Revision.id == row).values(title="Invented"))
    return f"revision {row} is not valid: it was changed after audit record "


async def _purged_revision(connection: AsyncConnection) -> str:
    return str(
        await connection.scalar(select(Revision.id).where(Revision.purged_at.is_not(None)).limit(1))
    )


async def _change_emptied_record(connection: AsyncConnection) -> str:
    key = await connection.scalar(
        select(Tombstone.key).where(Tombstone.table_name == "audit_record").limit(1)
    )
    sequence = int(str(key))
    await connection.execute(
        update(AuditRecord).where(AuditRecord.sequence == sequence).values(actor="account_x")
    )
    return f"audit record {sequence} is not valid: its content does not match its hash"


async def _empty_another_record(connection: AsyncConnection) -> str:
    sequence = await connection.scalar(select(AuditRecord.sequence).limit(1))
    await connection.execute(
        update(AuditRecord).where(AuditRecord.sequence == sequence).values(detail={})
    )
    return f"audit record {sequence} is not valid: its content does not match its hash"


async def _change_emptied_attestation(connection: AsyncConnection) -> str:
    row = (
        await connection.execute(
            select(Attestation.__table__)
            .join(Tombstone, Tombstone.key == Attestation.id)
            .where(Tombstone.table_name == "attestation")
        )
    ).one()
    await connection.execute(
        update(Attestation).where(Attestation.id == row.id).values(hash="0" * 64)
    )
    return f"attestation {row.sequence} is not valid: its content does not match its hash"


async def _empty_another_attestation(connection: AsyncConnection) -> str:
    row = (
        await connection.execute(
            select(Attestation.__table__)
            .where(Attestation.id.startswith("pub_"))
            .order_by(Attestation.sequence)
            .limit(1)
        )
    ).one()
    await connection.execute(
        update(Attestation).where(Attestation.id == row.id).values(envelope={})
    )
    return f"attestation {row.sequence} is not valid: this is not a DSSE envelope"


async def _remove_purge(connection: AsyncConnection) -> str:
    purge_id = await connection.scalar(select(Purge.id))
    await connection.execute(delete(Tombstone))
    await connection.execute(delete(Purge))
    return f"purge {purge_id} is not valid: it is missing; audit record "


Tamper = Callable[[AsyncConnection], Awaitable[str]]
BY_HAND: tuple[Tamper, ...] = (
    *(_empty_without_purge, _empty_salts_without_purge, _add_tombstone, _add_purge),
    *(_remove_tombstone, _name_other_keys, _bring_back_content, _bring_back_title),
    *(_change_emptied_record, _empty_another_record, _change_emptied_attestation),
    *(_empty_another_attestation, _remove_purge),
)


async def test_what_passes_for_a_purge_is_named(newsroom: Newsroom) -> None:
    await _purged(newsroom)
    async with forging(newsroom.database, 1) as forger:
        for tamper in BY_HAND:
            trial = await forger.connection.begin_nested()
            expected = await tamper(forger.connection)
            found = await forger.faults()
            await trial.rollback()
            assert any(expected in each for each in found), (tamper.__name__, expected, found)
        assert await forger.faults() == []


@pytest.mark.parametrize("table", ["purge", "tombstone"])
async def test_each_forgery_of_a_purge_is_named(newsroom: Newsroom, table: str) -> None:
    await _purged(newsroom)
    await purge(newsroom, str(newsroom.author.account_id), reason="Another.")
    score = Score()
    kinds = kinds_of(Base.metadata.tables[table])
    async with forging(newsroom.database, 1) as forger:
        await forger.try_all([(table, kind) for kind in kinds], score)
    assert score.missed == []
    assert score.tried[table] >= len(kinds) - 3
