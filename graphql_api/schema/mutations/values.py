"""What editors write: an input type for each content type, and its way into a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.fields import Field, Links, List, Markdown, Object, Reference, Section
from cms.content.snapshot import Changes, Draft
from graphql_api.asking import Given
from graphql_api.schema.declare import Declared
from graphql_api.schema.field_kinds import camel, graphql_name, leaf_of, leaf_type
from graphql_api.schema.mutations.mutation import wanted
from graphql_api.schema.namespace import Namespace

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
    own = {
        field_name: wanted(
            f"{_input_type(namespace, f'{content_type.name}{camel(field_name)}', field)} | None",
            field.description or f"{field.label}.",
        )
        for field_name, field in content_type.fields.items()
    }
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
        fields=_fields(content_type, values),
    )


def changes_from(content_type: type[ContentType], values: Given) -> Changes:
    """Return the changes that the values of an input make; null empties, left out stays."""
    return Changes(
        **{key: values[key] or "" for key in ("title", "slug", "summary") if key in values},
        category=(values["category"] or "") if "category" in values else None,
        tags=tuple(values["tags"] or ()) if "tags" in values else None,
        fields=_fields(content_type, values),
    )


def _fields(content_type: type[ContentType], values: Given) -> Mapping[str, Json]:
    return {
        name: _value_from(field, values[graphql_name(name)])
        for name, field in content_type.fields.items()
        if graphql_name(name) in values
    }


def _value_from(field: Field, given: Json) -> Json:
    """Return a value with the names that the field's objects have in Python."""
    match field:
        case Object() if isinstance(given, Mapping):
            return {
                name: _value_from(inner, given[graphql_name(name)])
                for name, inner in field.fields.items()
                if graphql_name(name) in given
            }
        case List() if isinstance(given, list):
            return [_value_from(field.item, item) for item in given]
        case _:
            return given


def _input_type(namespace: Namespace, name: str, field: Field) -> str:
    if leaf_of(field) is not None:
        return leaf_type(name, field)
    return next(
        make(namespace, name, field) for kind, make in _INPUTS.items() if isinstance(field, kind)
    )


def _list_input(namespace: Namespace, name: str, field: Field) -> str:
    return f"list[{_input_type(namespace, name, cast('List', field).item)}]"


def _object_input(namespace: Namespace, name: str, field: Field) -> str:
    fields = {
        inner_name: wanted(
            f"{_input_type(namespace, f'{name}{camel(inner_name)}', inner)} | None",
            inner.description or f"{inner.label}.",
        )
        for inner_name, inner in cast("Object", field).fields.items()
    }
    namespace.add_input(f"{name}Input", field.description or f"{field.label}.", fields)
    return f"{name}Input"


# What each kind of field that is no leaf takes; a kind stands before the one it inherits from.
_INPUTS: Mapping[type[Field], Inputs] = {
    Markdown: lambda *_: "str",
    Section: lambda *_: "SectionInput",
    Object: _object_input,
    List: _list_input,
    Reference: lambda *_: "ID",
    Links: lambda *_: "list[LinkInput]",
}
