"""``copydesk search``: what readers find."""

from __future__ import annotations

import asyncio

import click

from cms.cli.group import open_copydesk
from cms.search.indexing import rebuild_search
from cms.settings import load_settings


@click.group()
def search() -> None:
    """Look after what is searched."""


@search.command()
def rebuild() -> None:
    """Index all content anew: after a migration that says so, or when fields have changed.

    It is one transaction: until it ends, readers find what they did before.
    """
    count = asyncio.run(_rebuild())
    click.echo(f"{count:,} revision{' is' if count == 1 else 's are'} indexed.")


async def _rebuild() -> int:
    async with open_copydesk(load_settings()) as copydesk:
        async with copydesk.database.transaction() as session:
            count = await rebuild_search(session, copydesk.site)
        await copydesk.database.refresh_statistics()
    return count
