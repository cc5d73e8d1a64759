"""The delivery schema of a site, and what the management schema shares with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLSchema

from cms.site import Site
from graphql_api.schema.content_types.entry_aggregates import entries_summed
from graphql_api.schema.content_types.entry_types import add_entry_order, add_entry_type
from graphql_api.schema.content_types.filters import add_section_filter
from graphql_api.schema.content_types.kind import FieldTypes
from graphql_api.schema.content_types.kinds import KINDS
from graphql_api.schema.content_types.markdown import Markdown, TocEntry
from graphql_api.schema.content_types.outputs import add_section
from graphql_api.schema.content_types.seo import seo_fields, seo_types
from graphql_api.schema.content_types.structured_data import structured_data_fields
from graphql_api.schema.declaring.aggregates import add_summary_types, summaries
from graphql_api.schema.declaring.connection import PageInfo, add_connection, add_entry_connection
from graphql_api.schema.declaring.facet_counts import Facet
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.inputs import add_leaf_filters
from graphql_api.schema.declaring.paths import path_filter
from graphql_api.schema.declaring.search import Highlight, Suggestion
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.view import add_directive, add_view
from graphql_api.schema.delivery.entry import Entry, available_locales
from graphql_api.schema.delivery.filters import add_wheres
from graphql_api.schema.delivery.link import (
    EntryLink,
    LinkGroup,
    LinkPeriodEnd,
    LinkSection,
    link_groups,
)
from graphql_api.schema.delivery.link_questions import QUESTION_FIELDS, add_questions
from graphql_api.schema.delivery.node import Node
from graphql_api.schema.delivery.orders import add_content_orders
from graphql_api.schema.delivery.query import NODES, Query, fields_of_types, node_fields
from graphql_api.schema.delivery.review import (
    Attestation,
    ClaimedReview,
    EntryReview,
    Revision,
    SignOff,
)
from graphql_api.schema.delivery.routes import add_site_types, site_fields
from graphql_api.schema.delivery.site_links import SiteLinks
from graphql_api.schema.delivery.sync import add_change_types, change_fields
from graphql_api.schema.delivery.taxonomy import Tag
from graphql_api.schema.delivery.vocabularies import add_content_vocabularies


@dataclass(frozen=True)
class More:
    """Fields, filters and facets of the management schema that delivery does not have."""

    entry: Mapping[str, Declared] = field(default_factory=dict)
    entry_filters: Mapping[str, Declared] = field(default_factory=dict)
    entry_facets: tuple[Facet, ...] = ()
    revision: Mapping[str, Declared] = field(default_factory=dict)
    sign_off: type = SignOff
    query: Mapping[str, Declared] = field(default_factory=dict)
    questions: Mapping[str, Mapping[str, Declared]] = field(default_factory=dict)
    link: Mapping[str, Declared] = field(default_factory=dict)


def build_delivery_schema(site: Site) -> GraphQLSchema:
    """Return the schema for reading the public content of a site.

    Raises:
        SiteError: if a field of the site has no GraphQL type.
    """
    registry = TypeRegistry()
    add_content(registry, site, More())
    schema = registry.build(list(site.content_types))
    add_directive(schema)
    return schema


def add_content(registry: TypeRegistry, site: Site, more: More) -> None:
    """Add the types and root fields that read the content of a site."""
    registry.add_interface(Node)
    add_content_vocabularies(registry, site)
    links = SiteLinks(site)
    registry.add_interface(
        Entry,
        available_locales=available_locales(registry.words("Locale")),
        link_groups=link_groups(site),
        **seo_fields(),
        **structured_data_fields(site),
        **more.entry,
    )
    for shared in (
        Tag,
        LinkGroup,
        LinkPeriodEnd,
        LinkSection,
        ClaimedReview,
        EntryReview,
        Attestation,
    ):
        registry.add_object(shared)
    registry.add_object(EntryLink, **links.fields(), **more.link)
    for each in seo_types(site):
        registry.add_object(each)
    registry.add_object(more.sign_off)
    registry.add_object(Revision, **more.revision)
    filters = {"path": path_filter(site.addresses), **more.entry_filters}
    _add_shared_inputs(registry, filters, links)
    _add_link_target(registry, site)
    for part in (Markdown, TocEntry):
        registry.add_object(part)
    add_section(FieldTypes(registry, KINDS))
    reverses = site.reverses()
    for content_type in site.content_types.values():
        back = [each for each in reverses if each.target == content_type.name]
        add_entry_type(registry, content_type, back, filters, more.entry_facets)
    registry.add_object(PageInfo)
    add_summary_types(registry)
    for each in (Highlight, Suggestion):
        registry.add_object(each)
    added = summaries(registry, "Entry", entries_summed(None, more.entry_facets))
    add_entry_connection(registry, "Entry", **added)
    add_connection(registry, "EntryLink", **summaries(registry, "EntryLink", links.summed()))
    add_connection(registry, "Tag")
    add_site_types(registry, site)
    add_change_types(registry)
    add_questions(registry, more.questions)
    root = {
        **node_fields(NODES),
        **fields_of_types(site),
        **site_fields(site),
        **change_fields(site),
        "links": links.connection(),
        **QUESTION_FIELDS,
        "view": add_view(registry, site),
        **more.query,
    }
    registry.add_object(Query, **root)


def _add_shared_inputs(
    registry: TypeRegistry, entry_filters: Mapping[str, Declared], links: SiteLinks
) -> None:
    add_leaf_filters(registry)
    add_wheres(registry, entry_filters, links)
    add_section_filter(FieldTypes(registry, KINDS))
    add_entry_order(registry)
    add_content_orders(registry)
    path = "URL path of the {}, in any spelling, or absolute URL on the site."
    id_, slug, tree_path = "Id of the {}.", "URL slug of the {}.", "Tree path (`a/b/c`) of the {}."
    for name, thing, keys in (
        ("EntryBy", "entry", {"id": id_, "path": path}),
        ("EntryOfTypeBy", "entry of the type", {"id": id_, "path": path, "slug": slug}),
        ("CategoryBy", "category", {"id": id_, "path": path, "tree_path": tree_path}),
        ("TagBy", "tag", {"slug": slug}),
    ):
        fields = {
            key: Declared(f"{'ID' if key == 'id' else 'str'} | None", None, words.format(thing))
            for key, words in keys.items()
        }
        description = f"Key of one {thing}: exactly one of the fields."
        registry.add_input(name, description, fields, one_of=True)


def _add_link_target(registry: TypeRegistry, site: Site) -> None:
    pages = [each.name for each in site.content_types.values() if each.path is not None]
    # Without pages, no link leads to an entry; but GraphQL has no empty unions.
    registry.add_union(
        "LinkTarget",
        "Entry of a content type with pages, the target of a link.",
        pages or [*site.content_types],
    )
