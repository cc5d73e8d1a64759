"""The command ``copydesk import``: content from other sources."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import click
import orjson

from cms.cli.group import open_copydesk
from cms.cli.plugins import ImporterGroup
from cms.cli.progress import progress_bar
from cms.importing.front_matter import read_yaml
from cms.importing.markdown import ImportOptions, import_markdown, rehearse_import
from cms.importing.report import MADE, ImportReport
from cms.importing.session import Provenance
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.mapping import (
    MarkdownMapping,
    generator_names,
    mapping_of,
    read_mapping,
)
from cms.settings import load_settings

# What is told before the faults of each kind.
_KINDS = {
    FaultKind.REFUSED: "Not imported",
    FaultKind.DRAFT: "Imported as drafts, since they cannot be published",
    FaultKind.KEPT: "Left as they are here",
    FaultKind.LOST_LINK: "Links without a target",
    FaultKind.LOST_WORDS: "Words that do not arrive",
    FaultKind.LOST_VALUE: "Values of the front matter that arrive nowhere",
    FaultKind.LOST_ANCHOR: "Links without their anchor",
    FaultKind.CHANGED: "Parts that arrive otherwise than written",
    FaultKind.HIDDEN: "Drafts, as on the old site",
    FaultKind.IGNORED: "Left out",
}
# The exit code if not every page has come and is public.
_INCOMPLETE = 3
_FOLDER = click.Path(path_type=Path)


@click.group("import", cls=ImporterGroup)
def import_() -> None:
    """Import content from other sources."""


@import_.command("markdown")
@click.argument("folder", type=_FOLDER)
@click.option("--type", "content_type", help="Content type of all entries.")
@click.option(
    "--from",
    "generator",
    type=click.Choice(generator_names()),
    help="The generator of the old site, whose mapping comes with Copydesk.",
)
@click.option(
    "--mapping",
    "mapping_file",
    type=_FOLDER,
    help="The mapping, a YAML file; with --from, what differs from the mapping of the generator.",
)
@click.option("--publish", is_flag=True, help="Publish as imported; without it, drafts only.")
@click.option(
    "--source",
    default="",
    help="The system that the pages come from, which readers see, and by which the next import "
    "knows them; by default, the mapping's url, or the name of FOLDER.",
)
@click.option(
    "--review-within",
    type=click.IntRange(min=0, max=36500),
    default=0,
    show_default=True,
    metavar="DAYS",
    help="Days until the published pages are due for review.",
)
@click.option(
    "--allow-removals",
    is_flag=True,
    help="Unpublish the pages of removed files even if most of the known files are gone.",
)
@click.option("--dry-run", is_flag=True, help="Report what would change, and change nothing.")
@click.option("--strict", is_flag=True, help="Import nothing if one file cannot be imported.")
@click.option(
    "--report",
    "report_file",
    type=_FOLDER,
    metavar="FILE",
    help="Write the report to FILE as JSON, too.",
)
def markdown(
    folder: Path,
    content_type: str | None,
    generator: str | None,
    mapping_file: Path | None,
    source: str,
    review_within: int,
    report_file: Path | None,
    *,
    publish: bool,
    allow_removals: bool,
    dry_run: bool,
    strict: bool,
) -> None:
    """Import the Markdown files in FOLDER: all that can come, with a report on the rest.

    The operator imports and publishes, in no other name; nothing is signed off. A second import of
    the same files changes nothing. The exit code is 0 if everything has come, 3 if a page was
    refused or could not be published, and 1 if nothing was imported.
    """
    if report_file is not None:
        _check_writable(report_file)
    mapping = _read_mapping(generator, mapping_file)
    chosen = replace(mapping, content_type=content_type or mapping.content_type)
    if not chosen.content_type and not chosen.types:
        raise click.UsageError(
            "Give the content type: with --type, or as content_type in the mapping."
        )
    provenance = Provenance(source=source, review_within=timedelta(days=review_within))
    options = ImportOptions(
        provenance=provenance if publish else None,
        source=source,
        allows_removals=allow_removals,
        is_strict=strict,
        watch=progress_bar,
    )
    report = asyncio.run(_run(folder, chosen, options, dry_run=dry_run))
    _tell(report, report_file, dry_run=dry_run)


def _check_writable(file: Path) -> None:
    """Refuse a file that the report cannot be written to, before the import begins."""
    try:
        file.open("ab").close()
    except OSError as error:
        reason = f"{file} cannot be written: {error.strerror}"
        raise click.BadParameter(reason, param_hint="--report") from None


def _read_mapping(generator: str | None, file: Path | None) -> MarkdownMapping:
    """Return the mapping of a generator, of a file, or of a generator with what a file changes."""
    if file is None and generator is None:
        raise click.UsageError("Give the generator of the old site with --from, or a --mapping.")
    if file is None:
        return read_mapping(Path(str(generator)))
    if generator is None:
        return read_mapping(file)
    return mapping_of(read_yaml(file), generator)


async def _run(
    folder: Path, mapping: MarkdownMapping, options: ImportOptions, *, dry_run: bool
) -> ImportReport:
    act = rehearse_import if dry_run else import_markdown
    async with open_copydesk(load_settings()) as copydesk:
        report = await act(copydesk, folder, mapping, options)
        if report.made and report.is_done:
            await copydesk.database.refresh_statistics()
    return report


def _tell(report: ImportReport, file: Path | None, *, dry_run: bool) -> None:
    """Print the report, write it to a file, and end with the exit code that it means."""
    for line in _lines(report):
        click.echo(line)
    if file is not None:
        file.write_bytes(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
    if dry_run:
        click.echo("Dry run: nothing has been changed.")
    elif not report.is_done:
        click.echo("Nothing has been imported, since not every file can be.")
        sys.exit(1)
    if not report.is_complete:
        sys.exit(_INCOMPLETE)


def _lost_values(report: ImportReport, faults: Sequence[Fault]) -> Iterator[str]:
    """Yield a line for each key, with the number of its values and the first of them."""
    first = {each.key: each for each in reversed(faults)}
    for key, number in report.lost_values():
        fault = str(first[key]).removeprefix(f"{report.folder}/")
        yield f"  {fault}{f' ({number:,} times)' if number > 1 else ''}"


def _lines(report: ImportReport) -> Iterator[str]:
    for kind, faults in groupby(report.faults, lambda each: each.kind):
        yield f"{_KINDS[kind]}:"
        if kind is FaultKind.LOST_VALUE:  # many pages have the same keys
            yield from _lost_values(report, list(faults))
            continue
        for each in faults:
            yield f"  {str(each).removeprefix(f'{report.folder}/')}"
    yield f"Read {report.files} files: {report.entries} entries in {report.editions} editions."
    made = [f"{report.made[name]:,} {name}" for name in MADE if report.made[name]]
    yield f"New: {', '.join(made) or 'nothing'}."
    if report.review_due_at is not None:
        yield f"Published as imported; due for review on {report.review_due_at:%Y-%m-%d}."
    lost = len(report.of_kind(FaultKind.LOST_LINK))
    yield f"Links: {report.resolved:,} resolved, {lost:,} unresolved."
