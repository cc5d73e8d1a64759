"""Attestations: signed statements of sign-offs, publications, keys and purges.

Anyone can verify them offline. Each contains the hash of the one before, so that a missing one is
detected. Without the signing key, none can be forged or changed. A person with write access to the
database can delete the end of the chain and reset its counter, which only a checkpoint detects
(:mod:`cms.ledger.checkpoint`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import JsonValue
from sqlalchemy import exists, func, select, union_all

from cms.clock import to_milliseconds
from cms.content.canonical_json import Json, JsonObject, canonical_bytes, digest_of
from cms.content.policy import Stage
from cms.content.strict_json import in_doubles
from cms.errors import AttestationError
from cms.ledger.chain import (
    AnyRow,
    BrokenChain,
    ChainLink,
    Rows,
    VerifiedChain,
    ignore_progress,
    walk,
)
from cms.ledger.counters import current
from cms.ledger.keyring import Keyring, keyring_in
from cms.ledger.keys import (
    ChainEnd,
    ChainPosition,
    append_all,
    in_chain,
    keyring_of,
    take_turn,
)
from cms.ledger.statement import (
    AnyStatement,
    AttestedStage,
    KeyStatement,
    Predicate,
    PublicationPredicate,
    PurgePredicate,
    PurgeStatement,
    SignOffPredicate,
    Statement,
    differences,
    purge_statement_of,
    read_statement,
    statement_of,
)
from cms.ledger.tombstones import PurgedRows, purged_rows, remainders
from cms.signing import KeyFile, check_spelling, open_envelope
from cms.storage.database import ReadSession, WriteSession
from cms.tables import (
    Attestation,
    Edition,
    Position,
    Publication,
    PublicationSignOff,
    PublicationStage,
    Purge,
    Revision,
    SignOff,
)

# Makes the statement of an attestation for its position in the chain.
Attested: TypeAlias = Callable[[ChainPosition], AnyStatement]


async def attest_all(
    session: WriteSession, key_file: KeyFile, attested: Sequence[Attested], end: ChainEnd
) -> list[Attestation]:
    """Attest sign-offs, publications and purges in their order, in their transaction.

    Args:
        session: the transaction.
        key_file: file of the key that signs the statements.
        attested: the statements, of :func:`sign_off_statement` and the functions below.
        end: the end of the chain, with numbers taken for as many.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the file does not have the signing key.
    """
    turn = await take_turn(session, key_file, end)
    return await append_all(session, [turn.signer], in_chain(turn, attested))


def sign_off_statement(sign_off: SignOff, *, entry_id: str, locale: str) -> Attested:
    """Return what makes the statement of a sign-off.

    Args:
        sign_off: the sign-off to attest.
        entry_id: entry of its edition.
        locale: locale of its edition.
    """
    edition = _EditionName(entry_id, locale)
    return lambda place: statement_of(
        sign_off.digest, _sign_off_predicate(sign_off, edition, place)
    )


def publication_statement(
    publication: Publication,
    *,
    digest: str,
    stages: Sequence[Stage | PublicationStage],
    sign_offs: Sequence[str],
    nonce: str,
) -> Attested:
    """Return what makes the statement of a publication.

    Args:
        publication: the publication to attest.
        digest: digest of its revision.
        stages: stages of the policy under which it was published, in order.
        sign_offs: ids of the sign-offs on this digest that counted.
        nonce: nonce of its position.
    """
    edition = _EditionName(publication.entry_id, publication.locale)
    facts = _PublicationFacts(nonce, tuple(stages), tuple(sorted(sign_offs)))
    return lambda place: statement_of(
        digest, _publication_predicate(publication, edition, facts, place)
    )


async def purge_statement(session: ReadSession, purge: Purge) -> Attested:
    """Return the function that makes the statement of a purge.

    Args:
        session: the transaction.
        purge: the purge to attest, whose tombstones are stored.
    """
    rows = await purged_rows(session, purge.id)
    return lambda place: purge_statement_of(rows.digest, _purge_predicate(purge, rows, place))


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
    start: VerifiedChain | None = None,
) -> VerifiedChain | BrokenChain:
    """Verify all attestations, and return the verified chain or the first broken link.

    Each has to be signed with the key that was valid then, to follow the one before, and to agree
    with its rows, so edited sign-offs, publications and revisions are detected. Attestations
    deleted from the end are not, if the counter was reset too.

    Args:
        session: a snapshot, so that nothing is attested meanwhile.
        public_key_pem: a key of the site, which the reader trusts; without one, the keys in the
            database are not checked against anything outside it.
        progress: called with 1 after each attestation.
        start: beginning of the chain that is trusted; by default, none.
    """
    ring = await keyring_of(session)
    try:
        trusted = ring.with_anchor(public_key_pem) if public_key_pem is not None else ring
    except AttestationError as error:
        return BrokenChain(1, str(error))
    facts = _Facts(await remainders(session, Attestation.__tablename__))

    async def load_facts(rows: Sequence[AnyRow]) -> None:
        attested = [_AttestationRow(*row) for row in rows]
        facts.publications = await _facts_of(session, attested)
        facts.purges = {
            each.purge.id: await purged_rows(session, each.purge.id)
            for each in attested
            if each.purge is not None
        }

    found = await walk(
        session,
        _attestation_rows(),
        Attestation.sequence,
        link_of=lambda row: _link_of(_AttestationRow(*row), trusted, facts),
        progress=progress,
        start=start,
        prepare=load_facts,
    )
    if isinstance(found, BrokenChain):
        return found
    return found.check_length(await current(session, "attestation"))


async def missing_attestations(session: ReadSession) -> Sequence[str]:
    """Return the ids of the sign-offs, publications and purges that have no attestation."""
    made = union_all(select(SignOff.id), select(Publication.id), select(Purge.id)).subquery()
    found = await session.scalars(
        select(made.c.id).where(~exists().where(Attestation.id == made.c.id)).order_by(made.c.id)
    )
    return found.all()


@dataclass(frozen=True)
class _EditionName:
    entry_id: str
    locale: str


@dataclass(frozen=True)
class _PublicationFacts:
    """The facts beside a publication: the nonce of its position, stages, and sign-offs."""

    nonce: str = ""
    stages: tuple[Stage | PublicationStage, ...] = ()
    sign_offs: tuple[str, ...] = ()


@dataclass
class _Facts:
    """The facts beside the attestations of a batch.

    Attributes:
        emptied: hashes of the attestations whose statements a purge emptied, by id.
        publications: the facts beside publications, by id.
        purges: the rows that purges emptied, by id.
    """

    emptied: Mapping[str, str]
    publications: Mapping[str, _PublicationFacts] = field(default_factory=dict)
    purges: Mapping[str, PurgedRows] = field(default_factory=dict)


@dataclass(frozen=True)
class _AttestationRow:
    """An attestation with the rows that it is about, which are null where they are missing."""

    sequence: int
    attestation: Attestation
    sign_off: SignOff | None
    publication: Publication | None
    purge: Purge | None
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
    if isinstance(statement, KeyStatement | PurgeStatement):
        what = "a key" if isinstance(statement, KeyStatement) else "a purge"
        raise AttestationError(f"the signed statement is about {what}, not about content")
    if keys and ring.at(statement.predicate.sequence) != key:
        raise AttestationError(
            f"the key {key.id} was not in use by this site when attestation "
            f"{statement.predicate.sequence} was made"
        )
    return statement


def _sign_off_predicate(
    sign_off: SignOff, edition: _EditionName, place: ChainPosition
) -> SignOffPredicate:
    return SignOffPredicate(
        id=sign_off.id,
        entry=edition.entry_id,
        locale=edition.locale,
        revision=sign_off.revision_id,
        stage=sign_off.stage,
        reviewer=sign_off.person_id,
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
    facts: _PublicationFacts,
    place: ChainPosition,
) -> PublicationPredicate:
    return PublicationPredicate(
        id=publication.id,
        entry=edition.entry_id,
        locale=edition.locale,
        revision=publication.revision_id,
        position=publication.position,
        nonce=facts.nonce,
        published_at=to_milliseconds(publication.published_at),
        published_by=publication.published_by or "operator",
        basis=publication.basis,
        reason=publication.break_glass_reason,
        source=publication.source,
        claimed_review=_document(publication.claimed_review),
        stages=tuple(
            AttestedStage(name=each.name, role=each.role, approvals=each.approvals)
            for each in facts.stages
        ),
        sign_offs=facts.sign_offs,
        attested_at=place.attested_at,
        sequence=place.sequence,
        previous=place.previous,
    )


def _purge_predicate(purge: Purge, rows: PurgedRows, place: ChainPosition) -> PurgePredicate:
    return PurgePredicate(
        id=purge.id,
        keys=tuple(map(str, purge.keys)),
        purged_at=to_milliseconds(purge.purged_at),
        rows=sum(rows.counts.values()),
        records=dict(rows.records),
        statements=dict(rows.statements),
        attested_at=place.attested_at,
        sequence=place.sequence,
        previous=place.previous,
    )


def _attestation_rows() -> Rows:
    edition_id = func.coalesce(SignOff.edition_id, Publication.edition_id)
    revision_id = func.coalesce(SignOff.revision_id, Publication.revision_id)
    return (
        select(
            *(Attestation.sequence, Attestation, SignOff, Publication, Purge),
            *(Edition.entry_id, Edition.locale, Revision.digest),
        )
        .outerjoin(SignOff, SignOff.id == Attestation.id)
        .outerjoin(Publication, Publication.id == Attestation.id)
        .outerjoin(Purge, Purge.id == Attestation.id)
        .outerjoin(Edition, Edition.id == edition_id)
        .outerjoin(Revision, Revision.id == revision_id)
    )


async def _facts_of(
    session: ReadSession, attested: Sequence[_AttestationRow]
) -> Mapping[str, _PublicationFacts]:
    """Return the facts beside the publications among attested rows, by publication."""
    publications = [each.publication for each in attested if each.publication is not None]
    ids = [each.id for each in publications]
    chosen = select(PublicationStage).where(PublicationStage.publication_id.in_(ids))
    stages = list(await session.scalars(chosen.order_by(PublicationStage.ordinal)))
    counted = await session.execute(
        select(PublicationSignOff.publication_id, PublicationSignOff.sign_off_id)
        .join(Publication, Publication.id == PublicationSignOff.publication_id)
        .where(
            PublicationSignOff.publication_id.in_(ids),
            PublicationSignOff.position == Publication.position,
        )
        .order_by(PublicationSignOff.sign_off_id)
    )
    sign_offs = [tuple(row) for row in counted]
    numbers = [each.position for each in publications]
    taken = await session.scalars(select(Position).where(Position.number.in_(numbers)))
    nonce_of = {each.number: each.nonce for each in taken}
    return {
        each.id: _PublicationFacts(
            nonce_of.get(each.position, ""),
            tuple(stage for stage in stages if stage.publication_id == each.id),
            tuple(sign_off for publication, sign_off in sign_offs if publication == each.id),
        )
        for each in publications
    }


def _link_of(attested: _AttestationRow, ring: Keyring, facts: _Facts) -> ChainLink:
    attestation = attested.attestation
    if not attestation.envelope and attestation.id in facts.emptied:
        emptied = facts.emptied[attestation.id]
        return ChainLink(previous=None, hash=attestation.hash, computed=emptied)
    statement = ring.statement_in(attestation.envelope, attestation.sequence)
    predicate = statement.predicate
    if (predicate.id, predicate.sequence) != (attestation.id, attestation.sequence):
        raise AttestationError(f"its statement is number {predicate.sequence}, of {predicate.id}")
    check_spelling(attestation.envelope, ring.signers_of(statement))
    if isinstance(statement, PurgeStatement):
        _check_purge(attested, statement, facts.purges)
    elif not isinstance(statement, KeyStatement):
        _check_rows(attested, statement, facts.publications)
    return ChainLink(previous=predicate.previous, hash=attestation.hash, computed=statement.hash())


def _check_purge(
    attested: _AttestationRow, statement: PurgeStatement, purges: Mapping[str, PurgedRows]
) -> None:
    if attested.purge is None:
        raise AttestationError(f"{statement.predicate.id} is missing")
    rows, said = purges[attested.purge.id], statement.predicate
    place = ChainPosition(said.attested_at, said.sequence, said.previous)
    differing = differences(_purge_predicate(attested.purge, rows, place), said)
    if rows.digest != statement.digest:
        differing.append("list of rows")
    if differing:
        raise AttestationError(f"{said.id} has been changed: {', '.join(differing)}")


def _check_rows(
    attested: _AttestationRow, statement: Statement, facts: Mapping[str, _PublicationFacts]
) -> None:
    stored = _stored_predicate(attested, statement.predicate, facts)
    differing = differences(stored, statement.predicate)
    if {statement.digest} != _row_digests(attested):
        differing.append("digest")
    if differing:
        changed = ", ".join(differing)
        raise AttestationError(f"{attested.attestation.id} has been changed: {changed}")


def _stored_predicate(
    attested: _AttestationRow,
    predicate: SignOffPredicate | PublicationPredicate,
    facts: Mapping[str, _PublicationFacts],
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
        return _sign_off_predicate(attested.sign_off, edition, place)
    publication = attested.publication
    if isinstance(predicate, PublicationPredicate) and publication is not None:
        if _EditionName(publication.entry_id, publication.locale) != edition:
            raise AttestationError(f"{predicate.id} has been changed: edition")
        own = facts.get(publication.id, _PublicationFacts())
        return _publication_predicate(publication, edition, own, place)
    raise AttestationError(f"{predicate.id} does not match its signed statement")


def _document(value: JsonObject | None) -> dict[str, JsonValue] | None:
    """Return a JSON object of a statement, with numbers as any reader has them."""
    if value is None:
        return None
    document: dict[str, JsonValue] = json.loads(canonical_bytes(in_doubles(value)))
    return document


def _row_digests(attested: _AttestationRow) -> set[str | None]:
    """Return the digests in the rows: of the revision, and of the sign-off."""
    own = {attested.sign_off.digest} if attested.sign_off is not None else set()
    return {attested.digest} | own
