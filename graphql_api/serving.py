"""The command ``copydesk serve``."""

from __future__ import annotations

import asyncio
import gc
from contextlib import nullcontext
from ipaddress import ip_address

import click
from uvicorn.loops.auto import auto_loop_factory

from cms.cli.group import load_site
from cms.copydesk import Copydesk
from cms.settings import Settings, load_settings
from cms.site import Site
from cms.storage.schema import check_migrated
from graphql_api.app import create_app
from graphql_api.following import following_links
from graphql_api.server import Server, end_at_once, share_arenas, stopped_by


@click.command()
@stopped_by(end_at_once)
def serve() -> None:
    """Serve the site's API until interrupted."""
    settings = load_settings()
    share_arenas()
    gc.disable()  # until the server has started, since all that is made by then remains
    try:
        site = load_site(settings.site)
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(_serve(site, settings))
    finally:
        gc.enable()


async def _serve(site: Site, settings: Settings) -> None:
    """Serve a site until interrupted.

    Raises:
        DatabaseError: if the database has not been migrated to this version.
    """
    async with Copydesk(site, settings) as copydesk:
        await check_migrated(copydesk.database)
        binding = await copydesk.load_types()

        def announce(address: str) -> None:
            click.echo(
                f"Serving {site.name}: {address}/graphql for readers, "
                f"{address}/manage/graphql for editors"
            )
            _warn_of_host(settings)

        async def note_setup() -> None:
            # Its modules and what it asks take longer than the first answer to a reader.
            from graphql_api.setup_notes import setup_notes  # noqa: PLC0415

            for note in await setup_notes(copydesk, binding):
                click.echo(note)

        # Statistics are stale in a database that has grown page by page.
        await copydesk.database.refresh_stale_statistics()
        server = Server(create_app(copydesk), settings, announce, note_setup)
        # Another server process would compute the same; on SQLite there is this one.
        is_alone = copydesk.database.is_file and settings.follow_links
        async with following_links() if is_alone else nullcontext():
            await server.serve()


def _warn_of_host(settings: Settings) -> None:
    if not (settings.tls_terminated_by or is_loopback(settings.host)):
        click.echo(
            f"Warning: {settings.host} accepts connections from other machines, which send "
            "passwords and tokens unencrypted. Terminate TLS in a proxy, name it in "
            "COPYDESK_TLS_TERMINATED_BY, and set its address in COPYDESK_TRUSTED_PROXIES.",
            err=True,
        )


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server on a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
