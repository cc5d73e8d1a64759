"""A signature is for these bytes, of this kind, by this key; nothing else opens an envelope."""

from __future__ import annotations

import os
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
from cms.signing import KeyFile, Signer, open_envelope, sign_together

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
    with pytest.raises(AttestationError, match="signature does not match"):
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
    with pytest.raises(AttestationError, match="signature does not match"):
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
    with pytest.raises(AttestationError, match="signature does not match"):
        open_envelope(signed, PUBLIC_KEY)


@given(st.text(st.characters()) | st.just(PUBLIC_KEY[:-40]))
def test_what_is_no_public_key_is_refused(pem: str) -> None:
    with pytest.raises(AttestationError, match="not an Ed25519 public key"):
        open_envelope(envelope(), pem)


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "copydesk.key")
    assert file.make()
    signer = file.load()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert not file.make()
    assert file.load().key_id == signer.key_id
    assert open_envelope(signer.sign(KIND, b"x"), file.load().public_key_pem())
    assert list(tmp_path.iterdir()) == [file.path]


def test_a_folder_that_a_key_is_made_in_is_kept_from_others(tmp_path: Path) -> None:
    for name, make in (("one", KeyFile.make), ("two", KeyFile.prepare)):
        make(KeyFile(tmp_path / name / "keys" / "copydesk.key"))
        folders = (tmp_path / name, tmp_path / name / "keys")
        assert {stat.S_IMODE(each.stat().st_mode) for each in folders} == {0o700}


def test_no_key_is_made_by_who_looks_for_one(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "copydesk.key")
    assert file.signer() is None
    assert file.signer_with("0" * 64) is None
    with pytest.raises(AttestationError, match=r"no signing key at .*copydesk keys create"):
        file.load()
    assert list(tmp_path.iterdir()) == []


def test_of_those_who_make_a_key_at_once_one_does(tmp_path: Path) -> None:
    file, count = KeyFile(tmp_path / "copydesk.key"), 8
    start = Barrier(count)

    def make(_: int) -> tuple[bool, str]:
        start.wait()
        return file.make(), file.load().key_id

    with ThreadPoolExecutor(count) as pool:
        made = list(pool.map(make, range(count)))
    assert [is_made for is_made, _ in made].count(True) == 1
    assert len({key_id for _, key_id in made}) == 1
    assert list(tmp_path.iterdir()) == [file.path]


def test_a_prepared_key_is_beside_the_file_until_it_is_put_in_place(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "copydesk.key")
    file.make()
    old, new = file.load(), file.prepare()
    assert file.load().key_id == old.key_id
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    file.put_in_place(new.key_id)
    assert file.load().key_id == new.key_id
    assert set(tmp_path.iterdir()) == {file.path, beside(file, old)}
    file.put_in_place(new.key_id)  # again, as by another process
    assert file.load().key_id == new.key_id


def beside(file: KeyFile, signer: Signer) -> Path:
    return file.path.with_name(f"{file.path.name}.{signer.key_id[:16]}")


def test_the_key_before_is_kept_for_a_ledger_that_is_restored(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "copydesk.key")
    file.make()
    old, new = file.load(), file.prepare()
    file.put_in_place(new.key_id)
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    for _ in range(2):
        for each in (old, new):
            found = file.signer_with(each.key_id)
            assert found is not None
            assert found.key_id == each.key_id == file.load().key_id
            assert len(list(tmp_path.iterdir())) == 2


def test_no_key_is_lost_by_those_who_look_for_different_ones_at_once(tmp_path: Path) -> None:
    file, count = KeyFile(tmp_path / "copydesk.key"), 8
    file.make()
    keys = [file.load(), file.prepare()]
    start = Barrier(count)

    def look(number: int) -> None:
        start.wait()
        for _ in range(25):
            file.signer_with(keys[number % 2].key_id)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(look, range(count)))
    for each in keys:
        found = file.signer_with(each.key_id)
        assert found is not None
        assert found.key_id == each.key_id


def test_what_cannot_be_kept_is_not_replaced(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "copydesk.key")
    file.make()
    new = file.prepare()
    file.path.write_bytes(b"nonsense")
    with pytest.raises(AttestationError, match="is not an Ed25519 private key"):
        file.put_in_place(new.key_id)
    found = file.signer_with(new.key_id)
    assert found is not None
    assert found.key_id == new.key_id
    assert file.path.read_bytes() == b"nonsense"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file for another account")
def test_a_key_that_root_makes_is_for_the_owner_of_its_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 4321, 4322)
    file = KeyFile(tmp_path / "keys" / "copydesk.key")
    file.make()
    file.put_in_place(file.prepare().key_id)
    file.path.unlink()
    file.put_in_place(file.prepare().key_id)  # in place of a lost one
    made = [file.path.parent, *file.path.parent.iterdir()]
    assert {(each.stat().st_uid, each.stat().st_gid) for each in made} == {(4321, 4322)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file for another account")
def test_a_key_that_root_makes_after_another_is_for_the_owner_of_that(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "copydesk.key")
    file.make()
    os.chown(file.path, 4321, 4322)
    file.put_in_place(file.prepare().key_id)
    assert {each.stat().st_uid for each in tmp_path.iterdir()} == {4321}


def test_the_key_that_the_ledger_names_is_found_beside_the_file(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "copydesk.key")
    file.make()
    old, new = file.load(), file.prepare()
    found = file.signer_with(old.key_id)
    assert found is not None
    assert found.key_id == old.key_id
    found = file.signer_with(new.key_id)
    assert found is not None
    assert found.key_id == new.key_id == file.load().key_id
    assert set(tmp_path.iterdir()) == {file.path, beside(file, old)}


def test_a_key_behind_a_link_is_replaced_where_it_is(tmp_path: Path) -> None:
    behind = tmp_path / "secrets" / "real.key"
    behind.parent.mkdir()
    KeyFile(behind).make()
    (tmp_path / "copydesk.key").symlink_to(behind)
    file = KeyFile(tmp_path / "copydesk.key")
    new = file.prepare()
    file.put_in_place(new.key_id)
    assert file.path.is_symlink()
    assert KeyFile(behind).load().key_id == new.key_id


def test_a_key_that_is_behind_a_mode_of_its_own_is_refused_beside_the_file_too(
    tmp_path: Path,
) -> None:
    file = KeyFile(tmp_path / "copydesk.key")
    file.make()
    new = file.prepare()
    beside(file, new).chmod(0o644)
    with pytest.raises(AttestationError, match=f"run: chmod 600 {beside(file, new)}"):
        file.signer_with(new.key_id)


def test_a_key_can_be_supplied(tmp_path: Path) -> None:
    path = written(tmp_path, pem_of(PRIVATE_KEY))
    assert KeyFile(path).load().key_id == SIGNER.key_id


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o777])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, pem_of(PRIVATE_KEY))
    path.chmod(mode)
    with pytest.raises(AttestationError, match=f"run: chmod 600 {path}"):
        KeyFile(path).load()


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
    with pytest.raises(AttestationError, match=r"is not an Ed25519 private key.*put the key of"):
        KeyFile(path).load()


def test_a_place_where_no_key_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = KeyFile(tmp_path / "file" / "folder.key")
    for make in (nowhere.make, nowhere.prepare):
        with pytest.raises(AttestationError, match=r"(can|cannot) be created"):
            make()
    folder = KeyFile(tmp_path / "folder")
    folder.path.mkdir(0o700)
    for use in (folder.load, folder.make, lambda: folder.signer_with("0" * 64)):
        with pytest.raises(AttestationError, match=r"folder is a folder; correct COPYDESK_SIGN"):
            use()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AttestationError, match="no signing key at"):
        KeyFile(tmp_path / "link").load()


def test_an_envelope_that_two_have_signed_opens_with_either_key() -> None:
    other = Signer(Ed25519PrivateKey.generate())
    together = sign_together([SIGNER, other], KIND, b"x")
    opened = {open_envelope(together, each.public_key_pem()) for each in (SIGNER, other)}
    assert opened == {(KIND, b"x")}
