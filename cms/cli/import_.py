"""The command ``copydesk import``: content from other sources."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from cms.cli.group import open_copydesk
from cms.cli.plugins import ImporterGroup
from cms.importing.markdown import ImportReport, import_markdown, rehearse_import
from cms.importing.session import Staff
from cms.importing.site.files import Commit
from cms.importing.site.mapping import MarkdownMapping, read_mapping
from cms.settings import load_settings

# The counts of the report, in the order in which they are printed.
_MADE = {
    "entries": "entries",
    "editions": "editions",
    "revisions": "revisions",
    "publications": "publications",
    "unpublished": "unpublished",
    "authors": "authors",
}
_FOLDER = click.Path(path_type=Path)


@click.group("import", cls=ImporterGroup)
def import_() -> None:
    """Import content from other sources."""


@import_.command("markdown")
@click.argument("folder", type=_FOLDER)
@click.option("--type", "content_type", help="Content type of all entries.")
@click.option(
    "--mapping", "mapping_file", type=_FOLDER, required=True, help="The mapping, a YAML file."
)
@click.option("--account", required=True, help="E-mail of the writing account.")
@click.option(
    "--reviewer", "reviewers", multiple=True, help="E-mail of a reviewer; can be repeated."
)
@click.option("--publisher", default="", help="E-mail of the publisher; without it, drafts only.")
@click.option("--dry-run", is_flag=True, help="Report what would change, and change nothing.")
def markdown(
    folder: Path,
    content_type: str | None,
    mapping_file: Path,
    account: str,
    reviewers: Sequence[str],
    publisher: str,
    *,
    dry_run: bool,
) -> None:
    """Import the Markdown files in FOLDER: all of them, or none if one has an error."""
    if bool(reviewers) != bool(publisher):
        raise click.UsageError("Publishing needs both --reviewer and --publisher.")
    mapping = read_mapping(mapping_file)
    chosen = replace(mapping, content_type=content_type or mapping.content_type)
    if not chosen.content_type:
        raise click.UsageError(
            "Give the content type: with --type, or as content_type in the mapping."
        )
    staff = Staff(account=account, reviewers=tuple(reviewers), publisher=publisher)
    report = asyncio.run(_run(folder, chosen, staff, dry_run=dry_run))
    for line in _lines(report):
        click.echo(line.replace(f"{folder}/", ""))
    if dry_run:
        click.echo("Dry run: nothing has been changed.")


async def _run(
    folder: Path, mapping: MarkdownMapping, staff: Staff, *, dry_run: bool
) -> ImportReport:
    act = rehearse_import if dry_run else import_markdown
    async with open_copydesk(load_settings()) as copydesk:
        database = copydesk.database
        report = await act(database, copydesk.site, folder, mapping, staff, progress=_progress)
        if report.made and not dry_run:
            await database.refresh_statistics()
    return report


def _lines(report: ImportReport) -> Iterator[str]:
    yield from report.notes
    for link in report.lost:
        yield f"Unresolved: {link}"
    yield f"Read {report.files} files: {report.entries} entries in {report.editions} editions."
    made = [f"{report.made[kind]:,} {words}" for kind, words in _MADE.items() if report.made[kind]]
    yield f"New: {', '.join(made) or 'nothing'}."
    yield f"Links: {report.resolved:,} resolved, {len(report.lost):,} unresolved."


def _progress(commits: Sequence[Commit]) -> Iterable[Commit]:
    """Show a progress bar on a terminal; print nothing into a pipe."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(
        commits, label="Importing the history", file=sys.stderr, hidden=hidden
    ) as shown:
        yield from shown
