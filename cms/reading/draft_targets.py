"""Targets of the links of drafts: newest drafts, as far as a view reaches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, join

from cms.reading.aliases import aliased_table
from cms.reading.locales import locales_of
from cms.reading.narrowing import KeyJoin
from cms.reading.newest_drafts import is_best_draft, is_newest_draft
from cms.reading.periods import is_public_now
from cms.reading.view import View
from cms.reading.visibility import with_address
from cms.tables import Address, Edition, Link, Publication, Revision


def with_draft_targets(
    rows: FromClause, source: FromClause, view: View, *, isouter: bool
) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any], FromClause]:
    """Join links of drafts to their targets.

    Args:
        rows: the links, each with its source.
        source: the drafts that have them, with their locales.
        view: the view.
        isouter: whether links without a target stay.

    Returns:
        The editions that are targets, their paths and titles, and the joined rows.
    """
    # Tables and no subquery, all of whose rows SQLite would make to find one.
    target, revision = aliased_table(Edition, "target"), aliased_table(Revision, "target_revision")
    live, stands = aliased_table(Publication, "live"), aliased_table(Address, "stands")
    is_target = _is_newest_target(target, source.c.locale, view)
    shown = and_(*is_newest_draft(target, view), is_target)
    rows = join(rows, target, shown, isouter=isouter)
    rows = KeyJoin(rows, revision, revision.c.id == target.c.head_id, isouter=isouter)
    is_open = and_(live.c.edition_id == target.c.id, is_public_now(live))
    rows = KeyJoin(rows, live, is_open, isouter=True)
    rows = with_address(rows, live.c.edition_id, stands, view)
    is_live = live.c.revision_id == target.c.head_id
    path = case((is_live, stands.c.path), else_=target.c.path)
    return target, path, revision.c.title, rows


def _is_newest_target(
    target: FromClause, source_locale: ColumnElement[str], view: View
) -> ColumnElement[bool]:
    """Return whether a draft is what a link shows as its target.

    A draft in a language that the view does not have leads to others of that language.
    """
    is_foreign = source_locale.not_in(locales_of(view))
    entry_id = target.c.entry_id
    is_best = is_best_draft(entry_id, target.c.content_type, target.c.locale, view)
    shown = case((is_foreign, target.c.locale == source_locale), else_=is_best)
    return and_(entry_id == Link.target_id, shown)
