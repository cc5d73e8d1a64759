"""A signature is for these bytes, of this kind, by this key; nothing else opens an envelope."""

from __future__ import annotations

import stat
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from cms.errors import AttestationError
from cms.signing import Signer, load_or_make_signer, open_envelope

KIND = "http://example.com/HelloWorld"
PRIVATE_KEY = Ed25519PrivateKey.generate()
SIGNER = Signer(PRIVATE_KEY)
OTHER = Signer(Ed25519PrivateKey.generate())
PUBLIC_KEY = SIGNER.public_key_pem()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def envelope(signer: Signer = SIGNER) -> dict[str, Any]:
    return dict(signer.sign(KIND, b"hello world"))


def test_what_is_signed_is_what_dsse_says() -> None:
    signed = envelope()
    (signature,) = signed["signatures"]
    PRIVATE_KEY.public_key().verify(
        b64decode(signature["sig"]), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert signature["keyid"] == SIGNER.key_id
    assert signed["payloadType"] == KIND
    assert b64decode(signed["payload"]) == b"hello world"


def test_the_id_of_a_key_is_the_hash_of_its_public_half() -> None:
    raw = PRIVATE_KEY.public_key().public_bytes_raw()
    assert SIGNER.key_id == sha256(raw).hexdigest()
    assert load_pem_public_key(PUBLIC_KEY.encode()) == PRIVATE_KEY.public_key()


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_an_envelope_opens_with_its_key(kind: str, payload: bytes) -> None:
    assert open_envelope(SIGNER.sign(kind, payload), PUBLIC_KEY) == (kind, payload)


def test_the_id_of_a_key_may_be_left_out() -> None:
    for key_id in ({}, {"keyid": ""}):
        (signature,) = envelope()["signatures"]
        signed = envelope() | {"signatures": [{"sig": signature["sig"], **key_id}]}
        assert open_envelope(signed, PUBLIC_KEY) == (KIND, b"hello world")


def test_the_alphabet_for_urls_is_read_too() -> None:
    payload = b"\xfb\xff\xfe"
    signed = dict(SIGNER.sign(KIND, payload))
    signed["payload"] = urlsafe_b64encode(payload).decode()
    assert "-" in signed["payload"]
    assert open_envelope(signed, PUBLIC_KEY) == (KIND, payload)


def test_one_signature_of_several_is_enough() -> None:
    signatures = [*envelope(OTHER)["signatures"], *envelope()["signatures"]]
    signed = envelope() | {"signatures": signatures}
    assert open_envelope(signed, PUBLIC_KEY) == (KIND, b"hello world")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(AttestationError, match=f"not signed with the key {SIGNER.key_id}"):
        open_envelope(envelope(OTHER), PUBLIC_KEY)


def test_the_name_of_the_key_is_not_the_key() -> None:
    signed = envelope(OTHER)
    signed["signatures"][0]["keyid"] = SIGNER.key_id
    with pytest.raises(AttestationError, match="signature does not fit"):
        open_envelope(signed, PUBLIC_KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"payload": "aGVsbG8gV29ybGQ="},
        {"payload": ""},
        {"payloadType": "http://example.com/Helloworld"},
        {"payloadType": ""},
    ],
)
def test_nothing_can_be_exchanged(change: dict[str, str]) -> None:
    with pytest.raises(AttestationError, match="signature does not fit"):
        open_envelope(envelope() | change, PUBLIC_KEY)


@given(json_values)
def test_what_is_no_envelope_is_refused(value: object) -> None:
    with pytest.raises(AttestationError):
        open_envelope(value, PUBLIC_KEY)


@given(st.sampled_from(["payload", "payloadType", "signatures"]), json_values)
def test_a_part_that_is_something_else_is_refused(name: str, value: object) -> None:
    with pytest.raises(AttestationError):
        open_envelope(envelope() | {name: value}, PUBLIC_KEY)


@given(st.sampled_from(["keyid", "sig"]), json_values.filter(lambda value: value != ""))
def test_a_signature_that_is_something_else_is_refused(name: str, value: object) -> None:
    (signature,) = envelope()["signatures"]
    with pytest.raises(AttestationError):
        open_envelope(envelope() | {"signatures": [{**signature, name: value}]}, PUBLIC_KEY)


@given(st.integers(0, 63), st.integers(1, 255))
def test_a_signature_that_is_a_little_different_is_refused(place: int, change: int) -> None:
    signed = envelope()
    raw = bytearray(b64decode(signed["signatures"][0]["sig"]))
    raw[place] ^= change
    signed["signatures"][0]["sig"] = urlsafe_b64encode(raw).decode()
    with pytest.raises(AttestationError, match="signature does not fit"):
        open_envelope(signed, PUBLIC_KEY)


@given(st.text(st.characters()) | st.just(PUBLIC_KEY[:-40]))
def test_what_is_no_public_key_is_refused(pem: str) -> None:
    with pytest.raises(AttestationError, match="no Ed25519 public key"):
        open_envelope(envelope(), pem)


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "copydesk.key"
    signer = load_or_make_signer(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_signer(path).key_id == signer.key_id
    assert open_envelope(signer.sign(KIND, b"x"), load_or_make_signer(path).public_key_pem())
    assert list(tmp_path.iterdir()) == [path]


def test_those_who_start_at_once_end_up_with_the_same_key(tmp_path: Path) -> None:
    path, count = tmp_path / "copydesk.key", 8
    start = Barrier(count)

    def load(_: int) -> str:
        start.wait()
        return load_or_make_signer(path).key_id

    with ThreadPoolExecutor(count) as pool:
        assert len(set(pool.map(load, range(count)))) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_can_be_supplied(tmp_path: Path) -> None:
    path = written(tmp_path, pem_of(PRIVATE_KEY))
    assert load_or_make_signer(path).key_id == SIGNER.key_id


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o777])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, pem_of(PRIVATE_KEY))
    path.chmod(mode)
    with pytest.raises(AttestationError, match=f"run: chmod 600 {path}"):
        load_or_make_signer(path)


def pem_of(key: Any, encryption: Any = None) -> bytes:
    encoded: bytes = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()
    )
    return encoded


def written(folder: Path, content: bytes) -> Path:
    path = folder / "supplied.key"
    path.touch(0o600)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda: pem_of(generate_private_key(SECP256R1())),
        lambda: pem_of(X25519PrivateKey.generate()),
        lambda: pem_of(PRIVATE_KEY, BestAvailableEncryption(b"secret")),
        PUBLIC_KEY.encode,
        lambda: b"",
        lambda: b"\xff\x00 nonsense",
        lambda: pem_of(PRIVATE_KEY)[:-40],
    ],
    ids=["ecdsa", "x25519", "password", "public", "empty", "nonsense", "cut off"],
)
def test_a_file_without_such_a_key_is_refused(tmp_path: Path, make: Callable[[], bytes]) -> None:
    path = written(tmp_path, make())
    with pytest.raises(AttestationError, match=r"holds no Ed25519 private key.*openssl"):
        load_or_make_signer(path)


def test_a_place_where_no_key_can_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AttestationError, match="cannot be made"):
        load_or_make_signer(tmp_path / "no" / "folder.key")
    folder = tmp_path / "folder"
    folder.mkdir(0o700)
    with pytest.raises(AttestationError, match="cannot be read"):
        load_or_make_signer(folder)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AttestationError, match="cannot be read"):
        load_or_make_signer(tmp_path / "link")
