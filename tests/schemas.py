"""The schemas of sites, each made once: a test takes less time than a schema."""

from __future__ import annotations

from functools import lru_cache

from graphql import GraphQLSchema

from cms.site import Site
from graphql_api.schema.build import build_delivery_schema
from graphql_api.schema.build_management import build_management_schema

# Sites that tests declare for themselves come and go.
_KEPT = 8


@lru_cache(_KEPT)
def delivery_schema_of(site: Site) -> GraphQLSchema:
    """Return the delivery schema of a site, which must not be changed."""
    return build_delivery_schema(site)


@lru_cache(_KEPT)
def management_schema_of(site: Site, without: frozenset[str] = frozenset()) -> GraphQLSchema:
    """Return the schema for editing a site, which must not be changed; some mutations left out."""
    return build_management_schema(site, without)
