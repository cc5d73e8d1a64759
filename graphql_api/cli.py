"""The ``copydesk`` command."""

from __future__ import annotations

import click

from cms.cli.on_demand import CommandsOnDemand
from cms.cli.plugins import SiteGroup

_COMMANDS = CommandsOnDemand(
    {
        "account": "cms.cli.account:account",
        "audit": "cms.cli.audit:audit",
        "fill": "cms.cli.fill:fill_",
        "graph": "cms.cli.graph:graph",
        "import": "cms.cli.import_:import_",
        "keys": "cms.cli.keys:keys",
        "migrate": "graphql_api.schema_commands:migrate",
        "purge": "cms.cli.purge:purge",
        "purges": "cms.cli.purge:purges",
        "rebuild": "cms.cli.rebuild:rebuild",
        "schema": "graphql_api.schema_commands:schema",
        "serve": "graphql_api.serving:serve",
        "types": "graphql_api.schema_commands:types",
        "unpublish": "cms.cli.unpublish:unpublish",
        "verify": "cms.cli.verify:verify",
    }
)


@click.group(cls=SiteGroup, commands=_COMMANDS)
@click.version_option(package_name="copydesk")
def main() -> None:
    """Copydesk: a headless CMS in which nothing is published without a sign-off.

    Settings are environment variables: COPYDESK_SITE, COPYDESK_DATABASE_URL,
    COPYDESK_HOST, COPYDESK_PORT and others; see docs/settings.md.
    """
