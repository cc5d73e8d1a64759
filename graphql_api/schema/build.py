"""Site → delivery schema."""

from __future__ import annotations

from graphql import GraphQLSchema

from cms.content.site import Site
from graphql_api.schema.connection import PageInfo, add_connection
from graphql_api.schema.declare import Declared
from graphql_api.schema.entry_types import add_entry_order, add_entry_type
from graphql_api.schema.field_kinds import add_field_types
from graphql_api.schema.inputs import add_enum_filter, add_leaf_filters
from graphql_api.schema.interfaces import Entry, Node
from graphql_api.schema.link import Link, LinkGroup, link_groups
from graphql_api.schema.namespace import Namespace
from graphql_api.schema.person import Person, PersonLink
from graphql_api.schema.query import Query, fields_of_types
from graphql_api.schema.review import Review, Revision, SignOff
from graphql_api.schema.taxonomy import Category, Tag
from graphql_api.schema.where import add_wheres


def build_delivery_schema(site: Site) -> GraphQLSchema:
    """Return the schema by which a site's public content is read.

    Raises:
        SiteError: if a field of the site has no GraphQL type.
    """
    namespace = Namespace()
    names = list(site.content_types)
    namespace.add_interface(Node)
    namespace.add_enum("EntryType", "The site's content types.", {name: name for name in names})
    namespace.add_interface(Entry, link_groups=link_groups(site))
    for shared in (Category, Tag, PersonLink, Person, Link, LinkGroup, SignOff, Review, Revision):
        namespace.add_object(shared)
    _add_shared_inputs(namespace)
    _add_link_target(namespace, site)
    add_field_types(namespace)
    for content_type in site.content_types.values():
        add_entry_type(namespace, content_type)
    namespace.add_object(PageInfo)
    for node in ("Entry", "Link", "Category", "Person", "Tag"):
        add_connection(namespace, node)
    namespace.add_object(Query, **fields_of_types(site))
    return namespace.build("Query", names)


def _add_shared_inputs(namespace: Namespace) -> None:
    add_leaf_filters(namespace)
    add_enum_filter(namespace, "EntryType")
    add_wheres(namespace)
    add_entry_order(namespace)
    for name, keys in (
        ("EntryBy", ("id", "path")),
        ("EntryOfTypeBy", ("id", "path", "slug")),
        ("CategoryBy", ("id", "path")),
        ("PersonBy", ("id", "slug")),
        ("TagBy", ("id", "slug")),
    ):
        fields = {
            key: Declared(f"{'ID' if key == 'id' else 'str'} | None", None, f"Its {key}.")
            for key in keys
        }
        namespace.add_input(name, "Names one, in one of these ways.", fields, one_of=True)


def _add_link_target(namespace: Namespace, site: Site) -> None:
    pages = [each.name for each in site.content_types.values() if each.path is not None]
    namespace.add_union("LinkTarget", "What a link can lead to.", pages)
