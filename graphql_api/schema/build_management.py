"""The management schema of a site."""

from __future__ import annotations

from collections.abc import Collection

from graphql import GraphQLSchema

from cms.reading.view import Perspective
from cms.site import Site
from graphql_api.schema.build import More, add_content
from graphql_api.schema.declaring.aggregates import summaries
from graphql_api.schema.declaring.connection import add_connection
from graphql_api.schema.declaring.inputs import add_where
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.view import add_directive
from graphql_api.schema.delivery.review import REVISIONS_SUMMED
from graphql_api.schema.management.account import Account, RoleGrant, ServiceToken
from graphql_api.schema.management.audit import AUDIT_SUMMED, AUDIT_WHERE, AuditRecord
from graphql_api.schema.management.content_warnings import WARNING
from graphql_api.schema.management.editing import (
    REVISION_FIELDS,
    SIGN_OFF,
    ChangeRequest,
    EntryComment,
    Presence,
    ReviewRequest,
    ReviewStage,
    entry_facets,
    entry_fields,
    entry_filters,
)
from graphql_api.schema.management.errors import add_errors
from graphql_api.schema.management.history import HISTORY_TYPES
from graphql_api.schema.management.impact import IMPACT_TYPES
from graphql_api.schema.management.link_blame import BLAME_TYPES, CAUSE_FIELDS
from graphql_api.schema.management.link_revisions import LINK_REVISIONS
from graphql_api.schema.management.link_rules import RULE_TYPES
from graphql_api.schema.management.link_what_if import ASSUMED_LINK_INPUT, WHAT_IF_TYPES
from graphql_api.schema.management.mutations.accounts import ACCOUNT_MUTATIONS
from graphql_api.schema.management.mutations.bulk import bulk_mutations
from graphql_api.schema.management.mutations.drafts import draft_mutations
from graphql_api.schema.management.mutations.entries import ENTRY_MUTATIONS
from graphql_api.schema.management.mutations.mutation import Mutation, SecretMutation
from graphql_api.schema.management.mutations.publishing import CHOSEN_INPUT, PUBLISH_MUTATIONS
from graphql_api.schema.management.mutations.reviews import PLACE_INPUT, REVIEW_MUTATIONS
from graphql_api.schema.management.mutations.sessions import SESSION_MUTATIONS
from graphql_api.schema.management.mutations.taxonomy import MOVE_CATEGORY, MovedPage
from graphql_api.schema.management.orders import add_editing_orders
from graphql_api.schema.management.publications import EntryPublication
from graphql_api.schema.management.query import QUERY_FIELDS, QUERY_TYPES
from graphql_api.schema.management.redirects import Redirect
from graphql_api.schema.management.subscriptions import SUBSCRIPTION_TYPES, Subscription
from graphql_api.schema.management.vocabularies import add_editing_vocabularies

# The types that only the management schema has.
_EDITING_TYPES = (
    Account,
    RoleGrant,
    ServiceToken,
    ReviewStage,
    ReviewRequest,
    ChangeRequest,
    EntryComment,
    EntryPublication,
    Redirect,
    Presence,
    AuditRecord,
    *BLAME_TYPES,
    *HISTORY_TYPES,
    *IMPACT_TYPES,
    *RULE_TYPES,
    *QUERY_TYPES,
    *WHAT_IF_TYPES,
    *SUBSCRIPTION_TYPES,
    Subscription,
)


def build_management_schema(site: Site, without: Collection[str] = ()) -> GraphQLSchema:
    """Return the schema for editing a site: the types of delivery, and further ones.

    Args:
        site: the site's declaration.
        without: the names of the mutations to leave out.

    Raises:
        SiteError: if a field of the site has no GraphQL type.
    """
    registry = TypeRegistry(Perspective.DRAFT)
    add_editing_vocabularies(registry, site)
    registry.add_object(WARNING)  # first, since Python has a class of the same name
    more = More(
        *(entry_fields(site), entry_filters(site), entry_facets(site)),
        *(REVISION_FIELDS, SIGN_OFF, QUERY_FIELDS),
        {"LinkCause": CAUSE_FIELDS},
        LINK_REVISIONS,
    )
    add_content(registry, site, more)
    for each in _EDITING_TYPES:
        registry.add_object(each)
    for node, summed in (("Revision", REVISIONS_SUMMED), ("AuditRecord", AUDIT_SUMMED)):
        add_connection(registry, node, **summaries(registry, node, summed))
    for node in ("Account", "EntryComment", "EntryPublication", "Redirect", "ServiceToken"):
        add_connection(registry, node)
    add_editing_orders(registry)
    registry.add_input("AssumedLinkInput", "Link that is assumed.", ASSUMED_LINK_INPUT)
    add_where(registry, "AuditWhere", "Filter on an audit record.", AUDIT_WHERE)
    reasons = add_errors(registry)
    _add_mutations(registry, site, without)
    schema = registry.build(
        [*site.content_types, *reasons], mutation="Mutation", subscription="Subscription"
    )
    add_directive(schema)
    return schema


def _add_mutations(registry: TypeRegistry, site: Site, without: Collection[str]) -> None:
    registry.add_object(MovedPage)
    registry.add_input("CommentPlace", "Words in a text that a comment is about.", PLACE_INPUT)
    registry.add_input("ChosenRevision", "Revision to publish.", CHOSEN_INPUT)
    mutations: tuple[Mutation | SecretMutation, ...] = (
        *draft_mutations(registry, site),
        *bulk_mutations(site.content_types.values()),
        *ENTRY_MUTATIONS,
        *REVIEW_MUTATIONS,
        *PUBLISH_MUTATIONS,
        MOVE_CATEGORY,
        *ACCOUNT_MUTATIONS,
        *SESSION_MUTATIONS,
    )
    described = {"__doc__": "All mutations. Each runs in one transaction."}
    registry.add_object(
        type("Mutation", (), described),
        **{each.name: each.declare(registry) for each in mutations if each.name not in without},
    )
