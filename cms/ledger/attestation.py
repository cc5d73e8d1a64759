"""Signed statements of sign-offs, publications and keys, which third parties can verify offline.

Each contains the hash of the previous one, so that none can be removed unnoticed. Without the key,
none can be created or changed. With write access to the database, the end of the chain can be cut
off and its counter reset, which only a checkpoint reveals (:mod:`cms.ledger.checkpoint`).
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
from cms.ledger.chain import Broken, Link, Rows, Verified, unnoticed, walk
from cms.ledger.counters import current
from cms.ledger.keyring import Keyring, keyring_in
from cms.ledger.keys import Place, append, keyring_of, take_turn
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
    """Attest a sign-off, in its transaction.

    Args:
        session: the transaction.
        key_file: the file of the signing key.
        sign_off: the sign-off.
        entry_id: the entry of its edition.
        locale: the locale of its edition.
        reviewer_name: the current name of the reviewer.
        now: the current time.
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
    """Attest a publication, in its transaction.

    Args:
        session: the transaction.
        key_file: the file of the signing key.
        publication: the publication.
        digest: the digest of its revision.
        sign_offs: the ids of the counted sign-offs on this digest.
        now: the current time.
    """
    turn = await take_turn(session, key_file, now)
    edition = _EditionName(publication.entry_id, publication.locale)
    predicate = _publication_predicate(publication, edition, tuple(sign_offs), turn.place)
    return await append(session, [turn.signer], statement_of(digest, predicate))


def verify_attestation(
    envelope: object, content: Json, public_key_pem: str, keys: Sequence[object] = ()
) -> Statement:
    """Verify an attestation of a content without a database, and return its statement.

    It does not show that a sign-off has expired or that a page has been unpublished since.

    Args:
        envelope: the attestation, as JSON.
        content: the content of a revision, as JSON.
        public_key_pem: a trusted public key of the site.
        keys: the key statements of the site, in their order, if it has had several keys. Keys that
            follow the trusted one, or precede it, are trusted for the statements of their time.

    Raises:
        AttestationError: if no trusted key has signed it, it is not an attestation, or it is of
            other content.
    """
    statement = _trusted(envelope, public_key_pem, keys)
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
    session: ReadSession, public_key_pem: str | None, seen: Callable[[int], object] = unnoticed
) -> Verified | Broken:
    """Verify all attestations, and return the end of the chain or the first invalid one.

    Each must be signed with the key of its time, follow the previous one, and match its row in the
    database, so that edited sign-offs, publications and revisions are found. A chain that was cut
    off with its counter reset is not found.

    Args:
        session: a snapshot, which excludes later attestations.
        public_key_pem: a trusted public key of the site; without one, the keys in the database are
            not verified against anything outside it.
        seen: a progress function, called with 1 for each attestation.
    """
    ring = await keyring_of(session)
    try:
        trusted = ring.anchored_in(public_key_pem) if public_key_pem is not None else ring
    except AttestationError as error:
        return Broken(1, str(error))
    found = await walk(
        session,
        _attested(),
        Attestation.sequence,
        link_of=lambda row: _link_of(_Attested(*row), trusted),
        seen=seen,
    )
    if isinstance(found, Broken):
        return found
    return found.ended_at(await current(session, "attestation"))


async def unattested(session: ReadSession) -> Sequence[str]:
    """Return the ids of sign-offs and publications without a required attestation.

    Those in the audit chain from before the first attestation were made by a version without
    attestations; all others bypassed the commands.
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
class _Attested:
    """An attestation with its existing rows."""

    sequence: int
    attestation: Attestation
    sign_off: SignOff | None
    publication: Publication | None
    entry_id: str | None
    locale: str | None
    digest: str | None


def _trusted(envelope: object, public_key_pem: str, keys: Sequence[object]) -> Statement:
    """Return the statement in an envelope that the trusted key of its time has signed."""
    ring = keyring_in(keys).vouched_for_by(public_key_pem)
    key = ring.named_in(envelope)
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
    sign_off: SignOff, edition: _EditionName, reviewer_name: str, place: Place
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
    publication: Publication, edition: _EditionName, sign_offs: tuple[str, ...], place: Place
) -> PublicationPredicate:
    return PublicationPredicate(
        id=publication.id,
        entry=edition.entry_id,
        locale=edition.locale,
        revision=publication.revision_id,
        path=publication.path,
        position=publication.position,
        published_at=to_milliseconds(publication.published_at),
        published_by=publication.published_by,
        sign_offs=sign_offs,
        break_glass_reason=publication.break_glass_reason,
        attested_at=place.attested_at,
        sequence=place.sequence,
        previous=place.previous,
    )


def _attested() -> Rows:
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


def _link_of(attested: _Attested, ring: Keyring) -> Link:
    attestation = attested.attestation
    statement = ring.statement_in(attestation.envelope, attestation.sequence)
    predicate = statement.predicate
    if (predicate.id, predicate.sequence) != (attestation.id, attestation.sequence):
        raise AttestationError(f"its statement is number {predicate.sequence}, of {predicate.id}")
    if not isinstance(statement, KeyStatement):
        _check_rows(attested, statement)
    return Link(previous=predicate.previous, hash=attestation.hash, computed=statement.hash())


def _check_rows(attested: _Attested, statement: Statement) -> None:
    differing = differences(_stored(attested, statement.predicate), statement.predicate)
    if {statement.digest} != _digests(attested):
        differing.append("digest")
    if differing:
        changed = ", ".join(differing)
        raise AttestationError(f"{attested.attestation.id} has been changed: {changed}")


def _stored(attested: _Attested, predicate: SignOffPredicate | PublicationPredicate) -> Predicate:
    """Return the statement of the current row."""
    if attested.entry_id is None or attested.locale is None:
        raise AttestationError(f"{predicate.id} is missing")
    edition = _EditionName(attested.entry_id, attested.locale)
    place = Place(predicate.attested_at, predicate.sequence, predicate.previous)
    if isinstance(predicate, SignOffPredicate) and attested.sign_off is not None:
        return _sign_off_predicate(attested.sign_off, edition, predicate.reviewer.name, place)
    publication = attested.publication
    if isinstance(predicate, PublicationPredicate) and publication is not None:
        if _EditionName(publication.entry_id, publication.locale) != edition:
            raise AttestationError(f"{predicate.id} has been changed: edition")
        return _publication_predicate(publication, edition, predicate.sign_offs, place)
    raise AttestationError(f"{predicate.id} does not match its signed statement")


def _digests(attested: _Attested) -> set[str | None]:
    """Return the digests in the rows of the revision and of the sign-off."""
    own = {attested.sign_off.digest} if attested.sign_off is not None else set()
    return {attested.digest} | own


def _is_recorded_before(made_id: ColumnElement[str], first: ColumnElement[int]) -> Exists:
    return (
        exists()
        .where(AuditRecord.subject == made_id, AuditRecord.outcome == "done")
        .where(first.is_(None) | (AuditRecord.sequence < first))
    )
