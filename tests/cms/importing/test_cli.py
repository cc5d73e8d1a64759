"""``copydesk import markdown``, as somebody types it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from cms import clock
from cms.tables import Publication
from graphql_api.cli import main
from tests.cms.importing.conftest import Importer
from tests.conftest import Templates


@pytest.fixture
def shell_of(
    harbour: Importer, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Awaitable[Result]]:
    """A shell in which the settings name the test's database."""
    url = harbour.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("COPYDESK_DATABASE_URL", url)
    monkeypatch.setenv("COPYDESK_SIGNING_KEY", str(templates.signing_key))
    monkeypatch.setenv("COPYDESK_SITE", "tests.cms.importing.sites:SITE")

    async def run(folder: Path, *arguments: str) -> Result:
        command = ["import", "markdown", str(folder), *arguments]
        return await asyncio.to_thread(CliRunner().invoke, main, command)

    return run


@pytest.fixture
def shell(
    shell_of: Callable[..., Awaitable[Result]], harbour: Importer
) -> Callable[..., Awaitable[Result]]:
    """A shell with the folder of the harbour and its mapping."""
    mapping = str(harbour.folder / "mapping.yaml")
    return partial(shell_of, harbour.folder, "--mapping", mapping)


async def test_it_says_what_it_has_done(shell: Callable[..., Awaitable[Result]]) -> None:
    rehearsed = await shell("--publish", "--dry-run")
    assert rehearsed.exit_code == 0, rehearsed.output
    done = await shell("--publish")
    assert done.exit_code == 0, done.output
    assert rehearsed.stdout == f"{done.stdout}Dry run: nothing has been changed.\n"
    assert "Links without a target:\n  de/berth.md:9: /de/tide/ does not" in done.stdout
    assert "  en/berth.md:14: /customs-house/ does not point to a page\n" in done.stdout
    assert (
        "Drafts, as on the old site:\n  en/fog-bell.md:1: is not public: draft: true\n"
        in done.stdout
    )
    assert "Read 12 files: 9 entries in 12 editions.\n" in done.stdout
    assert done.stdout.endswith("Links: 13 resolved, 4 unresolved.\n")
    assert done.stderr == ""
    again = await shell("--publish")
    assert "New: nothing.\n" in again.stdout


async def test_a_fault_is_one_line_and_the_exit_code_tells_it(
    shell: Callable[..., Awaitable[Result]], harbour: Importer
) -> None:
    harbour.replace("en/tide.md", "status: Completed", "status: Whatever")
    strict = await shell("--strict")
    assert strict.exit_code == 1
    assert "Nothing has been imported, since not every file can be.\n" in strict.stdout
    done = await shell()
    assert done.exit_code == 3
    for each in (strict, done):
        assert "Not imported:\n  en/tide.md:3: expected one of " in each.stdout


async def test_a_report_is_written_as_json(
    shell: Callable[..., Awaitable[Result]], harbour: Importer, tmp_path: Path
) -> None:
    harbour.replace("en/tide.md", "status: Completed", "status: Whatever")
    file = tmp_path / "report.json"
    await shell("--publish", "--dry-run", "--report", str(file))
    rehearsed = orjson.loads(file.read_bytes())
    await shell("--publish", "--report", str(file))
    done = orjson.loads(file.read_bytes())
    assert {**rehearsed, "isDone": True, "reviewDueAt": ""} == {**done, "reviewDueAt": ""}
    assert (done["source"], done["isComplete"]) == ("https://harbour.example", False)
    assert done["read"] == {"files": 11, "entries": 8, "editions": 11}
    assert done["new"]["publications"] > 0
    assert done["links"]["lost"] == done["faultCounts"]["lost_link"] > 0
    refused = [each for each in done["faults"] if each["kind"] == "refused"]
    assert [(each["file"], each["line"]) for each in refused] == [("en/tide.md", 3)]
    assert len(done["faults"]) == sum(done["faultCounts"].values())


async def test_publications_name_the_source_and_the_day_of_review(
    shell: Callable[..., Awaitable[Result]], harbour: Importer
) -> None:
    before = clock.now()
    done = await shell("--publish", "--review-within", "30")
    assert done.exit_code == 0, done.output
    (source, due_at), *others = await publications(harbour)
    assert not others
    assert source == "https://harbour.example"
    assert due_at is not None
    assert before <= due_at - timedelta(days=30) <= clock.now()
    assert f"Published as imported; due for review on {due_at:%Y-%m-%d}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "source"),
    [
        ((), "harbour"),
        (("--source", " "), "harbour"),
        (("--source", "The harbour wiki"), "The harbour wiki"),
    ],
)
async def test_a_source_is_no_path_of_this_machine(
    shell: Callable[..., Awaitable[Result]],
    harbour: Importer,
    arguments: tuple[str, ...],
    source: str,
) -> None:
    harbour.replace("mapping.yaml", "url: https://harbour.example\n", "")
    done = await shell("--publish", *arguments)
    assert done.exit_code == 0, done.output
    assert {found for found, _ in await publications(harbour)} == {source}


async def test_without_the_option_nothing_is_public(
    shell: Callable[..., Awaitable[Result]], harbour: Importer
) -> None:
    done = await shell()
    assert done.exit_code == 0, done.output
    assert await publications(harbour) == []


@pytest.mark.parametrize("option", ["--account", "--reviewer", "--publisher"])
async def test_no_option_names_an_account(
    shell: Callable[..., Awaitable[Result]], option: str
) -> None:
    failed = await shell(option, "rita.reviewer@example.org")
    assert failed.exit_code == 2
    assert f"No such option '{option}'" in failed.stderr


async def publications(harbour: Importer) -> Sequence[tuple[str | None, datetime | None]]:
    """Return the sources of imported publications, with the times when their reviews are due."""
    async with harbour.database.reading() as session:
        rows = await session.execute(
            select(Publication.source, Publication.review_due_at)
            .where(Publication.basis != "setup")
            .distinct()
        )
        return [(source, due_at) for source, due_at in rows]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("unresolved: plain", "unresolved: perhaps", "mapping.yaml:20: unresolved: Input should"),
        ("sections: sections", "section: sections", "mapping.yaml:13: section: Unexpected"),
        ("sections: sections", "sections: body", "GlossaryTerm has no sections 'body'"),
        (
            "fields: {status",
            "fields: {state",
            "the mapping names the field of GlossaryTerm 'state'",
        ),
        ("  de: {folder: de", "  fr: {folder: de", "the mapping names the locale 'fr'"),
        ("/de/{path}/", "/de/", "stood_at needs a {path}"),
        ("content_type: GlossaryTerm", "content_type: Word", "no content type 'Word'"),
        ("content_type: GlossaryTerm", "", "Give the content type"),
    ],
)
async def test_a_mapping_has_to_fit_the_site(
    shell: Callable[..., Awaitable[Result]], harbour: Importer, old: str, new: str, message: str
) -> None:
    harbour.replace("mapping.yaml", old, new)
    failed = await shell()
    assert failed.exit_code != 0
    assert message in failed.stderr


async def test_a_generator_is_named_and_a_mapping_changes_what_differs(
    shell_of: Callable[..., Awaitable[Result]], harbour: Importer, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    (folder / "content" / "water").mkdir(parents=True)
    (folder / "hugo.toml").write_text("baseURL = 'https://old.example/'\n")
    (folder / "content" / "water" / "tide.md").write_text(
        "+++\ntitle = 'Tide'\nkind = 'completed'\naliases = ['/moon/']\n+++\n\nIt rises.\n"
    )
    override = tmp_path / "override.yaml"
    override.write_text("fields: {status: kind}\nvalues: {kind: {completed: COMPLETED}}\n")
    missing = await shell_of(folder, "--type", "GlossaryTerm")
    assert missing.exit_code == 2
    assert "with --from, or a --mapping" in missing.stderr
    chosen = ("--from", "hugo", "--type", "GlossaryTerm", "--publish")
    done = await shell_of(folder, *chosen, "--mapping", str(override))
    assert done.exit_code == 0, done.output
    assert "New: 1 entries, 1 editions, 1 revisions, 1 publications, 2 redirects.\n" in done.stdout
    query = "{ glossaryTerms { nodes { title status } } }"
    (term,) = (await harbour.data(query))["glossaryTerms"]["nodes"]
    assert term == {"title": "Tide", "status": "COMPLETED"}
    assert {source for source, _ in await publications(harbour)} == {"https://old.example"}


async def test_a_report_that_cannot_be_written_ends_the_import_before_it_begins(
    shell: Callable[..., Awaitable[Result]], harbour: Importer, tmp_path: Path
) -> None:
    for file in (tmp_path / "none" / "report.json", tmp_path):
        refused = await shell("--publish", "--report", str(file))
        assert refused.exit_code == 2
        assert "cannot be written" in refused.output
    assert (await harbour.run()).made["entries"] > 0
