"""Events after which an edition is a change: what it shows has changed, or whether it is public.

Each function returns a relation of the ids of editions with the positions of the events.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    and_,
    exists,
    join,
    literal_column,
    not_,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from cms.content.builtin import CATEGORY
from cms.publishing.affected_entries import Position, was_in_force
from cms.publishing.purged_editions import purged_editions
from cms.reading.aliases import aliased_table, word
from cms.reading.periods import is_in_force, was_public_at
from cms.reading.view import AsOf, Past
from cms.reading.visibility import Relation
from cms.tables import Address, CategoryPlace, Publication, PublicationSignOff

# A limit beyond all rows. Without one, the databases leave out the order of a subquery, and do not
# plan for its first rows.
WITHOUT_END = select(literal_column(str(2**63 - 1), BigInteger())).scalar_subquery()


def last_events(
    since: Position, start: Position | None, until: Position | None
) -> tuple[Relation, tuple[CTE, ...]]:
    """Return the last event of each edition by position, and the tables that it needs.

    They are in that order as they are found, so that a page of them takes as long however many
    there are; what an edition has later is looked up for each. The caller adds the tables to the
    statement.

    Args:
        since: the position after which an edition has its events.
        start: a position that is not before it, at which the list begins; ``None`` for the first.
        until: the position up to which it has them; ``None`` for all.
    """
    # Both are short but for large moves, and cannot be looked up for an edition.
    moved = shifted(since, until).cte("moved_editions").prefix_with("MATERIALIZED")
    purged = purged_editions(since, until).cte("purged_at").prefix_with("MATERIALIZED")
    rare = [select(each.c.position, each.c.edition_id) for each in (moved, purged)]
    found = (*published(since, until), *reviewed(since, until), *rare)
    if start is not None:
        found = tuple(each.where(each.selected_columns["position"] >= start) for each in found)
    every = union(*found).order_by("position", "edition_id")
    event = every.limit(WITHOUT_END).subquery("event")
    later = [
        exists().where(each.c.edition_id == event.c.edition_id, each.c.position > event.c.position)
        for each in (moved, purged)
    ]
    is_last = not_(or_(*_later_publications(event, until), *_later_sign_offs(event, until), *later))
    return select(event.c.edition_id, event.c.position).where(is_last), (moved, purged)


def _later_publications(event: FromClause, until: Position | None) -> list[ColumnElement[bool]]:
    """Return whether a publication or an address of the edition began or ended later."""
    found: list[ColumnElement[bool]] = []
    for table in (Publication, Address):
        later = aliased_table(table, f"later_{table.__tablename__}")
        happened = or_(
            *(
                _is_between(at, event.c.position, until)
                for at in (later.c.position, later.c.ended_position)
            )
        )
        found.append(exists().where(later.c.edition_id == event.c.edition_id, happened))
    return found


def _later_sign_offs(event: FromClause, until: Position | None) -> list[ColumnElement[bool]]:
    """Return whether a sign-off began or ceased to count later, while the edition was public."""
    found: list[ColumnElement[bool]] = []
    for name in ("position", "ended_position"):
        public = aliased_table(Publication, f"signed_at_{name}")
        counted = aliased_table(PublicationSignOff, f"later_{name}")
        at = counted.c[name]
        found.append(
            exists().where(
                public.c.edition_id == event.c.edition_id,
                counted.c.publication_id == public.c.id,
                _is_between(at, event.c.position, until),
                was_public_at(public, Past(AsOf.POSITION, at)),
            )
        )
    return found


def published(since: Position, until: Position | None) -> tuple[Relation, ...]:
    """Return the editions of which a publication or an address began or ended, and where."""
    events = []
    for fact in (Publication, Address):
        for at in (fact.position, fact.ended_position):
            event = select(at.label("position"), fact.edition_id).where(
                _is_between(at, since, until)
            )
            events.append(event.where(fact.edition_id.is_not(None)))
    return tuple(events)


def reviewed(since: Position, until: Position | None) -> tuple[Relation, ...]:
    """Return the editions of which a sign-off began or ceased to count while public, and where.

    The id of the edition is null for a sign-off of what was not public then.
    """
    events = []
    for name in ("position", "ended_position"):
        public = aliased_table(Publication, f"public_at_{name}")
        counted = aliased_table(PublicationSignOff, f"counted_{name}")
        at = counted.c[name]
        was_public = was_public_at(public, Past(AsOf.POSITION, at))
        # Looked up and not joined, so that the sign-offs are read by position.
        edition = select(public.c.edition_id).where(
            public.c.id == counted.c.publication_id, was_public
        )
        events.append(
            select(at.label("position"), edition.scalar_subquery().label("edition_id")).where(
                _is_between(at, since, until)
            )
        )
    return tuple(events)


def shifted(since: Position, until: Position | None) -> Relation:
    """Return the public editions of categories whose tree paths can have changed, and where."""
    moved, lower = aliased_table(CategoryPlace, "moved"), aliased_table(CategoryPlace, "lower")
    public = aliased_table(Publication, "public_category")
    moved_then = _is_between(moved.c.position, since, until)
    events = [select(moved.c.category_id, moved.c.position).where(moved_then)]
    for at in (Publication.position, Publication.ended_position):
        named = Publication.content_type == word(CATEGORY)
        event = select(Publication.entry_id, at.label("position"))
        events.append(event.where(named, _is_between(at, since, until)))
    every = union_all(*events).subquery("every_shift")
    above = select(every.c.category_id, every.c.position).cte(
        "shifted", recursive=True, nesting=True
    )
    below = select(lower.c.category_id, above.c.position).select_from(
        join(above, lower, lower.c.parent_id == above.c.category_id)
    )
    # Not "all", so that each is looked at once.
    reached = above.union(below.where(_holds(lower, until)))
    return (
        select(public.c.edition_id, reached.c.position)
        .select_from(join(reached, public, public.c.entry_id == reached.c.category_id))
        # The type is known already, and names the small index of categories.
        .where(public.c.content_type == word(CATEGORY), _holds(public, until))
    )


def _is_between(
    at: ColumnElement[Any] | InstrumentedAttribute[Any],
    since: ColumnElement[Any],
    until: Position | None,
) -> ColumnElement[bool]:
    """Return whether something was after a position, up to another or to the newest one."""
    return at > since if until is None else and_(at > since, at <= until)


def _holds(fact: FromClause, until: Position | None) -> ColumnElement[bool]:
    return is_in_force(fact) if until is None else was_in_force(fact, until)
