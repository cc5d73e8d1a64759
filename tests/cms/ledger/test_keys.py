"""A key is made on purpose, follows another in the ledger, and is never replaced unnoticed."""

from __future__ import annotations

import asyncio
import json
import shutil
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select, update

from cms import clock
from cms.access.signing_keys import record_key, replace_lost_key, rotate_key
from cms.authorization.actor import OPERATOR
from cms.content.canonical_json import canonical_bytes
from cms.errors import AttestationError
from cms.identifiers import new_id
from cms.ledger.attestation import verify_attestation, verify_attestations
from cms.ledger.chain import BrokenChain, VerifiedChain
from cms.ledger.checkpoint import checkpoint, verify_checkpoint
from cms.ledger.counters import current
from cms.ledger.keyring import Keyring, introduction_in
from cms.ledger.keys import key_statements, keyring_of, signer_of
from cms.ledger.statement import PAYLOAD_TYPE, KeyPredicate, key_statement_of, read_statement
from cms.publishing.publishing import publish_entry
from cms.review.sign_offs import sign_off
from cms.signing import KeyFile, Signer, sign_together
from cms.storage.database import Database
from cms.tables import Attestation, AuditRecord, Revision
from tests.builders import Newsroom, entry_id_of
from tests.conftest import Templates
from tests.tampering import set_counter, tampering


@pytest.fixture
def room(newsroom: Newsroom, templates: Templates, tmp_path: Path) -> Newsroom:
    """A newsroom with a key file of its own; the key has signed that its people are public."""
    newsroom.database.key_file = copy_of(templates.signing_key, tmp_path / "copydesk.key")
    return newsroom


def copy_of(file: Path, copied: Path) -> KeyFile:
    shutil.copyfile(file, copied)
    copied.chmod(0o600)
    return KeyFile(copied)


def public_key(room: Newsroom) -> str:
    return room.database.key_file.load().public_key_pem()


async def change(room: Newsroom, command: Any, *args: Any) -> KeyPredicate:
    """Have the operator change the key, and put the new one in place."""
    said = introduction_in((await room.do(OPERATOR, command, *args)).envelope)
    room.database.key_file.put_in_place(said.key)
    return said


async def verified(room: Newsroom, key: str | None) -> VerifiedChain | BrokenChain:
    async with room.database.reading() as session:
        return await verify_attestations(session, key)


async def ring(room: Newsroom) -> Keyring:
    async with room.database.reading() as session:
        return await keyring_of(session)


async def attestations(room: Newsroom) -> list[Attestation]:
    async with room.database.reading() as session:
        return list(await session.scalars(select(Attestation).order_by(Attestation.sequence)))


async def refusal(room: Newsroom, head: Revision) -> str:
    """Return why a sign-off is refused, which it has to be for want of the key."""
    entry_id = await room.entry_id(head)
    (error,) = await room.refusal(room.reviewers[0], sign_off, entry_id, digest=head.digest)
    assert error.code == "CANNOT_SIGN"
    return error.message


async def test_the_first_statement_introduces_the_key(room: Newsroom) -> None:
    await room.published(slug="one")
    first = introduction_in((await attestations(room))[0].envelope)
    assert first.key == room.database.key_file.load().key_id
    assert (first.basis, first.follows, first.sequence) == ("first", None, 1)
    assert await verified(room, public_key(room)) == await verified(room, None)
    assert isinstance(await verified(room, None), VerifiedChain)


async def test_without_the_key_nothing_is_signed_and_none_is_made(room: Newsroom) -> None:
    await room.published(slug="one")
    key_id = room.database.key_file.load().key_id
    head = await room.draft(slug="two")
    await room.ask(head)
    room.database.key_file.path.unlink()
    message = await refusal(room, head)
    assert str(room.database.key_file.path) in message
    assert key_id in message
    assert "copydesk keys replace --lost" in message
    assert not room.database.key_file.path.exists()
    assert isinstance(await verified(room, None), VerifiedChain)
    await room.save(head, title="Saved all the same")


async def test_a_site_that_has_signed_nothing_is_told_how_to_make_a_key(
    unsigned: Newsroom,
) -> None:
    head = await unsigned.draft(slug="one")
    await unsigned.ask(head)
    assert "copydesk keys create" in await refusal(unsigned, head)
    assert not unsigned.database.key_file.path.exists()
    async with unsigned.database.reading() as session:
        assert await current(session, "attestation") == 0


async def test_what_is_signed_with_two_keys_in_turn_is_verified_with_either(room: Newsroom) -> None:
    await room.published(slug="one")
    old = public_key(room)
    said = await change(room, rotate_key)
    await room.published(slug="two")
    new = public_key(room)
    keys = (await ring(room)).keys
    assert [(key.public_key, key.since) for key in keys] == [(old, 1), (new, said.sequence)]
    assert said.follows == (await ring(room)).keys[0].id
    last = (await attestations(room))[-1]
    assert last.sequence == said.sequence + 2
    for key in (old, new):
        assert await verified(room, key) == VerifiedChain(last.sequence, last.hash)
    stranger = Signer(Ed25519PrivateKey.generate())
    found = await verified(room, stranger.public_key_pem())
    assert isinstance(found, BrokenChain)
    assert "not signed with the key" in found.reason


async def test_a_site_can_rotate_before_it_has_signed_anything(unsigned: Newsroom) -> None:
    unsigned.database.key_file.make()
    await change(unsigned, rotate_key)
    await unsigned.publish_beside()
    await unsigned.published(slug="one")
    assert isinstance(await verified(unsigned, public_key(unsigned)), VerifiedChain)
    assert len((await ring(unsigned)).keys) == 2


async def test_a_change_of_keys_is_recorded(room: Newsroom) -> None:
    await room.published(slug="one")
    said = await change(room, rotate_key)
    async with room.database.reading() as session:
        chosen = select(AuditRecord).where(AuditRecord.action == "key:change")
        (record,) = (await session.scalars(chosen)).all()
    assert (record.actor, record.subject) == ("operator", said.id)
    codes = await room.codes(room.author, rotate_key)
    assert codes == ["NOT_ALLOWED"]


class _CrashError(Exception):
    """The end of a process."""


async def test_a_rotation_that_ends_before_the_commit_has_changed_nothing(room: Newsroom) -> None:
    await room.published(slug="one")
    old = public_key(room)
    with pytest.raises(_CrashError):
        async with room.as_(OPERATOR) as work:
            await rotate_key(work)
            raise _CrashError
    await room.published(slug="two")
    assert public_key(room) == old
    assert isinstance(await verified(room, old), VerifiedChain)
    await change(room, rotate_key)
    assert len((await ring(room)).keys) == 2


async def test_a_rotation_that_ends_after_the_commit_is_completed_by_the_next(
    room: Newsroom,
) -> None:
    await room.published(slug="one")
    old = public_key(room)
    await room.do(OPERATOR, rotate_key)  # and no more: the file is the old one
    assert public_key(room) == old
    await room.published(slug="two")
    assert public_key(room) != old
    assert isinstance(await verified(room, public_key(room)), VerifiedChain)
    assert len(list(room.database.key_file.path.parent.glob("copydesk.key*"))) == 2


async def test_a_database_from_before_a_rotation_goes_on_with_the_key_of_then(
    room: Newsroom,
) -> None:
    await room.published(slug="one")
    old = public_key(room)
    said = await change(room, rotate_key)
    async with tampering(room.database) as connection:  # as a restored backup is
        chosen = Attestation.sequence == said.sequence
        await connection.execute(delete(Attestation).where(chosen))
        await set_counter(connection, "attestation", said.sequence - 1)
    await room.published(slug="two")
    assert public_key(room) == old
    assert isinstance(await verified(room, old), VerifiedChain)
    await change(room, rotate_key)
    await room.published(slug="three")
    assert isinstance(await verified(room, public_key(room)), VerifiedChain)


async def test_those_who_rotate_at_once_do_so_one_after_the_other(room: Newsroom) -> None:
    await room.published(slug="one")
    await asyncio.gather(*(change(room, rotate_key) for _ in range(3)))
    await room.published(slug="two")
    assert len((await ring(room)).keys) == 4
    assert public_key(room) == (await ring(room)).keys[-1].public_key
    assert isinstance(await verified(room, public_key(room)), VerifiedChain)


async def test_a_server_with_the_old_file_is_refused_until_it_has_the_new_one(
    room: Newsroom, tmp_path: Path
) -> None:
    await room.published(slug="one")
    url = room.database.engine.url.render_as_string(hide_password=False)
    copied = copy_of(room.database.key_file.path, tmp_path / "other.key")
    here, there = room.database, Database(url, signing_key=copied.path)
    head = await room.draft(slug="two")
    await room.ask(head)
    said = await change(room, rotate_key)
    room.database = there
    message = await refusal(room, head)
    assert said.key in message
    assert f"since attestation {said.sequence}" in message
    shutil.copyfile(here.key_file.path, there.key_file.path)
    await room.sign(head)
    assert isinstance(await verified(room, public_key(room)), VerifiedChain)
    room.database = here
    await there.close()


async def test_a_site_goes_on_after_its_key_was_lost_and_says_so_for_ever(room: Newsroom) -> None:
    await room.published(slug="one")
    before = (await attestations(room))[-1]
    lost, path = public_key(room), room.database.key_file.path
    path.unlink()
    said = await change(room, replace_lost_key, "The disk failed.")
    await room.published(slug="two")
    await change(room, rotate_key)
    assert (said.sequence - 1, said.previous) == (before.sequence, before.hash)
    assert (said.basis, said.reason) == ("loss", "The disk failed.")
    for key in (lost, public_key(room)):
        assert isinstance(await verified(room, key), VerifiedChain)
    assert [key.is_replacement for key in (await ring(room)).keys] == [False, True, False]


async def test_a_key_that_is_not_lost_is_not_replaced(unsigned: Newsroom) -> None:
    room, codes = unsigned, unsigned.codes
    room.database.key_file.make()
    assert await codes(OPERATOR, replace_lost_key, "Why not") == ["CANNOT_SIGN"]  # nothing signed
    await room.publish_beside()
    assert await codes(OPERATOR, replace_lost_key, "Why not") == ["CANNOT_SIGN"]  # it is there
    assert await codes(OPERATOR, replace_lost_key, " ") == ["INVALID_VALUE"]
    key_file = room.database.key_file
    kept = key_file.path.rename(key_file.path.with_name("kept"))
    key_file.make()
    (error,) = await room.refusal(OPERATOR, replace_lost_key, "Why not")
    assert "move the file away" in error.message
    key_file.path.write_text("nonsense")
    (error,) = await room.refusal(OPERATOR, replace_lost_key, "Why not")
    assert "move the file away" in error.message
    kept.replace(key_file.path)
    assert len((await ring(room)).keys) == 1
    assert isinstance(await verified(room, public_key(room)), VerifiedChain)


async def test_a_replacement_that_ends_after_the_commit_is_completed(room: Newsroom) -> None:
    await room.published(slug="one")
    room.database.key_file.path.unlink()
    await room.do(OPERATOR, replace_lost_key, "Lost.")
    await room.published(slug="two")
    assert isinstance(await verified(room, public_key(room)), VerifiedChain)
    codes = await room.codes(OPERATOR, replace_lost_key, "Again")
    assert codes == ["CANNOT_SIGN"]


async def forge(
    room: Newsroom, hands: list[Signer], basis: Any, follows: str | None
) -> KeyPredicate:
    """Append the statement of a key as somebody would who can write to the database."""
    last = (await attestations(room))[-1]
    said = KeyPredicate(
        id=new_id("key"),
        key=hands[-1].key_id,
        public_key=hands[-1].public_key_pem(),
        basis=basis,
        follows=follows,
        reason="Lost." if basis == "loss" else None,
        attested_at=clock.now().replace(microsecond=0),
        sequence=last.sequence + 1,
        previous=last.hash,
    )
    statement = key_statement_of(said)
    async with tampering(room.database) as connection:
        envelope = sign_together(hands, PAYLOAD_TYPE, statement.payload())
        values = {"sequence": said.sequence, "hash": statement.hash(), "envelope": envelope}
        await connection.execute(insert(Attestation).values(id=said.id, **values))
        await set_counter(connection, "attestation", said.sequence)
    return said


async def test_who_lacks_the_keys_can_only_introduce_one_that_is_reported(room: Newsroom) -> None:
    await room.published(slug="one")
    own, stranger = room.database.key_file.load(), Signer(Ed25519PrivateKey.generate())
    said = await forge(room, [stranger], "loss", own.key_id)
    assert isinstance(await verified(room, own.public_key_pem()), VerifiedChain)
    assert [key.is_replacement for key in (await ring(room)).keys] == [False, True]
    head = await room.draft(slug="two")
    await room.ask(head)
    assert said.key in await refusal(room, head)


@pytest.mark.parametrize("basis", ["rotation", "first"])
async def test_a_key_that_the_one_before_has_not_signed_is_found(
    room: Newsroom, basis: str
) -> None:
    await room.published(slug="one")
    own, stranger = room.database.key_file.load(), Signer(Ed25519PrivateKey.generate())
    said = await forge(room, [stranger], basis, own.key_id if basis == "rotation" else None)
    for key in (own.public_key_pem(), None):
        found = await verified(room, key)
        assert isinstance(found, BrokenChain)
        assert found.sequence == said.sequence


async def test_a_loss_of_another_key_than_the_newest_is_found(room: Newsroom) -> None:
    await room.published(slug="one")
    own = room.database.key_file.load()
    await change(room, rotate_key)
    said = await forge(room, [Signer(Ed25519PrivateKey.generate())], "loss", own.key_id)
    found = await verified(room, public_key(room))
    assert isinstance(found, BrokenChain)
    assert found.sequence == said.sequence


async def test_what_an_old_key_signs_after_it_was_followed_is_found(room: Newsroom) -> None:
    await room.published(slug="one")
    old = room.database.key_file.load()
    await change(room, rotate_key)
    await room.published(slug="two")
    last = (await attestations(room))[-1]
    payload = b64decode(str(last.envelope["payload"]))
    async with tampering(room.database) as connection:
        chosen = update(Attestation).where(Attestation.sequence == last.sequence)
        await connection.execute(chosen.values(envelope=old.sign(PAYLOAD_TYPE, payload)))
    found = await verified(room, public_key(room))
    assert isinstance(found, BrokenChain)
    assert found.sequence == last.sequence


async def test_a_newest_key_that_does_not_hold_signs_nothing(room: Newsroom) -> None:
    await room.published(slug="one")
    head = await room.draft(slug="two")
    await room.ask(head)
    async with tampering(room.database) as connection:
        chosen = update(Attestation).where(Attestation.sequence == 1)
        await connection.execute(chosen.values(envelope={"x": 1}))
    assert "copydesk audit verify" in await refusal(room, head)
    found = await verified(room, public_key(room))
    assert isinstance(found, BrokenChain)
    assert found.sequence == 1


async def test_checkpoints_hold_over_a_change_of_keys(room: Newsroom) -> None:
    await room.published(slug="one")
    old = room.database.key_file.load()
    async with room.database.reading() as session:
        made = await checkpoint(session, old, clock.now())
    await change(room, rotate_key)
    async with room.database.reading() as session:
        newer = await checkpoint(
            session, await signer_of(session, room.database.key_file), clock.now()
        )
        stale = await checkpoint(session, old, clock.now())
        for key in (old.public_key_pem(), public_key(room), None):
            for each in (made, newer):
                await verify_checkpoint(session, each, key)
            with pytest.raises(AttestationError, match="was not in use by this site"):
                await verify_checkpoint(session, stale, key)


async def test_content_is_verified_offline_with_a_key_that_follows(room: Newsroom) -> None:
    publication = await room.published(slug="one")
    old = room.database.key_file.load()
    await change(room, rotate_key)
    async with room.database.reading() as session:
        keys = json.loads(json.dumps(await key_statements(session)))
        content = (await session.get_one(Revision, publication.revision_id)).content
    *_, published, rotation = await attestations(room)
    envelope, introduced = published.envelope, rotation.envelope
    new, number = public_key(room), published.sequence
    assert verify_attestation(envelope, content, old.public_key_pem()).predicate.sequence == number
    for key in (old.public_key_pem(), new):
        assert verify_attestation(envelope, content, key, keys).predicate.sequence == number
    for attestation, known, reason in (
        (envelope, (), "not signed with the key"),
        (envelope, keys[1:], "not signed with the key|signs the attestation"),
        (introduced, keys, "about a key"),
    ):
        with pytest.raises(AttestationError, match=reason):
            verify_attestation(attestation, content, new, known)
    late = restated(envelope, old, sequence=number + 6)
    reason = f"was not in use by this site when attestation {number + 6}"
    with pytest.raises(AttestationError, match=reason):
        verify_attestation(late, content, new, keys)


async def test_offline_a_key_in_place_of_a_lost_one_vouches_only_for_what_follows(
    room: Newsroom,
) -> None:
    publication = await room.published(slug="one")
    envelope = (await attestations(room))[-1].envelope
    lost = public_key(room)
    room.database.key_file.path.unlink()
    await change(room, replace_lost_key, "Lost.")
    async with room.database.reading() as session:
        keys = await key_statements(session)
        content = (await session.get_one(Revision, publication.revision_id)).content
    assert verify_attestation(envelope, content, lost, keys)
    with pytest.raises(AttestationError):
        verify_attestation(envelope, content, public_key(room), keys)


def restated(envelope: Mapping[str, Any], signer: Signer, **changes: Any) -> Any:
    """Return an envelope around the same statement with other words in its predicate."""
    said = json.loads(b64decode(envelope["payload"]))
    return signer.sign(
        PAYLOAD_TYPE, canonical_bytes(said | {"predicate": said["predicate"] | changes})
    )


async def age(room: Newsroom) -> Attestation:
    """Make the ledger that of a version which did not record keys; return the last statement."""
    signer, previous = room.database.key_file.load(), "0" * 64
    first, *others = await attestations(room)
    async with tampering(room.database) as connection:
        await connection.execute(delete(Attestation).where(Attestation.id == first.id))
        for each in others:
            place = {"sequence": each.sequence - 1, "previous": previous}
            envelope = restated(each.envelope, signer, **place)
            previous = read_statement(PAYLOAD_TYPE, b64decode(envelope["payload"])).hash()
            values = {"sequence": each.sequence - 1, "hash": previous, "envelope": envelope}
            chosen = update(Attestation).where(Attestation.id == each.id)
            await connection.execute(chosen.values(**values))
        await set_counter(connection, "attestation", len(others))
    return (await attestations(room))[-1]


async def test_a_site_from_before_keys_were_recorded_just_goes_on(room: Newsroom) -> None:
    await room.published(slug="one")
    last = await age(room)
    assert await verified(room, public_key(room)) == VerifiedChain(last.sequence, last.hash)
    await room.published(slug="two")
    newest = (await attestations(room))[-1]
    assert newest.sequence == last.sequence + 3  # a key, a sign-off and a publication
    assert await verified(room, None) == VerifiedChain(newest.sequence, newest.hash)
    (key,) = (await ring(room)).keys
    assert (key.since, key.public_key) == (1, public_key(room))
    await change(room, rotate_key)
    assert isinstance(await verified(room, public_key(room)), VerifiedChain)


async def test_such_a_site_records_its_key_once_and_no_other(room: Newsroom) -> None:
    await room.published(slug="one")
    last = await age(room)
    own = room.database.key_file
    room.database.key_file = KeyFile(own.path.with_name("other.key"))
    assert await room.codes(OPERATOR, record_key) == ["CANNOT_SIGN"]
    room.database.key_file.make()
    (error,) = await room.refusal(OPERATOR, record_key)
    assert "has not signed the attestations" in error.message
    room.database.key_file = own
    await room.do(OPERATOR, record_key)
    assert await room.codes(OPERATOR, record_key) == ["CANNOT_SIGN"]
    assert await verified(room, public_key(room)) == VerifiedChain(
        last.sequence + 1, (await attestations(room))[-1].hash
    )


async def test_such_a_site_may_have_lost_its_key(room: Newsroom) -> None:
    await room.published(slug="one")
    await age(room)
    lost = public_key(room)
    room.database.key_file.path.unlink()
    said = await change(room, replace_lost_key, "Lost.")
    await room.published(slug="two")
    assert said.follows == (await attestations(room))[0].envelope["signatures"][0]["keyid"]  # type: ignore[index, call-overload]  # JSON
    assert isinstance(await verified(room, lost), VerifiedChain)
    assert isinstance(await verified(room, public_key(room)), BrokenChain)


async def test_several_statements_of_one_command_follow_each_other(room: Newsroom) -> None:
    heads = [await room.draft(slug=slug) for slug in ("one", "two")]
    await room.publish(*heads)
    assert isinstance(await verified(room, public_key(room)), VerifiedChain)
    head = await room.save(heads[0], title="Other", slug="one")
    await room.review(head)
    room.database.key_file.path.unlink()
    entry_id = await entry_of(room, head)
    codes = await room.codes(room.publisher, publish_entry, entry_id, revision_id=head.id)
    assert codes == ["CANNOT_SIGN"]


async def entry_of(room: Newsroom, head: Revision) -> str:
    async with room.as_(room.author) as work:
        return await entry_id_of(work, head)
