"""``copydesk import markdown``, as somebody types it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from cms import clock
from cms.tables import Publication
from graphql_api.cli import main
from tests.cms.importing.conftest import Importer
from tests.conftest import Templates


@pytest.fixture
def shell(
    harbour: Importer, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Awaitable[Result]]:
    """A shell in which the settings name the test's database."""
    url = harbour.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("COPYDESK_DATABASE_URL", url)
    monkeypatch.setenv("COPYDESK_SIGNING_KEY", str(templates.signing_key))
    monkeypatch.setenv("COPYDESK_SITE", "tests.cms.importing.sites:SITE")
    fixed = ["import", "markdown", str(harbour.folder)]
    mapping = ["--mapping", str(harbour.folder / "mapping.yaml")]

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, [*fixed, *mapping, *arguments])

    return run


async def test_it_says_what_it_has_done(shell: Callable[..., Awaitable[Result]]) -> None:
    rehearsed = await shell("--publish", "--dry-run")
    assert rehearsed.exit_code == 0, rehearsed.output
    done = await shell("--publish")
    assert done.exit_code == 0, done.output
    assert rehearsed.stdout == f"{done.stdout}Dry run: nothing has been changed.\n"
    assert "Unresolved: en/berth.md:14: /customs-house/ does not point to a page\n" in done.stdout
    assert "Read 12 files: 9 entries in 12 editions.\n" in done.stdout
    assert done.stdout.endswith("Links: 13 resolved, 5 unresolved.\n")
    assert done.stderr == ""
    again = await shell("--publish")
    assert "New: nothing.\n" in again.stdout


async def test_a_fault_is_one_line(
    shell: Callable[..., Awaitable[Result]], harbour: Importer
) -> None:
    harbour.replace("en/tide.md", "status: Completed", "status: Whatever")
    failed = await shell()
    assert failed.exit_code == 1
    assert failed.stdout == ""
    assert "tide.md:3: expected one of " in failed.stderr


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
