"""The reviews of editions: the one that is open, and the newest one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from cms.storage.dialects import is_among
from cms.tables import Review
from cms.work.work import Reading


@dataclass(frozen=True)
class EditionReviews:
    """The reviews of an edition.

    Attributes:
        newest: the one that was requested last; it may have ended.
        open: the one that is open.
    """

    newest: Review | None = None
    open: Review | None = None


async def reviews_of(reading: Reading, edition_ids: Iterable[str]) -> Mapping[str, EditionReviews]:
    """Return the reviews of editions, by the edition's id."""
    wanted = set(edition_ids)
    found: defaultdict[str, EditionReviews] = defaultdict(EditionReviews)
    if not wanted:
        return found
    rows = await reading.session.scalars(
        select(Review)
        .where(is_among(Review.edition_id, wanted))
        .order_by(Review.requested_at, Review.id)
    )
    for each in rows:
        opened = each if each.ended_at is None else found[each.edition_id].open
        found[each.edition_id] = EditionReviews(each, opened)
    return found
