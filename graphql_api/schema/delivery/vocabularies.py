"""The closed vocabularies of content, as a site declares them."""

from __future__ import annotations

from cms.content.links import Origin
from cms.reading.relations import BASES
from cms.site import Site
from graphql_api.schema.declaring.inputs import add_enum_filter
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import words_by_name
from graphql_api.schema.delivery.link import link_kinds


def add_content_vocabularies(registry: TypeRegistry, site: Site) -> None:
    """Add the enums of content and their filters."""
    types = {name: each.stored_name for name, each in site.content_types.items()}
    registry.add_words("EntryType", "Content types of the site.", types)
    registry.add_words("Locale", "Locales of the site.", words_by_name("Locale", site.locales))
    registry.add_words(
        "LinkKind",
        "Kinds of links: those of the site's link fields, and of links inside texts.",
        words_by_name("LinkKind", link_kinds(site)),
    )
    registry.add_fixed_words(
        "LinkOrigin",
        "Place where a link was written: a link field, a text or a reference.",
        {each.name: each.value for each in Origin},
    )
    registry.add_fixed_words(
        "PublicationBasis",
        "Reasons why a revision may be public: signed off under its policy, published by an "
        "administrator without sign-offs, imported from another system, or the first content of a "
        "new site.",
        words_by_name("PublicationBasis", BASES),
    )
    for enum in ("EntryType", "Locale", "LinkKind", "LinkOrigin"):
        add_enum_filter(registry, enum)
