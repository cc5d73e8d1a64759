"""What stands, or stood, at a path of the site. All of it derives from the publications."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, func, not_, outerjoin, select

from cms.reading.aliases import named
from cms.reading.view import View
from cms.reading.visibility import Relation, is_open, is_shown, locales_of, spans_of
from cms.tables import Publication


def former_paths(view: View) -> Relation:
    """Return the paths at which editions stood that do not any more, each with its last one.

    ``new_path`` is where that edition stands; or else, if it was in one of the view's languages,
    where the view shows its entry; or else null, for it is gone. So a path leads straight to the
    entry, in its own language if it can, however often it has moved, and never in circles.
    """
    former = named(Publication, "former")
    later = named(Publication, "later")
    now_there = named(Publication, "now_there")
    moved = named(Publication, "moved")
    shown = named(Publication, "shown")
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
    went = and_(moved.c.edition_id == former.c.edition_id, is_open(moved, view))
    # What the view shows stands in for its own languages, and not for any others.
    stands_in = and_(
        shown.c.entry_id == former.c.entry_id,
        former.c.locale.in_(locales_of(view)),
        is_shown(shown, view),
    )
    moved_to = case((moved.c.path.is_not(None), moved.c.revision_id), else_=shown.c.revision_id)
    return (
        select(
            former.c.path,
            former.c.entry_id,
            former.c.locale,
            former.c.ended_at,
            former.c.content_type,
            func.coalesce(moved.c.path, shown.c.path).label("new_path"),
            moved_to.label("revision_id"),
        )
        .select_from(outerjoin(outerjoin(former, moved, went), shown, stands_in))
        .where(_is_over(former, view), not_(taken_later), not_(taken_now))
    )


def _is_over(publication: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether a publication has ended, by the point at which the view looks."""
    if view.past is None:
        return publication.c.ended_position.is_not(None)
    _, ended = spans_of(view.past)
    until = publication.c[ended]
    return and_(until.is_not(None), until <= view.past.at)
