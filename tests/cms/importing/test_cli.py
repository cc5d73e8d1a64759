"""``copydesk import markdown``, as somebody types it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from click.testing import CliRunner, Result

from graphql_api.cli import main
from tests.cms.importing.conftest import WRITER, Importer
from tests.conftest import Templates

PEOPLE = ("--reviewer", "rita.reviewer@example.org", "--publisher", "pia.publisher@example.org")


@pytest.fixture
def shell(
    harbour: Importer, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Awaitable[Result]]:
    """A shell in which the settings name the test's database."""
    url = harbour.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("COPYDESK_DATABASE_URL", url)
    monkeypatch.setenv("COPYDESK_SIGNING_KEY", str(templates.signing_key))
    monkeypatch.setenv("COPYDESK_SITE", "tests.cms.importing.sites:SITE")
    fixed = ["import", "markdown", str(harbour.folder), "--account", WRITER]
    mapping = ["--mapping", str(harbour.folder / "mapping.yaml")]

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, [*fixed, *mapping, *arguments])

    return run


async def test_it_says_what_it_has_done(shell: Callable[..., Awaitable[Result]]) -> None:
    rehearsed = await shell(*PEOPLE, "--dry-run")
    assert rehearsed.exit_code == 0, rehearsed.output
    done = await shell(*PEOPLE)
    assert done.exit_code == 0, done.output
    assert rehearsed.stdout == f"{done.stdout}Dry run: nothing has been changed.\n"
    assert "Unresolved: en/berth.md:14: /customs-house/ does not point to a page\n" in done.stdout
    assert "Read 12 files: 9 entries in 12 editions.\n" in done.stdout
    assert done.stdout.endswith("Links: 12 resolved, 6 unresolved.\n")
    assert done.stderr == ""
    again = await shell(*PEOPLE)
    assert "New: nothing.\n" in again.stdout


async def test_a_fault_is_one_line(
    shell: Callable[..., Awaitable[Result]], harbour: Importer
) -> None:
    harbour.replace("en/tide.md", "status: Completed", "status: Whatever")
    failed = await shell()
    assert failed.exit_code == 1
    assert failed.stdout == ""
    assert "tide.md:3: expected one of " in failed.stderr


async def test_publishing_takes_a_reviewer_and_a_publisher(
    shell: Callable[..., Awaitable[Result]],
) -> None:
    failed = await shell(*PEOPLE[:2])
    assert failed.exit_code == 2
    assert "needs both --reviewer and --publisher" in failed.stderr


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
