"""An attestation proves offline what was signed off; a row that was changed since is found."""

from __future__ import annotations

import json
import math
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, delete, insert, inspect, select, update

from cms import clock
from cms.content.canonical_json import Json, canonical_bytes, digest_of
from cms.errors import AttestationError
from cms.ledger.attestation import (
    missing_attestations,
    sign_off_statement,
    verify_attestation,
    verify_attestations,
)
from cms.ledger.audit import Record
from cms.ledger.chain import BrokenChain, VerifiedChain
from cms.ledger.closing import Closing, close_command
from cms.ledger.statement import (
    PAYLOAD_TYPE,
    PublicationStatement,
    SignOffStatement,
    read_statement,
)
from cms.signing import Signer
from cms.storage.dialects import as_text
from cms.tables import (
    Attestation,
    Edition,
    Position,
    Publication,
    PublicationSignOff,
    PublicationStage,
    Revision,
    SignOff,
)
from tests.builders import FOUNDED, Newsroom
from tests.conftest import begins_with
from tests.tampering import tampering

STRANGER = Signer(Ed25519PrivateKey.generate())
T = TypeVar("T")


async def a_history(newsroom: Newsroom) -> list[Attestation]:
    """Publish two pages, and return their attestations: 0 and 2 are of the sign-offs."""
    await newsroom.published(slug="one")
    await newsroom.published(slug="two")
    return await attestations(newsroom)


@pytest.fixture
def history(content: list[Attestation]) -> list[Attestation]:
    """The attestations of the history."""
    return content


HISTORY = begins_with(a_history)


async def attestations(newsroom: Newsroom) -> list[Attestation]:
    """Return the attestations since the newsroom began."""
    began = await founding(newsroom)
    async with newsroom.database.reading() as session:
        rows = select(Attestation).where(Attestation.sequence > began.sequence)
        return list(await session.scalars(rows.order_by(Attestation.sequence)))


async def founding(newsroom: Newsroom) -> Attestation:
    """Return the last attestation of how the newsroom began: its key, then its people."""
    async with newsroom.database.reading() as session:
        published = select(Publication.id).where(Publication.published_at == FOUNDED)
        people = select(Attestation).where(Attestation.id.in_(published))
        newest_first = people.order_by(Attestation.sequence.desc()).limit(1)
        return (await session.scalars(newest_first)).one()


async def verified(newsroom: Newsroom) -> VerifiedChain | BrokenChain:
    async with newsroom.database.reading() as session:
        return await verify_attestations(
            session, newsroom.database.key_file.load().public_key_pem()
        )


async def newest(newsroom: Newsroom, table: type[T]) -> T:
    (key,) = inspect(table).primary_key
    async with newsroom.database.reading() as session:
        found: T = (await session.scalars(select(table).order_by(key.desc()).limit(1))).one()
        return found


def payload_in(envelope: Mapping[str, Any]) -> bytes:
    return b64decode(envelope["payload"])


def attested_at_in(attestation: Attestation, earliest: datetime) -> str:
    """Return when a statement was signed, which is not before the moment of the command."""
    statement = json.loads(payload_in(attestation.envelope))
    attested_at: str = statement["predicate"]["attestedAt"]
    assert as_text(earliest) <= attested_at <= as_text(clock.now())
    return attested_at


async def test_a_sign_off_is_attested(newsroom: Newsroom) -> None:
    await newsroom.review(await newsroom.draft(slug="one"))
    sign_off, (attestation,) = await newest(newsroom, SignOff), await attestations(newsroom)
    edition, began = await newest(newsroom, Edition), await founding(newsroom)
    payload = payload_in(attestation.envelope)
    assert attestation.id == sign_off.id
    assert attestation.hash == sha256(b"copydesk.attestation.v1\n" + payload).hexdigest()
    assert json.loads(payload) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": edition.entry_id, "digest": {"sha256": sign_off.digest}}],
        "predicateType": "urn:copydesk:sign-off:v1",
        "predicate": {
            "id": sign_off.id,
            "entry": edition.entry_id,
            "locale": "en",
            "revision": sign_off.revision_id,
            "stage": sign_off.stage,
            "reviewer": sign_off.person_id,
            "account": sign_off.account_id,
            "signedAt": as_text(sign_off.signed_at),
            "expiresAt": as_text(sign_off.expires_at),
            "attestedAt": attested_at_in(attestation, sign_off.signed_at),
            "sequence": began.sequence + 1,
            "previous": began.hash,
        },
    }
    assert payload == canonical_bytes(json.loads(payload))


async def test_a_publication_is_attested(newsroom: Newsroom) -> None:
    publication = await newsroom.published(slug="one")
    sign_off, revision = await newest(newsroom, SignOff), await newest(newsroom, Revision)
    first, second = await attestations(newsroom)
    assert second.id == publication.id
    assert json.loads(payload_in(second.envelope)) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": publication.entry_id, "digest": {"sha256": revision.digest}}],
        "predicateType": "urn:copydesk:publication:v1",
        "predicate": {
            "id": publication.id,
            "entry": publication.entry_id,
            "locale": "en",
            "revision": revision.id,
            "position": publication.position,
            "nonce": (await newest(newsroom, Position)).nonce,
            "publishedAt": as_text(publication.published_at),
            "publishedBy": publication.published_by,
            "basis": "signed_off",
            "reason": None,
            "source": None,
            "claimedReview": None,
            "stages": [{"name": "editorial", "role": "reviewer", "approvals": 1}],
            "signOffs": [sign_off.id],
            "attestedAt": attested_at_in(second, publication.published_at),
            "sequence": first.sequence + 1,
            "previous": first.hash,
        },
    }


async def test_anyone_can_verify_content_offline(newsroom: Newsroom) -> None:
    await newsroom.published(slug="one")
    revision, database = await newest(newsroom, Revision), newsroom.database
    envelopes = [
        json.loads(json.dumps(dict(each.envelope))) for each in await attestations(newsroom)
    ]
    content = json.loads(json.dumps(revision.content, indent=3))
    signed_off, published = (
        verify_attestation(each, content, database.key_file.load().public_key_pem())
        for each in envelopes
    )
    assert isinstance(signed_off, SignOffStatement)
    assert signed_off.predicate.reviewer == newsroom.reviewers[0].person_id
    assert isinstance(published, PublicationStatement)
    assert published.predicate.sign_offs == (signed_off.predicate.id,)
    assert published.predicate.previous == signed_off.hash()
    assert signed_off.digest == published.digest == revision.digest


async def test_other_content_is_refused(newsroom: Newsroom) -> None:
    await newsroom.published(slug="one")
    revision, (attestation, _) = await newest(newsroom, Revision), await attestations(newsroom)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    other: list[Json] = [{**revision.content, "title": "Other"}, None, [], deep, math.nan, "\ud800"]
    for content in other:
        with pytest.raises(AttestationError, match=r"other content|cannot be computed"):
            verify_attestation(
                attestation.envelope, content, newsroom.database.key_file.load().public_key_pem()
            )


async def test_another_key_is_refused(newsroom: Newsroom) -> None:
    await newsroom.published(slug="one")
    revision, (attestation, _) = await newest(newsroom, Revision), await attestations(newsroom)
    with pytest.raises(AttestationError, match="not signed with the key"):
        verify_attestation(attestation.envelope, revision.content, STRANGER.public_key_pem())


def statement(**changes: Any) -> dict[str, Any]:
    predicate = {
        **dict.fromkeys(("id", "entry", "locale", "revision", "stage", "account", "reviewer"), "x"),
        **dict.fromkeys(("signedAt", "expiresAt", "attestedAt"), "2026-01-02T03:04:05.678Z"),
        "sequence": 1,
        "previous": "0" * 64,
    }
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "x", "digest": {"sha256": digest_of(10**16 / 1)}}],
        "predicateType": "urn:copydesk:sign-off:v1",
        "predicate": predicate,
    } | changes


def test_a_large_number_is_the_same_however_it_is_read() -> None:
    envelope = STRANGER.sign(PAYLOAD_TYPE, canonical_bytes(statement()))
    for content in (1e16, 10**16):
        assert verify_attestation(envelope, content, STRANGER.public_key_pem())
    with pytest.raises(AttestationError, match="other content"):
        verify_attestation(envelope, 10**16 + 2, STRANGER.public_key_pem())
    with pytest.raises(AttestationError, match="cannot be computed"):
        verify_attestation(envelope, 10**400, STRANGER.public_key_pem())


def test_what_is_signed_for_something_else_is_no_attestation() -> None:
    with pytest.raises(AttestationError, match="not an attestation"):
        read_statement("application/json", canonical_bytes(statement()))


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"predicateType": "urn:copydesk:sign-off:v2"},
        {"predicateType": "urn:copydesk:publication:v1"},
        {"subject": []},
        {"subject": statement()["subject"] * 2},
        {"subject": [{"name": "x", "digest": {"sha256": "0"}}]},
        {"subject": [{"name": "x", "digest": {"sha1": "0" * 40}}]},
        {"subject": [{"name": "y", "digest": {"sha256": "0" * 64}}]},
        {"predicate": statement()["predicate"] | {"signedAt": "2026-01-02T03:04:05"}},
        {"predicate": statement()["predicate"] | {"signedAt": "2026-01-02T03:04:05Z"}},
        {"predicate": statement()["predicate"] | {"sequence": "1"}},
        {"predicate": statement()["predicate"] | {"sequence": True}},
        {"predicate": statement()["predicate"] | {"more": 1}},
        {"more": 1},
    ],
)
def test_a_statement_of_another_form_is_refused(change: dict[str, Any]) -> None:
    assert read_statement(PAYLOAD_TYPE, canonical_bytes(statement()))
    with pytest.raises(AttestationError, match="not an attestation"):
        read_statement(PAYLOAD_TYPE, canonical_bytes(statement(**change)))


@given(
    st.binary()
    | st.sampled_from(
        [
            json.dumps(statement()).encode(),
            canonical_bytes(statement())[:-1] + b',"_type":"https://in-toto.io/Statement/v1"}',
            canonical_bytes(statement()) + b"\n",
            b"[" * 100_000,
        ]
    )
)
def test_a_statement_of_another_spelling_is_refused(payload: bytes) -> None:
    with pytest.raises(AttestationError, match="not an attestation"):
        read_statement(PAYLOAD_TYPE, payload)


async def test_a_whole_chain_is_verified(newsroom: Newsroom) -> None:
    began = await founding(newsroom)
    assert await verified(newsroom) == VerifiedChain(began.sequence, began.hash)
    history = await a_history(newsroom)
    seen: list[int] = []
    async with newsroom.database.reading() as session:
        public_key = newsroom.database.key_file.load().public_key_pem()
        found = await verify_attestations(session, public_key, seen.append)
    assert found == VerifiedChain(began.sequence + 4, history[-1].hash)
    assert seen == [1] * (began.sequence + 4)


@HISTORY
async def test_a_reviewer_may_be_called_something_else_later(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    *_, published = history
    reviewer = str(newsroom.reviewers[0].person_id)
    async with newsroom.database.reading() as session:
        edition = await session.scalar(select(Edition).where(Edition.entry_id == reviewer))
        assert edition is not None
        head = await session.get_one(Revision, edition.head_id)
    (renamed,) = await newsroom.publish(await newsroom.update(head, title="Another name"))
    found = await verified(newsroom)
    assert found == VerifiedChain(published.sequence + 2, (await attestations(newsroom))[-1].hash)
    assert renamed.title == "Another name"


@HISTORY
async def test_it_does_not_hold_under_another_key(newsroom: Newsroom) -> None:
    async with newsroom.database.reading() as session:
        found = await verify_attestations(session, STRANGER.public_key_pem())
    assert isinstance(found, BrokenChain)
    assert found.sequence == 1
    assert "not signed with the key" in found.reason


MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
EDITS = [
    (SignOff, {"digest": "0" * 64}, "digest"),
    (SignOff, {"stage": "x"}, "stage"),
    (SignOff, {"account_id": "x"}, "account"),
    (SignOff, {"person_id": "x"}, "reviewer"),
    (SignOff, {"signed_at": MOMENT}, "signedAt"),
    (SignOff, {"expires_at": MOMENT}, "expiresAt"),
    (SignOff, {"edition_id": "x"}, "is missing"),
    (SignOff, {"revision_id": "x"}, "revision"),
    (Publication, {"position": 1_000}, "position"),
    (Publication, {"published_by": "x"}, "publishedBy"),
    (Publication, {"entry_id": "x"}, "edition"),
    (Publication, {"locale": "de"}, "edition"),
    (Publication, {"revision_id": "x"}, "revision"),
    (Publication, {"basis": "break_glass", "break_glass_reason": "x"}, "basis, reason"),
    (Publication, {"basis": "setup"}, "basis"),
    (Publication, {"source": "x"}, "source"),
    (Publication, {"claimed_review": {"x": 1.0}}, "claimedReview"),
]


@HISTORY
@pytest.mark.parametrize(
    ("table", "change", "reason"), EDITS, ids=lambda each: getattr(each, "__name__", str(each))
)
async def test_a_row_that_was_edited_is_named(
    newsroom: Newsroom, table: Any, change: dict[str, Any], reason: str, history: list[Attestation]
) -> None:
    edited = history[2 if table is SignOff else 3]
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(table).where(table.id == edited.id).values(**change))
    found = await verified(newsroom)
    assert isinstance(found, BrokenChain)
    assert found.sequence == edited.sequence
    assert edited.id in found.reason
    assert reason in found.reason


@HISTORY
async def test_a_revision_whose_digest_was_edited_is_named(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    """Its content can be edited along with its digest; who signed it, signed another one."""
    first, *_ = history
    signed = select(SignOff.revision_id).where(SignOff.id == first.id).scalar_subquery()
    async with tampering(newsroom.database) as connection:
        content = {"type": "Article", "title": "Forged"}
        values = {"content": content, "digest": digest_of(content)}
        await connection.execute(update(Revision).where(Revision.id == signed).values(**values))
    found = await verified(newsroom)
    assert found == BrokenChain(first.sequence, f"{first.id} has been changed: digest")


@HISTORY
@pytest.mark.parametrize("table", [SignOff, Publication])
async def test_a_row_that_is_gone_is_named(
    newsroom: Newsroom, table: Any, history: list[Attestation]
) -> None:
    gone = history[0 if table is SignOff else 1]
    async with tampering(newsroom.database) as connection:
        await connection.execute(delete(table).where(table.id == gone.id))
    assert await verified(newsroom) == BrokenChain(gone.sequence, f"{gone.id} is missing")


def number(sequence: int) -> ColumnElement[bool]:
    return Attestation.sequence == sequence


@HISTORY
async def test_an_attestation_that_is_gone_is_missed(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    _, gone, following, _ = history
    async with tampering(newsroom.database) as connection:
        await connection.execute(delete(Attestation).where(number(gone.sequence)))
    reason = f"it is missing; {following.sequence} comes next"
    assert await verified(newsroom) == BrokenChain(gone.sequence, reason)


@HISTORY
async def test_attestations_that_changed_places_are_found(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    first, _, third, _ = history
    async with tampering(newsroom.database) as connection:
        one, other = first.sequence, third.sequence
        for sequence, new in ((one, -1), (other, one), (-1, other)):
            chosen = update(Attestation).where(number(sequence))
            await connection.execute(chosen.values(sequence=new))
    reason = f"its statement is number {third.sequence}, of {third.id}"
    assert await verified(newsroom) == BrokenChain(first.sequence, reason)
    assert first.id != third.id


@HISTORY
async def test_a_statement_in_place_of_another_is_found(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    first, _, third, _ = history
    async with tampering(newsroom.database) as connection:
        values = {"envelope": third.envelope, "hash": third.hash}
        chosen = update(Attestation).where(number(first.sequence))
        await connection.execute(chosen.values(**values))
    reason = f"its statement is number {third.sequence}, of {third.id}"
    assert await verified(newsroom) == BrokenChain(first.sequence, reason)


@HISTORY
async def test_a_hash_that_was_edited_is_found(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    _, second, *_ = history
    async with tampering(newsroom.database) as connection:
        chosen = update(Attestation).where(number(second.sequence))
        await connection.execute(chosen.values(hash="0" * 64))
    found = await verified(newsroom)
    assert found == BrokenChain(second.sequence, "its content does not match its hash")


@HISTORY
async def test_an_attestation_by_another_hand_is_found(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    *_, last = history
    payload = payload_in(last.envelope)
    async with tampering(newsroom.database) as connection:
        envelope = STRANGER.sign(PAYLOAD_TYPE, payload)
        chosen = update(Attestation).where(number(last.sequence))
        await connection.execute(chosen.values(envelope=envelope))
    found = await verified(newsroom)
    assert isinstance(found, BrokenChain)
    assert found.sequence == last.sequence
    assert "not signed" in found.reason


@HISTORY
async def test_a_row_that_is_no_envelope_is_found(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    first, *_ = history
    async with tampering(newsroom.database) as connection:
        chosen = update(Attestation).where(number(first.sequence))
        await connection.execute(chosen.values(envelope={"x": 1}))
    found = await verified(newsroom)
    assert isinstance(found, BrokenChain)
    assert found.sequence == first.sequence


@HISTORY
async def test_an_envelope_that_was_changed_around_what_is_signed_is_found(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    first, *_ = history
    envelope: Any = first.envelope
    (signature,) = envelope["signatures"]
    other = STRANGER.signature(PAYLOAD_TYPE, payload_in(envelope))
    for changed in (
        {**envelope, "x": 1},
        {**envelope, "signatures": [{**signature, "x": 1}]},
        {**envelope, "signatures": [signature, other]},
        {**envelope, "payload": envelope["payload"] + "\n"},
    ):
        async with tampering(newsroom.database) as connection:
            chosen = update(Attestation).where(number(first.sequence))
            await connection.execute(chosen.values(envelope=changed))
        found = await verified(newsroom)
        assert isinstance(found, BrokenChain)
        assert found.sequence == first.sequence


async def test_a_chain_that_was_made_anew_over_a_gap_is_found(newsroom: Newsroom) -> None:
    """Even the key's holder has to sign everything that follows anew."""
    await newsroom.review(await newsroom.draft(slug="one"))
    sign_off, edition = await newest(newsroom, SignOff), await newest(newsroom, Edition)
    (gone,) = await attestations(newsroom)
    async with tampering(newsroom.database) as connection:
        await connection.execute(delete(Attestation).where(number(gone.sequence)))
    async with newsroom.database.transaction() as session:
        statement = sign_off_statement(sign_off, entry_id=edition.entry_id, locale=edition.locale)
        closing = Closing(
            records=[Record(actor="operator", action="test", subject=None)],
            now=sign_off.signed_at,
            attested=[statement],
            attested_at=sign_off.signed_at,
        )
        await close_command(session, newsroom.database.key_file, closing)
    reason = f"it is missing; {gone.sequence + 1} comes next"
    assert await verified(newsroom) == BrokenChain(gone.sequence, reason)


@HISTORY
async def test_an_end_that_was_cut_off_is_missed(
    newsroom: Newsroom, history: list[Attestation]
) -> None:
    first, *_, last = history
    async with tampering(newsroom.database) as connection:
        await connection.execute(delete(Attestation).where(Attestation.sequence > first.sequence))
    missed = f"it is missing; numbers were assigned up to {last.sequence}"
    assert await verified(newsroom) == BrokenChain(first.sequence + 1, missed)


@HISTORY
async def test_a_sign_off_that_nobody_gave_is_found(newsroom: Newsroom) -> None:
    async with tampering(newsroom.database) as connection:
        row = (await connection.execute(select(SignOff.__table__))).mappings().first()
        assert row is not None
        await connection.execute(insert(SignOff).values(**{**row, "id": "signoff_x"}))
    assert isinstance(await verified(newsroom), VerifiedChain)
    async with newsroom.database.reading() as session:
        assert await missing_attestations(session) == ["signoff_x"]


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        (Position, {"nonce": "0" * 16}, "nonce"),
        (PublicationStage, {"approvals": 0}, "stages"),
        (PublicationStage, {"role": "author"}, "stages"),
        (PublicationSignOff, {"position": 99}, "signOffs"),
    ],
    ids=lambda each: getattr(each, "__name__", str(each)),
)
async def test_a_row_beside_a_publication_that_was_edited_is_named(
    newsroom: Newsroom, table: Any, change: dict[str, Any], reason: str
) -> None:
    publication = await newsroom.published(slug="one")
    of_publication = (
        table.number == publication.position
        if table is Position
        else table.publication_id == publication.id
    )
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(table).where(of_publication).values(**change))
    *_, attestation = await attestations(newsroom)
    assert await verified(newsroom) == BrokenChain(
        attestation.sequence, f"{publication.id} has been changed: {reason}"
    )
