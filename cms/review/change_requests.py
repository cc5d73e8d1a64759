"""Change requests: the rejections of digests, with their reasons."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.drafts.loading import Held, authorise_on, hold, hold_with_part, refuse_archived
from cms.errors import NotAllowed, Refused
from cms.events import ChangeRequestEnded, ChangeRequestOpened
from cms.identifiers import new_id
from cms.review.judging import (
    above_judged,
    authorise_judgement,
    judged_among,
    not_in_review,
    refuse_unknown_digest,
)
from cms.review.publication_reviews import end_sign_offs, wait_if_public
from cms.review.reviews import check_reason
from cms.review.rights import as_judge
from cms.storage.dialects import is_among
from cms.tables import ChangeRequest, SignOff
from cms.tables.review import ChangeRequestEnd
from cms.work.bulk import grouped
from cms.work.work import Work, command


@command(Action.REVIEW_REQUEST_CHANGES)
async def request_changes(
    work: Work, entry_id: str, *, digest: str, reason: str, locale: str | None = None
) -> ChangeRequest:
    """Request changes to exactly these bytes, with a reason; return the change request.

    The digest cannot be published while the request is open. It ends when its author signs the
    digest off, withdraws it, or loses the right; any edit gives another digest. It closes the
    author's sign-offs on the same digest, and takes them off what is public. What is public, or
    was signed off by the actor, needs no open review.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        digest: the digest of the revision that the reviewer has read.
        reason: what has to change.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not review here or has contributed, there is no open review,
            the digest is that of no revision, no reason is given, or the entry is archived.
    """
    key = entry_id, locale or work.site.default_locale
    work = await wait_if_public(work, [(*key, digest)])
    held = await hold(work, entry_id, locale)
    await authorise_on(work, Action.REVIEW_REQUEST_CHANGES, held)
    refuse_archived(held)
    judged = refuse_unknown_digest((await judged_among(work, {0: (held, digest)}))[0])
    signed = await _own_sign_offs(work, held, digest)
    is_signed = any(each.ended_at is None for each in signed)
    review = judged.reviews.open
    if review is None and judged.live is None and not is_signed:
        raise not_in_review()
    above = await above_judged(work, [(held, judged)])
    authorise_judgement(work, above, Action.REVIEW_REQUEST_CHANGES, (held, judged))
    judge = await as_judge(work)
    above = await above_judged(judge, [(held, judged)])
    authorise_judgement(judge, above, Action.REVIEW_REQUEST_CHANGES, (held, judged))
    asked = ChangeRequest(
        id=new_id("changes"),
        review_id=review.id if review is not None else None,
        edition_id=held.edition.id,
        revision_id=judged.revision.id,
        digest=digest,
        account_id=work.account_id(),
        reason=check_reason(reason),
        requested_at=work.now,
    )
    await work.insert(asked)
    place = {"entry": entry_id, "locale": held.edition.locale}
    work.emit(ChangeRequestOpened(subject=asked.id, digest=digest, **place))
    await _close_sign_offs(work, held, signed)
    return asked


@command(Action.REVIEW_REQUEST_CHANGES)
async def withdraw_change_request(work: Work, change_request_id: str) -> ChangeRequest:
    """Withdraw the actor's own change request, without a sign-off, and return it.

    Raises:
        Refused: if there is no such change request, or another account made it.
    """
    held, asked = await hold_with_part(work, ChangeRequest, change_request_id)
    await authorise_on(work, Action.REVIEW_REQUEST_CHANGES, held)
    if asked.account_id != work.account_id():
        message = "only the reviewer who requested changes can withdraw the request"
        raise Refused(NotAllowed(message=message))
    if asked.ended_at is None:
        await close_change_requests(work, [(held, asked)], "withdrawn")
    return asked


async def _own_sign_offs(work: Work, held: Held, digest: str) -> Sequence[SignOff]:
    found = await work.session.scalars(
        select(SignOff)
        .where(
            SignOff.edition_id == held.edition.id,
            SignOff.digest == digest,
            SignOff.account_id == work.account_id(),
        )
        .order_by(SignOff.id)
        .with_for_update()
    )
    return found.all()


async def _close_sign_offs(work: Work, held: Held, rows: Sequence[SignOff]) -> None:
    """Close those of the actor's sign-offs that are open, and take all off what is public."""
    await end_sign_offs(work, [(row, held.edition) for row in rows], "changes_requested")


async def close_own_change_requests(work: Work, given: Sequence[tuple[Held, SignOff]]) -> None:
    """Close the actor's change requests on digests that the actor has signed off."""
    if not given:
        return
    rows = await work.session.scalars(
        select(ChangeRequest)
        .where(
            is_among(ChangeRequest.edition_id, [held.edition.id for held, _ in given]),
            is_among(ChangeRequest.digest, [each.digest for _, each in given]),
            ChangeRequest.account_id == work.account_id(),
            ChangeRequest.ended_at.is_(None),
        )
        .order_by(ChangeRequest.id)
        .with_for_update()
    )
    asked = grouped(((each.edition_id, each.digest), each) for each in rows)
    closed = [(held, row) for held, each in given for row in asked[held.edition.id, each.digest]]
    await close_change_requests(work, closed, "signed_off")


async def close_change_requests(
    work: Work, asked: Sequence[tuple[Held, ChangeRequest]], cause: ChangeRequestEnd
) -> None:
    """Close change requests of the actor, each of an edition.

    Args:
        work: the transaction and the actor.
        asked: the change requests.
        cause: why they end.
    """
    ends = {"ended_at": work.now, "ended_by": work.account_id(), "end_cause": cause}
    await work.close(*(row for _, row in asked), **ends)
    for held, row in asked:
        place = {"entry": held.entry.id, "locale": held.edition.locale}
        work.emit(ChangeRequestEnded(subject=row.id, cause=cause, **place))
