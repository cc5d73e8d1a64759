"""The reviews of editions: the one that is open, and the newest one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, exists, select

from cms.reading.periods import is_public_now
from cms.storage.dialects import is_among
from cms.tables import ChangeRequest, Edition, Publication, Review, Revision
from cms.work.work import Reading


@dataclass(frozen=True)
class EditionReviews:
    """The reviews of an edition, and what else they depend on.

    Attributes:
        newest: the review that was requested last; it may have ended.
        open: the one that is open.
        has_change_requests: whether a change request in the edition is open.
        live: the open publication of the edition.
        live_digest: the digest of its revision.
    """

    newest: Review | None = None
    open: Review | None = None
    has_change_requests: bool = False
    live: Publication | None = None
    live_digest: str | None = None

    def live_with(self, digest: str) -> Publication | None:
        """Return the open publication if it has this digest."""
        return self.live if self.live_digest == digest else None


async def reviews_of(
    reading: Reading, edition_ids: Collection[str]
) -> Mapping[str, EditionReviews]:
    """Return the reviews of editions, by the edition's id."""
    if not edition_ids:
        return {}
    return reviews_in(await reading.session.execute(select_reviews(edition_ids)))


def select_reviews(edition_ids: Collection[str]) -> Select[*tuple[Any, ...]]:
    """Return the query for the reviews of editions, to which columns and joins may be added."""
    is_asked = exists().where(
        ChangeRequest.edition_id == Edition.id, ChangeRequest.ended_at.is_(None)
    )
    is_live = and_(Publication.edition_id == Edition.id, is_public_now(Publication))
    return (
        select(Edition.id, is_asked, Publication, Revision.digest, Review)
        .outerjoin(Publication, is_live)
        .outerjoin(Revision, Revision.id == Publication.revision_id)
        .outerjoin(Review, Review.edition_id == Edition.id)
        .where(is_among(Edition.id, edition_ids))
        .order_by(Review.requested_at, Review.id)
    )


def reviews_in(rows: Iterable[Row[*tuple[Any, ...]]]) -> Mapping[str, EditionReviews]:
    """Return the reviews in the rows of :func:`select_reviews`, by the edition's id."""
    found: dict[str, EditionReviews] = {}
    for edition_id, is_asked_for, live, digest, review, *_ in rows:
        before = found.get(edition_id, EditionReviews())
        opened = review if review is not None and review.ended_at is None else before.open
        found[edition_id] = EditionReviews(review, opened, is_asked_for, live, digest)
    return found
