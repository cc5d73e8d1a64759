"""The values of entries that can be counted and summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import BigInteger, cast, func, select

from cms.content.content_type import ContentType
from cms.content.fields.computed import shown_as
from cms.content.fields.names import api_name
from cms.reading import relations
from cms.reading.rows import CategoryRow, EntryRow, TagRow
from cms.reading.view import View
from cms.review import relations as review_relations
from cms.review.relations import SignerRow
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Chosen, Selectable, Sql
from graphql_api.schema.content_types.kinds import KINDS
from graphql_api.schema.declaring.aggregates import Summed
from graphql_api.schema.declaring.facet_counts import COUNTED_BY_INDEX, Facet, ValueOf
from graphql_api.schema.declaring.fields import of_call
from graphql_api.schema.declaring.row_sources import category_rows
from graphql_api.schema.delivery.filters import tags_of
from graphql_api.schema.delivery.review import slug_of_person


def _signers(entry: EntryRow, call: Call) -> Rows:
    return Rows(
        Chosen(review_relations.signers(call.view)),
        (lambda signer: signer.revision_id == entry.revision_id,),
    )


def _tree_path(category_id: Sql, call: Call) -> Rows:
    found = category_rows(call.view, lambda category: category.id == category_id)
    return replace(found, row=CategoryRow.tree_path)


def _tags_counted(stored_type: str | None, view: View) -> Selectable | None:
    if not view.is_plain:
        return None
    tags = relations.tag_counts(view).subquery("counted_tags")
    count = cast(func.sum(tags.c.editions), BigInteger).label("count")
    counted = select(tags.c.slug.label("value"), count).group_by(tags.c.slug)
    return (
        counted if stored_type is None else counted.where(tags.c.content_type == text(stored_type))
    )


def _common_facets(content_type: type[ContentType] | None) -> tuple[Facet, ...]:
    stored_type = content_type.stored_name if content_type is not None else None
    counts = partial(_tags_counted, stored_type)
    return (
        Facet("type", EntryRow.content_type, enum="EntryType", work=COUNTED_BY_INDEX),
        Facet("locale", EntryRow.locale, enum="Locale", work=COUNTED_BY_INDEX),
        Facet("category", EntryRow.category_id, names=_tree_path, work=COUNTED_BY_INDEX),
        Facet("tags", TagRow.slug, of_call(tags_of), counts=counts),
        Facet("author", EntryRow.byline_id, names=slug_of_person, work=COUNTED_BY_INDEX),
        Facet(
            "reviewers",
            SignerRow.person_id,
            of_call(_signers),
            names=slug_of_person,
            listed=EntryRow.reviewers,
            work=9,
            work_listed=1.5,
        ),
    )


_MOMENTS: dict[str, ValueOf] = {
    "publishedAt": EntryRow.published_at,
    "firstPublishedAt": EntryRow.first_published_at,
    "updatedAt": EntryRow.created_at,
}


def entries_summed(content_type: type[ContentType] | None, entry_facets: Sequence[Facet]) -> Summed:
    """Return the values of entries that can be counted and summed up.

    Args:
        content_type: the content type with further fields; ``None`` for entries of any type.
        entry_facets: further facets of entries of any type.
    """
    fields = content_type.fields.values() if content_type is not None else ()
    kinds = [(KINDS.of(field), field) for field in fields]
    facets = [kind.facet(KINDS, field) for kind, field in kinds if kind.facet]
    return Summed(
        (
            *_common_facets(content_type),
            *entry_facets,
            *(facet for facet in facets if facet is not None),
        ),
        _MOMENTS
        | {
            api_name(field.name): kind.moment(shown_as(field))
            for kind, field in kinds
            if kind.moment
        },
        {api_name(field.name): kind.number(field) for kind, field in kinds if kind.number},
        {api_name(field.name): field.deprecated for field in fields},
        frozenset({"publishedAt", "firstPublishedAt"}),
    )
