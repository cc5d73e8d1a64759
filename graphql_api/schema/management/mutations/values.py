"""The input type of each content type's values, and its conversion to a draft."""

from __future__ import annotations

from collections.abc import Mapping

from cms.content.content_type import ContentType
from cms.content.snapshot import Changes, Draft
from graphql_api.schema.content_types.draft_values import fields_from
from graphql_api.schema.content_types.inputs import declare_inputs
from graphql_api.schema.content_types.kind import FieldTypes
from graphql_api.schema.content_types.kinds import KINDS
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.mutations.mutation import input_field


def _common_values(name: str) -> Mapping[str, Declared]:
    """Return the values that entries of every type have."""
    slug = f"URL slug of the {name}; derived from the title if empty."
    return {
        "title": input_field("str | None", f"Title of the {name}, in the locale of the edition."),
        "slug": input_field("str | None", slug),
        "summary": input_field(
            "str | None", f"Summary of the {name} for lists, a sentence or two."
        ),
        "category": input_field("ID | None", f"Id of the category of the {name}; null for none."),
        "tags": input_field("list[str] | None", f"Tags of the {name}: words, in any order."),
    }


def add_shared_inputs(registry: TypeRegistry) -> None:
    """Add the inputs that several kinds of field share."""
    registry.add_input(
        "EntryLinkInput",
        "A link in a list of links.",
        {
            "href": input_field(
                "str", "Id or address of an entry, optionally with `?query#fragment`, or a URL."
            ),
            "label": input_field("str | None", "Link text; default: the title of the target."),
            "note": input_field(
                "str | None", "Note on the link, which a site may show to readers."
            ),
        },
    )
    registry.add_input(
        "EntrySectionInput",
        "A section of a page: a heading and the text under it.",
        {
            "heading": input_field("str | None", "Heading of the section."),
            "body": input_field("str | None", "Text of the section, as Markdown."),
        },
    )


def add_values(registry: TypeRegistry, content_type: type[ContentType]) -> str:
    """Add the input for the values of a content type, and return its name."""
    name = f"{content_type.name}Values"
    own = declare_inputs(FieldTypes(registry, KINDS), content_type.name, content_type.fields)
    registry.add_input(
        name,
        f"Values of an entry of type {content_type.name}.",
        {**_common_values(content_type.name), **own},
    )
    return name


def draft_from(content_type: type[ContentType], values: InputValues) -> Draft:
    """Return the draft with the values of an input."""
    return Draft(
        title=values.get("title") or "",
        slug=values.get("slug") or "",
        summary=values.get("summary") or "",
        category=values.get("category"),
        tags=tuple(values.get("tags") or ()),
        fields=fields_from(KINDS, content_type.fields, values),
    )


def changes_from(content_type: type[ContentType], values: InputValues) -> Changes:
    """Return the changes in the values of an input: null empties, an omitted value stays."""
    return Changes(
        **{key: values[key] or "" for key in ("title", "slug", "summary") if key in values},
        category=(values["category"] or "") if "category" in values else None,
        tags=tuple(values["tags"] or ()) if "tags" in values else None,
        fields=fields_from(KINDS, content_type.fields, values),
    )
