"""Choices: an enum for each, and the text of stored words that were removed from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import case
from sqlalchemy.sql.functions import coalesce

from cms.content.fields import Choice, Field, List
from cms.content.fields.computed import shown_as
from cms.content.fields.names import api_name, text_name
from cms.storage.dialects import JsonText, TextOf
from graphql_api.planner.declarations import Call, OrderKey, Row, Rows
from graphql_api.planner.json_sql import Elements, JsonConstant, element_index, member, text
from graphql_api.planner.source import Sql
from graphql_api.schema.content_types.document import document_of
from graphql_api.schema.declaring.fields import PART, Declared, many, value
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import UNKNOWN, name_of, stored_text

_UNKNOWN = JsonConstant(f'"{UNKNOWN}"'.encode(), "jsonb")


def words_of(choice: Choice) -> Mapping[str, str]:
    """Return the words of a choice by the names of its enum's values, which are equal."""
    return {each: each for each in choice.choices}


def chosen_in(choice: Choice, document: Sql) -> Sql:
    """Return the SQL of the enum value of a choice in a JSON object, as JSON."""
    stored = JsonText(document, text(choice.name))
    declared = [text(each) for each in choice.choices]
    return case(
        (stored.in_(declared), member(document, choice.name)), (stored.is_not(None), _UNKNOWN)
    )


def chosen_list(choice: Choice, name: str, type_: str, description: str) -> Declared:
    """Declare a list of choices."""

    def rows(row: Row, _: Call) -> Rows:
        return Rows(
            Elements(member(document_of(row).json, name)),
            row=lambda element: name_of(words_of(choice), TextOf(element.value)),
            order=lambda element: (OrderKey(element_index(element)),),
        )

    return many(f"list[{type_}]", rows, description)


def choice_texts(registry: TypeRegistry, fields: Mapping[str, Field]) -> dict[str, Declared]:
    """Return the text fields beside the choices among these fields."""
    return dict(_texts(registry, fields))


def _texts(registry: TypeRegistry, fields: Mapping[str, Field]) -> Iterator[tuple[str, Declared]]:
    for key, field in fields.items():
        shown = shown_as(field)
        is_list = isinstance(shown, List)
        if not isinstance(shown.item if isinstance(shown, List) else shown, Choice):
            continue
        optional = "" if is_list or registry.promises(shown) else " | None"
        yield (
            text_name(api_name(key), is_list=is_list),
            value(
                f"list[str]{optional}" if is_list else f"str{optional}",
                _list_text(field) if is_list else _text(field),
                stored_text(api_name(key)),
                required=registry.promises(shown) and not is_list,
                work=PART,
            ),
        )


def _text(field: Field) -> Callable[[Row], Sql]:
    return lambda row: member(document_of(row).json, field.name)


def _list_text(field: Field) -> Callable[[Row], Sql]:
    return lambda row: coalesce(
        member(document_of(row).json, field.name), JsonConstant(b"[]", "jsonb")
    )
