"""What has changed since a position: for sites that are built step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
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
    or_,
    outerjoin,
    select,
    union_all,
)

from cms.reading.shown import Relation
from cms.tables import Counter, Link, Publication, Revision

Position = ColumnElement[Any]


def position() -> Relation:
    """Return the position of what was published or taken back last."""
    return select(Counter.value.label("position")).where(
        Counter.name == literal_column("'position'")
    )


def changes(since: Position, until: Position) -> Relation:
    """Return each edition that was published or taken back after one position, up to another.

    ``position`` is that of its last change. What is public at the end has its revision; what
    is not is a tombstone, with the path at which it stood.
    """
    last = _last_changes(since, until).subquery("last")
    live = Publication.__table__.alias("live")
    gone = Publication.__table__.alias("gone")
    is_live = and_(live.c.edition_id == last.c.edition_id, _was_public(live, until))
    is_gone = and_(
        gone.c.edition_id == last.c.edition_id,
        gone.c.ended_position == last.c.position,
        live.c.id.is_(None),
    )
    known = Publication.__table__.alias("known")
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


def _last_changes(since: Position, until: Position) -> Relation:
    begun = select(Publication.edition_id, Publication.position.label("position")).where(
        Publication.position > since, Publication.position <= until
    )
    ended = select(Publication.edition_id, Publication.ended_position.label("position")).where(
        Publication.ended_position > since, Publication.ended_position <= until
    )
    both = union_all(begun, ended).subquery("both")
    return select(both.c.edition_id, func.max(both.c.position).label("position")).group_by(
        both.c.edition_id
    )


# Why a page can look different, the most direct first.
REASONS = (
    "CHANGED",
    "LINKS_TO_CHANGED",
    "LINKED_FROM_CHANGED",
    "SAME_CATEGORY",
    "SITE_CHANGED",
)


def affected(since: Position, until: Position, singletons: Sequence[str]) -> Relation:
    """Return the public pages whose rendering can have changed between two positions.

    Those are the pages that changed; those that lead to an entry that did, by a link or a
    reference, since they show its title and path; those to which such an entry leads, or led,
    since they show where they are linked from; those of a category in which an entry came,
    went or changed; and all of them, if a singleton did, since every page shows it.

    Args:
        since: the position up to which everything is known.
        until: the position to look at.
        singletons: the names of the content types that every page shows.
    """
    changed = changes(since, until).subquery("changed")
    page = Publication.__table__.alias("page")
    found = union_all(
        *(
            each.add_columns(literal_column(str(rank)).label("rank"))
            for rank, each in enumerate(_affected(changed, page, since, until, singletons))
        )
    ).subquery("found")
    nearest = (
        select(found.c.entry_id, func.min(found.c.rank).label("rank"))
        .group_by(found.c.entry_id)
        .subquery("nearest")
    )
    words: list[tuple[ColumnElement[bool], ColumnElement[str]]] = [
        (nearest.c.rank == literal_column(str(rank)), literal_column(f"'{reason}'"))
        for rank, reason in enumerate(REASONS)
    ]
    return (
        select(
            page.c.id,
            page.c.content_type,
            page.c.locale,
            page.c.path,
            page.c.revision_id,
            case(*words).label("reason"),
        )
        .select_from(join(nearest, page, page.c.entry_id == nearest.c.entry_id))
        .where(_was_public(page, until), page.c.path.is_not(None))
    )


def _affected(
    changed: FromClause,
    page: FromClause,
    since: Position,
    until: Position,
    singletons: Sequence[str],
) -> Iterator[Relation]:
    """Yield the entries that are affected for each reason, in the order of the reasons."""
    touched = Publication.__table__.alias("touched")
    was_touched = and_(
        touched.c.edition_id == changed.c.edition_id,
        touched.c.position <= until,
        or_(touched.c.ended_position.is_(None), touched.c.ended_position > since),
    )
    both = join(changed, touched, was_touched)
    yield select(changed.c.entry_id)
    leads_to = join(Link, changed, changed.c.entry_id == Link.target_id)
    yield (
        select(page.c.entry_id)
        .select_from(join(page, leads_to, page.c.revision_id == Link.revision_id))
        .where(_was_public(page, until))
    )
    yield (
        select(Link.target_id)
        .select_from(join(both, Link, Link.revision_id == touched.c.revision_id))
        .where(Link.target_id.is_not(None))
    )
    yield (
        select(page.c.entry_id)
        .select_from(join(both, page, page.c.category_id == touched.c.category_id))
        .where(_was_public(page, until))
    )
    is_singleton = or_(
        false(),
        *(changed.c.content_type == literal(name, literal_execute=True) for name in singletons),
    )
    yield (
        select(page.c.entry_id)
        .where(_was_public(page, until))
        .where(exists().select_from(changed).where(is_singleton))
    )


def _was_public(publication: FromClause, until: Position) -> ColumnElement[bool]:
    return and_(
        publication.c.position <= until,
        or_(publication.c.ended_position.is_(None), publication.c.ended_position > until),
    )
