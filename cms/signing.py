"""Signatures: Ed25519 keys, and envelopes that can be verified with the public key.

An envelope is a DSSE v1 envelope (https://github.com/secure-systems-lab/dsse): the payload is
signed together with its type, so that a statement cannot pass for one of another kind.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from cms.errors import AttestationError
from cms.private_files import OTHERS, give_to_owner_of, make_private_folder, open_folder

Envelope: TypeAlias = Mapping[str, str | Sequence[Mapping[str, str]]]

# Number of characters of a key's id in the name of its file.
_ID_IN_NAME = 16


class Signer:
    """A signer with an Ed25519 private key.

    Attributes:
        key_id: SHA-256 of the raw public key, in lower-case hexadecimal.
    """

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.key_id = _key_id_of(private_key.public_key())

    def sign(self, payload_type: str, payload: bytes) -> Envelope:
        """Return an envelope around the payload.

        Args:
            payload_type: media type of the payload.
            payload: bytes to sign.
        """
        return sign_together([self], payload_type, payload)

    def signature(self, payload_type: str, payload: bytes) -> Mapping[str, str]:
        """Return the DSSE signature of a payload, with the id of the key."""
        signature = self._private_key.sign(_pre_authentication_encoding(payload_type, payload))
        return {"keyid": self.key_id, "sig": b64encode(signature).decode()}

    def public_key_pem(self) -> str:
        """Return the public key in PEM, with which envelopes are verified."""
        key = self._private_key.public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def pem(self) -> bytes:
        """Return the private key in PEM, the content of a key file."""
        return self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class KeyFile:
    """The file of a site's private key, which is read each time it is needed.

    In a rotation, the new key is first written beside the file, under a name with its id, and
    replaces the file once the ledger has recorded it. Until then the file is unchanged; after
    that, readers find the recorded key beside the file even if the process ended before the
    replacement. The previous key is kept beside the file too, for a ledger that is restored from a
    backup.

    Args:
        path: the path of the file, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def signer(self) -> Signer | None:
        """Return a signer with the key in the file; ``None`` if there is no file.

        Raises:
            AttestationError: if group or others can read the file, it has no Ed25519 private key
                in PEM, or it cannot be read.
        """
        return _load(self.path)

    def load(self) -> Signer:
        """Return a signer with the key in the file.

        Raises:
            AttestationError: like :meth:`signer`, and if there is no file.
        """
        signer = self.signer()
        if signer is None:
            raise AttestationError(
                f"there is no signing key at {self.path}; restore it, or, on a site that has "
                "signed nothing yet run: copydesk keys create"
            )
        return signer

    def signer_with(self, key_id: str) -> Signer | None:
        """Return a signer with this key if it is beside the file, else with the key in the file.

        A key found beside the file is put in its place, if the folder is writable. The caller has
        to check the key id of the result.

        Args:
            key_id: id of the signing key in the ledger.

        Returns:
            ``None`` if there is neither.

        Raises:
            AttestationError: as for :meth:`signer`.
        """
        prepared = _load(self._sibling_path(key_id))
        if prepared is None or prepared.key_id != key_id:
            return self.signer()
        # Signing does not need write access to the folder.
        with suppress(OSError, AttestationError):
            self._put_in_place(key_id)
        return prepared

    def make(self) -> bool:
        """Create a key, unless the file exists; return whether it was created.

        The file is created atomically: of concurrent processes, one creates it, and no other sees
        it incomplete.

        Raises:
            AttestationError: if the file cannot be created.
        """
        try:
            self._write(Signer(Ed25519PrivateKey.generate()), self.path, os.link)
        except OSError as error:
            if self.path.is_dir():
                raise _folder_in_place_of(self.path) from None
            if self.path.exists():
                return False
            raise AttestationError(
                f"the signing key {self.path} cannot be created ({error.strerror}); run this as "
                "the owner of the folder, or name another file in COPYDESK_SIGNING_KEY"
            ) from None
        return True

    def prepare(self) -> Signer:
        """Create a new key beside the file, and return a signer with it.

        Raises:
            AttestationError: if it cannot be created.
        """
        signer = Signer(Ed25519PrivateKey.generate())
        try:
            self._write(signer, self._sibling_path(signer.key_id), os.replace)
        except OSError as error:
            raise AttestationError(
                f"no key can be created beside {self.path} ({error.strerror}); nothing has "
                "changed; run this as the owner of the folder"
            ) from None
        return signer

    def put_in_place(self, key_id: str) -> None:
        """Replace the file by a prepared key, and keep the previous key beside it.

        Raises:
            AttestationError: if the file cannot be replaced, or its key cannot be read and kept;
                readers still find the prepared key beside the file.
        """
        try:
            self._put_in_place(key_id)
        except FileNotFoundError:
            return  # another process has done it
        except OSError as error:
            raise AttestationError(
                f"the new key could not replace {self.path} ({error.strerror}); "
                f"move it there: {self._sibling_path(key_id)}"
            ) from None

    def _put_in_place(self, key_id: str) -> None:
        target = self.path.resolve()
        with open_folder(target.parent) as folder:
            # Without the lock, another process could replace a key that was not kept yet.
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._keep(target)
            self._sibling_path(key_id).replace(target)
            os.fsync(folder)

    def _keep(self, target: Path) -> None:
        """Link the current key under its own name beside the file."""
        if (signer := _load(target)) is not None:
            with suppress(FileExistsError):
                os.link(target, self._sibling_path(signer.key_id))

    def _sibling_path(self, key_id: str) -> Path:
        target = self.path.resolve()
        return target.with_name(f"{target.name}.{key_id[:_ID_IN_NAME]}")

    def _write(self, signer: Signer, path: Path, place: Callable[[str, Path], None]) -> None:
        make_private_folder(path.parent)
        # mkstemp creates the file with mode 0600.
        handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(signer.pem())
                file.flush()  # a sync sees only what has left Python
                os.fsync(handle)
                give_to_owner_of(self.path if self.path.exists() else path.parent, handle)
            place(name, path)
            _sync(path.parent)
        finally:
            Path(name).unlink(missing_ok=True)


def sign_together(signers: Sequence[Signer], payload_type: str, payload: bytes) -> Envelope:
    """Return an envelope around the payload with the signatures of all signers."""
    return {
        "payloadType": payload_type,
        "payload": b64encode(payload).decode(),
        "signatures": [each.signature(payload_type, payload) for each in signers],
    }


def open_envelope(envelope: object, public_key_pem: str) -> tuple[str, bytes]:
    """Return the payload type and the payload of an envelope that this key has signed.

    Args:
        envelope: the envelope, as JSON; it may have any form.
        public_key_pem: the trusted public key, in PEM.

    Raises:
        AttestationError: if it is not an envelope, is not signed with this key, or the signature is
            not valid.
    """
    key = _public_key(public_key_pem)
    payload_type, payload, signatures = _parts_of(envelope)
    own = [signature for key_id, signature in signatures if key_id in {"", _key_id_of(key)}]
    if not own:
        raise AttestationError(f"the envelope is not signed with the key {_key_id_of(key)}")
    if not any(_is_valid(key, signature, payload_type, payload) for signature in own):
        raise AttestationError("the signature does not match the envelope and the key")
    return payload_type, payload


def read_unverified(envelope: object) -> tuple[str, bytes]:
    """Return the payload type and the payload of an envelope, without verifying signatures.

    Raises:
        AttestationError: if it is not an envelope.
    """
    payload_type, payload, _ = _parts_of(envelope)
    return payload_type, payload


def key_ids_of(envelope: object) -> list[str]:
    """Return the key ids in an envelope's signatures, without verifying these.

    Raises:
        AttestationError: if it is not an envelope.
    """
    _, _, signatures = _parts_of(envelope)
    return [key_id for key_id, _ in signatures]


def check_spelling(envelope: object, key_ids: Sequence[str]) -> None:
    """Check that an envelope has exactly these signatures, and nothing that is not signed.

    Args:
        envelope: the envelope, as :func:`sign_together` returned it.
        key_ids: ids of the keys of its signatures, in order.

    Raises:
        AttestationError: if it has other members, signatures or encodings.
    """
    payload_type, payload, signatures = _parts_of(envelope)
    plain = {
        "payloadType": payload_type,
        "payload": b64encode(payload).decode(),
        "signatures": [
            {"keyid": key_id, "sig": b64encode(signature).decode()}
            for key_id, signature in signatures
        ],
    }
    if envelope != plain or [key_id for key_id, _ in signatures] != list(key_ids):
        raise AttestationError("its envelope has been changed around what is signed")


def key_id_of(public_key_pem: str) -> str:
    """Return the id of a public key: the SHA-256 of its 32 bytes, in lower-case hexadecimal.

    Raises:
        AttestationError: if it is not an Ed25519 public key in PEM.
    """
    return _key_id_of(_public_key(public_key_pem))


def _load(path: Path) -> Signer | None:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & OTHERS:
                raise AttestationError(
                    f"other users can read the signing key {path}; run: chmod 600 {path}"
                )
            pem = file.read()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise _folder_in_place_of(path) from None
    except OSError as error:
        raise AttestationError(
            f"the signing key {path} cannot be read ({error.strerror}); run this as its owner, "
            "or name another file in COPYDESK_SIGNING_KEY"
        ) from None
    return Signer(_private_key(pem, path))


def _folder_in_place_of(path: Path) -> AttestationError:
    return AttestationError(f"{path} is a folder; correct COPYDESK_SIGNING_KEY")


def _private_key(pem: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise AttestationError(
            f"{path} is not an Ed25519 private key in PEM without a password; put the key of this "
            "site there"
        )
    return key


def _sync(folder: Path) -> None:
    """Flush a folder to disk, since a key must not be lost in a crash once it has signed."""
    with open_folder(folder.resolve()) as handle:
        os.fsync(handle)


def _public_key(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise AttestationError(
            "the key is not an Ed25519 public key in PEM; see: copydesk keys public"
        )
    return key


def _key_id_of(key: Ed25519PublicKey) -> str:
    return sha256(key.public_bytes_raw()).hexdigest()


def _parts_of(envelope: object) -> tuple[str, bytes, list[tuple[str, bytes]]]:
    """Return an envelope's type, payload and signatures, each with the id of its key."""
    if not isinstance(envelope, Mapping):
        raise AttestationError("this is not a DSSE envelope: it is not a JSON object")
    try:
        payload_type = _text(envelope, "payloadType")
        payload_type.encode()  # fails on a lone surrogate, which has no UTF-8 encoding
        payload = _bytes(envelope, "payload")
        return payload_type, payload, list(_signatures_of(envelope))
    except ValueError as error:
        raise AttestationError(f"this is not a DSSE envelope: {error}") from None


def _signatures_of(envelope: Mapping[object, object]) -> Iterator[tuple[str, bytes]]:
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or not signatures:
        raise ValueError("it has no signatures")
    for each in signatures:
        if not isinstance(each, Mapping):
            raise ValueError("a signature is not an object")  # noqa: TRY004  # caught as one
        # A signature without a key id, or with an empty one, may be of any key.
        yield _text(each, "keyid") if "keyid" in each else "", _bytes(each, "sig")


def _text(holder: Mapping[object, object], name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a string")  # noqa: TRY004  # the same
    return value


def _bytes(holder: Mapping[object, object], name: str) -> bytes:
    """Return the bytes of a base64 member, in the standard or the URL-safe alphabet."""
    text = _text(holder, name).replace("-", "+").replace("_", "/")
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise ValueError(f"{name} is not base64") from None


def _is_valid(key: Ed25519PublicKey, signature: bytes, payload_type: str, payload: bytes) -> bool:
    try:
        key.verify(signature, _pre_authentication_encoding(payload_type, payload))
    except InvalidSignature:
        return False
    return True


def _pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return the signed bytes: DSSE's pre-authentication encoding (PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
