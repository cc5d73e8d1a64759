"""What stands, or stood, at a path of the site. All of it derives from the publications."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, exists, not_, outerjoin, select

from cms.reading.shown import Relation, is_open, is_shown, locales_of, spans_of
from cms.reading.view import View
from cms.tables import Publication


def former_paths(view: View) -> Relation:
    """Return the paths at which entries stood that do not any more, each with its last entry.

    ``new_path`` is where the view shows that entry; it is null if it is gone. So a path leads
    straight to the entry, however often it has moved, and never in circles.
    """
    former = Publication.__table__.alias("former")
    later = Publication.__table__.alias("later")
    now_there = Publication.__table__.alias("now_there")
    moved = Publication.__table__.alias("moved")
    in_locale = former.c.locale.in_(locales_of(view))
    taken_later = exists().where(
        later.c.path == former.c.path,
        later.c.locale == former.c.locale,
        _is_over(later, view),
        later.c.ended_position > former.c.ended_position,
    )
    taken_now = exists().where(
        now_there.c.path == former.c.path,
        now_there.c.locale == former.c.locale,
        is_open(now_there, view),
    )
    went = and_(moved.c.entry_id == former.c.entry_id, is_shown(moved, view))
    return (
        select(
            former.c.path,
            former.c.entry_id,
            former.c.locale,
            former.c.ended_at,
            former.c.content_type,
            moved.c.path.label("new_path"),
            moved.c.revision_id,
        )
        .select_from(outerjoin(former, moved, went))
        .where(in_locale, _is_over(former, view), not_(taken_later), not_(taken_now))
    )


def _is_over(publication: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether a publication has ended, by the point at which the view looks."""
    if view.past is None:
        return publication.c.ended_position.is_not(None)
    _, ended = spans_of(view.past)
    until = publication.c[ended]
    return and_(until.is_not(None), until <= view.past.at)
