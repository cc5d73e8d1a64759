"""What of entries can be counted and summed up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Text, case, cast, select

from cms.content.content_type import ContentType
from cms.content.fields import (
    Boolean,
    Choice,
    Date,
    DateTime,
    Field,
    List,
    Number,
    Reference,
    References,
)
from cms.content.fields.computed import shown_as
from cms.content.fields.names import api_name
from cms.reading import relations
from cms.reading.field_values import value_of
from cms.storage.dialects import JsonScalar, JustNumber, NumberText, TextOf
from graphql_api.planner.declarations import Call, Row, Rows, Sql
from graphql_api.planner.json_sql import Elements, member, text
from graphql_api.planner.source import Chosen
from graphql_api.schema.content_types.choices import words_of
from graphql_api.schema.content_types.document import document_of
from graphql_api.schema.content_types.kinds import (
    all_referenced_by,
    comparable,
    is_leaf,
    referenced_by,
)
from graphql_api.schema.declaring.aggregates import Facet, Summed, ValueOf
from graphql_api.schema.declaring.words import name_of
from graphql_api.schema.delivery.filters import tags_of
from graphql_api.schema.delivery.review import author_of


def _category_path(entry: Row) -> Sql:
    tree = relations.categories().subquery("facet_category")
    return select(tree.c.path).where(tree.c.id == entry.category_id).scalar_subquery()


def _signers(entry: Row, call: Call) -> Rows:
    return Rows(
        Chosen(relations.signers(call.view)),
        (
            lambda person: person.edition_id == entry.edition_id,
            lambda person: person.digest == entry.digest,
        ),
    )


_FACETS = (
    Facet("type", lambda entry: entry.content_type, enum="EntryType"),
    Facet("locale", lambda entry: entry.locale, enum="Locale"),
    Facet("category", _category_path),
    Facet("tags", lambda tag: tag.slug, tags_of),
    Facet("author", lambda person: person.slug, author_of),
    Facet("reviewers", lambda person: person.slug, _signers),
)
_MOMENTS: Mapping[str, ValueOf] = {
    "publishedAt": lambda entry: entry.published_at,
    "firstPublishedAt": lambda entry: entry.first_published_at,
    "updatedAt": lambda entry: entry.created_at,
}


def entries_summed(content_type: type[ContentType] | None, entry_facets: Sequence[Facet]) -> Summed:
    """Return what of entries can be counted and summed up.

    Args:
        content_type: whose fields can be; ``None`` for entries of any type.
        entry_facets: what any entry can be counted by, beside what every schema has.
    """
    fields = content_type.fields if content_type is not None else {}
    own = [_facet_of(key, field) for key, field in fields.items()]
    return Summed(
        (*_FACETS, *entry_facets, *(each for each in own if each is not None)),
        {**_MOMENTS, **_of_kind(fields, (Date, DateTime), comparable)},
        _of_kind(fields, (Number,), _counted_of),
    )


def _of_kind(
    fields: Mapping[str, Field],
    kinds: tuple[type[Field], ...],
    value: Callable[[Field], ValueOf],
) -> Mapping[str, ValueOf]:
    return {
        api_name(key): value(field)
        for key, field in fields.items()
        if isinstance(shown_as(field), kinds)
    }


def _counted_of(field: Field) -> ValueOf:
    """Return what is counted or summed up of a field whose value is one scalar."""
    shown, key = shown_as(field), text(field.name)
    return lambda row: _counted(shown, JsonScalar(document_of(row).json, key))


def _facet_of(name: str, field: Field) -> Facet | None:
    shown = shown_as(field)
    if is_leaf(shown):
        return Facet(api_name(name), _counted_of(field), shown=_writing_of(shown))
    if isinstance(shown, List) and is_leaf(shown.item):
        item = shown.item

        def items(row: Row, _: Call) -> Rows:
            return Rows(Elements(member(document_of(row).json, field.name)))

        return Facet(
            api_name(name),
            lambda element: _counted(item, element.value),
            items,
            row=lambda entry: entry.revision_id,
            shown=_writing_of(item),
        )
    if isinstance(field, Reference | References):
        find = referenced_by if isinstance(field, Reference) else all_referenced_by
        return Facet(api_name(name), lambda entry: entry.id, find(field))
    return None


def _counted(field: Field, scalar: Sql) -> Sql:
    """Return a scalar of a field as it is counted: a number, or text."""
    if isinstance(field, Number):
        return value_of(field, JustNumber(scalar))
    if isinstance(field, Boolean):
        is_true = value_of(field, scalar)
        return case((is_true.is_(None), None), (is_true, text("true")), else_=text("false"))
    if isinstance(field, Choice):
        return name_of(words_of(field), TextOf(scalar))
    return TextOf(scalar)


def _writing_of(field: Field) -> Callable[[Sql], Sql]:
    """Return how what is counted is written."""
    return NumberText if isinstance(field, Number) else _as_text


def _as_text(value: Sql) -> Sql:
    return cast(value, Text)
