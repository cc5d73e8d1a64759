"""Statements of attestations: their form for writing and reading.

A statement is an in-toto Statement, version 1, in canonical JSON:
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from cms.errors import AttestationError
from cms.ledger.form import Form, Moment, read_form
from cms.signing import key_id_of

PAYLOAD_TYPE = "application/vnd.in-toto+json"

_TAG = b"copydesk.attestation.v1\n"


class Digest(Form):
    """A digest of content: the SHA-256 of its canonical JSON, in hexadecimal."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Subject(Form):
    """The subject of a statement: the content of an entry, or a key.

    Attributes:
        name: the id of the entry, or of the key statement.
        digest: the digest of the content or the key.
    """

    name: str
    digest: Digest


class Reviewer(Form):
    """The person who signed off, with their name at that time."""

    id: str
    name: str


class Placed(Form):
    """The fields of every statement.

    Attributes:
        id: the id of the attested object.
        attested_at: the time of the signature.
        sequence: its number among all attestations, from 1.
        previous: the hash of the previous attestation; 64 zeros for the first.
    """

    id: str
    attested_at: Moment
    sequence: int
    previous: str


class Predicate(Placed):
    """The fields of a statement about content; its id is that of the sign-off or publication.

    Attributes:
        entry: the id of the entry.
        locale: the locale of the edition.
        revision: the id of the revision.
    """

    entry: str
    locale: str
    revision: str


class SignOffPredicate(Predicate):
    """A reviewer's sign-off of the content.

    Attributes:
        stage: the stage of the policy.
        reviewer: the reviewer.
        account: the reviewer's account.
        signed_at: the time of the sign-off.
        expires_at: its expiry.
    """

    stage: str
    reviewer: Reviewer
    account: str
    signed_at: Moment
    expires_at: Moment


class PublicationPredicate(Predicate):
    """A publication of the content.

    Attributes:
        path: the URL path; ``None`` for content without a page.
        position: its position among all publications and their ends.
        published_at: the time of the publication.
        published_by: the publisher's account.
        sign_offs: the ids of the counted sign-offs on this content.
        break_glass_reason: the reason for bypassing the sign-off gate, if it was bypassed.
    """

    path: str | None
    position: int
    published_at: Moment
    published_by: str
    sign_offs: tuple[str, ...]
    break_glass_reason: str | None


class KeyPredicate(Placed):
    """A key that signs all statements from this one on.

    The first key also signs all earlier statements. The previous statement is the last one under
    the previous key.

    Attributes:
        key: the id of the key.
        public_key: the key, in PEM.
        basis: the site's first key; a successor, whose statement the previous key has signed, too;
            or the replacement of a lost key.
        follows: the id of the previous key; ``None`` for the first.
        reason: how the previous key was lost, if it was.
    """

    id: Annotated[str, Field(pattern=r"^key_[0-9a-z]+$")]
    key: str
    public_key: str
    basis: Literal["first", "rotation", "loss"]
    follows: str | None
    reason: str | None


class _Statement(Form):
    type_: Literal["https://in-toto.io/Statement/v1"] = Field(
        default="https://in-toto.io/Statement/v1", alias="_type"
    )
    subject: tuple[Subject]

    @property
    def digest(self) -> str:
        """The digest of the content, or the id of the key."""
        return self.subject[0].digest.sha256

    def hash(self) -> str:
        """Return the hash, which the next statement contains."""
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
    """The statement of a key; its subject is the key, whose digest is the key's id."""

    predicate_type: Literal["urn:copydesk:key:v1"] = "urn:copydesk:key:v1"
    predicate: KeyPredicate


Statement: TypeAlias = SignOffStatement | PublicationStatement
AnyStatement: TypeAlias = Statement | KeyStatement

_STATEMENT: TypeAdapter[AnyStatement] = TypeAdapter(
    Annotated[AnyStatement, Field(discriminator="predicate_type")]
)


def statement_of(digest: str, predicate: SignOffPredicate | PublicationPredicate) -> Statement:
    """Return the statement with a predicate about the content with this digest."""
    subject = (Subject(name=predicate.entry, digest=Digest(sha256=digest)),)
    if isinstance(predicate, SignOffPredicate):
        return SignOffStatement(subject=subject, predicate=predicate)
    return PublicationStatement(subject=subject, predicate=predicate)


def key_statement_of(predicate: KeyPredicate) -> KeyStatement:
    """Return the statement with a predicate about a key."""
    subject = Subject(name=predicate.id, digest=Digest(sha256=predicate.key))
    return KeyStatement(subject=(subject,), predicate=predicate)


def read_statement(payload_type: str, payload: bytes) -> AnyStatement:
    """Read the statement in a payload.

    Raises:
        AttestationError: if it is not a statement of a sign-off, a publication or a key.
    """
    if payload_type != PAYLOAD_TYPE:
        raise AttestationError(f"the signed payload is {payload_type!r}, not an attestation")
    try:
        statement = read_form(_STATEMENT, payload)
    except ValueError as error:
        raise AttestationError(f"the signed payload is not an attestation: {error}") from None
    if isinstance(statement, KeyStatement):
        return _checked_key(statement)
    if statement.predicate.entry != statement.subject[0].name:
        raise AttestationError("the signed payload is not an attestation: it names two entries")
    return statement


def _checked_key(statement: KeyStatement) -> KeyStatement:
    said = statement.predicate
    named = (said.id, key_id_of(said.public_key))
    if (statement.subject[0].name, statement.digest) != named or said.key != statement.digest:
        raise AttestationError("the signed payload is not an attestation: it names two keys")
    return statement


def differences(one: Predicate, other: Predicate) -> list[str]:
    """Return the names of the fields that differ in two predicates."""
    left, right = (each.model_dump(mode="json", by_alias=True) for each in (one, other))
    return [name for name in left if left[name] != right.get(name)]
