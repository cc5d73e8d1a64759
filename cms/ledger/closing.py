"""The end of a command in the ledger: its attestations and audit records, and what orders them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from cms.errors import VersionMismatch
from cms.ledger import audit
from cms.ledger.attestation import Attested, attest_all
from cms.ledger.counters import CounterName, advance_all
from cms.ledger.keys import end_columns, end_in
from cms.ledger.rows import Parts
from cms.signing import KeyFile
from cms.storage.database import WriteSession
from cms.tables import AuditRecord, Base, TypeVersion


@dataclass(frozen=True, kw_only=True)
class Closing:
    """The parts of a command that its end puts into the ledger.

    Attributes:
        records: the actions; at least one.
        now: the time of the command.
        written: the rows that it has inserted or updated.
        deleted: the rows that it has deleted.
        parts: the parts of written rows that it has inserted.
        attested: the statements to sign.
        attested_at: the time of these.
        takes_position: whether it has a position.
        types: the version of the content types that it knows; ``None`` for any.
    """

    records: Sequence[audit.Record]
    now: datetime
    written: Sequence[Base] = ()
    deleted: Sequence[Base] = ()
    parts: Parts = field(default_factory=dict)
    attested: Sequence[Attested] = ()
    attested_at: datetime
    takes_position: bool = False
    types: int | None = None


async def close_command(session: WriteSession, key_file: KeyFile, closing: Closing) -> int:
    """Attest and record a command, and return the number of its last record.

    Later commands wait for this transaction to end: one statement takes the numbers in all
    chains, and another reads where they end.

    Raises:
        VersionMismatch: if the database has another version of the content types.
        Refused: with :class:`~cms.errors.CannotSign`, if the file does not have the signing key.
        ValueError: if there is no record, or a row or a detail has no canonical form.
    """
    if not closing.records:
        raise ValueError("a command needs an audit record")
    counts: dict[CounterName, int] = {"audit": len(closing.records)}
    if closing.attested:
        counts["attestation"] = len(closing.attested)
    if closing.takes_position:
        counts["position"] = 1
    numbers = await advance_all(session, counts)
    first = {name: numbers[name] - count + 1 for name, count in counts.items()}
    ends = _ends()
    if closing.attested:
        ends = ends.add_columns(*end_columns(first["attestation"]))
        row: Any = (await session.execute(ends, {"before": first["audit"] - 1})).one()
    else:
        (row,) = await session.fetch(ends, before=first["audit"] - 1)
    _check_version(closing.types, row.types)
    if closing.attested:
        end = end_in(row, first["attestation"], closing.attested_at)
        await attest_all(session, key_file, closing.attested, end)
    await audit.append(
        session,
        closing.records,
        closing.now,
        last=numbers["audit"],
        previous=row.recorded,
        written=closing.written,
        deleted=closing.deleted,
        parts=closing.parts,
    )
    return numbers["audit"]


@cache
def _ends() -> Select[*tuple[Any, ...]]:
    """Return a query for the hash of the audit record ``before``, and the version of the types."""
    before = select(AuditRecord.hash).where(AuditRecord.sequence == bindparam("before"))
    newest = select(func.max(TypeVersion.number))
    return select(
        before.scalar_subquery().label("recorded"), newest.scalar_subquery().label("types")
    )


def _check_version(known: int | None, newest: int | None) -> None:
    if known is not None and known != newest:
        ours = f"version {known}" if known else "content types that were not migrated"
        raise VersionMismatch(
            f"this process has {ours}, and the database version {newest or 0} of the content "
            "types; nothing was changed. Run the newest code on all servers, migrate (copydesk "
            "types check, copydesk migrate), and start them again"
        )
