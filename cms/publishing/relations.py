"""Relations of publications: paths that lead elsewhere, and what has changed since a position.

All of it derives from the publications and addresses; the changes are for sites that are built
step by step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    and_,
    case,
    exists,
    func,
    join,
    literal_column,
    not_,
    null,
    or_,
    outerjoin,
    select,
    union,
    union_all,
)

from cms.publishing.affected_entries import (
    Position,
    below_categories,
    different_entries,
    everywhere_if,
    in_category_of,
    leading_to,
    led_to,
    of_people,
    stood_there,
    was_in_force,
    was_page,
)
from cms.publishing.change_events import WITHOUT_END, last_events, published
from cms.publishing.purged_editions import is_last_of_purged
from cms.reading.aliases import aliased_table, word
from cms.reading.locales import locales_of
from cms.reading.narrowing import KeyJoin
from cms.reading.periods import is_over, is_public_now, stands_in, was_public_at
from cms.reading.positions import newest_position, position_token
from cms.reading.rows import Column, Row
from cms.reading.view import AsOf, Past, View
from cms.reading.visibility import Relation, is_declared, is_open, is_shown, with_address
from cms.storage.dialects import IsAmongRows
from cms.tables import (
    Address,
    CategoryPlace,
    Entry,
    Publication,
    PublicationSignOff,
    Purge,
    Revision,
)

_SLASH = word("/")
_ZERO = literal_column("0", BigInteger())


class RedirectRow(Row):
    """A row of :func:`redirects`."""

    path = Column()
    locale = Column()
    entry_id = Column()
    url = Column()
    new_path = Column()
    ended_at = Column()
    revision_id = Column()


class StandingPageRow(Row):
    """A row of :func:`standing_pages`."""

    id = Column()
    path = Column()
    locale = Column()
    content_type = Column()
    published_at = Column()


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
    is_purged = Column()
    until = Column()


class AffectedRow(Row):
    """A row of :func:`affected_pages`."""

    id = Column()
    content_type = Column()
    locale = Column()
    path = Column()
    revision_id = Column()
    reason = Column()


def standing_pages(view: View) -> Relation:
    """Return the public pages in all locales, of which an index over addresses has the paths.

    They are those of :func:`cms.reading.relations.translations` that have a path, in a view of what
    is public now. Their publications are read only where their times are used.
    """
    stands = aliased_table(Address, "stands")
    page = Publication.__table__
    is_of_page = and_(page.c.edition_id == stands.c.edition_id, is_open(page, view))
    return (
        select(
            stands.c.entry_id.label("id"),
            *(stands.c.path, stands.c.locale, stands.c.content_type, page.c.published_at),
        )
        .select_from(KeyJoin(stands, page, is_of_page))
        .where(
            stands_in(stands, view),
            stands.c.edition_id.is_not(None),
            *is_declared(view, stands.c.content_type),
        )
    )


def redirects(view: View) -> Relation:
    """Return the paths that lead elsewhere: redirects, and those that editions have left.

    ``new_path`` is where a path leads: the target of a redirect to another site; or where the
    edition stands that has left it; or else where the view shows its entry, if the edition was in
    one of the view's languages; or else null, for it is gone. So a path leads straight to the
    entry, in its own language if it can, however often it has moved, and never in circles.

    A path can have both: then the redirect, which has no ``ended_at``, is in force.
    """
    left = aliased_table(Address, "left_address")
    live, moved = aliased_table(Publication, "moved"), aliased_table(Address, "moved_address")
    shown, there = aliased_table(Publication, "shown"), aliased_table(Address, "shown_address")
    is_redirect = left.c.edition_id.is_(None)
    # What the view shows stands in for its own languages, and not for any others.
    stands_for = and_(
        shown.c.entry_id == left.c.entry_id,
        or_(is_redirect, left.c.locale.in_(locales_of(view))),
        is_shown(shown, view),
    )
    of_edition = and_(live.c.edition_id == left.c.edition_id, is_open(live, view))
    found = with_address(outerjoin(left, live, of_edition), live.c.edition_id, moved, view)
    found = with_address(outerjoin(found, shown, stands_for), shown.c.edition_id, there, view)
    is_moved = moved.c.path.is_not(None)
    is_shown_there = there.c.path.is_not(None)
    moved_to = case((is_moved, live.c.revision_id), (is_shown_there, shown.c.revision_id))
    is_left = and_(not_(is_redirect), is_over(left, view), not_(_is_left_later(left, view)))
    return (
        select(
            left.c.path,
            left.c.locale,
            left.c.entry_id,
            left.c.url,
            func.coalesce(left.c.url, moved.c.path, there.c.path).label("new_path"),
            case((is_left, left.c.ended_at)).label("ended_at"),
            moved_to.label("revision_id"),
        )
        .select_from(found)
        .where(or_(is_left, and_(is_redirect, stands_in(left, view))), left.c.path.is_not(None))
    )


def _is_left_later(left: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether another edition has left the path later."""
    later = aliased_table(Address, "later")
    return exists().where(
        _is_at_path_of(left, later),
        later.c.edition_id.is_not(None),
        is_over(later, view),
        later.c.ended_position > left.c.ended_position,
    )


def position_at(moment: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the position before the first at which something happened later than at a time.

    What has an older history can be imported into a site: it has high positions and early times.
    So this is not the last position of an earlier time, after which some of what is later could
    be missed.
    """
    begun = (
        (Publication, Publication.published_at),
        (PublicationSignOff, PublicationSignOff.counted_at),
        (Address, Address.began_at),
    )
    later = union_all(
        *(select(fact.position.label("later")).where(since > moment) for fact, since in begun),
        *(select(fact.ended_position).where(fact.ended_at > moment) for fact, _ in begun),
        select(Purge.position).where(Purge.position.is_not(None), Purge.purged_at > moment),
        # A category's first place takes no position; each further one ends the one before.
        select(CategoryPlace.ended_position).where(CategoryPlace.ended_at > moment),
    ).subquery("later_events")
    before = select(func.min(later.c.later) - literal_column("1")).scalar_subquery()
    return func.coalesce(before, newest_position())


def changes(
    since: Position, until: Position, *, start: Position | None = None, end: Position | None = None
) -> Relation:
    """Return each edition whose public JSON changed after one position, up to another.

    Those are the editions that were published or unpublished, those that came to another address,
    those of which a sign-off began or ceased to count while they were public, those of
    categories that moved, or that are below one that moved or was published, and those that were
    purged after they had been public.

    ``position`` is that of its last change, ``until`` the token of the position up to which changes
    are returned. An edition that is public at the end has its revision; any other has its last
    path, which is null if ``is_purged``.

    Args:
        since: the position up to which everything is known.
        until: the position to look at.
        start: a position between them; changes with an earlier one may be missing.
        end: the same as ``until``; ``None`` if nothing is after it.
    """
    found, tables = last_events(since, start, end)
    last = found.subquery("last")
    every = _changes_of(since, until, last).order_by(last.c.position, last.c.edition_id)
    return every.limit(WITHOUT_END).add_cte(*tables, nest_here=True)


def _changes_of(since: Position, until: Position, last: FromClause) -> Relation:
    """Return the changes of editions, given their last events."""
    live, stood = aliased_table(Publication, "live"), aliased_table(Address, "stood")
    gone, left = aliased_table(Publication, "gone"), aliased_table(Address, "left_address")
    is_live = and_(live.c.edition_id == last.c.edition_id, was_in_force(live, until))
    # An edition that was purged is not public, and was last at any earlier position.
    is_gone = and_(
        gone.c.edition_id == last.c.edition_id,
        or_(gone.c.ended_position == last.c.position, is_last_of_purged(gone, last)),
        live.c.id.is_(None),
    )
    # A page that is gone has left its path at the same position.
    is_left = and_(
        left.c.edition_id == last.c.edition_id, left.c.ended_position == gone.c.ended_position
    )
    known = aliased_table(Publication, "known")
    was_known = exists().where(known.c.edition_id == last.c.edition_id, was_in_force(known, since))
    return (
        select(
            last.c.position,
            last.c.edition_id,
            func.coalesce(live.c.entry_id, gone.c.entry_id).label("entry_id"),
            func.coalesce(live.c.content_type, gone.c.content_type).label("content_type"),
            func.coalesce(live.c.locale, gone.c.locale).label("locale"),
            func.coalesce(stood.c.path, left.c.path).label("path"),
            live.c.revision_id,
            Revision.digest,
            gone.c.purged_at.is_not(None).label("is_purged"),
            position_token(until).label("until"),
        )
        .select_from(
            outerjoin(
                outerjoin(outerjoin(outerjoin(last, live, is_live), gone, is_gone), left, is_left),
                Revision,
                Revision.id == live.c.revision_id,
            ).join(stood, stood_there(stood, live, until), isouter=True)
        )
        # What came and went in between was never known to whoever asks; what was purged may be kept
        # in what clients have of earlier times.
        .where(or_(live.c.id.is_not(None), was_known, gone.c.purged_at.is_not(None)))
    )


# Why a page can look different, the most direct first; or why its path is to be looked at.
REASONS = (
    "CHANGED",
    "REVIEWED",
    "LINKS_TO_CHANGED",
    "LINKED_FROM_CHANGED",
    "CATEGORY",
    "PERSON",
    "SAME_CATEGORY",
    "SITE_CHANGED",
    "LEFT",
    "REDIRECT",
)


def affected_pages(since: Position, until: Position, singletons: Sequence[str]) -> Relation:
    """Return the public pages whose rendering can have changed between two positions.

    Those are the pages that changed; those of which other sign-offs count; those that lead to an
    entry that changed, by a link or a reference, since they show its title and path; those to
    which such an entry leads, or led, since they show where they are linked from; those in a
    category that changed or moved, or below one, and those of an author or a reviewer who changed,
    since they show their names; the page of a person whose works changed, since it lists them;
    those of a category in which, or below which, an entry or a category came, went, changed or
    moved, and its own page, since they list it; and all of them, if a singleton did, since every
    page shows it. What is no page is shown within pages, so it has changed if other sign-offs of it
    count, or if it leads to something that changed.

    An entry changes in all languages at once: where one edition comes or goes, pages in other
    languages show another edition than before, with the links and the category of that one.

    Beside the pages are the paths at which nothing is any more: those of entries that changed,
    which are gone or redirect to where the entry is now; and those that were known and have been
    taken and left again in between. So are the paths of redirects that came or went, or lead to an
    entry that changed. They have no revision.

    Args:
        since: the position up to which everything is known.
        until: the position to look at.
        singletons: the names of the content types that every page shows.
    """
    # Once, however many reasons look into it; and each reason finds entries in sets and not in
    # pairs, so that a database without statistics has no way that takes the square of the time.
    event = union_all(*published(since, until)).subquery("every_event")
    last = select(event.c.edition_id, func.max(event.c.position).label("position"))
    published_ = _changes_of(since, until, last.group_by(event.c.edition_id).subquery("last"))
    changed = published_.cte("changed").prefix_with("MATERIALIZED")
    signed = _with_other_sign_offs(since, until).cte("signed").prefix_with("MATERIALIZED")
    touched = _public_between(changed, since, until).cte("touched").prefix_with("MATERIALIZED")
    different = different_entries(changed, signed, until)
    page = aliased_table(Publication, "page")
    reasons = (
        select(changed.c.entry_id),
        select(signed.c.entry_id),
        leading_to(different, page, until),
        led_to(touched),
        below_categories(different, page, since, until),
        of_people(different, touched, page, since, until),
        in_category_of(touched, different, page, since, until),
        *([everywhere_if(different, page, until, singletons)] if singletons else []),
    )
    pages = _nearest_reasons(reasons, page, until)
    left, led = _left_paths(changed, since, until), _redirected_paths(changed, since, until)
    every = union_all(pages, left, led).subquery("every")
    return select(*every.c).add_cte(changed, signed, touched, different, nest_here=True)


def _nearest_reasons(reasons: Sequence[Relation], page: FromClause, until: Position) -> Relation:
    """Return the pages of the entries that each reason selects, with the most direct reason."""
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
    stood = aliased_table(Address, "stood")
    found_pages = join(nearest, page, page.c.entry_id == nearest.c.entry_id)
    return (
        select(
            *(page.c.id, page.c.content_type, page.c.locale, stood.c.path, page.c.revision_id),
            words.label("reason"),
        )
        .select_from(join(found_pages, stood, stood_there(stood, page, until)))
        .where(was_in_force(page, until))
    )


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
    changed = select(counted.c.publication_id).where(or_(came, went)).scalar_subquery()
    return select(
        page.c.entry_id, page.c.content_type, was_page(page, until).label("is_page")
    ).where(was_in_force(page, until), IsAmongRows(page.c.id, changed))


def _left_paths(changed: FromClause, since: Position, until: Position) -> Relation:
    """Return the paths to look at that have nothing at the end, with their last addresses."""
    left = aliased_table(Address, "left_behind")
    known = aliased_table(Address, "known_path")
    # Whatever came to a path and went again in between has ended what the path was before.
    is_overtaken = and_(
        left.c.position > since,
        left.c.position <= until,
        exists().where(_is_at_path_of(left, known), known.c.position <= since),
    )
    is_of_changed = IsAmongRows(left.c.entry_id, select(changed.c.entry_id).scalar_subquery())
    return _each_once(
        _without_page(left, "LEFT")
        .where(left.c.path.is_not(None), condition)
        # A sum, so that no index of ends is used: most addresses that ended did so before.
        .where(left.c.edition_id.is_not(None), left.c.ended_position + _ZERO <= until)
        .where(not_(_is_taken_later(left, until)))
        for condition in (is_of_changed, is_overtaken)
    )


def _redirected_paths(changed: FromClause, since: Position, until: Position) -> Relation:
    """Return the paths of redirects that came, went or lead elsewhere, if nothing is there."""
    redirect = aliased_table(Address, "redirect")
    came = and_(redirect.c.position > since, redirect.c.position <= until)
    went = and_(redirect.c.ended_position > since, redirect.c.ended_position <= until)
    changed_ids = select(changed.c.entry_id).scalar_subquery()
    leads_elsewhere = and_(
        IsAmongRows(redirect.c.entry_id, changed_ids), was_in_force(redirect, until)
    )
    return _each_once(
        _without_page(redirect, "REDIRECT")
        .where(redirect.c.path.is_not(None))
        .where(redirect.c.edition_id.is_(None), condition)
        .where(not_(_is_taken_later(redirect, until)))
        for condition in (came, went, leads_elsewhere)
    )


def _each_once(found: Iterable[Relation]) -> Relation:
    """Return the rows of some relations, each of which finds its rows by an index, once."""
    every = union(*found).subquery("each_once")
    return select(*every.c)


def _without_page(address: FromClause, reason: str) -> Relation:
    entry = aliased_table(Entry, f"entry_of_{reason.lower()}")
    return select(
        *(address.c.id, entry.c.content_type, address.c.locale, address.c.path),
        null().label("revision_id"),
        word(reason).label("reason"),
    ).select_from(outerjoin(address, entry, entry.c.id == address.c.entry_id))


def _is_taken_later(left: FromClause, until: Position) -> ColumnElement[bool]:
    later = aliased_table(Address, "later")
    return exists().where(
        _is_at_path_of(left, later), later.c.position > left.c.position, later.c.position <= until
    )


def _is_at_path_of(left: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Return whether two addresses have one path, but for a slash at its end."""
    bare = func.rtrim(left.c.path, _SLASH)
    return and_(other.c.path.in_([bare, bare + _SLASH]), other.c.locale == left.c.locale)
