"""The commands ``copydesk graph refresh`` and ``copydesk graph follow``: metrics of links."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress

import click

from cms.cli.group import open_copydesk
from cms.cli.progress import progress_bar
from cms.ledger.progress import Watch, unwatched
from cms.links.refreshing import follow_metrics, refresh_metrics
from cms.settings import load_settings
from cms.site import ALL_LINKS

# Added to the niceness of the process: editors and readers come before metrics.
_NICENESS = 10


@click.command()
def refresh() -> None:
    """Compute the metrics of links, if pages or the site's declaration have changed since.

    The site can be served and edited meanwhile.
    """
    asyncio.run(_refresh())


async def _refresh() -> None:
    async with open_copydesk(load_settings()) as copydesk:
        runs = await refresh_metrics(copydesk.database, copydesk.site, progress_bar)
    for run in runs:
        pages = f"{run.pages:,} page{'' if run.pages == 1 else 's'}"
        links = "" if run.link_set == ALL_LINKS else f" for the links {run.link_set!r}"
        click.echo(f"Computed the metrics of {pages} in {run.locales[0]}{links}.")
    if not runs:
        click.echo("All metrics are of the newest position.")


@click.command()
@click.option(
    "--until-eof",
    is_flag=True,
    help="End when standard input is closed, too, and show no progress.",
)
def follow(*, until_eof: bool) -> None:
    """Compute the metrics of links after publications, until stopped.

    `copydesk serve` runs this by itself on SQLite. On PostgreSQL, run one of it beside the servers.
    """
    os.nice(_NICENESS)
    asyncio.run(_follow_until_eof() if until_eof else _follow(progress_bar))


async def _follow(watch: Watch) -> None:
    async with open_copydesk(load_settings()) as copydesk:
        following = asyncio.create_task(follow_metrics(copydesk, watch))
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, following.cancel)
        try:
            await following
        except asyncio.CancelledError:
            if not following.done():  # this task itself was cancelled
                following.cancel()
                with suppress(asyncio.CancelledError):
                    await following
                raise


async def _follow_until_eof() -> None:
    running = asyncio.create_task(_follow(unwatched))
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    ended = asyncio.create_task(reader.read())
    await asyncio.wait({running, ended}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
