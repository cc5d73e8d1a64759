"""Kinds of fields: the form of their values, and the settings on which values depend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from typing import Any

from cms.content.fields import (
    AnyBlock,
    Boolean,
    Choice,
    Colour,
    Date,
    DateTime,
    Decimal,
    Email,
    Field,
    Integer,
    Json,
    Links,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    Section,
    Text,
    Url,
)
from cms.content.fields.computed import shown_as

# The kinds of values; a field is of the nearest that it inherits from.
_KINDS: tuple[type[Field], ...] = (
    *(AnyBlock, Boolean, Choice, Colour, Date, DateTime, Decimal, Email, Integer, Json, Links),
    *(List, Markdown, Number, Object, Reference, Section, Text, Url),
)
# For kinds, the other kinds whose values they can read as they are.
_READS: Mapping[str, frozenset[str]] = {
    "Text": frozenset({"Url", "Email", "Colour"}),
    "Url": frozenset({"Text", "Email", "Colour"}),
    "Email": frozenset({"Text", "Url", "Colour"}),
    "Number": frozenset({"Integer"}),
    "Decimal": frozenset({"Integer", "Number", "Text"}),
}
# The settings of fields that a declaration has in another form, or that no stored value depends on.
_NOT_SETTINGS = frozenset(
    {
        *("absent", "choices", "deprecated", "description", "directives", "from_"),
        *("awaits_index", "has_own_kind", "indexed"),
        *("label", "name"),
        *("of", "renamed", "required", "schema_org", "seo", "stored_name", "stored_words", "was"),
    }
)


def kind_of_field(field: Field) -> str:
    """Return the kind of a field's values: ``Text``, ``List of Integer``."""
    shown = shown_as(field)
    kind = next(each for each in type(shown).__mro__ if each in _KINDS)
    if isinstance(shown, List):
        return f"{kind.__name__} of {kind_of_field(shown.item)}"
    return kind.__name__


def reads(kind: str, stored: str) -> bool:
    """Return whether a field of a kind can read values that a field of another has stored."""
    prefix = "List of "
    if kind.startswith(prefix) and stored.startswith(prefix):
        return reads(kind.removeprefix(prefix), stored.removeprefix(prefix))
    return kind == stored or stored in _READS.get(kind, ())


def settings_of(field: Field, stored_name: str) -> dict[str, Any]:
    """Return the settings of a field on which its values depend, as JSON.

    The kind of links is left out if it is the stored name, as it is without ``kind=``: so it is
    the same whether it is declared or not, and stays when the field is renamed.

    Args:
        field: the field.
        stored_name: its stored name.
    """
    values = {each.name: getattr(field, each.name) for each in dataclass_fields(field)}
    if isinstance(field, Links) and (not field.has_own_kind or field.kind == stored_name):
        del values["kind"]
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if name not in _NOT_SETTINGS
        and (value is None or isinstance(value, str | int | float | tuple))
    }
