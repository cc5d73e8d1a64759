"""Verification of the ledger: chains, attestations, counters, and all rows that they cover."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Table, func, select

from cms.ledger import audit
from cms.ledger.attestation import missing_attestations, verify_attestations
from cms.ledger.chain import (
    UNREADABLE,
    BrokenChain,
    UnreadableError,
    VerifiedChain,
    reason_of,
)
from cms.ledger.checkpoint import Checkpoint
from cms.ledger.content_verification import verify_contents
from cms.ledger.counters import current
from cms.ledger.progress import Watch
from cms.ledger.row_verification import (
    RowFault,
    verify_newer_rows,
    verify_roots,
    verify_rows,
)
from cms.ledger.rows import COVERED
from cms.ledger.tombstones import (
    purged_rows,
    purges_with_records,
    rows_without_purge,
    rows_without_salt,
)
from cms.storage.database import ReadSession
from cms.storage.dialects import as_text
from cms.tables import Base, Position, Publication, PublicationSignOff

# Faults of one check that are kept; the others are counted.
_KEPT = 1_000


@dataclass(frozen=True)
class Valid:
    """A check that passed.

    Attributes:
        words: the result, as a line for messages.
    """

    words: str


@dataclass(frozen=True)
class Invalid:
    """A fault that a check found.

    Attributes:
        words: the fault, as a line for messages.
    """

    words: str


Finding = Valid | Invalid


@dataclass
class _Faults:
    """The faults of one check, of which the first are kept."""

    kept: list[Invalid] = field(default_factory=list)
    count: int = 0

    def add(self, words: str) -> None:
        """Add a fault."""
        self.count += 1
        if len(self.kept) < _KEPT:
            self.kept.append(Invalid(words))

    def findings(self, passed: str) -> list[Finding]:
        """Return the faults, or the line for a check that passed."""
        more = self.count - len(self.kept)
        rest = [Invalid(f"and {more} more of these faults")] if more else []
        return [*self.kept, *rest] or [Valid(passed)]


async def verify_ledger(
    session: ReadSession,
    public_key_pem: str | None,
    watch: Watch,
    since: Checkpoint | None = None,
) -> AsyncGenerator[Finding]:
    """Verify the ledger and all rows that it covers, and yield the results of each check.

    Args:
        session: a snapshot, so that nothing is written meanwhile.
        public_key_pem: a key of the site, which the reader trusts, if any.
        watch: gives the functions that show the progress.
        since: verified checkpoint; what was written up to it is trusted.
    """
    after = since.sequence if since is not None else 0
    doubted: set[int] = set()
    for called, check in (
        ("the audit chain", partial(_audit_chain, session, watch, since)),
        ("attestations", partial(_attestations, session, public_key_pem, watch, since)),
        ("sign-offs and publications", partial(_attested, session)),
        ("purges", partial(_purges, session)),
        ("row hashes", partial(_roots, session, watch, after, doubted)),
        ("positions", partial(_positions, session)),
        ("rows", partial(_rows, session, watch, after, doubted)),
        ("revisions", partial(_contents, session, watch, after)),
    ):
        try:
            findings = await check()
        except (UnreadableError, *UNREADABLE) as error:
            findings = [Invalid(f"{called} cannot be read: {reason_of(error)}")]
        for finding in findings:
            yield finding


async def _audit_chain(
    session: ReadSession, watch: Watch, since: Checkpoint | None
) -> list[Finding]:
    start = VerifiedChain(since.sequence, since.hash) if since is not None else None
    with watch("Audit chain", await current(session, "audit")) as seen:
        found = await audit.verify(session, seen, start)
    return _chain_finding("audit record", found)


async def _attestations(
    session: ReadSession, public_key: str | None, watch: Watch, since: Checkpoint | None
) -> list[Finding]:
    start = None
    if since is not None:
        start = VerifiedChain(since.attestation_sequence, since.attestation_hash)
    with watch("Attestations", await current(session, "attestation")) as seen:
        found = await verify_attestations(session, public_key, seen, start)
    return _chain_finding("attestation", found)


def _chain_finding(called: str, found: VerifiedChain | BrokenChain) -> list[Finding]:
    if isinstance(found, BrokenChain):
        return [Invalid(f"{called} {found.sequence} is not valid: {found.reason}")]
    return [Valid(f"{called}s: {found.count} are valid; the last hash is {found.head_hash}")]


async def _attested(session: ReadSession) -> list[Finding]:
    faults = _Faults()
    for each in await missing_attestations(session):
        faults.add(f"the attestation of {each} is missing")
    return faults.findings("sign-offs, publications and purges: all are attested")


async def _purges(session: ReadSession) -> list[Finding]:
    """Verify that only purges have emptied salts, and name what each of them has emptied."""
    faults = _Faults()
    for table, key in await rows_without_salt(session, _KEPT):
        faults.add(f"{table} {key} is not valid: its hash has no salt, and no purge emptied it")
    for table, key in await rows_without_purge(session, _KEPT):
        faults.add(f"{table} {key} is not valid: it is marked as purged, and no purge emptied it")
    if faults.count:
        return faults.findings("")
    found: list[Finding] = []
    for purge, sequence in await purges_with_records(session):
        rows = await purged_rows(session, purge.id)
        counted = ", ".join(f"{count} {table}" for table, count in sorted(rows.counts.items()))
        found.append(
            Valid(
                f"purge: {purge.id} emptied {', '.join(map(str, purge.keys))} at "
                f"{as_text(purge.purged_at)} (audit record {sequence}): {counted}"
            )
        )
    return found


async def _roots(
    session: ReadSession, watch: Watch, after: int, doubted: set[int]
) -> list[Finding]:
    faults = _Faults()
    count = await current(session, "audit") - after
    with watch("Roots", count) as seen:
        async with aclosing(verify_roots(session, seen, after)) as found:
            async for fault in found:
                if len(doubted) < _KEPT:
                    doubted.add(fault.sequence)
                faults.add(f"audit record {fault.sequence} is not valid: {fault.reason}")
    return faults.findings(f"row hashes: those of {count} audit records match their roots")


async def _positions(session: ReadSession) -> list[Finding]:
    """Verify that positions have no gaps, and that no row names another one."""
    faults = _Faults()
    last = await current(session, "position")
    count = await session.scalar(select(func.count()).select_from(Position)) or 0
    largest = await session.scalar(select(func.max(Position.number))) or 0
    smallest = await session.scalar(select(func.min(Position.number))) or 1
    if (count, largest, smallest) != (last, last, 1):
        faults.add(
            f"positions are not valid: numbers were assigned up to {last}, and there are {count}, "
            f"from {smallest} to {largest}"
        )
    for column in (
        *(Publication.position, Publication.ended_position),
        *(PublicationSignOff.position, PublicationSignOff.ended_position),
    ):
        table = column.class_.__table__
        unknown = (
            select(*table.primary_key, column)
            .where(column.is_not(None), ~column.in_(select(Position.number)))
            .limit(_KEPT)
        )
        for *key, number in await session.execute(unknown):
            named = " ".join(map(str, key))
            faults.add(f"{table.name} {named} is not valid: there is no position {number}")
    return faults.findings(f"positions: {count} have no gaps")


async def _rows(session: ReadSession, watch: Watch, after: int, doubted: set[int]) -> list[Finding]:
    faults, total = _Faults(), 0
    for table in COVERED:
        count = await session.scalar(select(func.count()).select_from(_table(table))) or 0
        with watch(table, count) as advance:
            seen = _Count(advance)
            found = (
                verify_newer_rows(session, table, seen, after=after, doubted=doubted)
                if after
                else verify_rows(session, table, seen, doubted=doubted)
            )
            async with aclosing(found):
                async for fault in found:
                    faults.add(_words_of(fault))
        if not after and seen.count != count:
            faults.add(f"{table} is not valid: {seen.count} of {count} rows can be read in order")
        total += seen.count
    return faults.findings(f"rows: {total} match the ledger")


async def _contents(session: ReadSession, watch: Watch, after: int) -> list[Finding]:
    faults = _Faults()
    length = await session.scalar(select(func.count()).select_from(_table("revision"))) or 0
    with watch("Contents", length) as advance:
        seen = _Count(advance)
        async with aclosing(verify_contents(session, seen, after)) as found:
            async for fault in found:
                faults.add(_words_of(fault))
    return faults.findings(f"revisions: {seen.count} match their contents")


class _Count:
    """A count of steps, which are displayed too."""

    def __init__(self, advance: Callable[[int], object]) -> None:
        self._advance = advance
        self.count = 0

    def __call__(self, number: int) -> None:
        """Count further steps."""
        self.count += number
        self._advance(number)


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _words_of(fault: RowFault) -> str:
    return f"{fault.table} {fault.key} is not valid: {fault.reason}"
