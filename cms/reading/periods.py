"""Periods: which facts are in force now, or were at a point of the past that a view shows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, or_, select

from cms.reading.view import AsOf, Past, View
from cms.storage.dialects import Unindexed
from cms.tables import Address, CategoryPlace, Position, Publication, PublicationSignOff
from cms.tables.publication import latest_time_of


def stands_now() -> ColumnElement[bool]:
    """Return the condition that joins publications to the addresses of their editions."""
    return and_(Address.edition_id == Publication.edition_id, is_in_force(Address))


def stands_in(fact: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether an address, or a place in the tree, is or was in force in the view."""
    if view.past is None:
        return is_in_force(fact)
    return _held_at(fact, view.past, address_span_of(view.past))


def is_over(address: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether an address has ended, by the point at which the view looks."""
    if view.past is None:
        return address.c.ended_position.is_not(None)
    _, ended = address_span_of(view.past)
    until = address.c[ended]
    return and_(until.is_not(None), until <= view.past.at)


def is_in_force(fact: FromClause | type[Address | CategoryPlace]) -> ColumnElement[bool]:
    """Return whether an address, or a place in the tree, is in force now."""
    return _has_not_ended(fact)


def is_public_now(publication: FromClause | type[Publication]) -> ColumnElement[bool]:
    """Return whether a publication is what readers see now."""
    return _has_not_ended(publication)


def counts_now(sign_off: FromClause | type[PublicationSignOff]) -> ColumnElement[bool]:
    """Return whether a sign-off of a publication counts now."""
    return _has_not_ended(sign_off)


def _has_not_ended(
    table: type[Address | CategoryPlace | Publication | PublicationSignOff] | FromClause,
) -> ColumnElement[bool]:
    columns = table.c if isinstance(table, FromClause) else table
    return columns.ended_position.is_(None)


def was_public_at(publication: FromClause, past: Past) -> ColumnElement[bool]:
    """Return whether a publication was what readers saw at a point in the past."""
    return _held_at(publication, past, spans_of(past))


def was_shown_at(publication: FromClause, past: Past) -> ColumnElement[bool]:
    """Return what :func:`was_public_at` does, for lists, which are in the order of times.

    What was published up to a position was so at the latest at a time that the position knows. An
    index over positions would find all these rows, and they would be sorted.
    """
    if past.named is AsOf.TIME:
        return was_public_at(publication, past)
    begun, ended = (publication.c[name] for name in spans_of(past))
    latest = select(latest_time_of(Position.__table__)).where(Position.number == past.at)
    return and_(
        publication.c.published_at <= latest.scalar_subquery(),
        _is_within(past, Unindexed(begun), ended),
    )


def counts(sign_off: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether a sign-off of a publication counts, or counted at that point in the past.

    Args:
        sign_off: a row of ``publication_sign_off``.
        view: the view.
    """
    if view.past is None:
        return counts_now(sign_off)
    return _held_at(sign_off, view.past, counting_span_of(view.past))


def _held_at(fact: FromClause, past: Past, span: tuple[str, str]) -> ColumnElement[bool]:
    begun, ended = (fact.c[name] for name in span)
    return _is_within(past, begun, ended)


def _is_within(
    past: Past, begun: ColumnElement[Any], ended: ColumnElement[Any]
) -> ColumnElement[bool]:
    return and_(begun <= past.at, or_(ended.is_(None), ended > past.at))


def spans_of(past: Past) -> tuple[str, str]:
    """Return the columns of a publication that tell from when to when it was public."""
    return _span(past, "published_at")


def address_span_of(past: Past) -> tuple[str, str]:
    """Return the columns that tell from when to when an address or a place was in force."""
    return _span(past, "began_at")


def counting_span_of(past: Past) -> tuple[str, str]:
    """Return the columns of a publication's sign-off that tell from when to when it counts."""
    return _span(past, "counted_at")


def _span(past: Past, begun: str) -> tuple[str, str]:
    if past.named is AsOf.POSITION:
        return "position", "ended_position"
    return begun, "ended_at"
