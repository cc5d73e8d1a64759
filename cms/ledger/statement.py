"""What an attestation states: its form, when it is made and when it is read.

It is an in-toto Statement, version 1, in canonical JSON:
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
    """What a statement is about: an entry's content, or a key.

    Attributes:
        name: the id of the entry, or of the statement of a key.
        digest: which content, or which key.
    """

    name: str
    digest: Digest


class Reviewer(Form):
    """The person who signed off, and what that person was called then."""

    id: str
    name: str


class Placed(Form):
    """What every statement says.

    Attributes:
        id: the id of what is attested.
        attested_at: when the statement was signed.
        sequence: its number among all attestations, from 1 on.
        previous: the hash of the attestation before; 64 zeros for the first.
    """

    id: str
    attested_at: Moment
    sequence: int
    previous: str


class Predicate(Placed):
    """What a statement of content says; its id is that of the sign-off or the publication.

    Attributes:
        entry: the id of the entry.
        locale: the locale of the edition.
        revision: the id of the revision.
    """

    entry: str
    locale: str
    revision: str


class SignOffPredicate(Predicate):
    """A reviewer said yes to the content.

    Attributes:
        stage: at which stage of the policy.
        reviewer: who.
        account: the account with which.
        signed_at: when.
        expires_at: until when it counts.
    """

    stage: str
    reviewer: Reviewer
    account: str
    signed_at: Moment
    expires_at: Moment


class PublicationPredicate(Predicate):
    """The content was made public.

    Attributes:
        path: where on the site; ``None`` for what is no page of its own.
        position: its place in the order of all publications and their ends.
        published_at: when.
        published_by: the account that did it.
        sign_offs: the ids of the sign-offs on this content that counted.
        break_glass_reason: why it was published past the sign-off gate, if it was.
    """

    path: str | None
    position: int
    published_at: Moment
    published_by: str
    sign_offs: tuple[str, ...]
    break_glass_reason: str | None


class KeyPredicate(Placed):
    """The key that signs from this statement on.

    The first key signs all statements before as well. The statement before is the last one under
    the key that this one follows.

    Attributes:
        key: the id of the key.
        public_key: the key, in PEM.
        basis: whether it is the site's first key, follows another one that has signed this
            statement too, or takes the place of one that was reported lost.
        follows: the id of the key before; ``None`` for the first.
        reason: why the key before cannot sign, if it was reported lost.
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
        """The digest of the content, or the id of the key, that this is about."""
        return self.subject[0].digest.sha256

    def hash(self) -> str:
        """Return the hash that the next statement names."""
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
    """The statement of a key; its subject is the key, the digest of which is the key's id."""

    predicate_type: Literal["urn:copydesk:key:v1"] = "urn:copydesk:key:v1"
    predicate: KeyPredicate


Statement: TypeAlias = SignOffStatement | PublicationStatement
AnyStatement: TypeAlias = Statement | KeyStatement

_STATEMENT: TypeAdapter[AnyStatement] = TypeAdapter(
    Annotated[AnyStatement, Field(discriminator="predicate_type")]
)


def statement_of(digest: str, predicate: SignOffPredicate | PublicationPredicate) -> Statement:
    """Return the statement that says this of the content with this digest."""
    subject = (Subject(name=predicate.entry, digest=Digest(sha256=digest)),)
    if isinstance(predicate, SignOffPredicate):
        return SignOffStatement(subject=subject, predicate=predicate)
    return PublicationStatement(subject=subject, predicate=predicate)


def key_statement_of(predicate: KeyPredicate) -> KeyStatement:
    """Return the statement that says this of a key."""
    subject = Subject(name=predicate.id, digest=Digest(sha256=predicate.key))
    return KeyStatement(subject=(subject,), predicate=predicate)


def read_statement(payload_type: str, payload: bytes) -> AnyStatement:
    """Return what a payload states.

    Raises:
        AttestationError: if it is no statement of a sign-off, a publication or a key.
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
    """Return the names of what two predicates say differently."""
    left, right = (each.model_dump(mode="json", by_alias=True) for each in (one, other))
    return [name for name in left if left[name] != right.get(name)]
