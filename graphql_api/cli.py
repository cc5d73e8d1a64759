"""The ``copydesk`` command."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address

import click
from graphql import build_schema, print_schema

from cms.access.accounts import has_accounts
from cms.cli.account import account
from cms.cli.audit import audit
from cms.cli.fill import fill_
from cms.cli.group import load_site, open_copydesk
from cms.cli.import_ import import_
from cms.cli.keys import keys
from cms.cli.migrate import migrate_command
from cms.cli.plugins import SiteGroup
from cms.cli.purge import purge, purges
from cms.cli.rebuild import rebuild
from cms.cli.types import ApiChange, types_command
from cms.cli.unpublish import unpublish
from cms.cli.verify import verify
from cms.copydesk import Copydesk
from cms.ledger.keys import why_none_can_sign
from cms.reading.field_indexes import compare_indexes
from cms.search.rebuilding import OUTDATED, has_outdated_revisions
from cms.settings import Settings, load_settings
from cms.site import Site
from cms.type_versions.changing import Schemas
from cms.type_versions.versions import Binding
from graphql_api.app import create_app
from graphql_api.schema.build import build_delivery_schema, build_management_schema
from graphql_api.schema.changes import compare_schemas
from graphql_api.server import Server, end_at_once, stopped_by


@click.group(cls=SiteGroup)
@click.version_option(package_name="copydesk")
def main() -> None:
    """Copydesk: a headless CMS in which nothing is published without a sign-off.

    Settings are environment variables: COPYDESK_SITE, COPYDESK_DATABASE_URL,
    COPYDESK_HOST, COPYDESK_PORT and others; see docs/settings.md.
    """


_SCHEMAS = {"delivery": build_delivery_schema, "management": build_management_schema}


def schemas_of(site: Site) -> Schemas:
    """Return the GraphQL schemas of a site, which a migration keeps with its content types."""
    return Schemas({name: print_schema(build(site)) for name, build in _SCHEMAS.items()})


@main.command()
@click.argument("which", type=click.Choice(list(_SCHEMAS)), default="delivery")
def schema(which: str) -> None:
    """Print a GraphQL schema, by default that of the delivery API."""
    click.echo(print_schema(_SCHEMAS[which](load_site(load_settings().site))))


def api_changes(site: Site, stored: Mapping[str, str]) -> list[ApiChange]:
    """Return the changes of a site's GraphQL schemas since they were stored as text."""
    return [
        ApiChange(name, each.name, each.criticality, each.path, each.message)
        for name, build in _SCHEMAS.items()
        if name in stored
        for each in compare_schemas(build_schema(stored[name]), build(site))
    ]


@main.command()
@stopped_by(end_at_once)
def serve() -> None:
    """Serve the site's API until interrupted."""
    settings = load_settings()
    site = load_site(settings.site)
    binding, notes = asyncio.run(_look(settings))

    def announce(address: str) -> None:
        click.echo(
            f"Serving {site.name}: {address}/graphql for readers, "
            f"{address}/manage/graphql for editors"
        )
        _warn_of_host(settings)
        for note in notes:
            click.echo(note)

    copydesk = Copydesk(site, settings)
    copydesk.use_types(binding)
    server = Server(create_app(copydesk), settings, announce)
    server.run()


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


async def _look(settings: Settings) -> tuple[Binding, list[str]]:
    """Return the site's content types, with notes about its remaining setup.

    Raises:
        DatabaseError: if the database has not been migrated to this version.
    """
    async with open_copydesk(settings) as copydesk, copydesk.database.reading() as session:
        database, binding = copydesk.database, await copydesk.load_types()
        # Statistics are stale in a database that has grown page by page.
        await database.refresh_stale_statistics()
        notes = []
        if not binding.is_current:
            notes.append(
                "Only reads work: the database has other content types. Run: copydesk types check, "
                "copydesk migrate"
            )
        if not await has_accounts(session):
            notes.append("No account can sign in yet. Create one: copydesk account create EMAIL")
        if reason := await why_none_can_sign(session, database.key_file):
            notes.append(f"Nothing can be signed off or published: {reason}")
        if missing := (await compare_indexes(database, copydesk.site)).missing:
            declared = ", ".join(missing)
            notes.append(f"Not indexed yet: {declared}. Run: copydesk migrate")
        if await has_outdated_revisions(session, copydesk.site):
            notes.append(f"{OUTDATED}. Run: copydesk rebuild --outdated")
        return binding, notes


_COMMANDS = (
    *(account, audit, fill_, import_, keys, purge, purges, rebuild, unpublish, verify),
    migrate_command(schemas_of),
    types_command(api_changes),
)
for each in _COMMANDS:
    main.add_command(each)
