"""Statements of attestations, and their form.

A statement is an in-toto Statement, version 1, in canonical JSON:
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter

from cms.errors import AttestationError
from cms.ledger.form import Form, Moment, read_form
from cms.signing import key_id_of

PAYLOAD_TYPE = "application/vnd.in-toto+json"

_TAG = b"copydesk.attestation.v1\n"


class Digest(Form):
    """A digest of content: the SHA-256 of its canonical JSON, in hexadecimal."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class StatementSubject(Form):
    """The subject of a statement: an entry's content, a key, or a purge.

    Attributes:
        name: id of the entry, of the key statement, or of the purge.
        digest: digest of the content, id of the key, or digest of the list of purged rows.
    """

    name: str
    digest: Digest


class AttestedStage(Form):
    """A stage of the policy under which a page was published."""

    name: str
    role: str
    approvals: int


class ChainedPredicate(Form):
    """The base of all predicates: the position in the chain.

    Attributes:
        id: id of the attested object.
        attested_at: when the statement was signed.
        sequence: number among all attestations, from 1.
        previous: hash of the attestation before; 64 zeros for the first.
    """

    id: str
    attested_at: Moment
    sequence: int
    previous: str


class Predicate(ChainedPredicate):
    """The base of predicates about content; the id is that of the sign-off or publication.

    Attributes:
        entry: id of the entry.
        locale: locale of the edition.
        revision: id of the revision.
    """

    entry: str
    locale: str
    revision: str


class SignOffPredicate(Predicate):
    """The predicate of a sign-off: a reviewer approved the content.

    Attributes:
        stage: stage of the policy.
        reviewer: id of the reviewer's person, whose name can change.
        account: the reviewer's account.
        signed_at: when the reviewer signed off.
        expires_at: when the sign-off ceases to count.
    """

    stage: str
    reviewer: str
    account: str
    signed_at: Moment
    expires_at: Moment


class PublicationPredicate(Predicate):
    """The predicate of a publication: the content was published.

    Attributes:
        position: number in the order of all publications and their ends.
        nonce: nonce of the position, which no other history of the site has there.
        published_at: when it was published.
        published_by: id of the account that published it, or ``"operator"``.
        basis: why it may be public: its stages are complete, an administrator published it without
            sign-offs, it was imported, or it is the first content of a new site.
        reason: the administrator's reason for publishing it without sign-offs, if one did.
        source: the system that it was imported from, if it was.
        claimed_review: the review that this system claims, which counts for no stage.
        stages: stages of the policy, in order.
        sign_offs: ids of the sign-offs on this content that counted.
    """

    position: int
    nonce: str
    published_at: Moment
    published_by: str
    basis: Literal["signed_off", "break_glass", "imported", "setup"]
    reason: str | None
    source: str | None
    claimed_review: dict[str, JsonValue] | None
    stages: tuple[AttestedStage, ...]
    sign_offs: tuple[str, ...]


class KeyPredicate(ChainedPredicate):
    """The predicate of a key: the signing key from this statement on.

    The first key signs all statements before it as well. The statement before this one is the
    last that the previous key signed.

    Attributes:
        key: id of the key.
        public_key: the public key, in PEM.
        basis: whether it is the site's first key, a rotation (also signed with the previous key),
            or the replacement of a key that was reported lost.
        follows: id of the previous key; ``None`` for the first.
        reason: why the previous key cannot sign, if it was reported lost.
    """

    id: Annotated[str, Field(pattern=r"^key_[0-9a-z]+$")]
    key: str
    public_key: str
    basis: Literal["first", "rotation", "loss"]
    follows: str | None
    reason: str | None


class PurgePredicate(ChainedPredicate):
    """The predicate of a purge: words were emptied for good. It contains ids, never a name.

    Attributes:
        keys: ids of what the operator named.
        purged_at: when it was purged.
        rows: number of rows that were emptied.
        records: hashes of what is left of audit records, by number.
        statements: hashes of the attestations whose statements were emptied, by number.
    """

    id: Annotated[str, Field(pattern=r"^purge_[0-9a-z]+$")]
    keys: tuple[str, ...]
    purged_at: Moment
    rows: int
    records: dict[str, str]
    statements: dict[str, str]


class _Statement(Form):
    type_: Literal["https://in-toto.io/Statement/v1"] = Field(
        default="https://in-toto.io/Statement/v1", alias="_type"
    )
    subject: tuple[StatementSubject]

    @property
    def digest(self) -> str:
        """The digest of the content or of the list of purged rows, or the id of the key."""
        return self.subject[0].digest.sha256

    def hash(self) -> str:
        """Return the hash of the statement, which the next one contains."""
        return hashlib.sha256(_TAG + self.payload()).hexdigest()


class SignOffStatement(_Statement):
    """The statement of a sign-off."""

    predicate_type: Literal["urn:copydesk:sign-off:v1"] = "urn:copydesk:sign-off:v1"
    predicate: SignOffPredicate


class PublicationStatement(_Statement):
    """The statement of a publication."""

    predicate_type: Literal["urn:copydesk:publication:v1"] = "urn:copydesk:publication:v1"
    predicate: PublicationPredicate


class KeyStatement(_Statement):
    """The statement of a key; the digest of its subject is the key's id."""

    predicate_type: Literal["urn:copydesk:key:v1"] = "urn:copydesk:key:v1"
    predicate: KeyPredicate


class PurgeStatement(_Statement):
    """The statement of a purge; the digest of its subject is that of the list of its rows."""

    predicate_type: Literal["urn:copydesk:purge:v1"] = "urn:copydesk:purge:v1"
    predicate: PurgePredicate


Statement: TypeAlias = SignOffStatement | PublicationStatement
AnyStatement: TypeAlias = Statement | KeyStatement | PurgeStatement

_STATEMENT: TypeAdapter[AnyStatement] = TypeAdapter(
    Annotated[AnyStatement, Field(discriminator="predicate_type")],
    config=ConfigDict(defer_build=True),
)


def statement_of(digest: str, predicate: SignOffPredicate | PublicationPredicate) -> Statement:
    """Return the statement with this predicate about the content with this digest."""
    subject = (StatementSubject(name=predicate.entry, digest=Digest(sha256=digest)),)
    if isinstance(predicate, SignOffPredicate):
        return SignOffStatement(subject=subject, predicate=predicate)
    return PublicationStatement(subject=subject, predicate=predicate)


def key_statement_of(predicate: KeyPredicate) -> KeyStatement:
    """Return the statement with this predicate about a key."""
    subject = StatementSubject(name=predicate.id, digest=Digest(sha256=predicate.key))
    return KeyStatement(subject=(subject,), predicate=predicate)


def purge_statement_of(digest: str, predicate: PurgePredicate) -> PurgeStatement:
    """Return the statement with this predicate about the list of rows with this digest."""
    subject = StatementSubject(name=predicate.id, digest=Digest(sha256=digest))
    return PurgeStatement(subject=(subject,), predicate=predicate)


def read_statement(payload_type: str, payload: bytes) -> AnyStatement:
    """Return the statement in a payload.

    Raises:
        AttestationError: if it is not a statement of a sign-off, publication, key or purge.
    """
    if payload_type != PAYLOAD_TYPE:
        raise AttestationError(f"the signed payload is {payload_type!r}, not an attestation")
    try:
        statement = read_form(_STATEMENT, payload)
    except ValueError as error:
        raise AttestationError(f"the signed payload is not an attestation: {error}") from None
    if isinstance(statement, KeyStatement):
        return _check_key_statement(statement)
    if isinstance(statement, PurgeStatement):
        if statement.subject[0].name != statement.predicate.id:
            raise AttestationError("the signed payload is not an attestation: it names two purges")
        return statement
    if statement.predicate.entry != statement.subject[0].name:
        raise AttestationError("the signed payload is not an attestation: it names two entries")
    return statement


def _check_key_statement(statement: KeyStatement) -> KeyStatement:
    said = statement.predicate
    named = (said.id, key_id_of(said.public_key))
    if (statement.subject[0].name, statement.digest) != named or said.key != statement.digest:
        raise AttestationError("the signed payload is not an attestation: it names two keys")
    return statement


def differences(one: ChainedPredicate, other: ChainedPredicate) -> list[str]:
    """Return the names of the members in which two predicates differ."""
    left, right = (each.model_dump(mode="json", by_alias=True) for each in (one, other))
    return [name for name in left if left[name] != right.get(name)]
