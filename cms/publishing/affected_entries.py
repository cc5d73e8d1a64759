"""Entries whose pages can look different between two positions, by the reason.

Each function returns a relation of ids, for :func:`cms.publishing.relations.affected_pages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    and_,
    exists,
    join,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from cms.content.builtin import CATEGORY, PERSON
from cms.reading.aliases import aliased_table, word
from cms.reading.periods import is_in_force, was_public_at
from cms.reading.view import AsOf, Past
from cms.reading.visibility import Relation
from cms.storage.dialects import IsAmongRows, IsLookedUp
from cms.tables import (
    Address,
    CategoryPlace,
    Link,
    Publication,
    PublicationSignOff,
    Revision,
    SignOff,
)

Position = ColumnElement[Any]


def different_entries(changed: FromClause, signed: FromClause, until: Position) -> CTE:
    """Return the entries that changed, and what is no page and shows one of them."""
    parts = select(signed.c.entry_id, signed.c.content_type).where(not_(signed.c.is_page))
    both = union_all(select(changed.c.entry_id, changed.c.content_type), parts).subquery("both")
    shown = select(*both.c).cte("different", recursive=True)
    part = aliased_table(Publication, "part")
    leading = join(shown, Link, Link.target_id == shown.c.entry_id)
    # Row by row, for the number of what changed is not known.
    stands_in = join(leading, part, IsLookedUp(part.c.revision_id, Link.revision_id))
    stood = aliased_table(Address, "stood")
    was_there = IsLookedUp(stood.c.edition_id, part.c.edition_id)
    is_page = exists().where(was_there, was_in_force(stood, until))
    further = (
        select(part.c.entry_id, part.c.content_type)
        .select_from(stands_in)
        .where(not_(is_page), was_in_force(part, until))
    )
    # Not "all", so that each is looked at once.
    return shown.union(further)


def leading_to(different: FromClause, page: FromClause, until: Position) -> Relation:
    """Return what leads to an entry that changed, by a link or a reference."""
    leading = select(Link.revision_id).where(
        _is_among(Link.target_id, select(different.c.entry_id))
    )
    return select(page.c.entry_id).where(
        was_in_force(page, until), _is_among(page.c.revision_id, leading)
    )


def led_to(touched: FromClause) -> Relation:
    """Return the entries to which one that changed leads, or led."""
    return select(Link.target_id.label("entry_id")).where(
        Link.target_id.is_not(None), _is_among(Link.revision_id, select(touched.c.revision_id))
    )


def below_categories(
    different: FromClause, page: FromClause, since: Position, until: Position
) -> Relation:
    """Return what is in, or below, a category that changed or moved."""
    place = aliased_table(CategoryPlace, "below")
    changed = _changed_categories(different, since, until)
    above = select(changed.c.id).cte("changed_above", recursive=True, nesting=True)
    lower = select(place.c.category_id).select_from(
        join(above, place, place.c.parent_id == above.c.id)
    )
    # Not "all", so that each is looked at once.
    within = above.union(lower.where(was_in_force(place, until)))
    return _of_categories(select(within.c.id), page, until)


def _of_categories(categories: Relation, page: FromClause, until: Position) -> Relation:
    """Return what is in one of these categories, and the categories themselves.

    Each is found by an index of its own.
    """
    found = union_all(
        *(
            select(page.c.entry_id).where(was_in_force(page, until), _is_among(key, categories))
            for key in (page.c.category_id, page.c.entry_id)
        )
    ).subquery("of_categories")
    return select(found.c.entry_id)


def _changed_categories(different: FromClause, since: Position, until: Position) -> FromClause:
    """Return the ids of the categories that changed or moved."""
    moved = aliased_table(CategoryPlace, "moved")
    return union_all(
        select(different.c.entry_id.label("id")).where(different.c.content_type == word(CATEGORY)),
        select(moved.c.category_id).where(moved.c.position > since, moved.c.position <= until),
    ).subquery("changed_category")


def of_people(
    different: FromClause,
    touched: FromClause,
    page: FromClause,
    since: Position,
    until: Position,
) -> Relation:
    """Return the pages whose author or reviewer changed, and the people whose works changed."""
    authors = select(Revision.byline_id).where(
        Revision.byline_id.is_not(None), _is_among(Revision.id, select(touched.c.revision_id))
    )
    found = union_all(
        _by_people(different, page, until), authors, _reviewers_of(touched, since, until)
    ).subquery("of_people")
    return select(found.c.entry_id)


def _reviewers_of(touched: FromClause, since: Position, until: Position) -> Relation:
    """Return the reviewers of what changed, and those whose sign-offs came or went."""
    counted = aliased_table(PublicationSignOff, "counted_of_touched")
    works = select(Publication.id).where(
        _is_among(Publication.revision_id, select(touched.c.revision_id))
    )
    came = and_(counted.c.position > since, counted.c.position <= until)
    went = and_(counted.c.ended_position > since, counted.c.ended_position <= until)
    # Each by an index of its own.
    conditions = (_is_among(counted.c.publication_id, works), came, went)
    every = union_all(*(select(counted.c.person_id).where(each) for each in conditions))
    found = every.subquery("reviewer_of_touched")
    return select(found.c.person_id)


def _by_people(different: FromClause, page: FromClause, until: Position) -> Relation:
    """Return what has a person that changed as its author or as a reviewer."""
    people = select(different.c.entry_id).where(different.c.content_type == word(PERSON))
    counted = aliased_table(PublicationSignOff, "counted_of_people")
    authored = select(Revision.id).where(_is_among(Revision.byline_id, people))
    signed = (
        select(counted.c.publication_id)
        .join(SignOff, SignOff.id == counted.c.sign_off_id)
        .where(_is_among(SignOff.person_id, people), was_in_force(counted, until))
    )
    return select(page.c.entry_id).where(
        was_in_force(page, until),
        or_(_is_among(page.c.revision_id, authored), _is_among(page.c.id, signed)),
    )


def in_category_of(
    touched: FromClause,
    different: FromClause,
    page: FromClause,
    since: Position,
    until: Position,
) -> Relation:
    """Return what is in a category, or above one, with an entry or a category that changed."""
    place, stood = (
        aliased_table(CategoryPlace, name) for name in ("place_of_touched", "place_between")
    )
    changed = _changed_categories(different, since, until)
    parents = select(stood.c.parent_id).where(
        stood.c.parent_id.is_not(None),
        stood.c.category_id.in_(select(changed.c.id)),
        stood.c.position <= until,
        or_(is_in_force(stood), stood.c.ended_position > since),
    )
    own = union_all(
        select(touched.c.category_id).where(touched.c.category_id.is_not(None)), parents
    ).subquery("listing_category")
    above = select(own.c.category_id).cte("above", recursive=True, nesting=True)
    upper = select(place.c.parent_id).select_from(
        join(above, place, place.c.category_id == above.c.category_id)
    )
    # Not "all", so that each is looked at once.
    above = above.union(upper.where(place.c.parent_id.is_not(None), was_in_force(place, until)))
    return _of_categories(select(above.c.category_id), page, until)


def everywhere_if(
    different: FromClause, page: FromClause, until: Position, singletons: Sequence[str]
) -> Relation:
    """Return everything, if an entry that every page shows changed."""
    names = [literal(name, literal_execute=True) for name in singletons]
    # Joined, so that nothing is read if none changed.
    changed = (
        select(literal_column("1").label("one"))
        .select_from(different)
        .where(different.c.content_type.in_(names))
        .limit(literal_column("1"))
        .subquery("changed_singleton")
    )
    return (
        select(page.c.entry_id)
        .select_from(join(changed, page, true()))
        .where(was_in_force(page, until))
    )


def was_page(publication: FromClause, until: Position) -> ColumnElement[bool]:
    """Return whether an edition stood at an address at a position."""
    stood = aliased_table(Address, "stood")
    return exists().where(stood_there(stood, publication, until))


def stood_there(
    address: FromClause, publication: FromClause, until: Position
) -> ColumnElement[bool]:
    """Return whether an address was that of a publication's edition at a position."""
    return and_(address.c.edition_id == publication.c.edition_id, was_in_force(address, until))


def was_in_force(fact: FromClause, until: Position) -> ColumnElement[bool]:
    """Return whether a publication, an address or a place was in force at a position."""
    return was_public_at(fact, Past(AsOf.POSITION, until))


def _is_among(
    value: ColumnElement[Any] | InstrumentedAttribute[Any], rows: Select[Any]
) -> ColumnElement[bool]:
    return IsAmongRows(value, rows.scalar_subquery())
