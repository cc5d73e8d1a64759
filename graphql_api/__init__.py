"""Copydesk's GraphQL API: ``from graphql_api import create_app, execute, schemas_of``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql_api.app import create_app as create_app
    from graphql_api.execution import execute as execute
    from graphql_api.schema_commands import schemas_of as schemas_of

_MODULES = {
    "create_app": "graphql_api.app",
    "execute": "graphql_api.execution",
    "schemas_of": "graphql_api.schema_commands",
}


def __getattr__(name: str) -> object:
    """Import a name on its first use."""
    from importlib import import_module  # noqa: PLC0415  # not part of what is exported

    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
