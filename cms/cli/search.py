"""The command ``copydesk search``: the search index."""

from __future__ import annotations

import asyncio

import click

from cms.cli.group import open_copydesk
from cms.search.indexing import rebuild_search
from cms.settings import load_settings


@click.group()
def search() -> None:
    """Maintain the search index."""


@search.command()
def rebuild() -> None:
    """Rebuild the search index, after fields have changed or an upgrade asks for it.

    Runs in one transaction: readers search the old index until it ends.
    """
    count = asyncio.run(_rebuild())
    click.echo(f"Indexed {count:,} revision{'' if count == 1 else 's'}.")


async def _rebuild() -> int:
    async with open_copydesk(load_settings()) as copydesk:
        async with copydesk.database.transaction() as session:
            count = await rebuild_search(session, copydesk.site)
        await copydesk.database.refresh_statistics()
    return count
