"""Expiry: which sign-offs a publication counts, and when its review ends.

The rule is here twice, as pure functions and in SQL; a property of the tests holds the two
together. It looks only at what a publication has kept: its stages, and the sign-offs that counted
when it began or joined it later (:class:`~cms.tables.PublicationSignOff`). Which sign-offs count
for a revision is the rule of :mod:`cms.review.standing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    SQLColumnExpression,
    and_,
    case,
    distinct,
    exists,
    func,
    join,
    literal_column,
    not_,
    nulls_first,
    or_,
    select,
    true,
)

from cms.content.policy import Stage
from cms.reading.aliases import aliased_table, word
from cms.reading.periods import counting_span_of, counts
from cms.reading.view import View
from cms.tables import PublicationSignOff, PublicationStage, SignOff


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A sign-off that counts for a publication, or did once.

    Attributes:
        stage: name of its stage.
        person_id: its signer.
        counted_at: from when it counts for the publication.
        expires_at: when it expires.
        ended_at: when it was taken off again, if it was.
    """

    stage: str
    person_id: str
    counted_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    @property
    def until(self) -> datetime:
        """The time at which it expires or was taken off, whichever is first."""
        return min(self.expires_at, self.ended_at or self.expires_at)


def review_end(stages: Sequence[Stage], counted: Iterable[Counted]) -> datetime | None:
    """Return when the first stage has too few sign-offs left; ``None`` if one never had enough.

    A stage has enough as long as sign-offs of as many persons as it asks for hold.
    """
    signed = list(counted)
    ends = [_stage_ends_at(stage, signed) for stage in stages]
    known = [each for each in ends if each is not None]
    return min(known) if len(known) == len(ends) and known else None


def _stage_ends_at(stage: Stage, counted: Sequence[Counted]) -> datetime | None:
    latest: dict[str, datetime] = {}
    for each in counted:
        if each.stage == stage.name:
            before = latest.get(each.person_id, each.until)
            latest[each.person_id] = max(before, each.until)
    in_order = sorted(latest.values(), reverse=True)
    return in_order[stage.approvals - 1] if len(in_order) >= stage.approvals else None


def completes_stages(stages: Sequence[Stage], counted: Iterable[Counted]) -> bool:
    """Return whether those that are not taken off completed all stages at some moment."""
    left = [each for each in counted if each.ended_at is None]
    return any(_are_complete_at(each.counted_at, stages, left) for each in left)


def _are_complete_at(moment: datetime, stages: Sequence[Stage], counted: Sequence[Counted]) -> bool:
    holding = [each for each in counted if each.counted_at <= moment < each.expires_at]
    return all(
        len({each.person_id for each in holding if each.stage == stage.name}) >= stage.approvals
        for stage in stages
    )


def is_review_shown(
    publication_id: SQLColumnExpression[Any], basis: SQLColumnExpression[Any], view: View
) -> ColumnElement[bool]:
    """Return whether readers see the sign-offs of a publication as its review.

    What was published without sign-offs has no review until later ones complete its stages.
    """
    return or_(basis == word("signed_off"), _completes_stages(publication_id, view))


def review_ends_at(publication_id: SQLColumnExpression[Any], view: View) -> ColumnElement[Any]:
    """Return :func:`review_end` of a publication at the point that the view shows, as SQL."""
    stage = aliased_table(PublicationStage, "ending_stage")
    return (
        select(_stage_end(stage, view).label("ends_at"))
        .select_from(stage)
        .where(stage.c.publication_id == publication_id)
        .order_by(nulls_first(literal_column("ends_at")))
        .limit(literal_column("1"))
        .scalar_subquery()
    )


def _stage_end(stage: FromClause, view: View) -> ColumnElement[Any]:
    """Return the latest end up to which enough persons have sign-offs that hold."""
    one, other = _signed("ending", stage), _signed("holding", stage)
    until = _holds_until(one, view)
    persons = (
        select(func.count(distinct(other.sign_off.c.person_id)))
        .select_from(other.both)
        .where(other.is_of_stage, _has_begun(other, view), _holds_until(other, view) >= until)
        .correlate(stage, one.counted, one.sign_off, one.both)
        .scalar_subquery()
    )
    return (
        select(func.max(until))
        .select_from(one.both)
        .where(one.is_of_stage, _has_begun(one, view), persons >= stage.c.approvals)
        .correlate(stage)
        .scalar_subquery()
    )


def _completes_stages(publication_id: SQLColumnExpression[Any], view: View) -> ColumnElement[bool]:
    stage = aliased_table(PublicationStage, "complete_stage")
    moment = aliased_table(PublicationSignOff, "completing")
    signed = _signed("complete", stage)
    persons = (
        select(func.count(distinct(signed.sign_off.c.person_id)))
        .select_from(signed.both)
        .where(
            signed.is_of_stage,
            counts(signed.counted, view),
            signed.counted.c.counted_at <= moment.c.counted_at,
            signed.sign_off.c.expires_at > moment.c.counted_at,
        )
        .correlate(stage, moment)
        .scalar_subquery()
    )
    incomplete: Select[Any] = (
        select(literal_column("1"))
        .select_from(stage)
        .where(stage.c.publication_id == moment.c.publication_id, persons < stage.c.approvals)
        .correlate(moment)
    )
    return exists(
        select(literal_column("1"))
        .select_from(moment)
        .where(
            moment.c.publication_id == publication_id,
            counts(moment, view),
            not_(exists(incomplete)),
        )
        # With it, PostgreSQL looks at the few publications without sign-offs; without it, it would
        # first look at the stages of all publications.
        .offset(literal_column("0"))
        .correlate(getattr(publication_id, "table", None))
    )


@dataclass(frozen=True)
class _Signed:
    """Sign-offs at a stage of a publication, under names of their own."""

    counted: FromClause
    sign_off: FromClause
    both: FromClause
    is_of_stage: ColumnElement[bool]


def _signed(name: str, stage: FromClause) -> _Signed:
    counted = aliased_table(PublicationSignOff, f"{name}_count")
    sign_off = aliased_table(SignOff, f"{name}_sign_off")
    is_of_stage = and_(
        counted.c.publication_id == stage.c.publication_id, sign_off.c.stage == stage.c.name
    )
    both = join(counted, sign_off, sign_off.c.id == counted.c.sign_off_id)
    return _Signed(counted, sign_off, both, is_of_stage)


def _has_begun(signed: _Signed, view: View) -> ColumnElement[bool]:
    if view.past is None:
        return true()
    begun, _ = counting_span_of(view.past)
    return signed.counted.c[begun] <= view.past.at


def _holds_until(signed: _Signed, view: View) -> ColumnElement[Any]:
    expires_at, ended_at = signed.sign_off.c.expires_at, signed.counted.c.ended_at
    is_cut = ended_at < expires_at
    if view.past is not None:
        _, ended = counting_span_of(view.past)
        is_cut = and_(is_cut, signed.counted.c[ended] <= view.past.at)
    return case((is_cut, ended_at), else_=expires_at)
