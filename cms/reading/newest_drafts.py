"""Newest drafts: editions as of their newest revisions, found by the columns that they repeat."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from cms.reading.view import EVERYTHING, View
from cms.reading.visibility import (
    Relation,
    category_in_rights,
    drafts,
    is_best_draft,
    is_declared,
    is_within,
)
from cms.tables import Edition, Revision

# The columns that editions repeat, under the names that entries have them.
_REPEATED = {
    "content_type": Edition.content_type,
    "category_id": Edition.category_id,
    "byline_id": Edition.byline_id,
    "created_at": Edition.changed_at.label("created_at"),
}


def newest_drafts(view: View) -> Relation:
    """Return :func:`drafts` that are newest and not purged, in every language.

    Indexes over editions serve filters and the order by time.
    """
    found = drafts(replace(view, scopes=EVERYTHING, retired_types=()))
    columns = (_REPEATED.get(str(each.key), each) for each in found.inner_columns)
    category_id = category_in_rights(Edition.content_type, Edition.entry_id, Edition.category_id)
    # Anew, since narrowing takes joins apart, and one statement would have both.
    (rows,) = found.get_final_froms()
    return (
        select(*columns)
        .select_from(rows)
        .where(
            Edition.head_id == Revision.id,
            Revision.purged_at.is_(None),
            *is_declared(view, Edition.content_type),
            is_within(view, Edition.content_type, category_id, Edition.locale),
        )
    )


def best_drafts(view: View) -> Relation:
    """Return newest drafts, each in the first of the view's languages that its entry has."""
    is_best = is_best_draft(Edition.entry_id, Edition.content_type, Edition.locale, view)
    return newest_drafts(view).where(is_best)
