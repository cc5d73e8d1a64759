"""Invalidation: the sign-offs of an account that was taken over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, or_, select

from cms.authorization.actions import Action
from cms.drafts.loading import get
from cms.errors import InvalidValue, Refused
from cms.events import SignOffsInvalidated
from cms.reading.periods import counts_now, is_public_now
from cms.review.publication_reviews import end_sign_offs
from cms.review.reviews import check_reason
from cms.tables import Account, Edition, Publication, PublicationSignOff, SignOff
from cms.work.work import Work, command


@command(Action.REVIEW_INVALIDATE)
async def invalidate_sign_offs(
    work: Work, account_id: str, *, since: datetime, reason: str
) -> Sequence[SignOff]:
    """Close the sign-offs that an account gave since a time, and take them off public pages.

    This is for an account that was taken over: another person may have given them. It takes off
    public pages what ended for another cause too, such as the account's being disabled.

    Args:
        work: the transaction and the actor.
        account_id: the account.
        since: the time from which on its sign-offs are not trusted.
        reason: what has happened; it is kept in the audit record.

    Returns:
        The sign-offs that do not count any more, or are not shown any more.

    Raises:
        Refused: if the actor is not allowed to, there is no such account, the reason is empty, or
            the time is in the future.
    """
    work.authorise(Action.REVIEW_INVALIDATE)
    words = check_reason(reason)
    work = await work.in_turn()
    await get(work, Account, account_id)
    if since > work.now:
        message = "the time is in the future; give one since which sign-offs are not trusted"
        raise Refused(InvalidValue(message=message, path=("since",)))
    work.emit(SignOffsInvalidated(subject=account_id, since=since, reason=words))
    found = await _affected(work, account_id, since)
    await end_sign_offs(work, found, "invalidated")
    return [row for row, _ in found]


async def _affected(
    work: Work, account_id: str, since: datetime
) -> Sequence[tuple[SignOff, Edition]]:
    """Return the sign-offs that are open, or count for a public page."""
    is_shown = exists(
        select(PublicationSignOff.sign_off_id)
        .join(Publication, Publication.id == PublicationSignOff.publication_id)
        .where(
            PublicationSignOff.sign_off_id == SignOff.id,
            counts_now(PublicationSignOff),
            is_public_now(Publication),
        )
    )
    rows = await work.session.execute(
        select(SignOff, Edition)
        .join(Edition, Edition.id == SignOff.edition_id)
        .where(
            and_(SignOff.account_id == account_id, SignOff.signed_at >= since),
            or_(SignOff.ended_at.is_(None), is_shown),
        )
        .order_by(SignOff.id)
        .with_for_update(of=SignOff)
    )
    return [(row, edition) for row, edition in rows.all()]
