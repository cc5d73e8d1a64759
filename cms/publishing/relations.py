"""Relations of publications: paths of the past, and what has changed since a position.

All of it derives from the publications; the changes are for sites that are built step by step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    and_,
    case,
    exists,
    false,
    func,
    join,
    literal,
    literal_column,
    not_,
    null,
    or_,
    outerjoin,
    select,
    union_all,
)

from cms.reading.aliases import aliased_table, word
from cms.reading.positions import newest_position, position_token
from cms.reading.rows import Column, Row
from cms.reading.view import AsOf, Past, View
from cms.reading.visibility import (
    Relation,
    is_open,
    is_public_now,
    is_shown,
    locales_of,
    spans_of,
    was_public_at,
)
from cms.tables import Category, Link, Publication, PublicationSignOff, Revision

Position = ColumnElement[Any]


class FormerPathRow(Row):
    """A row of :func:`former_paths`."""

    path = Column()
    entry_id = Column()
    locale = Column()
    ended_at = Column()
    content_type = Column()
    new_path = Column()
    revision_id = Column()


class ChangeRow(Row):
    """A row of :func:`changes`."""

    position = Column()
    edition_id = Column()
    entry_id = Column()
    content_type = Column()
    locale = Column()
    path = Column()
    revision_id = Column()
    digest = Column()
    until = Column()


class AffectedRow(Row):
    """A row of :func:`affected_pages`."""

    id = Column()
    content_type = Column()
    locale = Column()
    path = Column()
    revision_id = Column()
    reason = Column()


def former_paths(view: View) -> Relation:
    """Return the paths at which editions stood that do not any more, each with its last one.

    ``new_path`` is where that edition stands; or else, if it was in one of the view's languages,
    where the view shows its entry; or else null, for it is gone. So a path leads straight to the
    entry, in its own language if it can, however often it has moved, and never in circles.
    """
    former = aliased_table(Publication, "former")
    later = aliased_table(Publication, "later")
    now_there = aliased_table(Publication, "now_there")
    moved = aliased_table(Publication, "moved")
    shown = aliased_table(Publication, "shown")
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


def position_at(moment: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the position before the first at which something happened later than at a time.

    What has an older history can be imported into a site: it has high positions and early times.
    So this is not the last position of an earlier time, after which some of what is later could
    be missed.
    """
    begun = select(Publication.position.label("later")).where(Publication.published_at > moment)
    ended = select(Publication.ended_position).where(Publication.ended_at > moment)
    counted = select(PublicationSignOff.position).where(PublicationSignOff.counted_at > moment)
    withdrawn = select(PublicationSignOff.ended_position).where(
        PublicationSignOff.ended_at > moment
    )
    later = union_all(begun, ended, counted, withdrawn).subquery("later_events")
    before = select(func.min(later.c.later) - literal_column("1")).scalar_subquery()
    return func.coalesce(before, newest_position())


def changes(since: Position, until: Position) -> Relation:
    """Return each edition whose public JSON changed after one position, up to another.

    Those are the editions that were published or unpublished, and those of which a sign-off began
    or ceased to count while they were public.

    ``position`` is that of its last change, ``until`` the token of the position up to which changes
    are returned. An edition that is public at the end has its revision; any other is a tombstone
    with its last path.
    """
    return _changes_of(since, until, *_published(since, until), *_reviewed(since, until))


def _changes_of(since: Position, until: Position, *events: Relation) -> Relation:
    """Return the changes of the editions with one of these events, each with its position."""
    every = union_all(*events).subquery("every_event")
    last = (
        select(every.c.edition_id, func.max(every.c.position).label("position"))
        .group_by(every.c.edition_id)
        .subquery("last")
    )
    live = aliased_table(Publication, "live")
    gone = aliased_table(Publication, "gone")
    is_live = and_(live.c.edition_id == last.c.edition_id, _was_public(live, until))
    is_gone = and_(
        gone.c.edition_id == last.c.edition_id,
        gone.c.ended_position == last.c.position,
        live.c.id.is_(None),
    )
    known = aliased_table(Publication, "known")
    was_known = exists().where(known.c.edition_id == last.c.edition_id, _was_public(known, since))
    return (
        select(
            last.c.position,
            last.c.edition_id,
            func.coalesce(live.c.entry_id, gone.c.entry_id).label("entry_id"),
            func.coalesce(live.c.content_type, gone.c.content_type).label("content_type"),
            func.coalesce(live.c.locale, gone.c.locale).label("locale"),
            func.coalesce(live.c.path, gone.c.path).label("path"),
            live.c.revision_id,
            Revision.digest,
            position_token(until).label("until"),
        )
        .select_from(
            outerjoin(
                outerjoin(outerjoin(last, live, is_live), gone, is_gone),
                Revision,
                Revision.id == live.c.revision_id,
            )
        )
        # What came and went in between was never known to whoever asks.
        .where(or_(live.c.id.is_not(None), was_known))
    )


def _published(since: Position, until: Position) -> tuple[Relation, ...]:
    """Return the editions of which a publication began or ended, and where."""
    begun = select(Publication.edition_id, Publication.position.label("position")).where(
        Publication.position > since, Publication.position <= until
    )
    ended = select(Publication.edition_id, Publication.ended_position).where(
        Publication.ended_position > since, Publication.ended_position <= until
    )
    return begun, ended


def _reviewed(since: Position, until: Position) -> tuple[Relation, ...]:
    """Return the editions of which a sign-off began or ceased to count while public, and where."""
    events = []
    for name in ("position", "ended_position"):
        public = aliased_table(Publication, f"public_at_{name}")
        counted = aliased_table(PublicationSignOff, f"counted_{name}")
        at = counted.c[name]
        was_public = was_public_at(public, Past(AsOf.POSITION, at))
        events.append(
            select(public.c.edition_id, at.label("position"))
            .select_from(join(counted, public, public.c.id == counted.c.publication_id))
            .where(at > since, at <= until, was_public)
        )
    return tuple(events)


# Why a page can look different, the most direct first; or why its path is to be looked at.
REASONS = (
    "CHANGED",
    "REVIEWED",
    "LINKS_TO_CHANGED",
    "LINKED_FROM_CHANGED",
    "SAME_CATEGORY",
    "SITE_CHANGED",
    "LEFT",
)


def affected_pages(since: Position, until: Position, singletons: Sequence[str]) -> Relation:
    """Return the public pages whose rendering can have changed between two positions.

    Those are the pages that changed; those of which other sign-offs count; those that lead to an
    entry that changed, by a link or a reference, since they show its title and path; those to
    which such an entry leads, or led, since they show where they are linked from; those of a
    category in which, or below which, an entry came, went or changed; and all of them, if a
    singleton did, since every page shows it. What is no page is shown within pages, so it has
    changed if other sign-offs of it count, or if it leads to something that changed.

    An entry changes in all languages at once: where one edition comes or goes, pages in other
    languages show another edition than before, with the links and the category of that one.

    Beside the pages are the paths at which nothing is any more: those of entries that changed,
    which are gone or redirect to where the entry is now; and those that were known and have been
    taken and left again in between. They have no revision.

    Args:
        since: the position up to which everything is known.
        until: the position to look at.
        singletons: the names of the content types that every page shows.
    """
    # Once, however many reasons look into it; and each reason finds entries in sets and not in
    # pairs, so that a database without statistics has no way that takes the square of the time.
    published = _changes_of(since, until, *_published(since, until))
    changed = published.cte("changed").prefix_with("MATERIALIZED")
    signed = _with_other_sign_offs(since, until).cte("signed").prefix_with("MATERIALIZED")
    touched = _public_between(changed, since, until).cte("touched").prefix_with("MATERIALIZED")
    different = _different(changed, signed, until)
    page = aliased_table(Publication, "page")
    reasons = (
        select(changed.c.entry_id),
        select(signed.c.entry_id),
        _leading_to(different, page, until),
        _led_to(touched),
        _in_category_of(touched, page, until),
        _everywhere_if(different, page, until, singletons),
    )
    ranked: list[tuple[ColumnElement[Any], ColumnElement[str], Relation]] = [
        (literal_column(str(rank)), word(name), entries)
        for rank, (name, entries) in enumerate(zip(REASONS, reasons, strict=False))
    ]
    found = union_all(*(entries.add_columns(rank.label("rank")) for rank, _, entries in ranked))
    each = found.subquery("found")
    nearest = (
        select(each.c.entry_id, func.min(each.c.rank).label("rank"))
        .group_by(each.c.entry_id)
        .subquery("nearest")
    )
    words = case(*((nearest.c.rank == rank, word) for rank, word, _ in ranked))
    pages = (
        select(*_page_columns(page), page.c.revision_id, words.label("reason"))
        .select_from(join(nearest, page, page.c.entry_id == nearest.c.entry_id))
        .where(_was_public(page, until), page.c.path.is_not(None))
    )
    every = union_all(pages, _left_paths(changed, since, until)).subquery("every")
    return select(*every.c).add_cte(changed, signed, touched, different, nest_here=True)


def _different(changed: FromClause, signed: FromClause, until: Position) -> CTE:
    """Return the entries that changed, and what is no page and shows one of them."""
    parts = select(signed.c.entry_id, signed.c.content_type).where(signed.c.path.is_(None))
    both = union_all(select(changed.c.entry_id, changed.c.content_type), parts).subquery("both")
    shown = select(*both.c).cte("different", recursive=True)
    part = aliased_table(Publication, "part")
    leading = join(shown, Link, Link.target_id == shown.c.entry_id)
    stands_in = join(leading, part, part.c.revision_id == Link.revision_id)
    further = (
        select(part.c.entry_id, part.c.content_type)
        .select_from(stands_in)
        .where(part.c.path.is_(None), _was_public(part, until))
    )
    # Not "all", so that each is looked at once.
    return shown.union(further)


def _public_between(changed: FromClause, since: Position, until: Position) -> Relation:
    """Return what was public at any time in between of the entries that changed."""
    return select(Publication.revision_id, Publication.category_id).where(
        Publication.entry_id.in_(select(changed.c.entry_id)),
        Publication.position <= until,
        or_(is_public_now(Publication), Publication.ended_position > since),
    )


def _with_other_sign_offs(since: Position, until: Position) -> Relation:
    """Return what is public with a sign-off that counts at only one of the two positions."""
    page = aliased_table(Publication, "signed_page")
    counted = aliased_table(PublicationSignOff, "counted")
    at_since, at_until = Past(AsOf.POSITION, since), Past(AsOf.POSITION, until)
    came = and_(counted.c.position > since, was_public_at(counted, at_until))
    went = and_(was_public_at(counted, at_since), counted.c.ended_position <= until)
    return (
        select(page.c.entry_id, page.c.content_type, page.c.path)
        .select_from(join(page, counted, counted.c.publication_id == page.c.id))
        .where(_was_public(page, until), or_(came, went))
    )


def _leading_to(different: FromClause, page: FromClause, until: Position) -> Relation:
    leading = select(Link.revision_id).where(Link.target_id.in_(select(different.c.entry_id)))
    return select(page.c.entry_id).where(_was_public(page, until), page.c.revision_id.in_(leading))


def _led_to(touched: FromClause) -> Relation:
    return select(Link.target_id.label("entry_id")).where(
        Link.target_id.is_not(None), Link.revision_id.in_(select(touched.c.revision_id))
    )


def _in_category_of(touched: FromClause, page: FromClause, until: Position) -> Relation:
    own = select(Category.id, Category.parent_id).where(
        Category.id.in_(select(touched.c.category_id))
    )
    above = own.cte("above", recursive=True, nesting=True)
    # Not "all", so that each is looked at once.
    above = above.union(
        select(Category.id, Category.parent_id).join(above, Category.id == above.c.parent_id)
    )
    listing = select(above.c.id)
    return select(page.c.entry_id).where(_was_public(page, until), page.c.category_id.in_(listing))


def _everywhere_if(
    different: FromClause, page: FromClause, until: Position, singletons: Sequence[str]
) -> Relation:
    is_singleton = or_(
        false(),
        *(different.c.content_type == literal(name, literal_execute=True) for name in singletons),
    )
    return (
        select(page.c.entry_id)
        .where(_was_public(page, until))
        .where(exists().select_from(different).where(is_singleton))
    )


def _left_paths(changed: FromClause, since: Position, until: Position) -> Relation:
    """Return the paths to look at that have nothing at the end, with their last publications."""
    left = aliased_table(Publication, "left_behind")
    later = aliased_table(Publication, "later")
    known = aliased_table(Publication, "known_path")
    is_taken = exists().where(
        _is_at_path_of(left, later), later.c.position > left.c.position, later.c.position <= until
    )
    # Whatever came to a path and went again in between has ended what the path was before.
    is_overtaken = and_(
        left.c.position > since,
        exists().where(_is_at_path_of(left, known), known.c.position <= since),
    )
    return (
        select(*_page_columns(left), null().label("revision_id"), word("LEFT").label("reason"))
        .where(or_(left.c.entry_id.in_(select(changed.c.entry_id)), is_overtaken))
        .where(left.c.path.is_not(None), left.c.ended_position <= until, not_(is_taken))
    )


def _is_at_path_of(left: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(other.c.path == left.c.path, other.c.locale == left.c.locale)


def _page_columns(page: FromClause) -> tuple[ColumnElement[Any], ...]:
    return page.c.id, page.c.content_type, page.c.locale, page.c.path


def _was_public(publication: FromClause, until: Position) -> ColumnElement[bool]:
    return was_public_at(publication, Past(AsOf.POSITION, until))
