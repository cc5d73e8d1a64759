"""Newest drafts: editions as of their newest revisions, found by the columns that they repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    SQLColumnExpression,
    and_,
    case,
    exists,
    select,
    true,
)

from cms.reading.aliases import aliased_table
from cms.reading.locales import branches_of, is_best
from cms.reading.narrowing import KeyJoin
from cms.reading.periods import is_public_now
from cms.reading.view import View
from cms.reading.visibility import (
    Relation,
    category_in_rights,
    drafts,
    is_declared,
    is_within,
    with_address,
)
from cms.tables import Address, Edition, Entry, Publication, Rendition, Revision


def newest_drafts(view: View) -> Relation:
    """Return :func:`drafts` that are newest and not purged, in every language.

    Indexes over editions serve filters, counts and the order by time; the revision itself is read
    only for what they do not repeat.
    """
    repeated = _repeated()
    columns = (repeated.get(str(each.key), each) for each in drafts(view).inner_columns)
    shown = is_newest_draft(Edition.__table__, view)
    return select(*columns).select_from(_rows(view)).where(*shown)


def is_newest_draft(edition: FromClause, view: View) -> list[ColumnElement[bool]]:
    """Return the conditions that an edition is one of :func:`newest_drafts`."""
    columns = edition.c
    category_id = category_in_rights(columns.content_type, columns.entry_id, columns.category_id)
    return [
        columns.changed_at.is_not(None),  # purged ones have no time
        *is_declared(view, columns.content_type),
        is_within(view, columns.content_type, category_id, columns.locale),
    ]


def best_drafts_in_order(view: View) -> Iterator[Relation]:
    """Yield :func:`best_drafts` in parts, as :func:`~cms.reading.visibility.published_in_order`."""
    for branch in branches_of(
        *(Edition.content_type, Edition.locale, view),
        lambda locales: has_edition_in(locales, Edition.entry_id),
    ):
        yield newest_drafts(view).where(branch)


def best_drafts(view: View) -> Relation:
    """Return newest drafts, each in the first of the view's languages that its entry has."""
    is_best = is_best_draft(Edition.entry_id, Edition.content_type, Edition.locale, view)
    return newest_drafts(view).where(is_best)


def is_best_draft(
    entry_id: SQLColumnExpression[str],
    content_type: SQLColumnExpression[str],
    locale: SQLColumnExpression[str],
    view: View,
) -> ColumnElement[bool]:
    """Return whether a draft is in the first of the view's locales that its entry has."""
    return is_best(content_type, locale, view, lambda locales: has_edition_in(locales, entry_id))


def has_edition_in(
    locales: Sequence[ColumnElement[str]], entry_id: SQLColumnExpression[str]
) -> ColumnElement[bool]:
    """Return whether an entry has an edition in one of these locales."""
    better = aliased_table(Edition, "better")
    return exists().where(better.c.entry_id == entry_id, better.c.locale.in_(locales))


def _rows(view: View) -> FromClause:
    """Return editions with all that their newest revisions show, one row for each."""
    live, stands = aliased_table(Publication, "live"), aliased_table(Address, "stands")
    is_open = and_(live.c.edition_id == Edition.id, is_public_now(live))
    rows: FromClause = Edition.__table__
    for table, is_same in (
        (Revision.__table__, Revision.id == Edition.head_id),
        (Rendition.__table__, Rendition.revision_id == Edition.head_id),
        (Entry.__table__, Entry.id == Edition.entry_id),
    ):
        rows = KeyJoin(rows, table, is_same)
    rows = KeyJoin(rows, live, is_open, isouter=True)
    return with_address(rows, live.c.edition_id, stands, view)


def _repeated() -> Mapping[str, ColumnElement[Any]]:
    """Return the columns of drafts that editions have, by their names."""
    live, stands = aliased_table(Publication, "live"), aliased_table(Address, "stands")
    is_live = live.c.revision_id == Edition.head_id
    columns = Edition.__table__.c
    return {
        "edition_id": columns.id.label("edition_id"),
        "revision_id": columns.head_id.label("revision_id"),
        "content_type": columns.content_type,
        "category_id": columns.category_id,
        "byline_id": columns.byline_id,
        "title_key": columns.title_key,
        "slug": columns.slug,
        "created_at": columns.changed_at.label("created_at"),
        "path": case((is_live, stands.c.path), else_=columns.path).label("path"),
        "is_head": true().label("is_head"),
    }
