"""The audit chain shows what was changed; a checkpoint shows what the chain alone does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cms import clock
from cms.content.canonical_json import canonical_bytes
from cms.errors import AttestationError, Refused
from cms.ledger.audit import hash_of, verify
from cms.ledger.chain import BrokenChain, VerifiedChain
from cms.ledger.checkpoint import PAYLOAD_TYPE, Checkpoint, checkpoint, verify_checkpoint
from cms.signing import Envelope, Signer
from cms.storage.database import Database
from cms.tables import Attestation, AuditRecord, Counter
from tests.builders import Newsroom
from tests.tampering import hash_anew, set_counter, tampering

STRANGER = Signer(Ed25519PrivateKey.generate())
CONTENT_CHANGED = "its content does not match its hash"
UNCHAINED = "it does not contain the hash of the one before"


async def verified(database: Database) -> VerifiedChain | BrokenChain:
    async with database.reading() as session:
        return await verify(session)


async def count(connection: AsyncConnection) -> int:
    return await connection.scalar(select(func.count()).select_from(AuditRecord)) or 0


async def a_checkpoint(database: Database) -> Envelope:
    async with database.reading() as session:
        return await checkpoint(session, database.key_file.load(), clock.now())


async def held(database: Database, envelope: object) -> Checkpoint:
    async with database.reading() as session:
        return await verify_checkpoint(session, envelope, database.key_file.load().public_key_pem())


def number(sequence: int) -> ColumnElement[bool]:
    return AuditRecord.sequence == sequence


async def test_an_empty_chain_holds(database: Database) -> None:
    assert await verified(database) == VerifiedChain(0, "0" * 64)


async def test_a_whole_chain_holds(newsroom: Newsroom) -> None:
    await newsroom.published()
    seen: list[int] = []
    async with newsroom.database.reading() as session:
        last = await session.scalar(select(AuditRecord).order_by(AuditRecord.sequence.desc()))
        assert last is not None
        assert await verify(session, seen.append) == VerifiedChain(last.sequence, last.hash)
    assert sum(seen) == last.sequence


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "x"},
        {"action": "x"},
        {"subject": "x"},
        {"subject": None},
        {"rows_root": "x"},
        {"detail": {"x": 1}},
        {"recorded_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"previous_hash": "0" * 64},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_record_that_was_edited_is_named(
    newsroom: Newsroom, change: dict[str, Any]
) -> None:
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(AuditRecord).where(number(4)).values(**change))
    assert await verified(newsroom.database) == BrokenChain(4, CONTENT_CHANGED)


async def test_a_record_that_was_edited_and_hashed_anew_is_named_by_the_next(
    newsroom: Newsroom,
) -> None:
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(AuditRecord).where(number(4)).values(actor="x"))
        before = await connection.execute(select(AuditRecord.__table__).order_by("sequence"))
        hashes = {row["sequence"]: row["hash"] for row in before.mappings()}
        await hash_anew(connection)
        for sequence, old in hashes.items():
            if sequence > 4:
                values = {"hash": old, "previous_hash": hashes[sequence - 1]}
                await connection.execute(
                    update(AuditRecord).where(number(sequence)).values(**values)
                )
    assert await verified(newsroom.database) == BrokenChain(5, UNCHAINED)


async def test_a_record_that_is_gone_is_missed(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        await connection.execute(delete(AuditRecord).where(number(4)))
    assert await verified(newsroom.database) == BrokenChain(4, "it is missing; 5 comes next")


async def test_a_record_that_is_gone_and_whose_place_was_closed_is_missed(
    newsroom: Newsroom,
) -> None:
    async with tampering(newsroom.database) as connection:
        last = await count(connection)
        await connection.execute(delete(AuditRecord).where(number(4)))
        for sequence in range(5, last + 1):
            chosen = update(AuditRecord).where(number(sequence))
            await connection.execute(chosen.values(sequence=sequence - 1))
    assert await verified(newsroom.database) == BrokenChain(4, CONTENT_CHANGED)


async def test_a_record_that_was_inserted_is_found(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        last = await count(connection)
        for sequence in range(last, 3, -1):
            chosen = update(AuditRecord).where(number(sequence))
            await connection.execute(chosen.values(sequence=sequence + 1))
        row = (await connection.execute(select(AuditRecord.__table__).where(number(3)))).mappings()
        await connection.execute(insert(AuditRecord).values(**{**row.one(), "sequence": 4}))
    assert await verified(newsroom.database) == BrokenChain(4, CONTENT_CHANGED)


async def test_a_record_that_was_added_past_the_counter_is_found(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        last = await count(connection)
        row = (await connection.execute(select(AuditRecord.__table__).where(number(3)))).mappings()
        values = {**row.one(), "sequence": last + 1}
        await connection.execute(insert(AuditRecord).values(**values))
        await hash_anew(connection)
    reason = f"it was added by hand; numbers were assigned up to {last}"
    assert await verified(newsroom.database) == BrokenChain(last + 1, reason)


async def test_records_that_changed_places_are_found(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        for sequence, new in ((4, -1), (6, 4), (-1, 6)):
            chosen = update(AuditRecord).where(number(sequence))
            await connection.execute(chosen.values(sequence=new))
    assert await verified(newsroom.database) == BrokenChain(4, CONTENT_CHANGED)


async def test_an_end_that_was_cut_off_is_missed(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        last = await count(connection)
        await connection.execute(delete(AuditRecord).where(AuditRecord.sequence > 4))
    reason = f"it is missing; numbers were assigned up to {last}"
    assert await verified(newsroom.database) == BrokenChain(5, reason)


async def test_a_record_that_cannot_be_read_is_named(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("this database lets nobody store what is no value of its column")
        for sequence, wrong in ((4, "recorded_at = 'x'"), (5, "detail = x'ff'")):
            await connection.exec_driver_sql(
                f"update audit_record set {wrong} where sequence = {sequence}"
            )
    found = await verified(newsroom.database)
    assert isinstance(found, BrokenChain)
    assert found.sequence == 4
    assert found.reason.startswith("it cannot be read: ")


async def test_a_checkpoint_holds_while_the_chains_grow(newsroom: Newsroom) -> None:
    await newsroom.published(slug="one")
    envelope = await a_checkpoint(newsroom.database)
    async with newsroom.database.reading() as session:
        signed = await session.scalar(select(func.max(Attestation.sequence)))
    await newsroom.published(slug="two")
    said = await held(newsroom.database, envelope)
    async with newsroom.database.reading() as session:
        hashes = select(AuditRecord.hash).where(AuditRecord.sequence == said.sequence)
        assert await session.scalar(hashes) == said.hash
    assert said.attestation_sequence == signed
    assert clock.now() - said.recorded_at < timedelta(minutes=1)


async def test_a_checkpoint_of_nothing_holds(database: Database) -> None:
    envelope = await a_checkpoint(database)
    said = await held(database, envelope)
    assert (said.sequence, said.hash) == (0, "0" * 64)
    assert (said.attestation_sequence, said.attestation_hash) == (0, "0" * 64)


@pytest.mark.parametrize(
    ("table", "name", "called"),
    [(AuditRecord, "audit", "audit record"), (Attestation, "attestation", "attestation")],
)
async def test_only_a_checkpoint_shows_an_end_that_was_cut_off_together_with_the_counter(
    newsroom: Newsroom, table: Any, name: str, called: str
) -> None:
    await newsroom.published()
    envelope = await a_checkpoint(newsroom.database)
    async with tampering(newsroom.database) as connection:
        counter = select(Counter.value).where(Counter.name == name)
        last = await connection.scalar(counter)
        assert last is not None
        await connection.execute(delete(table).where(table.sequence == last))
        await set_counter(connection, name, last - 1)
    assert isinstance(await verified(newsroom.database), VerifiedChain)
    with pytest.raises(
        AttestationError, match=f"{called} {last} of .* is missing: the chain was cut off"
    ):
        await held(newsroom.database, envelope)


async def test_only_a_checkpoint_shows_a_chain_that_was_made_anew(newsroom: Newsroom) -> None:
    envelope = await a_checkpoint(newsroom.database)
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(AuditRecord).where(number(4)).values(actor="x"))
        await hash_anew(connection)
    assert isinstance(await verified(newsroom.database), VerifiedChain)
    with pytest.raises(AttestationError, match="was replaced after"):
        await held(newsroom.database, envelope)


async def test_no_checkpoint_is_made_of_a_chain_without_its_end(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        await connection.execute(delete(AuditRecord).where(AuditRecord.sequence > 4))
    with pytest.raises(AttestationError, match="run: copydesk audit verify"):
        await a_checkpoint(newsroom.database)


async def test_a_checkpoint_by_another_hand_is_refused(newsroom: Newsroom) -> None:
    async with newsroom.database.reading() as session:
        envelope = await checkpoint(session, STRANGER, clock.now())
    with pytest.raises(AttestationError, match="not signed with the key"):
        await held(newsroom.database, envelope)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("application/vnd.in-toto+json", b"{}"),
        (PAYLOAD_TYPE, b"{}"),
        (PAYLOAD_TYPE, b"nonsense"),
        (PAYLOAD_TYPE, canonical_bytes({"sequence": "1"})),
    ],
)
async def test_what_is_no_checkpoint_is_refused(
    database: Database, kind: str, payload: bytes
) -> None:
    with pytest.raises(AttestationError, match="not a checkpoint"):
        await held(database, database.key_file.load().sign(kind, payload))


async def test_every_command_that_was_done_is_in_the_audit_chain(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T")
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        await newsroom.save(head, newsroom.reviewers[0], title="U")
    async with newsroom.database.reading() as session:
        records = list(await session.scalars(select(AuditRecord).order_by(AuditRecord.sequence)))
    assert [record.sequence for record in records] == list(range(1, len(records) + 1))
    previous = "0" * 64
    for record in records:
        assert record.previous_hash == previous
        assert record.hash == hash_of(vars(record))
        previous = record.hash
    created = records[-1]
    assert (created.actor, created.action, created.subject) == (
        newsroom.author.account_id,
        "entry:create",
        head.id,
    )
