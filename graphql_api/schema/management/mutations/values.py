"""The input type of each content type's values, and its conversion to a draft."""

from __future__ import annotations

from collections.abc import Mapping

from cms.content.builtin import CATEGORY, PERSON
from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.snapshot import Changes, Draft
from cms.work.rendering_ahead import render_before_saving
from graphql_api.schema.content_types.draft_values import fields_from
from graphql_api.schema.content_types.inputs import declare_inputs
from graphql_api.schema.content_types.kind import FieldTypes
from graphql_api.schema.content_types.kinds import KINDS
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.management.context import InputValues, RequestContext
from graphql_api.schema.management.errors import PathMapping
from graphql_api.schema.management.mutations.mutation import Prepare, in_values, input_field

# The names in the API of what categories and people have as title and summary.
_NAMES: Mapping[str, Mapping[str, str]] = {
    CATEGORY: {"title": "name", "summary": "description"},
    PERSON: {"title": "name", "summary": "biography"},
}


def _common_values(content_type: type[ContentType]) -> Mapping[str, Declared]:
    """Return the values that entries of every type have."""
    name = content_type.name
    names = _NAMES.get(name, {})
    title, summary = names.get("title", "title"), names.get("summary", "summary")
    values = {
        title: input_field(
            "str | None", f"{title.capitalize()} of the {name}, in the locale of the edition."
        ),
        "slug": input_field(
            "str | None", f"URL slug of the {name}; derived from the {title} if empty."
        ),
        summary: input_field(
            "str | None", f"{summary.capitalize()} of the {name}, a sentence or two."
        ),
        "tags": input_field("list[str] | None", f"Tags of the {name}: words, in any order."),
    }
    if content_type.is_built_in():
        return values
    category = input_field("ID | None", f"Id of the category of the {name}; null for none.")
    return {**values, "category": category}


def in_values_of(content_type: type[ContentType]) -> PathMapping:
    """Return what maps a path in a draft to one in the arguments of a mutation of the type."""
    names = _NAMES.get(content_type.name, {})

    def argument_path(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        mapped = in_values(path)
        renamed = names.get(str(path[0])) if path else None
        return (*mapped[:-1], renamed) if renamed is not None else mapped

    return argument_path if names else in_values


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
        {**_common_values(content_type), **own},
    )
    return name


def draft_from(content_type: type[ContentType], values: InputValues) -> Draft:
    """Return the draft with the values of an input."""
    names = _NAMES.get(content_type.name, {})
    return Draft(
        **{key: values.get(names.get(key, key)) or "" for key in ("title", "slug", "summary")},
        category=values.get("category"),
        tags=tuple(values.get("tags") or ()),
        fields=fields_from(KINDS, content_type.fields, values),
    )


def rendering(content_type: type[ContentType]) -> Prepare:
    """Return what renders the texts of a mutation's values before its transaction begins.

    So that it holds the locks of the database for its rows alone.
    """

    def fields_of(values: InputValues) -> Mapping[str, Json]:
        return fields_from(KINDS, content_type.fields, values)

    async def prepare(context: RequestContext, inputs: InputValues) -> None:
        values = [each["values"] for each in inputs.get("entries", [inputs])]
        site = context.desk.site
        await render_before_saving(site, context.actor, content_type, values, fields_of)

    return prepare


def changes_from(content_type: type[ContentType], values: InputValues) -> Changes:
    """Return the changes in the values of an input: null empties, an omitted value stays."""
    names = _NAMES.get(content_type.name, {})
    texts = {key: names.get(key, key) for key in ("title", "slug", "summary")}
    return Changes(
        **{key: values[name] or "" for key, name in texts.items() if name in values},
        category=(values["category"] or "") if "category" in values else None,
        tags=tuple(values["tags"] or ()) if "tags" in values else None,
        fields=fields_from(KINDS, content_type.fields, values),
    )
