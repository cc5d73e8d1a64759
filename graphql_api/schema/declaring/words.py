"""Closed vocabularies: enums whose values stand for stored words.

An enum has the words that the product, the site and its plugins declare. A stored word can be
undeclared later: a role, a locale, a choice that was removed. In a response the field then has
``UNKNOWN``, and a field beside it has the word itself: ``role`` and ``roleName``, ``scopes`` and
``scopeNames``. Responses and arguments have the same enum, so that a client can send back a value
that it has read; arguments refuse ``UNKNOWN``, see
:data:`graphql_api.planner.arguments.ANSWER_ONLY`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case

from cms.content.fields.choice import UNKNOWN
from cms.errors import SiteError
from cms.site import Site
from cms.storage.dialects import JsonText, TextOf
from graphql_api.planner.arguments import ANSWER_ONLY
from graphql_api.planner.declarations import Call, OrderKey, Row, SeenValue, Value
from graphql_api.planner.json_sql import Elements, JsonArray, element_index, text
from graphql_api.planner.source import Sql, select_over
from graphql_api.schema.declaring.fields import THIS_TYPE, Declared, R, of_row, value


@dataclass(frozen=True)
class Word:
    """Plan of a field with one value of an enum.

    Attributes:
        sql: the stored word.
    """

    sql: Callable[[Row], Sql]

    def among(self, words: Mapping[str, str]) -> Value:
        """Return the declaration, given the words that the enum's values stand for."""
        return Value(lambda row: name_of(words, self.sql(row)))


@dataclass(frozen=True)
class Words:
    """Plan of a field with a list of values of an enum, or null.

    Attributes:
        sql: the JSON array of the stored words, or null.
    """

    sql: Callable[[Row], Sql]

    def among(self, words: Mapping[str, str]) -> SeenValue:
        """Return the declaration, given the words that the enum's values stand for."""

        def names(row: Row, call: Call) -> Sql:
            array = self.sql(row)
            source = call.source(Elements(array))
            element = source.columns
            name = name_of(words, TextOf(element.value))
            order = OrderKey(element_index(element)).sql
            return case((array.is_not(None), select_over(source, JsonArray(name, [order]), ())))

        return SeenValue(names)


def word(type_: str, sql: Callable[[R], Sql], description: str) -> Declared:
    """Declare a leaf with one value of an enum, given the SQL of the stored word."""
    return Declared(type_, Word(of_row(sql)), description)


def word_list(type_: str, array: Callable[[R], Sql], description: str) -> Declared:
    """Declare a list of values of an enum, given the SQL of the JSON array of stored words."""
    return Declared(type_, Words(of_row(array)), description)


def word_text(type_: str, field: str, sql: Callable[[R], Sql]) -> Declared:
    """Declare the text beside a field with a value of an enum, or a list of them."""
    return value(type_, sql, stored_text(field))


def type_text(type_: str, field: str, sql: Callable[[R], Sql]) -> Declared:
    """Declare the name of a content type beside its enum; a stored name if it is not declared."""

    def name(row: Row, call: Call) -> Sql:
        return declared_name(dict(call.view.renamed_types), of_row(sql)(row))

    return Declared(type_, SeenValue(name, 1), stored_text(field))


def stored_text(field: str) -> str:
    """Return the description of the text beside a field."""
    return f"Stored text of `{THIS_TYPE}.{field}`, also where that is `{UNKNOWN}`."


def part_word(type_: str, key: str, description: str) -> Declared:
    """Declare a value of an enum, given the stored word under a key of a JSON object."""
    return word(type_, lambda row: JsonText(row, text(key)), description)


def part_text(type_: str, field: str, key: str) -> Declared:
    """Declare the text beside a field that :func:`part_word` declares."""
    return word_text(type_, field, lambda row: JsonText(row, text(key)))


def name_of(words: Mapping[str, str], stored: Sql) -> Sql:
    """Return the SQL of the name of the enum's value for a stored word; null for null."""
    branches = [(text(each), text(name)) for name, each in words.items()]
    other = case((stored.is_not(None), text(UNKNOWN)))
    return case(*branches, value=stored, else_=other)


def declared_name(names: Mapping[str, str], stored: Sql) -> Sql:
    """Return the SQL of the declared name of what is stored under another; the others are equal.

    Args:
        names: the declared names by the stored ones.
        stored: the stored name.
    """
    renamed = [(text(old), text(name)) for old, name in names.items() if old != name]
    return case(*renamed, value=stored, else_=stored) if renamed else stored


def site_words(site: Site) -> Mapping[str, Sequence[str]]:
    """Return the words that a site declares for editors, by the enum that they are in."""
    gates = [each.name for each in (*site.gates, *site.link_warnings)]
    return {"Role": list(site.roles), "Action": list(site.actions), "PublishGate": gates}


def words_by_name(vocabulary: str, stored: Iterable[str]) -> dict[str, str]:
    """Return the words of a vocabulary by the names of their values: ``sold-at`` by ``SOLD_AT``.

    Raises:
        SiteError: if two words would have one name.
    """
    words: dict[str, str] = {}
    for each in stored:
        name = re.sub(r"[^A-Z0-9]+", "_", each.upper())
        name = name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"
        if words.setdefault(name, each) != each or name == UNKNOWN:
            other = words[name] if words[name] != each else "what is not declared any more"
            raise SiteError(f"{vocabulary}: {each!r} and {other!r} are both {name} in the API")
    return words


def members_of(words: Mapping[str, str]) -> dict[str, Any]:
    """Return the members of the enum for a vocabulary."""
    return {**words, UNKNOWN: ANSWER_ONLY}
