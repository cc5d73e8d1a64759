"""Choices: an enum for each, and the text of stored words that were removed from it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import case

from cms.content.fields import Choice
from cms.content.fields.choice import UNKNOWN
from cms.storage.dialects import JsonText, TextOf
from graphql_api.planner.declarations import Call, OrderKey, Row, Rows
from graphql_api.planner.json_sql import Elements, JsonConstant, element_index, member, text
from graphql_api.planner.source import Sql
from graphql_api.schema.content_types.document import document_of
from graphql_api.schema.declaring.fields import Declared, many
from graphql_api.schema.declaring.words import name_of

_UNKNOWN = JsonConstant(f'"{UNKNOWN}"'.encode(), "jsonb")


def words_of(choice: Choice) -> Mapping[str, str]:
    """Return the stored words of a choice by the names of its enum's values."""
    return choice.words()


def chosen_in(choice: Choice, document: Sql) -> Sql:
    """Return the SQL of the enum value of a choice in a JSON object, as JSON."""
    stored = JsonText(document, text(choice.stored_name))
    same = [text(word) for name, word in choice.words().items() if name == word]
    renamed = [
        (stored == text(word), JsonConstant(f'"{name}"'.encode(), "jsonb"))
        for name, word in choice.words().items()
        if name != word
    ]
    return case(
        (stored.in_(same), member(document, choice.stored_name)),
        *renamed,
        (stored.is_not(None), _UNKNOWN),
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
