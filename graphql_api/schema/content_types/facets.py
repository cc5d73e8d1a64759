"""The facets of fields, by which entries are counted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import cast

from cms.content.fields import Choice, Decimal, Field, List, Reference, References
from cms.content.fields.computed import shown_as
from cms.content.fields.names import api_name
from cms.reading.field_values import count_text, counted_in, counted_of
from cms.reading.rows import EntryRow
from graphql_api.planner.declarations import Call, Row, Rows
from graphql_api.planner.json_sql import Elements, member
from graphql_api.planner.source import Columns, Sql
from graphql_api.schema.content_types.choices import words_of
from graphql_api.schema.content_types.document import document_of, values_of
from graphql_api.schema.content_types.kind import Kinds
from graphql_api.schema.content_types.references import all_referenced_by, referenced_by
from graphql_api.schema.declaring.aggregates import SummedNumber
from graphql_api.schema.declaring.facet_counts import COUNTED_BY_VALUE, Facet, ValueSeen
from graphql_api.schema.declaring.fields import of_row
from graphql_api.schema.declaring.words import name_of


def countable(field: Field) -> ValueSeen:
    """Return the SQL of a scalar for counts and sums."""
    return lambda row, call: counted_in(field, values_of(field, row, call))


def summed(field: Field) -> SummedNumber:
    """Return the number of a field for sums."""
    shown = shown_as(field)
    return SummedNumber(countable(field), shown.places if isinstance(shown, Decimal) else None)


def scalar_facet(_kinds: Kinds, field: Field) -> Facet:
    """Return the facet of a field whose value is one scalar."""
    shown = partial(count_text, field)
    return replace(_own_facet(field), shown=shown)


def choice_facet(_kinds: Kinds, field: Field) -> Facet:
    """Return the facet of a choice, by the names of its words."""
    return replace(_own_facet(field), words=words_of(cast("Choice", shown_as(field))))


def _own_facet(field: Field) -> Facet:
    """Return the facet of a field's stored value."""
    work_now = COUNTED_BY_VALUE if field.is_repeated else 0
    return Facet(api_name(field.name), seen=countable(field), is_computed=True, work_now=work_now)


def choices_facet(field: List, item: Choice) -> Facet:
    """Return the facet of a list of choices, by the names of their words."""

    def name(element: Columns) -> Sql:
        return name_of(words_of(item), counted_of(item, element.value))

    return replace(scalars_facet(field, item), value=of_row(name))


def scalars_facet(field: List, item: Field) -> Facet:
    """Return the facet of a list of scalars, which counts an entry once for each of them."""

    def items(row: Row, _: Call) -> Rows:
        return Rows(Elements(member(document_of(row).json, field.stored_name)))

    def counted_value(element: Columns) -> Sql:
        return counted_of(item, element.value)

    return Facet(
        api_name(field.name),
        of_row(counted_value),
        items,
        row=EntryRow.revision_id,
        shown=partial(count_text, item),
    )


def list_facet(kinds: Kinds, field: Field) -> Facet | None:
    """Return the facet of a list; ``None`` if lists of its items' kind have none."""
    shown = cast("List", shown_as(field))
    facet = kinds.list_kind(field.name, shown).facet
    return facet(shown, shown_as(shown.item)) if facet is not None else None


def reference_facet(_kinds: Kinds, field: Reference) -> Facet:
    """Return the facet of the entry that a reference leads to."""
    return Facet(api_name(field.name), EntryRow.id, referenced_by(field))


def references_facet(_kinds: Kinds, field: References) -> Facet:
    """Return the facet of the entries that references lead to."""
    return Facet(api_name(field.name), EntryRow.id, all_referenced_by(field))
