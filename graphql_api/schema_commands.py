"""The commands that need both schemas: ``copydesk schema``, ``migrate`` and ``types``."""

from __future__ import annotations

from collections.abc import Mapping

import click
from graphql import build_schema, print_schema

from cms.cli.group import load_site
from cms.cli.migrate import migrate_command
from cms.cli.types import ApiChange, types_command
from cms.settings import load_settings
from cms.site import Site
from cms.type_versions.changing import Schemas
from graphql_api.schema.build import build_delivery_schema
from graphql_api.schema.build_management import build_management_schema
from graphql_api.schema.changes import compare_schemas

_SCHEMAS = {"delivery": build_delivery_schema, "management": build_management_schema}


def schemas_of(site: Site) -> Schemas:
    """Return the GraphQL schemas of a site, which a migration keeps with its content types."""
    return Schemas({name: print_schema(build(site)) for name, build in _SCHEMAS.items()})


def api_changes(site: Site, stored: Mapping[str, str]) -> list[ApiChange]:
    """Return the changes of a site's GraphQL schemas since they were stored as text."""
    return [
        ApiChange(name, each.name, each.criticality, each.path, each.message)
        for name, build in _SCHEMAS.items()
        if name in stored
        for each in compare_schemas(build_schema(stored[name]), build(site))
    ]


@click.command()
@click.argument("which", type=click.Choice(list(_SCHEMAS)), default="delivery")
def schema(which: str) -> None:
    """Print a GraphQL schema, by default that of the delivery API."""
    click.echo(print_schema(_SCHEMAS[which](load_site(load_settings().site))))


migrate = migrate_command(schemas_of)
types = types_command(api_changes)
