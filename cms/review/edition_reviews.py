"""The reviews of editions: the one that is open, and the newest one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, exists, select

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


async def reviews_of(reading: Reading, edition_ids: Iterable[str]) -> Mapping[str, EditionReviews]:
    """Return the reviews of editions, by the edition's id."""
    wanted = set(edition_ids)
    if not wanted:
        return {}
    is_asked = exists().where(
        ChangeRequest.edition_id == Edition.id, ChangeRequest.ended_at.is_(None)
    )
    is_live = and_(Publication.edition_id == Edition.id, is_public_now(Publication))
    rows = await reading.session.execute(
        select(Edition.id, is_asked, Publication, Revision.digest, Review)
        .outerjoin(Publication, is_live)
        .outerjoin(Revision, Revision.id == Publication.revision_id)
        .outerjoin(Review, Review.edition_id == Edition.id)
        .where(is_among(Edition.id, wanted))
        .order_by(Review.requested_at, Review.id)
    )
    found: dict[str, EditionReviews] = {}
    for edition_id, is_asked_for, live, digest, review in rows:
        before = found.get(edition_id, EditionReviews())
        opened = review if review is not None and review.ended_at is None else before.open
        found[edition_id] = EditionReviews(review, opened, is_asked_for, live, digest)
    return found
