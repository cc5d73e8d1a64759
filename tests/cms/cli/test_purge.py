"""Purges at a shell: what the operator is shown and asked, and lists for restored backups."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from cms.cli import purge as purging
from cms.signing import KeyFile
from cms.storage.database import Database
from cms.storage.dialects import connecting
from cms.tables import Account, Edition, Purge, Revision
from tests.builders import Newsroom
from tests.cms.cli.test_audit import Shell, shell
from tests.cms.purging.test_purging import purge, write_secret
from tests.conftest import Templates
from tests.dumps import bytes_of, words_in
from tests.signing_in import EMAIL

__all__ = ["shell"]

REASON = ("--reason", "A request.")


async def test_what_is_purged_is_listed_and_its_bytes_are_gone(
    newsroom: Newsroom, shell: Shell
) -> None:
    entry_id = await newsroom.entry_id(await newsroom.draft(title="Zqtitle", slug="zqslug"))
    done = await shell.run("purge", entry_id, *REASON, "--yes")
    assert done.exit_code == 0, done.output
    first, *_ = done.output.splitlines()
    assert first == f"The words of {entry_id} stand in these rows:"
    assert "  revision  1\n" in done.output
    assert "Purged as purge_" in done.output
    assert words_in(await bytes_of(newsroom.database), ["Zqtitle", "zqslug"]) == []
    verified = await shell.run("audit", "verify")
    assert verified.exit_code == 0, verified.output
    assert f"emptied {entry_id} at " in verified.output
    listed = await shell.run("purges", "list")
    assert entry_id in listed.output
    assert "A request." in listed.output


async def test_nothing_is_purged_without_an_answer(
    newsroom: Newsroom, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_id = await newsroom.entry_id(await newsroom.draft(title="Zqtitle"))
    refused = await shell.run("purge", entry_id, *REASON)
    assert refused.exit_code == 2
    assert "This is not a terminal: give --yes" in refused.output
    monkeypatch.setattr(purging, "_is_terminal", lambda: True)
    asked = await shell.run("purge", entry_id, *REASON, given="n\n")
    assert asked.exit_code == 1
    assert "Empty them for good? [y/N]: n" in asked.output
    assert (await shell.run("purges", "list")).output == "Nothing was purged.\n"
    assert (await shell.run("purge", entry_id, *REASON, given="y\n")).exit_code == 0


async def test_an_account_is_named_by_its_address(newsroom: Newsroom, shell: Shell) -> None:
    done = await shell.run("purge", EMAIL.upper(), *REASON, "--yes")
    assert done.exit_code == 0, done.output
    async with newsroom.database.reading() as session:
        row = await session.get_one(Account, str(newsroom.author.account_id))
    assert row.purged_at is not None
    listed = await shell.run("account", "list")
    assert re.search(f"{row.id} +author; purged at ", listed.output)
    again = await shell.run("purge", EMAIL, *REASON, "--yes")
    assert again.exit_code == 1
    assert f"there is no account {EMAIL!r}; see: copydesk account list" in again.output


async def test_a_public_byline_is_not_purged_with_its_account(
    newsroom: Newsroom, shell: Shell
) -> None:
    done = await shell.run("purge", EMAIL, *REASON, "--with-byline", "--yes")
    assert done.exit_code == 1
    assert f"STILL_PUBLIC: {newsroom.author.person_id} is public in en" in done.output
    async with newsroom.database.reading() as session:
        assert list(await session.scalars(select(Purge))) == []


async def test_mistakes_are_one_line(newsroom: Newsroom, shell: Shell) -> None:
    live = await newsroom.published(slug="page")
    for words, expected in (
        (("purge",), "Missing argument 'KEY...'"),
        (("purge", live.entry_id), "Missing option '--reason'"),
        (("purge", live.entry_id, "--reason", " "), "The reason is empty"),
        (("purge", "jane", *REASON), "NOT_FOUND: 'jane' cannot be purged"),
        (("purge", live.entry_id, *REASON), f"{live.entry_id} is public in en; unpublish it first"),
    ):
        done = await shell.run(*words)
        assert done.exit_code != 0
        assert expected in done.output


async def _restored(newsroom: Newsroom, templates: Templates, shell: Shell) -> tuple[str, Shell]:
    """Return the URL of a copy of the database, and a shell at its server."""
    await newsroom.database.close()
    url = shell.environment["COPYDESK_DATABASE_URL"]
    copied = await templates.duplicate(url)
    return copied, Shell(shell.folder, {**shell.environment, "COPYDESK_DATABASE_URL": copied})


async def test_a_list_is_applied_to_a_restored_backup(
    newsroom: Newsroom, templates: Templates, shell: Shell
) -> None:
    entry_id = await write_secret(newsroom)
    url, restored = await _restored(newsroom, templates, shell)
    await purge(newsroom, entry_id, str(newsroom.author.account_id))
    later = await newsroom.entry_id(await newsroom.draft(title="Later"))
    await purge(newsroom, later)
    exported = await shell.run("purges", "export")
    file = shell.file("purges.json", exported.output)
    done = await restored.run("purges", "apply", file)
    assert done.exit_code == 0, done.output
    first, second = done.output.splitlines()
    assert ": purged again as purge_" in first
    assert second.endswith(": nothing is left to purge")
    database = Database(url, signing_key=templates.signing_key)
    assert words_in(await bytes_of(database), ["Zqtitle", "Zqpast", EMAIL]) == []
    await database.close()
    assert (await restored.run("audit", "verify", "--no-derive")).exit_code == 0
    again = await restored.run("purges", "apply", file)
    assert again.exit_code == 0
    assert again.output.count("nothing is left to purge") == 2
    await templates.drop(url)


async def test_what_is_public_in_a_restored_backup_is_named(
    newsroom: Newsroom, templates: Templates, shell: Shell
) -> None:
    live = await newsroom.published(slug="page")
    url, restored = await _restored(newsroom, templates, shell)
    await newsroom.unpublish(live)
    await purge(newsroom, live.entry_id)
    file = shell.file("purges.json", (await shell.run("purges", "export")).output)
    done = await restored.run("purges", "apply", file)
    assert done.exit_code == 1
    assert f"refused: STILL_PUBLIC: {live.entry_id} is public in en" in done.output
    await templates.drop(url)


async def test_a_list_with_another_signature_is_not_applied(
    newsroom: Newsroom, shell: Shell, tmp_path: Path
) -> None:
    head = await newsroom.draft(title="Kept")
    entry_id = await newsroom.entry_id(head)
    await newsroom.published(slug="page")
    await purge(newsroom, str(newsroom.second_author.account_id))
    (envelope,) = json.loads((await shell.run("purges", "export")).output)
    other = KeyFile(tmp_path / "other.key")
    other.make()
    key = shell.file("other.pem", other.load().public_key_pem())
    forged = other.load().sign(envelope["payloadType"], entry_id.encode())
    for listed, more, expected in (
        ([envelope], ("--key", key), "is not signed with the key"),
        ([forged], (), "purge 1 of the list is not valid"),
        ([{**envelope, "payload": "e30="}], (), "purge 1 of the list is not valid"),
        ({"purges": []}, (), "not a JSON array of envelopes"),
    ):
        file = shell.file("purges.json", json.dumps(listed))
        done = await shell.run("purges", "apply", file, *more)
        assert done.exit_code == 1
        assert expected in done.output
    async with newsroom.database.reading() as session:
        assert (await session.get_one(Revision, head.id)).title == "Kept"


async def test_the_statement_of_a_sign_off_is_no_purge(newsroom: Newsroom, shell: Shell) -> None:
    await newsroom.published(slug="page")
    lines = (await shell.run("audit", "export")).output.splitlines()
    last = json.loads(lines[-1])["attestation"]
    done = await shell.run("purges", "apply", shell.file("x.json", json.dumps([last])))
    assert done.exit_code == 1
    assert "entry 1 of the list is not the statement of a purge; nothing was purged" in done.output


async def test_an_edition_is_purged_with_its_revisions(newsroom: Newsroom, shell: Shell) -> None:
    head = await newsroom.draft(title="Zqtitle")
    await newsroom.translate(head, "de", title="Titel")
    async with newsroom.database.reading() as session:
        edition_id = await session.scalar(select(Edition.id).where(Edition.head_id == head.id))
    assert (await shell.run("purge", str(edition_id), *REASON, "--yes")).exit_code == 0
    assert words_in(await bytes_of(newsroom.database), ["Titel"]) == ["Titel"]


async def test_free_space_is_cleaned_alone(shell: Shell) -> None:
    done = await shell.run("purges", "clean")
    assert done.exit_code == 0
    assert done.output == "Nothing that was purged is left in free space of the database.\n"


async def test_a_reader_that_keeps_the_log_is_named(
    newsroom: Newsroom, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    if newsroom.database.engine.dialect.name != "sqlite":
        pytest.skip("this database has no log of its own file")
    at_once = [each for each in connecting._PRAGMAS if "busy_timeout" not in each]
    monkeypatch.setattr(connecting, "_PRAGMAS", (*at_once, "busy_timeout=0"))
    entry_id = await newsroom.entry_id(await newsroom.draft(title="Zqtitle"))
    async with newsroom.database.reading() as session:
        await session.scalar(select(Account.id).limit(1))
        done = await shell.run("purge", entry_id, *REASON, "--yes")
    assert done.exit_code == 1
    assert "Purged as purge_" in done.output
    assert "another process reads the log of the database file; stop the server" in done.output
    assert (await shell.run("purges", "clean")).exit_code == 0
    assert words_in(await bytes_of(newsroom.database), ["Zqtitle"]) == []
