"""The command ``copydesk serve``."""

from __future__ import annotations

import asyncio
import gc
from contextlib import nullcontext
from ipaddress import ip_address

import click
from uvicorn.loops.auto import auto_loop_factory

from cms.access.accounts import has_accounts
from cms.cli.group import load_site
from cms.copydesk import Copydesk
from cms.ledger.keys import why_none_can_sign
from cms.reading.field_indexes import compare_indexes
from cms.search.rebuilding import OUTDATED, has_outdated_revisions
from cms.settings import Settings, load_settings
from cms.site import Site
from cms.storage.schema import check_migrated
from cms.type_versions.versions import Binding
from graphql_api.app import create_app
from graphql_api.following import following_links
from graphql_api.server import Server, end_at_once, stopped_by


@click.command()
@stopped_by(end_at_once)
def serve() -> None:
    """Serve the site's API until interrupted."""
    settings = load_settings()
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
        notes = await _setup_notes(copydesk, await copydesk.load_types())

        def announce(address: str) -> None:
            click.echo(
                f"Serving {site.name}: {address}/graphql for readers, "
                f"{address}/manage/graphql for editors"
            )
            _warn_of_host(settings)
            for note in notes:
                click.echo(note)

        # Statistics are stale in a database that has grown page by page.
        await copydesk.database.refresh_stale_statistics()
        server = Server(create_app(copydesk), settings, announce)
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


async def _setup_notes(copydesk: Copydesk, binding: Binding) -> list[str]:
    """Return notes about the remaining setup of a site."""
    notes = []
    database = copydesk.database
    if not binding.is_current:
        notes.append(
            "Only reads work: the database has other content types. Run: copydesk types check, "
            "copydesk migrate"
        )
    async with database.reading() as session:
        if not await has_accounts(session):
            notes.append("No account can sign in yet. Create one: copydesk account create EMAIL")
        if reason := await why_none_can_sign(session, database.key_file):
            notes.append(f"Nothing can be signed off or published: {reason}")
        if missing := (await compare_indexes(database, copydesk.site)).missing:
            declared = ", ".join(missing)
            notes.append(f"Not indexed yet: {declared}. Run: copydesk migrate")
        if await has_outdated_revisions(session, copydesk.site):
            notes.append(f"{OUTDATED}. Run: copydesk rebuild --outdated")
    return notes
