"""Checkpoints: signed statements of the last records of both chains at one time.

A person with write access to the database can delete the end of a chain and reset its counter, or
compute all hashes of the audit chain again. Neither can be detected from the database alone. A
checkpoint that is kept elsewhere detects both, for all records that it covers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from cms.clock import to_milliseconds
from cms.errors import AttestationError
from cms.ledger.chain import FIRST
from cms.ledger.counters import current
from cms.ledger.form import Form, Moment, read_form
from cms.ledger.keys import keyring_of
from cms.signing import Envelope, Signer, open_envelope
from cms.storage.database import ReadSession
from cms.storage.dialects import as_text
from cms.tables import Attestation, AuditRecord

PAYLOAD_TYPE = "application/vnd.copydesk.checkpoint.v1+json"


class Checkpoint(Form):
    """The last record of each chain at one time.

    Attributes:
        sequence: number of the last audit record; 0 if there was none.
        hash: its hash; 64 zeros if there was none.
        attestation_sequence: number of the last attestation; 0 if there was none.
        attestation_hash: its hash; 64 zeros if there was none.
        recorded_at: when the checkpoint was made.
    """

    sequence: int
    hash: str
    attestation_sequence: int
    attestation_hash: str
    recorded_at: Moment


_CHECKPOINT = TypeAdapter(Checkpoint)


async def checkpoint(session: ReadSession, signer: Signer, now: datetime) -> Envelope:
    """Return a signed checkpoint of both chains.

    Args:
        session: a snapshot, so that both chains are read at the same time.
        signer: signer with the site's key.
        now: the current time.

    Raises:
        AttestationError: if the last record of a chain is missing already.
    """
    sequence, attestation_sequence = [await current(session, name) for name in _CHAINS]
    made = Checkpoint(
        sequence=sequence,
        hash=await _head(session, "audit", sequence),
        attestation_sequence=attestation_sequence,
        attestation_hash=await _head(session, "attestation", attestation_sequence),
        recorded_at=to_milliseconds(now),
    )
    return signer.sign(PAYLOAD_TYPE, made.payload())


async def verify_checkpoint(
    session: ReadSession, envelope: object, public_key_pem: str | None
) -> Checkpoint:
    """Return the checkpoint in an envelope, if both chains still have its two records.

    Only these two records are checked. The records before them are covered by verifying the
    chains (:func:`cms.ledger.audit.verify`,
    :func:`cms.ledger.attestation.verify_attestations`), since their hashes lead to these two.

    Args:
        session: a snapshot.
        envelope: the checkpoint.
        public_key_pem: a trusted public key of the site, if any.

    Raises:
        AttestationError: if it is no checkpoint, is not signed with the key that was valid then,
            or a chain was truncated or rewritten since.
    """
    ring = await keyring_of(session)
    if public_key_pem is not None:
        ring = ring.with_anchor(public_key_pem)
    key = ring.key_in(envelope)
    payload_type, payload = open_envelope(envelope, key.public_key)
    if payload_type != PAYLOAD_TYPE:
        raise AttestationError(f"the signed payload is {payload_type!r}, not a checkpoint")
    try:
        read = read_form(_CHECKPOINT, payload)
    except ValueError as error:
        raise AttestationError(f"the signed payload is not a checkpoint: {error}") from None
    if ring.at(max(1, read.attestation_sequence)) != key:
        raise AttestationError(
            f"the key {key.id} was not in use by this site at {as_text(read.recorded_at)}"
        )
    held = {
        "audit": (read.sequence, read.hash),
        "attestation": (read.attestation_sequence, read.attestation_hash),
    }
    for name in _CHAINS:
        await _check_hash(session, name, *held[name], as_text(read.recorded_at))
    return read


_Chain = Literal["audit", "attestation"]
_CHAINS: dict[_Chain, tuple[str, InstrumentedAttribute[int], InstrumentedAttribute[str]]] = {
    "audit": ("audit record", AuditRecord.sequence, AuditRecord.hash),
    "attestation": ("attestation", Attestation.sequence, Attestation.hash),
}


async def _check_hash(
    session: ReadSession, name: _Chain, sequence: int, held: str, recorded_at: str
) -> None:
    called, _, _ = _CHAINS[name]
    found = await _hash_at(session, name, sequence)
    if found is None:
        raise AttestationError(
            f"{called} {sequence} of the checkpoint of {recorded_at} is missing: "
            "the chain was cut off"
        )
    if found != held:
        raise AttestationError(
            f"{called} {sequence} was replaced after {recorded_at}: its hash was "
            f"{held} and is {found}"
        )


async def _head(session: ReadSession, name: _Chain, sequence: int) -> str:
    found = await _hash_at(session, name, sequence)
    if found is None:
        raise AttestationError(
            f"{_CHAINS[name][0]} {sequence} was the last and is missing; run: copydesk audit verify"
        )
    return found


async def _hash_at(session: ReadSession, name: _Chain, sequence: int) -> str | None:
    if sequence == 0:
        return FIRST
    _, number, stored = _CHAINS[name]
    return await session.scalar(select(stored).where(number == sequence))
