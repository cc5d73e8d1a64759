"""The closed vocabularies of content, as a site declares them."""

from __future__ import annotations

from cms.content.links import Origin
from cms.reading.link_status import LinkStatus
from cms.reading.relations import BASES
from cms.site import ALL_LINKS, Site
from graphql_api.schema.declaring.inputs import add_enum_filter
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import words_by_name


def add_content_vocabularies(registry: TypeRegistry, site: Site) -> None:
    """Add the enums of content and their filters."""
    types = {name: each.stored_name for name, each in site.content_types.items()}
    registry.add_words("EntryType", "Content types of the site.", types)
    registry.add_words("Locale", "Locales of the site.", words_by_name("Locale", site.locales))
    registry.add_words(
        "LinkKind",
        "Kinds of links: those of the site's link fields, and of links inside texts.",
        words_by_name("LinkKind", site.link_kinds),
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
    registry.add_fixed_words(
        "LinkLayer",
        "Layer of the link graph: the links of pages; those of singletons, such as menus; and from "
        "entries to their categories, and from these to their parents.",
        {"CONTENT": "content", "NAVIGATION": "navigation", "TAXONOMY": "taxonomy"},
    )
    sets = (ALL_LINKS, *site.link_sets)
    registry.add_fixed_words(
        "LinkSet",
        "Set of links between pages: all of them, or those of some kinds that the site declares.",
        words_by_name("LinkSet", sets),
    )
    registry.add_fixed_words(
        "LinkPlace",
        "Kind of place where a link stands: a link field, a text, a block, a singleton such as a "
        "menu, or a reference.",
        words_by_name("LinkPlace", ("link_field", "text", "block", "navigation", "reference")),
    )
    registry.add_fixed_words(
        "LinkStatus",
        "Result of following a link: a page or a path of the site; an address elsewhere; an "
        "address that redirects; nothing, or a page that lacks the anchor; or an entry that is "
        "not public yet, which readers do not get.",
        {each.name: each.value for each in LinkStatus},
    )
    for enum in (
        *("EntryType", "Locale"),
        *("LinkKind", "LinkLayer", "LinkOrigin", "LinkPlace", "LinkStatus"),
    ):
        add_enum_filter(registry, enum)
