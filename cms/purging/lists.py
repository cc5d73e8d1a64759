"""The signed list of all purges, which is applied to a database that was restored from a backup."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cms.content.canonical_json import Json, JsonObject
from cms.errors import AttestationError
from cms.identifiers import kind_of
from cms.ledger.keyring import Keyring
from cms.ledger.keys import keyring_of
from cms.ledger.statement import PurgePredicate, PurgeStatement, read_statement
from cms.purging.refusals import PURGEABLE
from cms.signing import open_envelope
from cms.storage.database import ReadSession
from cms.tables import Attestation, Purge, Tombstone


async def purge_list(session: ReadSession) -> Sequence[JsonObject]:
    """Return the signed statements of all purges, in their order."""
    rows = await session.execute(
        select(Attestation.envelope)
        .join(Purge, Purge.id == Attestation.id)
        .order_by(Attestation.sequence)
    )
    return [envelope for (envelope,) in rows]


async def read_purge_list(
    session: ReadSession, listed: Json, public_key_pem: str | None = None
) -> Sequence[PurgePredicate]:
    """Return the purges of a signed list, whose signatures are verified.

    Args:
        session: a snapshot of the database of the same site.
        listed: the list, as :func:`purge_list` returned it.
        public_key_pem: the key that has to have signed it; by default, a key that the ledger knows.

    Raises:
        AttestationError: if it is no such list, or a statement is not signed with a trusted key.
    """
    if not isinstance(listed, list | tuple):
        raise AttestationError("the list of purges is not a JSON array of envelopes")
    ring = await keyring_of(session)
    return [_purge_in(each, number, ring, public_key_pem) for number, each in enumerate(listed, 1)]


async def unpurged_keys(session: ReadSession, purge: PurgePredicate) -> Sequence[str]:
    """Return the keys of a purge that are in the database, and were not purged in it."""
    keys: list[str] = []
    for key in purge.keys:
        table = PURGEABLE.get(kind_of(key) or "")
        if table is None or await session.get(table, key) is None:
            continue  # the backup is older
        named = Tombstone.table_name == table.__tablename__, Tombstone.key == key
        if await session.scalar(select(Tombstone.key).where(*named)) is None:
            keys.append(key)
    return keys


def _purge_in(
    envelope: Json, number: int, ring: Keyring, public_key_pem: str | None
) -> PurgePredicate:
    try:
        key = public_key_pem or ring.key_in(envelope).public_key
        statement = read_statement(*open_envelope(envelope, key))
    except AttestationError as error:
        raise AttestationError(f"purge {number} of the list is not valid: {error}") from None
    if not isinstance(statement, PurgeStatement):
        raise AttestationError(f"entry {number} of the list is not the statement of a purge")
    return statement.predicate
