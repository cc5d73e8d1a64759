"""Keys at a shell: made, listed, rotated and replaced by who can reach the server."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select

from cms.access.signing_keys import rotate_key
from cms.authorization.actor import OPERATOR
from cms.ledger.counters import current
from cms.ledger.keyring import introduction_in
from cms.ledger.keys import why_none_can_sign
from cms.signing import KeyFile
from cms.storage.database import Database
from cms.tables import Attestation, Publication, Revision
from tests.builders import Newsroom
from tests.cms.cli.test_audit import Shell
from tests.conftest import KINDS, Templates


@pytest.fixture
def shell(unsigned: Newsroom, tmp_path: Path) -> Shell:
    """A shell at the server of a newsroom with a key file of its own, which is not there yet."""
    return shell_at(unsigned.database, tmp_path)


def shell_at(database: Database, folder: Path) -> Shell:
    return Shell(
        folder,
        {
            "COPYDESK_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
            "COPYDESK_SIGNING_KEY": str(folder / "copydesk.key"),
            "COPYDESK_SITE": "tests.sites:SITE",
        },
    )


async def done(shell: Shell, *words: str) -> str:
    result = await shell.run(*words)
    assert result.exit_code == 0, result.output
    return result.output


async def published(unsigned: Newsroom, slug: str) -> Publication:
    """Publish a page, and before the first one the people."""
    await unsigned.publish_beside()
    return await unsigned.published(slug=slug)


async def signed(unsigned: Newsroom) -> int:
    """Return the number of the newest attestation."""
    async with unsigned.database.reading() as session:
        return await current(session, "attestation")


def refused(result: Result) -> str:
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    return result.output


@pytest.mark.parametrize("kind", KINDS)
async def test_a_new_site_gets_its_key_with_its_tables(
    templates: Templates, tmp_path: Path, kind: str
) -> None:
    url = await templates.empty(kind)
    database = Database(url)
    shell, file = shell_at(database, tmp_path), KeyFile(tmp_path / "copydesk.key")
    assert str(file.path) in await done(shell, "migrate")
    made = file.load().key_id
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert str(file.path) not in await done(shell, "migrate")
    assert file.load().key_id == made
    await database.close()
    await templates.drop(url)


async def test_a_site_with_accounts_gets_a_key_only_when_told_to(
    unsigned: Newsroom, shell: Shell
) -> None:
    key_file = unsigned.database.key_file
    async with unsigned.database.reading() as session:
        assert "copydesk keys create" in await why_none_can_sign(
            session, unsigned.database.key_file
        )
    for words in (
        ("migrate",),
        ("audit", "verify"),
        ("audit", "checkpoint"),
        ("keys", "public"),
        ("keys", "list"),
        ("keys", "rotate"),
        ("keys", "replace", "--lost", "--reason", "x"),
    ):
        await shell.run(*words)
        assert key_file.signer() is None
    assert str(key_file.path) in await done(shell, "keys", "create")
    assert "already" in refused(await shell.run("keys", "create"))
    assert await done(shell, "keys", "public") == key_file.load().public_key_pem()
    async with unsigned.database.reading() as session:
        assert await why_none_can_sign(session, unsigned.database.key_file) == ""


async def test_no_other_key_is_made_for_a_site_that_has_signed(
    unsigned: Newsroom, shell: Shell
) -> None:
    key_file = unsigned.database.key_file
    await done(shell, "keys", "create")
    await published(unsigned, "one")
    key_id = key_file.load().key_id
    key_file.path.unlink()
    assert key_id in refused(await shell.run("keys", "create"))
    (line,) = [each for each in (await done(shell, "migrate")).splitlines() if key_id in each]
    assert f"Nothing can be signed off or published: the signing key {key_file.path} is" in line
    verified = refused(await shell.run("audit", "verify"))
    assert f"attestations: {await signed(unsigned)} are valid" in verified
    assert f"signing key: the signing key {key_file.path} is missing" in verified
    assert key_file.signer() is None
    async with unsigned.database.reading() as session:
        assert key_id in await why_none_can_sign(session, unsigned.database.key_file)


async def test_a_key_is_rotated(unsigned: Newsroom, shell: Shell) -> None:
    await done(shell, "keys", "create")
    assert "No key is recorded yet" in await done(shell, "keys", "list")
    publication = await published(unsigned, "one")
    old = shell.file("old.pem", await done(shell, "keys", "public"))
    last = await signed(unsigned)
    assert f"starting with attestation {last + 1}." in await done(shell, "keys", "rotate")
    await published(unsigned, "two")
    first, second = (await done(shell, "keys", "list")).splitlines()
    assert first.endswith(f"signed attestations 1 to {last}; the first key")
    assert f"signs since attestation {last + 1}; rotated at " in second
    assert f"attestations: {last + 3} are valid" in await done(shell, "audit", "verify")
    assert f"attestations: {last + 3} are valid" in await done(
        shell, "audit", "verify", "--key", old
    )

    new = shell.file("new.pem", await done(shell, "keys", "public"))
    keys = shell.file("keys.json", await done(shell, "keys", "export"))
    async with unsigned.database.reading() as session:
        chosen = select(Attestation.envelope).where(Attestation.id == publication.id)
        envelope = shell.file("envelope.json", json.dumps(await session.scalar(chosen)))
        revision = await session.get_one(Revision, publication.revision_id)
    content = shell.file("content.json", json.dumps(revision.content))
    await done(shell, "verify", envelope, content, "--key", old)
    await done(shell, "verify", envelope, content, "--key", new, "--keys", keys)
    refused(await shell.run("verify", envelope, content, "--key", new))
    wrong = await shell.run("verify", envelope, content, "--key", new, "--keys", content)
    assert "is not the output of copydesk keys export" in refused(wrong)


async def test_a_key_is_rotated_before_anything_is_signed(unsigned: Newsroom, shell: Shell) -> None:
    del unsigned
    await done(shell, "keys", "create")
    said = await done(shell, "keys", "rotate")
    assert "starting with attestation 2." in said
    assert "attestation 1 introduces the first key" in said
    first, second = (await done(shell, "keys", "list")).splitlines()
    assert first.endswith("signed attestation 1; the first key")
    assert "signs since attestation 2; " in second
    assert "attestation 1 introduces" not in await done(shell, "keys", "rotate")


async def test_the_public_key_is_that_of_the_ledger(unsigned: Newsroom, shell: Shell) -> None:
    await done(shell, "keys", "create")
    await published(unsigned, "one")
    old = unsigned.database.key_file.load()
    said = introduction_in((await unsigned.do(OPERATOR, rotate_key)).envelope)
    assert unsigned.database.key_file.load().key_id == old.key_id  # the new one is beside it
    assert await done(shell, "keys", "public") == said.public_key
    unsigned.database.key_file.path.unlink()
    unsigned.database.key_file.make()
    assert said.key in refused(await shell.run("keys", "public"))


@pytest.mark.parametrize("content", ["nonsense", None], ids=["nonsense", "folder"])
async def test_something_else_in_place_of_the_key_is_named(
    unsigned: Newsroom, shell: Shell, content: str | None
) -> None:
    await done(shell, "keys", "create")
    await published(unsigned, "one")
    path = unsigned.database.key_file.path
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.touch(0o600)
        path.write_text(content)
    expected = "is not an Ed25519" if content else "is a folder; correct COPYDESK_SIGNING_KEY"
    for words in (
        *(("keys", "create"), ("keys", "rotate"), ("keys", "public"), ("audit", "checkpoint")),
        ("keys", "replace", "--lost", "--reason", "x"),
    ):
        (line,) = refused(await shell.run(*words)).splitlines()
        assert f"{path} {expected}" in line
        assert "openssl" not in line
    assert f"{path} {expected}" in await done(shell, "migrate")


async def test_a_lost_key_is_replaced_and_reported(unsigned: Newsroom, shell: Shell) -> None:
    await done(shell, "keys", "create")
    await published(unsigned, "one")
    lost, last = unsigned.database.key_file.load().key_id, await signed(unsigned)
    checkpoint = shell.file("checkpoint.json", await done(shell, "audit", "checkpoint"))
    words = ("keys", "replace", "--lost", "--reason", "The disk failed.")
    assert "is not lost" in refused(await shell.run(*words))
    unsigned.database.key_file.path.unlink()
    assert "--lost" in refused(await shell.run("keys", "replace", "--reason", "x"))
    assert "was lost" in await done(shell, *words)
    await published(unsigned, "two")
    await done(shell, "keys", "rotate")
    verified = await done(shell, "audit", "verify", "--checkpoint", checkpoint)
    (line,) = [each for each in verified.splitlines() if " replaced " in each]
    assert f"{lost}, which was reported lost at " in line
    assert f"'The disk failed.'; the last attestation under the lost key is {last}, " in line
    listed = await done(shell, "keys", "list")
    assert "replaced a lost key at " in listed


async def test_another_key_than_that_of_the_site_is_reported(
    unsigned: Newsroom, shell: Shell
) -> None:
    await done(shell, "keys", "create")
    await published(unsigned, "one")
    own = shell.file("own.pem", await done(shell, "keys", "public"))
    key_file = unsigned.database.key_file
    key_file.path.unlink()
    key_file.make()
    verified = refused(await shell.run("audit", "verify"))
    assert f"signing key: {key_file.path} holds the key {key_file.load().key_id}" in verified
    await done(shell, "audit", "verify", "--key", own)
    refused(await shell.run("audit", "checkpoint"))
