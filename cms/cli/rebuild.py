"""The command ``copydesk rebuild``: derived values."""

from __future__ import annotations

import asyncio

import click
from sqlalchemy import ColumnElement

from cms.cli.deriving import derives_in_processes
from cms.cli.group import open_copydesk
from cms.cli.progress import progress_bar
from cms.search.rebuilding import EVERY_REVISION, OUTDATED_REVISIONS
from cms.settings import load_settings


@click.command()
@click.option(
    "--outdated",
    "which",
    flag_value=OUTDATED_REVISIONS,
    default=EVERY_REVISION,
    type=click.UNPROCESSED,
    help="Only revisions whose values another version of the renderer has derived.",
)
def rebuild(which: ColumnElement[bool]) -> None:
    """Derive HTML, anchors, sort keys and the search index of all revisions again.

    Needed when `copydesk verify` or `copydesk serve` asks for it. The site can be served
    meanwhile: a reader gets the old or the new values of a page. It can be stopped and started
    again.
    """
    count = asyncio.run(_rebuild(which))
    click.echo(f"Rebuilt {count:,} revision{'' if count == 1 else 's'}.")


async def _rebuild(which: ColumnElement[bool]) -> int:
    async with open_copydesk(load_settings()) as copydesk:
        reference = copydesk.settings.site
        return await copydesk.rebuild(which, progress_bar, derives_in_processes(reference))
