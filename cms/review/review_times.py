"""Times of reviews: when the reviewers of a public page read it, and when it is due again.

Publications repeat both, and the ids of the reviewers. They change with late sign-offs and with
those that are taken off. So an index has the pages that are due, and facets count the lists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    func,
    join,
    literal_column,
    or_,
    select,
    update,
)

from cms.content.canonical_json import Json
from cms.content.policy import Stage
from cms.reading.aliases import aliased_table
from cms.reading.periods import counts_now, is_public_now
from cms.reading.view import View
from cms.review.expiry import (
    Counted,
    completes_stages,
    is_review_shown,
    review_end,
    review_ends_at,
)
from cms.review.standing import Signature
from cms.storage.database import ReadSession
from cms.storage.dialects import DistinctTexts, is_among
from cms.tables import Publication, PublicationSignOff, SignOff
from cms.work.work import Work

_NOW = View(locales=())


def set_review_times(
    publication: Publication, stages: Sequence[Stage], counting: Iterable[Signature]
) -> None:
    """Store in a new publication when it was reviewed and by whom, and when it is due again.

    Args:
        publication: the publication.
        stages: the stages under which it is published.
        counting: the sign-offs that count for it.
    """
    signatures = list(counting)
    counted = [
        Counted(
            stage=each.stage,
            person_id=each.person_id,
            counted_at=publication.published_at,
            expires_at=each.expires_at,
        )
        for each in signatures
    ]
    last: dict[str, datetime] = {}
    for each in signatures:
        last[each.stage] = max(each.signed_at, last.get(each.stage, each.signed_at))
    is_reviewed = publication.basis == "signed_off" or completes_stages(stages, counted)
    ends_at = review_end(stages, counted) if is_reviewed else None
    publication.reviewed_at = min(last.values(), default=None)
    publication.due_at = ends_at or publication.review_due_at or publication.published_at
    reviewers: list[Json] = [*sorted({each.person_id for each in signatures})]
    publication.reviewers = (reviewers or None) if is_reviewed else None


async def refresh_review_times(work: Work, publication_ids: Collection[str]) -> None:
    """Store times and reviewers of open publications again, after their sign-offs changed."""
    if publication_ids:
        await work.session.execute(
            update(Publication)
            .where(is_public_now(Publication), is_among(Publication.id, publication_ids))
            .values(_right_times())
            .execution_options(synchronize_session=False)
        )


async def repair_review_times(work: Work) -> None:
    """Store times and reviewers of open publications that have others."""
    await work.session.execute(
        update(Publication)
        .where(Publication.id.in_(_wrong_publications()))
        .values(_right_times())
        .execution_options(synchronize_session=False)
    )


async def faults_of_review_times(session: ReadSession) -> list[str]:
    """Return a line for each open publication with others than those that its sign-offs give."""
    wrong = await session.scalars(_wrong_publications().order_by(Publication.id))
    return [
        f"publication {each} is not valid: the time of its review, the one at which it is due "
        "again, or its reviewers are not what its sign-offs give; run: copydesk migrate"
        for each in wrong
    ]


def _wrong_publications() -> Select[str]:
    columns = Publication.__table__.c
    differs = (columns[name].is_distinct_from(value) for name, value in _right_times().items())
    return select(Publication.id).where(is_public_now(Publication), or_(*differs))


def _right_times() -> Mapping[str, ColumnElement[Any]]:
    """Return what a publication should repeat, as SQL; see :func:`set_review_times`."""
    ends_at = review_ends_at(Publication.id, _NOW)
    is_reviewed = is_review_shown(Publication.id, Publication.basis, _NOW)
    return {
        "due_at": func.coalesce(
            case((is_reviewed, ends_at)), Publication.review_due_at, Publication.published_at
        ),
        "reviewed_at": _reviewed_at(),
        "reviewers": case((is_reviewed, _reviewers())),
    }


def _reviewed_at() -> ColumnElement[Any]:
    """Return the time of the last sign-off of the stage that was signed first, as SQL.

    What the page leads to, its reviewers have read as it was then.
    """
    count, signed = _counting("read")
    other_count, other = _counting("read_too")
    last = (
        select(func.max(other.c.signed_at))
        .select_from(join(other_count, other, other.c.id == other_count.c.sign_off_id))
        .where(_counts_for_page(other_count), other.c.stage == signed.c.stage)
        .correlate(Publication, signed)
        .scalar_subquery()
    )
    return (
        select(func.min(last))
        .select_from(join(count, signed, signed.c.id == count.c.sign_off_id))
        .where(_counts_for_page(count))
        .correlate(Publication)
        .scalar_subquery()
    )


def _reviewers() -> ColumnElement[Any]:
    """Return the ids of those whose sign-offs count, in order, as SQL; null if there are none."""
    count = aliased_table(PublicationSignOff, "reviewing_count")
    return (
        select(DistinctTexts(count.c.person_id))
        .where(_counts_for_page(count))
        .having(func.count() > literal_column("0"))
        .correlate(Publication)
        .scalar_subquery()
    )


def _counting(name: str) -> tuple[FromClause, FromClause]:
    return aliased_table(PublicationSignOff, f"{name}_count"), aliased_table(SignOff, name)


def _counts_for_page(count: FromClause) -> ColumnElement[bool]:
    return and_(count.c.publication_id == Publication.id, counts_now(count))
