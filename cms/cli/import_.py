"""The command ``copydesk import``: content from other sources."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click

from cms.cli.group import open_copydesk
from cms.cli.plugins import ImporterGroup
from cms.importing.markdown import ImportReport, import_markdown, rehearse_import
from cms.importing.session import Provenance
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
@click.option("--publish", is_flag=True, help="Publish as imported; without it, drafts only.")
@click.option(
    "--source",
    default="",
    help="The system that the pages come from, which readers see; by default, the mapping's url, "
    "or the name of FOLDER.",
)
@click.option(
    "--review-within",
    type=click.IntRange(min=0, max=36500),
    default=0,
    show_default=True,
    metavar="DAYS",
    help="Days until the published pages are due for review.",
)
@click.option("--dry-run", is_flag=True, help="Report what would change, and change nothing.")
def markdown(
    folder: Path,
    content_type: str | None,
    mapping_file: Path,
    source: str,
    review_within: int,
    *,
    publish: bool,
    dry_run: bool,
) -> None:
    """Import the Markdown files in FOLDER: all of them, or none if one has an error.

    The operator imports and publishes, in no other name; nothing is signed off.
    """
    mapping = read_mapping(mapping_file)
    chosen = replace(mapping, content_type=content_type or mapping.content_type)
    if not chosen.content_type:
        raise click.UsageError(
            "Give the content type: with --type, or as content_type in the mapping."
        )
    provenance = Provenance(
        source=source.strip() or mapping.url or folder.resolve().name,
        review_within=timedelta(days=review_within),
    )
    report = asyncio.run(_run(folder, chosen, provenance if publish else None, dry_run=dry_run))
    for line in _lines(report):
        click.echo(line.replace(f"{folder}/", ""))
    if dry_run:
        click.echo("Dry run: nothing has been changed.")


async def _run(
    folder: Path, mapping: MarkdownMapping, provenance: Provenance | None, *, dry_run: bool
) -> ImportReport:
    act = rehearse_import if dry_run else import_markdown
    async with open_copydesk(load_settings()) as copydesk:
        report = await act(copydesk, folder, mapping, provenance, progress=_progress)
        if report.made and not dry_run:
            await copydesk.database.refresh_statistics()
    return report


def _lines(report: ImportReport) -> Iterator[str]:
    yield from report.notes
    for link in report.lost:
        yield f"Unresolved: {link}"
    yield f"Read {report.files} files: {report.entries} entries in {report.editions} editions."
    made = [f"{report.made[kind]:,} {words}" for kind, words in _MADE.items() if report.made[kind]]
    yield f"New: {', '.join(made) or 'nothing'}."
    if report.review_due_at is not None:
        yield f"Published as imported; due for review on {report.review_due_at:%Y-%m-%d}."
    yield f"Links: {report.resolved:,} resolved, {len(report.lost):,} unresolved."


def _progress(commits: Sequence[Commit]) -> Iterable[Commit]:
    """Show a progress bar on a terminal; print nothing into a pipe."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(
        commits, label="Importing the history", file=sys.stderr, hidden=hidden
    ) as shown:
        yield from shown
