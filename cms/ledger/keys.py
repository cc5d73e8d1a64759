"""Signing order and key rotation.

The newest key statement of the ledger determines the signing key. A server with another key is
refused, so that no server continues with a key that was replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NoReturn

from sqlalchemy import Label, Select, and_, select

from cms.clock import to_milliseconds
from cms.content.canonical_json import Json
from cms.errors import AttestationError, CannotSign, Refused
from cms.identifiers import new_id
from cms.ledger.chain import FIRST, UnreadableError, in_order
from cms.ledger.counters import advance, wait_for_turn
from cms.ledger.keyring import Keyring, introduction_in, keyring_in
from cms.ledger.statement import (
    PAYLOAD_TYPE,
    AnyStatement,
    KeyPredicate,
    key_statement_of,
)
from cms.signing import (
    Envelope,
    KeyFile,
    Signer,
    key_ids_of,
    open_envelope,
    sign_together,
)
from cms.storage.database import ReadSession, WriteSession
from cms.storage.rows import insert_rows
from cms.tables import Attestation

_REPLACE = 'copydesk keys replace --lost --reason "…"'


@dataclass(frozen=True)
class ChainPosition:
    """A statement's position in the chain; see :class:`~cms.ledger.statement.ChainedPredicate`."""

    attested_at: datetime
    sequence: int
    previous: str


@dataclass(frozen=True)
class Turn:
    """The exclusive right to sign the next statements.

    Attributes:
        signer: signer with the site's key.
        place: position of the first of them.
    """

    signer: Signer
    place: ChainPosition


@dataclass(frozen=True)
class ChainEnd:
    """The end of the chain, which the transaction has locked.

    Attributes:
        place: the position of the first statement that a number was taken for.
        newest: the introduction of the signing key; ``None`` if none is recorded.
    """

    place: ChainPosition
    newest: KeyPredicate | None


async def take_turn(session: WriteSession, key_file: KeyFile, end: ChainEnd) -> Turn:
    """Return the right to sign the next statements.

    The first key of a site is recorded before its first statement.

    Args:
        session: the transaction.
        key_file: file of the signing key.
        end: the end of the chain.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the file does not have the signing key.
    """
    place, newest = end.place, end.newest
    if newest is not None:
        return Turn(_signer_with(key_file, newest), place)
    signer, introduction = await _record_first(session, key_file, place)
    await advance(session, "attestation")  # instead of the number that the key has
    return Turn(signer, replace(place, sequence=place.sequence + 1, previous=introduction.hash))


async def signer_of(session: ReadSession, key_file: KeyFile) -> Signer:
    """Return a signer with the current signing key of the site.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the file does not have the signing key.
    """
    newest = await newest_key(session)
    return _load_key(key_file) if newest is None else _signer_with(key_file, newest)


async def why_none_can_sign(session: ReadSession, key_file: KeyFile) -> str:
    """Return why nothing can be signed, or an empty string if it can."""
    try:
        await signer_of(session, key_file)
    except Refused as refused:
        return "; ".join(error.message for error in refused.errors)
    return ""


async def newest_key(session: ReadSession) -> KeyPredicate | None:
    """Return the introduction of the current signing key; ``None`` if none is recorded yet."""
    return _introduction_in(await session.scalar(_newest()))


async def key_statements(session: ReadSession) -> list[Envelope]:
    """Return the statements of the site's keys, in order.

    Raises:
        AttestationError: if one cannot be read.
    """
    chosen = select(Attestation.sequence, Attestation.envelope).where(_IS_OF_KEY)
    try:
        return [row[1] async for row in in_order(session, chosen, Attestation.sequence)]
    except UnreadableError as error:
        raise AttestationError(f"a key statement cannot be read: {error}") from None


async def keyring_of(session: ReadSession) -> Keyring:
    """Return the keyring of the ledger; it has a fault if the key statements cannot be read."""
    try:
        return keyring_in(await key_statements(session))
    except AttestationError as error:
        return Keyring(fault=str(error))


async def append(
    session: WriteSession, signers: Sequence[Signer], statement: AnyStatement
) -> Attestation:
    """Sign a statement, which has to have the next number, and append it to the chain."""
    (attestation,) = await append_all(session, signers, [statement])
    return attestation


async def append_all(
    session: WriteSession, signers: Sequence[Signer], statements: Iterable[AnyStatement]
) -> list[Attestation]:
    """Sign statements, which have to have the next numbers, and append them to the chain."""
    attestations = [
        Attestation(
            id=each.predicate.id,
            sequence=each.predicate.sequence,
            hash=each.hash(),
            envelope=sign_together(signers, PAYLOAD_TYPE, each.payload()),
        )
        for each in statements
    ]
    await insert_rows(session, attestations)
    return attestations


def in_chain(
    turn: Turn, statements: Sequence[Callable[[ChainPosition], AnyStatement]]
) -> Iterator[AnyStatement]:
    """Yield the statements at their positions, each with the hash of the one before.

    Args:
        turn: the right to sign as many.
        statements: functions that make a statement for a position.
    """
    place = turn.place
    for make in statements:
        statement = make(place)
        yield statement
        place = replace(place, sequence=place.sequence + 1, previous=statement.hash())


async def record_key(session: WriteSession, key_file: KeyFile, now: datetime) -> Attestation:
    """Record the first key of a site whose statements are older than the recording of keys.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the file does not have the key that
            signed them, or a key is recorded already.
    """
    end = await _take_end(session, now)
    if end.newest is not None:
        _refuse(f"the key {end.newest.key} is already recorded")
    _, introduction = await _record_first(session, key_file, end.place)
    return introduction


async def rotate(session: WriteSession, key_file: KeyFile, now: datetime) -> Attestation:
    """Rotate the signing key: record a new key in a statement that both keys sign.

    The new key is written beside the key file; after the commit, the caller has to put it in place
    (:meth:`cms.signing.KeyFile.put_in_place`).

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the file does not have the signing key,
            or no key can be made.
    """
    turn = await take_turn(session, key_file, await _take_end(session, now))
    new = _prepare_key(key_file)
    said = _predicate(new, turn.place, "rotation", follows=turn.signer.key_id)
    return await append(session, [turn.signer, new], key_statement_of(said))


async def replace_lost(
    session: WriteSession, key_file: KeyFile, reason: str, now: datetime
) -> Attestation:
    """Replace a lost signing key by a new one, and record the reason.

    The statement contains the hash of the last one under the lost key. The new key is written
    beside the key file; after the commit, the caller has to put it in place.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if nothing has been signed yet, the key file
            exists, or no key can be made.
    """
    end = await _take_end(session, now)
    lost = end.newest.key if end.newest is not None else await _key_before(session, end.place)
    _check_lost(key_file, lost)
    new = _prepare_key(key_file)
    said = _predicate(new, end.place, "loss", follows=lost, reason=reason)
    return await append(session, [new], key_statement_of(said))


# Ids with the prefix of keys, as a range condition, which can use the primary key's index.
_IS_OF_KEY = and_(Attestation.id >= "key_", Attestation.id < "key_~")


async def _take_end(session: WriteSession, now: datetime) -> ChainEnd:
    """Take the next number, and return the end of the chain."""
    await wait_for_turn(session, "audit")  # which other commands lock first
    sequence = await advance(session, "attestation")
    row = (await session.execute(select(*end_columns(sequence)))).one()
    return end_in(row, sequence, now)


def end_columns(sequence: int) -> tuple[Label[Any], Label[Any]]:
    """Return the columns that :func:`end_in` reads, for the chain before a number."""
    before = select(Attestation.hash).where(Attestation.sequence == sequence - 1)
    return before.scalar_subquery().label("attested"), _newest().scalar_subquery().label("key")


def end_in(row: Any, sequence: int, now: datetime) -> ChainEnd:
    """Return the end of the chain.

    Args:
        row: a row with the columns of :func:`end_columns`.
        sequence: the first number that the transaction has taken.
        now: the time.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the newest key cannot be read.
    """
    place = ChainPosition(to_milliseconds(now), sequence, row.attested or FIRST)
    return ChainEnd(place, _introduction_in(row.key))


def _newest() -> Select[Mapping[str, Json]]:
    newest_first = Attestation.sequence.desc()
    return select(Attestation.envelope).where(_IS_OF_KEY).order_by(newest_first).limit(1)


def _introduction_in(envelope: object) -> KeyPredicate | None:
    if envelope is None:
        return None
    try:
        return introduction_in(envelope)
    except AttestationError as error:
        _refuse(f"the newest key in the ledger is not valid ({error}); run: copydesk audit verify")


async def _record_first(
    session: WriteSession, key_file: KeyFile, place: ChainPosition
) -> tuple[Signer, Attestation]:
    signer = _load_key(key_file)
    if place.sequence > 1:
        await _check_has_signed(session, signer, key_file, place)
    said = _predicate(signer, place, "first")
    return signer, await append(session, [signer], key_statement_of(said))


async def _check_has_signed(
    session: ReadSession, signer: Signer, key_file: KeyFile, place: ChainPosition
) -> None:
    try:
        open_envelope(await _envelope_before(session, place), signer.public_key_pem())
    except AttestationError:
        _refuse(
            f"{key_file.path} holds the key {signer.key_id}, which has not signed the attestations "
            f"of this site; restore the one that has, or move the file away and run: {_REPLACE}"
        )


async def _key_before(session: ReadSession, place: ChainPosition) -> str:
    """Return the key id in the signature of the last statement, which is not verified."""
    if place.sequence == 1:
        _refuse("nothing has been signed yet, so no key can be lost; run: copydesk keys create")
    try:
        return key_ids_of(await _envelope_before(session, place))[0]
    except AttestationError as error:
        _refuse(f"the last attestation is not valid ({error}); run: copydesk audit verify")


async def _envelope_before(session: ReadSession, place: ChainPosition) -> object:
    chosen = select(Attestation.envelope).where(Attestation.sequence == place.sequence - 1)
    return await session.scalar(chosen)


def _predicate(
    signer: Signer,
    place: ChainPosition,
    basis: Literal["first", "rotation", "loss"],
    *,
    follows: str | None = None,
    reason: str | None = None,
) -> KeyPredicate:
    return KeyPredicate(
        id=new_id("key"),
        key=signer.key_id,
        public_key=signer.public_key_pem(),
        basis=basis,
        follows=follows,
        reason=reason,
        attested_at=place.attested_at,
        sequence=place.sequence,
        previous=place.previous,
    )


def _load_key(key_file: KeyFile) -> Signer:
    """Return a signer with the key in the file, for a site that has recorded no key."""
    try:
        return key_file.load()
    except AttestationError as error:
        _refuse(str(error))


def _signer_with(key_file: KeyFile, newest: KeyPredicate) -> Signer:
    try:
        signer = key_file.signer_with(newest.key)
    except AttestationError as error:
        _refuse(str(error))
    if signer is None:
        _refuse(
            f"the signing key {key_file.path} is missing; restore the key {newest.key} there, "
            f"or if it is lost run: {_REPLACE}"
        )
    if signer.key_id != newest.key:
        _refuse(
            f"{key_file.path} holds the key {signer.key_id}, but this site signs with "
            f"{newest.key} since attestation {newest.sequence}; put that key there, or if it is "
            f"lost move the file away and run: {_REPLACE}"
        )
    return signer


def _check_lost(key_file: KeyFile, lost: str) -> None:
    try:
        signer = key_file.signer_with(lost)
    except AttestationError as error:
        _refuse(f"{error}; if the key of this site is lost, move the file away first")
    if signer is not None and signer.key_id == lost:
        _refuse(f"the key is not lost: {key_file.path} holds it; run: copydesk keys rotate")
    if signer is not None:
        _refuse(
            f"{key_file.path} holds the key {signer.key_id}, which is not the lost one; "
            "move the file away first"
        )


def _prepare_key(key_file: KeyFile) -> Signer:
    try:
        return key_file.prepare()
    except AttestationError as error:
        _refuse(str(error))


def _refuse(message: str) -> NoReturn:
    raise Refused(CannotSign(message=message))
