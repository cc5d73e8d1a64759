"""Attestations: signed statements of sign-offs, publications and keys, verifiable offline.

Each contains the hash of the one before, so that a missing one is detected. Without the signing
key, none can be forged or changed. A person with write access to the database can delete the end
of the chain and reset its counter, which only a checkpoint detects (:mod:`cms.ledger.checkpoint`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Exists, exists, func, select, union_all

from cms.clock import to_milliseconds
from cms.content.canonical_json import Json, digest_of
from cms.content.strict_json import in_doubles
from cms.errors import AttestationError
from cms.ledger.chain import BrokenChain, ChainLink, Rows, VerifiedChain, ignore_progress, walk
from cms.ledger.counters import current
from cms.ledger.keyring import Keyring, keyring_in
from cms.ledger.keys import ChainPosition, append, keyring_of, take_turn
from cms.ledger.statement import (
    KeyStatement,
    Predicate,
    PublicationPredicate,
    Reviewer,
    SignOffPredicate,
    Statement,
    differences,
    read_statement,
    statement_of,
)
from cms.signing import KeyFile, open_envelope
from cms.storage.database import ReadSession, WriteSession
from cms.tables import Attestation, AuditRecord, Edition, Publication, Revision, SignOff


async def attest_sign_off(
    session: WriteSession,
    key_file: KeyFile,
    sign_off: SignOff,
    *,
    entry_id: str,
    locale: str,
    reviewer_name: str,
    now: datetime,
) -> Attestation:
    """Attest a sign-off, in the transaction that creates it.

    Args:
        session: the transaction.
        key_file: file of the key that signs the statement.
        sign_off: the sign-off to attest.
        entry_id: entry of its edition.
        locale: locale of its edition.
        reviewer_name: the reviewer's name.
        now: the current time.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the file does not have the signing key.
    """
    turn = await take_turn(session, key_file, now)
    edition = _EditionName(entry_id, locale)
    predicate = _sign_off_predicate(sign_off, edition, reviewer_name, turn.place)
    return await append(session, [turn.signer], statement_of(sign_off.digest, predicate))


async def attest_publication(
    session: WriteSession,
    key_file: KeyFile,
    publication: Publication,
    *,
    digest: str,
    sign_offs: Sequence[str],
    now: datetime,
) -> Attestation:
    """Attest a publication, in the transaction that creates it.

    Args:
        session: the transaction.
        key_file: file of the key that signs the statement.
        publication: the publication to attest.
        digest: digest of its revision.
        sign_offs: ids of the sign-offs on this digest that counted.
        now: the current time.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the file does not have the signing key.
    """
    turn = await take_turn(session, key_file, now)
    edition = _EditionName(publication.entry_id, publication.locale)
    predicate = _publication_predicate(publication, edition, tuple(sign_offs), turn.place)
    return await append(session, [turn.signer], statement_of(digest, predicate))


def verify_attestation(
    envelope: object, content: Json, public_key_pem: str, keys: Sequence[object] = ()
) -> Statement:
    """Return the statement of an attestation about some content, without a database.

    It does not show whether a sign-off has expired or a page was unpublished since.

    Args:
        envelope: the attestation, as JSON.
        content: content of a revision, as JSON.
        public_key_pem: public key of the site, which the reader trusts.
        keys: statements of the site's keys, in order, if it has had several. Keys before and after
            the trusted one are trusted for the attestations that they signed while they were
            valid, as far as each rotation is signed by the key before.

    Raises:
        AttestationError: if it is no attestation, is not signed with a trusted key, or is about
            other content.
    """
    statement = _trusted_statement(envelope, public_key_pem, keys)
    try:
        digest = digest_of(in_doubles(content))
    except (ValueError, RecursionError) as error:
        raise AttestationError(f"the digest of the content cannot be computed: {error}") from None
    if digest != statement.digest:
        raise AttestationError(
            f"the attestation is of other content: of {statement.digest}, not of {digest}"
        )
    return statement


async def verify_attestations(
    session: ReadSession,
    public_key_pem: str | None,
    progress: Callable[[int], object] = ignore_progress,
) -> VerifiedChain | BrokenChain:
    """Verify all attestations, and return the verified chain or the first broken link.

    Each has to be signed with the key that was valid then, to follow the one before, and to agree
    with its row, so edited sign-offs, publications and revisions are detected. Attestations
    deleted from the end are not, if the counter was reset too.

    Args:
        session: a snapshot, so that nothing is attested meanwhile.
        public_key_pem: a key of the site, which the reader trusts; without one, the keys in the
            database are not checked against anything outside it.
        progress: called with 1 after each attestation.
    """
    ring = await keyring_of(session)
    try:
        trusted = ring.with_anchor(public_key_pem) if public_key_pem is not None else ring
    except AttestationError as error:
        return BrokenChain(1, str(error))
    found = await walk(
        session,
        _attestation_rows(),
        Attestation.sequence,
        link_of=lambda row: _link_of(_AttestationRow(*row), trusted),
        progress=progress,
    )
    if isinstance(found, BrokenChain):
        return found
    return found.check_length(await current(session, "attestation"))


async def missing_attestations(session: ReadSession) -> Sequence[str]:
    """Return the ids of sign-offs and publications that should be attested and are not.

    Those recorded in the audit chain before the first attestation are from a version without
    attestations, and are left out. Any other was written to the database without a command.
    """
    made = union_all(select(SignOff.id), select(Publication.id)).subquery()
    first = (
        select(func.min(AuditRecord.sequence))
        .where(AuditRecord.subject.in_(select(Attestation.id)))
        .scalar_subquery()
    )
    found = await session.scalars(
        select(made.c.id)
        .where(~exists().where(Attestation.id == made.c.id))
        .where(~_is_recorded_before(made.c.id, first))
        .order_by(made.c.id)
    )
    return found.all()


@dataclass(frozen=True)
class _EditionName:
    entry_id: str
    locale: str


@dataclass(frozen=True)
class _AttestationRow:
    """An attestation with the rows that it is about, which are null where they are missing."""

    sequence: int
    attestation: Attestation
    sign_off: SignOff | None
    publication: Publication | None
    entry_id: str | None
    locale: str | None
    digest: str | None


def _trusted_statement(envelope: object, public_key_pem: str, keys: Sequence[object]) -> Statement:
    """Return the statement in an envelope that a trusted key signed while it was valid.

    Raises:
        AttestationError: if there is none.
    """
    ring = keyring_in(keys).trust_path(public_key_pem)
    key = ring.key_in(envelope)
    statement = read_statement(*open_envelope(envelope, key.public_key))
    if isinstance(statement, KeyStatement):
        raise AttestationError("the signed statement is about a key, not about content")
    if keys and ring.at(statement.predicate.sequence) != key:
        raise AttestationError(
            f"the key {key.id} was not in use by this site when attestation "
            f"{statement.predicate.sequence} was made"
        )
    return statement


def _sign_off_predicate(
    sign_off: SignOff, edition: _EditionName, reviewer_name: str, place: ChainPosition
) -> SignOffPredicate:
    return SignOffPredicate(
        id=sign_off.id,
        entry=edition.entry_id,
        locale=edition.locale,
        revision=sign_off.revision_id,
        stage=sign_off.stage,
        reviewer=Reviewer(id=sign_off.person_id, name=reviewer_name),
        account=sign_off.account_id,
        signed_at=to_milliseconds(sign_off.signed_at),
        expires_at=to_milliseconds(sign_off.expires_at),
        attested_at=place.attested_at,
        sequence=place.sequence,
        previous=place.previous,
    )


def _publication_predicate(
    publication: Publication,
    edition: _EditionName,
    sign_offs: tuple[str, ...],
    place: ChainPosition,
) -> PublicationPredicate:
    return PublicationPredicate(
        id=publication.id,
        entry=edition.entry_id,
        locale=edition.locale,
        revision=publication.revision_id,
        path=publication.path,
        position=publication.position,
        published_at=to_milliseconds(publication.published_at),
        published_by=publication.published_by or "operator",
        sign_offs=sign_offs,
        break_glass_reason=publication.break_glass_reason,
        attested_at=place.attested_at,
        sequence=place.sequence,
        previous=place.previous,
    )


def _attestation_rows() -> Rows:
    edition_id = func.coalesce(SignOff.edition_id, Publication.edition_id)
    revision_id = func.coalesce(SignOff.revision_id, Publication.revision_id)
    return (
        select(
            *(Attestation.sequence, Attestation, SignOff, Publication),
            *(Edition.entry_id, Edition.locale, Revision.digest),
        )
        .outerjoin(SignOff, SignOff.id == Attestation.id)
        .outerjoin(Publication, Publication.id == Attestation.id)
        .outerjoin(Edition, Edition.id == edition_id)
        .outerjoin(Revision, Revision.id == revision_id)
    )


def _link_of(attested: _AttestationRow, ring: Keyring) -> ChainLink:
    attestation = attested.attestation
    statement = ring.statement_in(attestation.envelope, attestation.sequence)
    predicate = statement.predicate
    if (predicate.id, predicate.sequence) != (attestation.id, attestation.sequence):
        raise AttestationError(f"its statement is number {predicate.sequence}, of {predicate.id}")
    if not isinstance(statement, KeyStatement):
        _check_rows(attested, statement)
    return ChainLink(previous=predicate.previous, hash=attestation.hash, computed=statement.hash())


def _check_rows(attested: _AttestationRow, statement: Statement) -> None:
    differing = differences(_stored_predicate(attested, statement.predicate), statement.predicate)
    if {statement.digest} != _row_digests(attested):
        differing.append("digest")
    if differing:
        changed = ", ".join(differing)
        raise AttestationError(f"{attested.attestation.id} has been changed: {changed}")


def _stored_predicate(
    attested: _AttestationRow, predicate: SignOffPredicate | PublicationPredicate
) -> Predicate:
    """Return the predicate that a statement of the current row would have.

    Raises:
        AttestationError: if the row is gone, or is another one.
    """
    if attested.entry_id is None or attested.locale is None:
        raise AttestationError(f"{predicate.id} is missing")
    edition = _EditionName(attested.entry_id, attested.locale)
    place = ChainPosition(predicate.attested_at, predicate.sequence, predicate.previous)
    if isinstance(predicate, SignOffPredicate) and attested.sign_off is not None:
        return _sign_off_predicate(attested.sign_off, edition, predicate.reviewer.name, place)
    publication = attested.publication
    if isinstance(predicate, PublicationPredicate) and publication is not None:
        if _EditionName(publication.entry_id, publication.locale) != edition:
            raise AttestationError(f"{predicate.id} has been changed: edition")
        return _publication_predicate(publication, edition, predicate.sign_offs, place)
    raise AttestationError(f"{predicate.id} does not match its signed statement")


def _row_digests(attested: _AttestationRow) -> set[str | None]:
    """Return the digests in the rows: of the revision, and of the sign-off."""
    own = {attested.sign_off.digest} if attested.sign_off is not None else set()
    return {attested.digest} | own


def _is_recorded_before(made_id: ColumnElement[str], first: ColumnElement[int]) -> Exists:
    return (
        exists()
        .where(AuditRecord.subject == made_id)
        .where(first.is_(None) | (AuditRecord.sequence < first))
    )
