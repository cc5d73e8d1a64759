"""Keyrings: the keys of a site, as proved by the statements that introduce them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cms.errors import AttestationError
from cms.ledger.statement import AnyStatement, KeyPredicate, KeyStatement, read_statement
from cms.signing import key_id_of, key_ids_of, open_envelope, read_unverified


@dataclass(frozen=True)
class SiteKey:
    """A current or former signing key.

    Attributes:
        id: id of the key.
        public_key: the public key, in PEM.
        since: number of the first statement that it signs.
        introduced: predicate of the statement that introduces it; ``None`` if none does.
    """

    id: str
    public_key: str
    since: int
    introduced: KeyPredicate | None = None

    @property
    def is_replacement(self) -> bool:
        """True if it replaced a lost key, so that no earlier key signed its introduction."""
        return self.introduced is not None and self.introduced.basis == "loss"


@dataclass(frozen=True)
class Keyring:
    """Successive signing keys of a site.

    Attributes:
        keys: the keys, in order.
        fault: why the statement after the last valid one introduces no key; empty if all are valid.
        until: number of the first statement that none of the keys signs, if there is one.
    """

    keys: tuple[SiteKey, ...] = ()
    fault: str = ""
    until: int | None = None

    def at(self, sequence: int) -> SiteKey:
        """Return the key of the statement with this number.

        Raises:
            AttestationError: if no key of the ring does.
        """
        signing = [key for key in self.keys if key.since <= sequence]
        if not signing or (self.until is not None and sequence >= self.until):
            raise AttestationError(f"no known key of this site signs the attestation {sequence}")
        return signing[-1]

    def key_in(self, envelope: object) -> SiteKey:
        """Return the newest key whose id is in an envelope's signatures, or else the newest key.

        Raises:
            AttestationError: if it is not an envelope, or the ring is empty.
        """
        named = key_ids_of(envelope)
        keys = [key for key in self.keys if key.id in named] or list(self.keys)
        if not keys:
            raise AttestationError("no key of this site is known; provide its public key")
        return keys[-1]

    def statement_in(self, envelope: object, sequence: int) -> AnyStatement:
        """Return the statement in the envelope of the attestation with this number.

        Raises:
            AttestationError: if it is no statement, is not signed with the key for this number, or
                introduces a key that is not in the ring.
        """
        key = self.at(sequence)
        statement = read_statement(*open_envelope(envelope, key.public_key))
        if isinstance(statement, KeyStatement) and not self._introduces(statement.predicate):
            raise AttestationError(self.fault or f"{statement.predicate.id} introduces no key")
        return statement

    def signers_of(self, statement: AnyStatement) -> Sequence[str]:
        """Return the ids of the keys that sign a statement of the ledger, in order.

        Raises:
            AttestationError: if no key of the ring signs it.
        """
        said = statement.predicate
        own = self.at(said.sequence).id
        match said:
            case KeyPredicate(basis="rotation", follows=str(previous)):
                return [previous, own]
            case _:
                return [own]

    def with_anchor(self, public_key_pem: str) -> Keyring:
        """Return the ring if it has this key; put the key first if no first key is recorded.

        Raises:
            AttestationError: if the ring is that of another site.
        """
        key_id = key_id_of(public_key_pem)
        if any(key.id == key_id for key in self.keys):
            return self
        if self.keys and self.keys[0].since == 1:
            raise AttestationError(
                f"the envelope is not signed with the key {key_id}, which is not a key of this site"
            )
        return replace(self, keys=(SiteKey(key_id, public_key_pem, 1), *self.keys))

    def trust_path(self, public_key_pem: str) -> Keyring:
        """Return the keys before and after this one, as far as each is signed by the one before.

        Raises:
            AttestationError: if the ring is that of another site.
        """
        ring = self.with_anchor(public_key_pem)
        key_id = key_id_of(public_key_pem)
        place = next(index for index, key in enumerate(ring.keys) if key.id == key_id)
        breaks = [index for index, key in enumerate(ring.keys) if key.is_replacement]
        start = max((each for each in breaks if each <= place), default=0)
        end = min((each for each in breaks if each > place), default=len(ring.keys))
        until = ring.keys[end].since if end < len(ring.keys) else None
        return Keyring(ring.keys[start:end], ring.fault, until)

    def _introduces(self, predicate: KeyPredicate) -> bool:
        return any(key.introduced == predicate for key in self.keys)


def keyring_in(envelopes: Iterable[object]) -> Keyring:
    """Return the keys that statements introduce, up to the first statement that is not valid.

    Args:
        envelopes: statements of the site's keys, in order.
    """
    keys: tuple[SiteKey, ...] = ()
    for envelope in envelopes:
        try:
            keys = (*keys, _key_after(keys[-1] if keys else None, envelope))
        except AttestationError as error:
            return Keyring(keys, str(error))
    return Keyring(keys)


def introduction_in(envelope: object) -> KeyPredicate:
    """Return the predicate of a statement that introduces a key and is signed with it.

    Raises:
        AttestationError: if the statement introduces no key, or the key has not signed it.
    """
    statement = read_statement(*read_unverified(envelope))
    if not isinstance(statement, KeyStatement):
        raise AttestationError(f"{statement.predicate.id} is not a key statement")
    open_envelope(envelope, statement.predicate.public_key)
    return statement.predicate


def _key_after(before: SiteKey | None, envelope: object) -> SiteKey:
    said = introduction_in(envelope)
    match said.basis, before:
        case "first", None:
            return SiteKey(said.key, said.public_key, 1, said)
        case "loss", None:  # replaces a key that was used before keys were recorded
            return SiteKey(said.key, said.public_key, said.sequence, said)
        case "loss" | "rotation", SiteKey() if said.follows == before.id:
            if said.basis == "rotation":
                open_envelope(envelope, before.public_key)
            if said.sequence > before.since:
                return SiteKey(said.key, said.public_key, said.sequence, said)
    raise AttestationError(f"{said.id} introduces a key that does not follow the previous one")
