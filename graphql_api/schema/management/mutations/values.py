"""What editors write: an input type for each content type, and its way into a draft."""

from __future__ import annotations

from collections.abc import Mapping

from cms.content.content_type import ContentType
from cms.content.snapshot import Changes, Draft
from graphql_api.schema.content_types.draft_values import fields_from
from graphql_api.schema.content_types.inputs import declare_inputs
from graphql_api.schema.content_types.kind import FieldTypes
from graphql_api.schema.content_types.kinds import KINDS
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.type_registry import Namespace
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.mutations.mutation import input_field

# What can be written of every entry.
_COMMON: Mapping[str, Declared] = {
    "title": input_field("str | None", "What it is called."),
    "slug": input_field("str | None", "Its word in addresses; made of the title if empty."),
    "summary": input_field("str | None", "One or two sentences for lists."),
    "category": input_field("ID | None", "The id of its category."),
    "tags": input_field("list[ID] | None", "The ids of its tags."),
}


def add_shared_inputs(namespace: Namespace) -> None:
    """Add the inputs that the kinds of field share."""
    namespace.add_input(
        "LinkInput",
        "A link that an editor lists.",
        {
            "href": input_field(
                "str", "An entry's id or path, with a #fragment if need be, or a URL."
            ),
            "label": input_field("str | None", "Its words; by default the target's title."),
            "note": input_field("str | None", "A remark, which readers may be shown."),
        },
    )
    namespace.add_input(
        "SectionInput",
        "A headed part of a page.",
        {
            "heading": input_field("str | None", "What stands above it."),
            "body": input_field("str | None", "What stands in it, as Markdown."),
        },
    )


def add_values(namespace: Namespace, content_type: type[ContentType]) -> str:
    """Add the input with all that can be written of a content type, and return its name."""
    name = f"{content_type.name}Values"
    own = declare_inputs(FieldTypes(namespace, KINDS), content_type.name, content_type.fields)
    namespace.add_input(name, f"What is written of a {content_type.name}.", {**_COMMON, **own})
    return name


def draft_from(content_type: type[ContentType], values: InputValues) -> Draft:
    """Return the draft that the values of an input make."""
    return Draft(
        title=values.get("title") or "",
        slug=values.get("slug") or "",
        summary=values.get("summary") or "",
        category=values.get("category"),
        tags=tuple(values.get("tags") or ()),
        fields=fields_from(KINDS, content_type.fields, values),
    )


def changes_from(content_type: type[ContentType], values: InputValues) -> Changes:
    """Return the changes that the values of an input make; null empties, left out stays."""
    return Changes(
        **{key: values[key] or "" for key in ("title", "slug", "summary") if key in values},
        category=(values["category"] or "") if "category" in values else None,
        tags=tuple(values["tags"] or ()) if "tags" in values else None,
        fields=fields_from(KINDS, content_type.fields, values),
    )
