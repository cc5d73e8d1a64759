"""What is proved at a shell: with the database, and offline."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, func, select, update

from cms.signing import Signer
from cms.tables import Attestation, AuditRecord, Base, Position, Revision, SignOff
from graphql_api.cli import main
from tests.builders import Newsroom
from tests.conftest import Templates
from tests.tampering import hash_anew, set_counter, tampering


@dataclass(frozen=True)
class Shell:
    """A shell in a folder, with the settings of a newsroom."""

    folder: Path
    environment: dict[str, str]

    async def run(self, *words: str, given: str = "") -> Result:
        """Run a command to its end."""
        runner = CliRunner(env=self.environment)
        # It has an event loop of its own, so it takes a thread of its own.
        return await asyncio.to_thread(runner.invoke, main, words, given)

    def file(self, name: str, text: str) -> str:
        """Write a file, and return how to name it."""
        (self.folder / name).write_text(text)
        return str(self.folder / name)


@pytest.fixture
def shell(newsroom: Newsroom, templates: Templates, tmp_path: Path) -> Shell:
    """A shell at the server of the newsroom."""
    url = newsroom.database.engine.url.render_as_string(hide_password=False)
    signing_key = str(templates.signing_key)
    settings = {"COPYDESK_DATABASE_URL": url, "COPYDESK_SIGNING_KEY": signing_key}
    return Shell(tmp_path, {**settings, "COPYDESK_SITE": "tests.sites:SITE"})


@dataclass(frozen=True)
class Files:
    """What a third party has: both attestations of a page, its content and the site's key."""

    signed_off: str
    published: str
    content: str
    key: str


async def files(newsroom: Newsroom, shell: Shell) -> Files:
    publication = await newsroom.published(slug="one")
    async with newsroom.database.reading() as session:
        chosen = select(Attestation.envelope).order_by(Attestation.sequence)
        *_, first, second = (await session.scalars(chosen)).all()
        content = (await session.get_one(Revision, publication.revision_id)).content
    return Files(
        shell.file("first.json", json.dumps(first)),
        shell.file("second.json", json.dumps(second, indent=2)),
        shell.file("content.json", json.dumps(content, indent=2, sort_keys=True)),
        shell.file("key.pem", newsroom.database.key_file.load().public_key_pem()),
    )


async def count(newsroom: Newsroom, table: type[Base]) -> int:
    async with newsroom.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_the_key_is_printed(newsroom: Newsroom, shell: Shell) -> None:
    result = await shell.run("keys", "public")
    assert result.output == newsroom.database.key_file.load().public_key_pem()


async def test_a_whole_history_is_verified(newsroom: Newsroom, shell: Shell) -> None:
    await newsroom.published()
    attestations, positions, revisions = [
        await count(newsroom, table) for table in (Attestation, Position, Revision)
    ]
    checkpoint = shell.file("checkpoint.json", (await shell.run("audit", "checkpoint")).output)
    result = await shell.run("audit", "verify", "--checkpoint", checkpoint)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) == 9
    assert lines[0].startswith("audit records: ")
    assert lines[1].startswith(f"attestations: {attestations} are valid; the last hash is ")
    assert lines[2] == "sign-offs, publications and purges: all are attested"
    assert lines[3].startswith("row hashes: those of ")
    assert lines[4] == f"positions: {positions} have no gaps"
    assert re.fullmatch(r"rows: \d+ match the ledger", lines[5])
    assert lines[6] == f"revisions: {revisions} match their contents"
    derived = f"those of {revisions} revisions are what their contents give"
    assert lines[7] == f"derived values: {derived}"
    assert lines[8].startswith(f"checkpoint {checkpoint} is valid: ")
    assert result.stderr == ""


async def test_the_first_of_each_that_does_not_hold_is_named(
    newsroom: Newsroom, shell: Shell
) -> None:
    await newsroom.published(slug="one")
    published = await count(newsroom, Attestation)
    draft = await newsroom.draft(slug="two")
    async with tampering(newsroom.database) as connection:
        await connection.execute(delete(AuditRecord).where(AuditRecord.sequence == 4))
        await connection.execute(update(SignOff).values(stage="x"))
        await connection.execute(delete(Attestation).where(Attestation.sequence == published))
        chosen = update(Revision).where(Revision.id == draft.id)
        await connection.execute(chosen.values(content={}))
    result = await shell.run("audit", "verify")
    assert result.exit_code == 1
    audit, attestations, unattested, *rest = result.output.splitlines()
    assert audit == "audit record 4 is not valid: it is missing; 5 comes next"
    assert attestations.startswith(f"attestation {published - 1} is not valid: signoff_")
    assert attestations.endswith("has been changed: stage")
    assert unattested.startswith("the attestation of ")
    assert rest[0].startswith("audit record 4 is not valid: it is missing, and there are hashes")
    assert any(each.startswith("sign_off signoff_") for each in rest)
    start = f"revision {draft.id} is not valid: "
    assert any(each.startswith(f"{start}its content does not match its digest") for each in rest)
    assert any(each.startswith(f"{start}nothing can be derived from its content") for each in rest)


async def test_a_checkpoint_shows_what_the_chain_does_not(newsroom: Newsroom, shell: Shell) -> None:
    await newsroom.published()
    checkpoint = shell.file("checkpoint.json", (await shell.run("audit", "checkpoint")).output)
    async with tampering(newsroom.database) as connection:
        last = AuditRecord.sequence > 10
        await connection.execute(delete(AuditRecord).where(last))
        await set_counter(connection, "audit", 10)
        await hash_anew(connection)
    assert (await shell.run("audit", "verify")).output.startswith("audit records: 10 are valid")
    result = await shell.run("audit", "verify", "--checkpoint", checkpoint)
    assert result.exit_code == 1
    assert f"checkpoint {checkpoint} is not valid: audit record " in result.output


async def test_the_history_is_verified_with_another_key(newsroom: Newsroom, shell: Shell) -> None:
    await newsroom.published()
    stranger = Signer(Ed25519PrivateKey.generate())
    own = shell.file("own.pem", newsroom.database.key_file.load().public_key_pem())
    other = shell.file("other.pem", stranger.public_key_pem())
    assert (await shell.run("audit", "verify", "--key", own)).exit_code == 0
    result = await shell.run("audit", "verify", "--key", other)
    assert result.exit_code == 1
    assert "attestation 1 is not valid: the envelope is not signed with the key" in result.output


async def test_a_page_is_verified_offline(newsroom: Newsroom, shell: Shell) -> None:
    page = await files(newsroom, shell)
    offline = Shell(shell.folder, {"COPYDESK_DATABASE_URL": "nonsense", "COPYDESK_PORT": "x"})
    result = await offline.run("verify", page.signed_off, page.content, "--key", page.key)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("person_")
    assert " signed off revision rev_" in result.output
    assert "the sign-off expires at" in result.output
    given = await asyncio.to_thread(Path(page.content).read_text)
    result = await offline.run("verify", page.published, "-", "--key", page.key, given=given)
    assert result.exit_code == 0, result.output
    assert " published revision rev_" in result.output
    assert " (en) at " in result.output
    assert "with 1 sign-off" in result.output


async def test_what_does_not_hold_is_said_in_one_line(newsroom: Newsroom, shell: Shell) -> None:
    page = await files(newsroom, shell)
    stranger = shell.file("other.pem", Signer(Ed25519PrivateKey.generate()).public_key_pem())
    other = shell.file("other.json", '{"title": "Other"}')
    twice = shell.file("twice.json", '{"title": 1, "title": 2}')
    binary = shell.folder / "binary"
    binary.write_bytes(b"\xff")
    nowhere = str(shell.folder / "nowhere")
    for attestation, content, key, reason in (
        (page.published, other, page.key, "attestation is of other content"),
        (page.published, page.content, stranger, "not signed with the key"),
        (page.content, page.content, page.key, "not a DSSE envelope"),
        (page.published, page.content, page.content, "not an Ed25519 public key"),
        (page.published, twice, page.key, "is not JSON: it has an object with a repeated key"),
        (page.published, page.key, page.key, "is not JSON"),
        (page.published, nowhere, page.key, "cannot be read"),
        (page.published, page.content, str(binary), "is not UTF-8 text"),
        ("-", "-", page.key, "is not JSON"),
    ):
        result = await shell.run("verify", attestation, content, "--key", key)
        assert result.exit_code == 1
        assert reason in result.output
        assert len(result.output.splitlines()) == 1


async def test_a_file_that_is_no_checkpoint_is_refused(newsroom: Newsroom, shell: Shell) -> None:
    page = await files(newsroom, shell)
    for name in (page.published, page.content):
        result = await shell.run("audit", "verify", "--checkpoint", name)
        assert result.exit_code == 1
        assert f"checkpoint {name} is not valid: " in result.output


async def test_only_what_is_newer_than_a_trusted_checkpoint_is_verified(
    newsroom: Newsroom, shell: Shell
) -> None:
    old = await newsroom.draft(slug="old")
    checkpoint = shell.file("checkpoint.json", (await shell.run("audit", "checkpoint")).output)
    new = await newsroom.draft(slug="new")
    result = await shell.run("audit", "verify", "--since", checkpoint)
    assert result.exit_code == 0, result.output
    assert "rows: 3 match the ledger" in result.output  # an entry, its edition and revision
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(Revision).values(title="UNSIGNED WORDS"))
    result = await shell.run("audit", "verify", "--since", checkpoint)
    assert result.exit_code == 1
    assert f"revision {new.id} is not valid: it was changed after audit record " in result.output
    assert old.id not in result.output
    assert old.id in (await shell.run("audit", "verify")).output


async def test_a_checkpoint_that_is_not_valid_is_not_trusted(
    newsroom: Newsroom, shell: Shell
) -> None:
    checkpoint = shell.file("checkpoint.json", (await shell.run("audit", "checkpoint")).output)
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(AuditRecord).values(actor="x"))
        await hash_anew(connection)
    result = await shell.run("audit", "verify", "--since", checkpoint)
    assert result.exit_code == 1
    assert f"checkpoint {checkpoint} is not valid: audit record " in result.output
    assert "run without --since to verify everything" in result.output
