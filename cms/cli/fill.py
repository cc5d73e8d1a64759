"""The command ``copydesk fill``: saves drafts with a value for a field that they lack."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from cms.authorization.actor import OPERATOR
from cms.cli.group import open_copydesk
from cms.cli.progress import progress_bar
from cms.content.canonical_json import Json
from cms.copydesk import Copydesk
from cms.drafts.filling import (
    FieldToFill,
    Filler,
    UnfilledHead,
    count_heads,
    field_to_fill,
    fill,
    heads_lacking,
    value_for,
)
from cms.errors import SettingsError, UserError
from cms.settings import load_settings
from cms.work.bulk import MOST_ENTRIES


@dataclass
class _Report:
    """The numbers of revisions, and the errors, by the edition."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def note(self, lacking: UnfilledHead, errors: Sequence[UserError]) -> None:
        """Note the errors of a revision."""
        self.errors += [
            f"{lacking.entry_id} ({lacking.locale}) “{lacking.title}”: {each.message}"
            for each in errors
        ]


@click.command(name="fill")
@click.argument("target", metavar="TYPE.FIELD")
@click.option(
    "--with", "function", required=True, metavar="MODULE:FUNCTION", help="Returns the value."
)
@click.option("--dry-run", is_flag=True, help="Compute the values, and save nothing.")
@click.option("--limit", type=click.IntRange(min=1), help="Save at most this many drafts.")
def fill_(*, target: str, function: str, dry_run: bool, limit: int | None) -> None:
    """Save drafts with a value for a field that they lack, for reviewers to sign off.

    The function gets a mapping: the fields of the content type by name, and title, slug, summary
    and locale. It returns the value of the field, or None to leave it empty. The newest revision of
    each edition counts, and archived entries are left out. Each draft is saved by itself; it can be
    run again for those that are left.
    """
    report = asyncio.run(_fill(target, load_function(function), dry_run=dry_run, limit=limit))
    for each in report.errors:
        click.echo(each, err=True)
    counts = report.counts
    saved = "Would save" if dry_run else "Saved"
    click.echo(
        f"{saved} {counts['saved']:,} draft{'' if counts['saved'] == 1 else 's'}; "
        f"{counts['skipped']:,} left empty, {counts['refused']:,} refused."
    )
    if report.errors:
        sys.exit(1)


def load_function(reference: str) -> Filler:
    """Return the function that a reference names.

    Raises:
        SettingsError: if it does not name a function.
    """
    module_name, _, name = reference.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        function = getattr(importlib.import_module(module_name), name)
    except Exception as error:  # noqa: BLE001  # the module is the site's, and can raise anything
        raise SettingsError(f"--with {reference!r}: {type(error).__name__}: {error}") from None
    if not callable(function):
        raise SettingsError(f"--with {reference!r} is not a function")
    filler: Filler = function
    return filler


async def _fill(target: str, filler: Filler, *, dry_run: bool, limit: int | None) -> _Report:
    report = _Report()
    async with open_copydesk(load_settings()) as copydesk:
        chosen = field_to_fill(copydesk.site, target)
        found: list[tuple[UnfilledHead, Json]] = []
        async with copydesk.reading(OPERATOR) as reading:
            heads = await count_heads(reading.session, chosen)
            with progress_bar("Revisions", heads) as seen:
                async for lacking in heads_lacking(reading.session, chosen, seen):
                    if limit is not None and len(found) >= limit:
                        break
                    _compute(lacking, filler, found, report)
        if dry_run:
            report.counts["saved"] = len(found)
        else:
            await _save(copydesk, chosen, found, report)
    return report


def _compute(
    lacking: UnfilledHead, filler: Filler, found: list[tuple[UnfilledHead, Json]], report: _Report
) -> None:
    value = value_for(lacking, filler)
    if isinstance(value, UserError):
        report.counts["refused"] += 1
        report.note(lacking, [value])
    elif value is None:
        report.counts["skipped"] += 1
    else:
        found.append((lacking, value))


async def _save(
    copydesk: Copydesk,
    chosen: FieldToFill,
    found: Sequence[tuple[UnfilledHead, Json]],
    report: _Report,
) -> None:
    with progress_bar("Drafts", len(found)) as seen:
        for start in range(0, len(found), MOST_ENTRIES):
            some = found[start : start + MOST_ENTRIES]
            async with copydesk.work(OPERATOR) as work:
                outcomes = await fill(work, chosen, some)
            for (lacking, _), outcome in zip(some, outcomes, strict=True):
                report.counts["refused" if outcome.errors else "saved"] += 1
                report.note(lacking, outcome.errors)
            seen(len(some))
