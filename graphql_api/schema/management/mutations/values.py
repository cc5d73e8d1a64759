"""What editors write: an input type for each content type, and its way into a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from cms.content.content_type import ContentType
from cms.content.fields import (
    Block,
    Blocks,
    Computed,
    Field,
    Json,
    Links,
    List,
    Markdown,
    Object,
    Reference,
    References,
    Section,
)
from cms.content.fields.names import camel, lower_first
from cms.content.snapshot import Changes, Draft
from graphql_api.schema.content_types.draft_values import fields_from
from graphql_api.schema.content_types.kinds import is_leaf, leaf_type
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.type_registry import Namespace
from graphql_api.schema.management.context import Given
from graphql_api.schema.management.mutations.mutation import wanted

Inputs: TypeAlias = Callable[[Namespace, str, Field], str]

# What can be written of every entry.
_COMMON: Mapping[str, Declared] = {
    "title": wanted("str | None", "What it is called."),
    "slug": wanted("str | None", "Its word in addresses; made of the title if empty."),
    "summary": wanted("str | None", "One or two sentences for lists."),
    "category": wanted("ID | None", "The id of its category."),
    "tags": wanted("list[ID] | None", "The ids of its tags."),
}


def add_shared_inputs(namespace: Namespace) -> None:
    """Add the inputs that the kinds of field share."""
    namespace.add_input(
        "LinkInput",
        "A link that an editor lists.",
        {
            "href": wanted("str", "An entry's id or path, with a #fragment if need be, or a URL."),
            "label": wanted("str | None", "Its words; by default the target's title."),
            "note": wanted("str | None", "A remark, which readers may be shown."),
        },
    )
    namespace.add_input(
        "SectionInput",
        "A headed part of a page.",
        {
            "heading": wanted("str | None", "What stands above it."),
            "body": wanted("str | None", "What stands in it, as Markdown."),
        },
    )


def add_values(namespace: Namespace, content_type: type[ContentType]) -> str:
    """Add the input with all that can be written of a content type, and return its name."""
    name = f"{content_type.name}Values"
    own = _wanted_fields(namespace, content_type.name, content_type.fields)
    namespace.add_input(name, f"What is written of a {content_type.name}.", {**_COMMON, **own})
    return name


def draft_from(content_type: type[ContentType], values: Given) -> Draft:
    """Return the draft that the values of an input make."""
    return Draft(
        title=values.get("title") or "",
        slug=values.get("slug") or "",
        summary=values.get("summary") or "",
        category=values.get("category"),
        tags=tuple(values.get("tags") or ()),
        fields=fields_from(content_type.fields, values),
    )


def changes_from(content_type: type[ContentType], values: Given) -> Changes:
    """Return the changes that the values of an input make; null empties, left out stays."""
    return Changes(
        **{key: values[key] or "" for key in ("title", "slug", "summary") if key in values},
        category=(values["category"] or "") if "category" in values else None,
        tags=tuple(values["tags"] or ()) if "tags" in values else None,
        fields=fields_from(content_type.fields, values),
    )


def _input_type(namespace: Namespace, name: str, field: Field) -> str:
    if is_leaf(field):
        return leaf_type(name, field)
    return next(
        make(namespace, name, field) for kind, make in _INPUTS.items() if isinstance(field, kind)
    )


def _list_input(namespace: Namespace, name: str, field: Field) -> str:
    return f"list[{_input_type(namespace, name, cast('List', field).item)}]"


def _object_input(namespace: Namespace, name: str, field: Field) -> str:
    fields = _wanted_fields(namespace, name, cast("Object", field).fields)
    namespace.add_input(f"{name}Input", field.description or f"{field.label}.", fields)
    return f"{name}Input"


def _blocks_input(namespace: Namespace, name: str, field: Field) -> str:
    blocks = cast("Blocks", field).blocks.values()
    choices = {
        block.name: Declared(
            f"{_block_input(namespace, block)} | None",
            None,
            block.description or f"{block.name}.",
            name=lower_first(block.name),
        )
        for block in blocks
    }
    namespace.add_input(f"{name}Input", "A block: one of these.", choices, one_of=True)
    return f"list[{name}Input]"


def _block_input(namespace: Namespace, block: type[Block]) -> str:
    name = f"{block.name}Input"
    if not namespace.has(name):
        fields = _wanted_fields(namespace, block.name, block.fields)
        namespace.add_input(name, block.description or f"{block.name}.", fields)
    return name


def _wanted_fields(
    namespace: Namespace, name: str, fields: Mapping[str, Field]
) -> dict[str, Declared]:
    """Return what can be written of an object; what Python computes cannot."""
    return {
        inner_name: wanted(
            f"{_input_type(namespace, f'{name}{camel(inner_name)}', inner)} | None",
            inner.description or f"{inner.label}.",
        )
        for inner_name, inner in fields.items()
        if not isinstance(inner, Computed)
    }


# What each kind of field that is no leaf takes; a kind stands before the one it inherits from.
_INPUTS: Mapping[type[Field], Inputs] = {
    Markdown: lambda *_: "str",
    Section: lambda *_: "SectionInput",
    Object: _object_input,
    Blocks: _blocks_input,
    References: lambda *_: "list[ID]",
    List: _list_input,
    Json: lambda *_: "JSON",
    Reference: lambda *_: "ID",
    Links: lambda *_: "list[LinkInput]",
}
