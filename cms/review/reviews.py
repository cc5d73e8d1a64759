"""Commands of reviews: requests, sign-offs, change requests and their withdrawal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.content.policy import Stage
from cms.drafts.contributors import contributors_of
from cms.drafts.loading import (
    Held,
    authorise_on,
    get,
    hold,
    hold_with_part,
    refuse_archived,
    refuse_stale,
    subject_of,
)
from cms.errors import (
    InvalidValue,
    NoByline,
    NotAllowed,
    NotInReview,
    Refused,
    WrongDigest,
    WrongStage,
)
from cms.events import (
    ChangeRequestEnded,
    ChangeRequestOpened,
    ReviewRequested,
    ReviewWithdrawn,
    SignedOff,
)
from cms.identifiers import new_id
from cms.review.publication_reviews import (
    end_sign_offs,
    join_publication,
    publication_of_digest,
    stages_of_publication,
    wait_if_public,
)
from cms.review.rights import authorise_judge
from cms.review.standing import (
    missing_sign_offs,
    required_stages,
    signatures_on,
    stages_to_json,
    stricter_stages,
)
from cms.tables import (
    Account,
    ChangeRequest,
    Edition,
    Publication,
    Review,
    ReviewAssignee,
    Revision,
    SignOff,
)
from cms.tables.review import ChangeRequestEnd
from cms.work.work import Work, command


@command(Action.REVIEW_REQUEST)
async def request_review(
    work: Work,
    entry_id: str,
    *,
    base_revision: str,
    locale: str | None = None,
    note: str = "",
    assignees: Sequence[str] = (),
    due_at: datetime | None = None,
) -> Review:
    """Ask that an edition be reviewed and return the open review.

    The review stays open through edits, until the edition is published: what counts is which
    digest is signed. Asking again adds assignees, and changes nothing else.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        base_revision: the id of the newest revision, which is what the asker has seen.
        locale: the edition; by default the site's default locale.
        note: what the reviewers should know.
        assignees: the ids of the accounts that it is addressed to; others may review it too.
        due_at: by when.

    Raises:
        Refused: if the actor may not, there is a newer save, an assignee is unknown, or the
            time is past.
    """
    held = await hold(work, entry_id, locale)
    await authorise_on(work, Action.REVIEW_REQUEST, held)
    refuse_archived(held)
    refuse_stale(held.head, base_revision)
    review = await open_review_of(work, held.edition)
    if due_at is not None:
        _check_due(work, review, due_at)
    is_new = review is None
    if review is None:
        review = Review(
            id=new_id("review"),
            edition_id=held.edition.id,
            revision_id=held.head.id,
            stages=stages_to_json(held.content_type.policy.stages),
            note=note,
            requested_by=work.account_id(),
            requested_at=work.now,
            due_at=due_at,
        )
        await work.insert(review)
    if await _assign(work, review, assignees) or is_new:
        place = {"entry": entry_id, "locale": held.edition.locale}
        work.emit(ReviewRequested(subject=review.id, **place))
    return review


@command(Action.REVIEW_WITHDRAW)
async def withdraw_review(work: Work, entry_id: str, *, locale: str | None = None) -> Review:
    """End an edition's open review without a result and return it.

    Sign-offs that were given stay what they are: a yes to their digest.

    Raises:
        Refused: if the actor may not, or there is no open review.
    """
    held = await hold(work, entry_id, locale)
    # Whoever could withdraw none here learns nothing about reviews.
    await authorise_on(work, Action.REVIEW_WITHDRAW, held, is_own=True)
    review = await _open_review(work, held.edition)
    is_own = review.requested_by == work.actor.account_id
    await authorise_on(work, Action.REVIEW_WITHDRAW, held, is_own=is_own)
    await work.close(review, ended_at=work.now, outcome="withdrawn")
    work.emit(ReviewWithdrawn(subject=review.id, entry=entry_id, locale=held.edition.locale))
    return review


@command(Action.REVIEW_SIGN_OFF)
async def sign_off(
    work: Work,
    entry_id: str,
    *,
    digest: str,
    stage: str | None = None,
    locale: str | None = None,
    note: str = "",
) -> SignOff:
    """Sign off exactly these bytes and return the sign-off.

    It closes the actor's change requests on the same digest. A sign-off on what is public joins the
    publication, and needs no open review.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        digest: the digest of the revision that the reviewer has read.
        stage: the stage to sign at; by default the first that is not complete.
        locale: the edition; by default the site's default locale.
        note: for the other editors.

    Raises:
        Refused: if the actor may not sign at this stage, has no byline or has contributed, if
            there is no open review, if the digest is that of no revision, or if the entry is
            archived.
    """
    work = await wait_if_public(work, entry_id, locale, digest)
    held = await hold(work, entry_id, locale)
    # Whoever may not review here at all learns nothing about reviews and digests.
    await authorise_on(work, Action.REVIEW_SIGN_OFF, held)
    refuse_archived(held)
    judged = await _judged(work, held, digest)
    if judged.review is None and judged.live is None:
        raise _not_in_review()
    signed = await _stage_to_sign(work, held, judged, stage)
    await _authorise_on_revision(work, Action.REVIEW_SIGN_OFF, held, judged.revision, signed)
    given = _sign_off_row(work, held, judged, signed, note)
    await work.insert(given)
    live = judged.live
    position = await join_publication(work, live, given) if live is not None else None
    work.emit(
        SignedOff(
            subject=given.id,
            entry=entry_id,
            locale=held.edition.locale,
            stage=signed.name,
            digest=digest,
            position=position,
        )
    )
    await _close_own_change_requests(work, held, digest)
    return given


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
    work = await wait_if_public(work, entry_id, locale, digest)
    held = await hold(work, entry_id, locale)
    await authorise_on(work, Action.REVIEW_REQUEST_CHANGES, held)
    refuse_archived(held)
    judged = await _judged(work, held, digest)
    signed = await _own_sign_offs(work, held, digest)
    is_signed = any(each.ended_at is None for each in signed)
    if judged.review is None and judged.live is None and not is_signed:
        raise _not_in_review()
    await _authorise_on_revision(work, Action.REVIEW_REQUEST_CHANGES, held, judged.revision)
    asked = ChangeRequest(
        id=new_id("changes"),
        review_id=judged.review.id if judged.review is not None else None,
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
        await _close_change_requests(work, held, [asked], "withdrawn")
    return asked


async def open_review_of(work: Work, edition: Edition) -> Review | None:
    """Return the edition's open review."""
    return await work.session.scalar(
        select(Review).where(Review.edition_id == edition.id, Review.ended_at.is_(None))
    )


def check_reason(reason: str) -> str:
    """Return a reason without white space at its ends.

    Raises:
        Refused: if nothing is left.
    """
    words = reason.strip()
    if not words:
        message = "the reason is empty; give one, since it is kept in the history"
        raise Refused(InvalidValue(message=message, path=("reason",)))
    return words


def _check_due(work: Work, review: Review | None, due_at: datetime) -> None:
    if due_at <= work.now:
        message = "the due date of a review cannot be in the past"
        raise Refused(InvalidValue(message=message, path=("dueAt",)))
    if review is not None and review.due_at != due_at:
        message = "the review is already open; withdraw it to request another date"
        raise Refused(InvalidValue(message=message, path=("dueAt",)))


async def _assign(work: Work, review: Review, assignees: Sequence[str]) -> bool:
    """Assign a review to accounts, and return whether any was not assigned before."""
    known = select(ReviewAssignee.account_id).where(ReviewAssignee.review_id == review.id)
    assigned = set(await work.session.scalars(known))
    new = [each for each in dict.fromkeys(assignees) if each not in assigned]
    for account_id in assignees:
        await get(work, Account, account_id)
    await work.insert(*(ReviewAssignee(review_id=review.id, account_id=each) for each in new))
    return bool(new)


def _not_in_review() -> Refused:
    return Refused(NotInReview(message="there is no open review; request one first"))


async def _open_review(work: Work, edition: Edition) -> Review:
    review = await open_review_of(work, edition)
    if review is None:
        raise _not_in_review()
    return review


@dataclass(frozen=True)
class _Judged:
    """The object of a sign-off or change request.

    Attributes:
        revision: the public revision with the digest, or else the newest one.
        review: the open review of the edition.
        live: the open publication of the digest.
    """

    revision: Revision
    review: Review | None
    live: Publication | None


def _sign_off_row(work: Work, held: Held, judged: _Judged, stage: Stage, note: str) -> SignOff:
    return SignOff(
        id=new_id("signoff"),
        edition_id=held.edition.id,
        revision_id=judged.revision.id,
        review_id=judged.review.id if judged.review is not None else None,
        digest=judged.revision.digest,
        stage=stage.name,
        account_id=work.account_id(),
        person_id=_byline(work),
        note=note,
        signed_at=work.now,
        expires_at=work.now + held.content_type.policy.valid_for,
    )


async def _judged(work: Work, held: Held, digest: str) -> _Judged:
    review = await open_review_of(work, held.edition)
    found = await publication_of_digest(work, held.edition, digest)
    if found is not None:
        live, revision = found
        return _Judged(revision, review, live)
    return _Judged(await _revision_with(work, held.edition, digest), review, None)


async def _revision_with(work: Work, edition: Edition, digest: str) -> Revision:
    revision = await work.session.scalar(
        select(Revision)
        .where(Revision.edition_id == edition.id, Revision.digest == digest)
        .order_by(Revision.number.desc())
        .limit(1)
    )
    if revision is None:
        message = "no revision has this digest; use that of the revision you have read"
        raise Refused(WrongDigest(message=message, path=("digest",)))
    return revision


async def _stage_to_sign(work: Work, held: Held, judged: _Judged, wanted: str | None) -> Stage:
    stages = await required_stages(work, held.content_type, held.edition.id)
    if judged.live is not None:
        stages = stricter_stages(await stages_of_publication(work, judged.live), stages)
    lacking = missing_sign_offs(stages, await signatures_on(work, judged.revision))
    following = lacking[0].stage if lacking else stages[-1]
    if wanted is None or wanted == following.name:
        return following
    stage = next((each for each in stages if each.name == wanted), None)
    if stage is None:
        known = ", ".join(each.name for each in stages)
        message = f"there is no stage {wanted!r}; use one of {known}"
        raise Refused(WrongStage(message=message, path=("stage",)))
    if stages.index(stage) > stages.index(following):
        message = f"the stage {wanted!r} opens when the stage {following.name!r} is complete"
        raise Refused(WrongStage(message=message, path=("stage",)))
    return stage


async def _authorise_on_revision(
    work: Work, action: Action, held: Held, revision: Revision, stage: Stage | None = None
) -> None:
    """Check that the actor may judge a revision at this stage, and has not contributed to it."""
    own = {work.account_id(), work.actor.person_id} & await contributors_of(work, revision)
    subject = await subject_of(
        work, held.entry, revision.category_id, held.edition.locale, is_own=bool(own)
    )
    if stage is not None:
        subject = replace(subject, stage=stage.name, role=stage.role)
    await authorise_judge(work, action, subject)


def _byline(work: Work) -> str:
    """Return the person who signs."""
    if work.actor.person_id is None:
        message = "readers see who reviewed a page; link your account to a person first"
        raise Refused(NoByline(message=message))
    return work.actor.person_id


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


async def _close_own_change_requests(work: Work, held: Held, digest: str) -> None:
    found = await work.session.scalars(
        select(ChangeRequest)
        .where(
            ChangeRequest.edition_id == held.edition.id,
            ChangeRequest.digest == digest,
            ChangeRequest.account_id == work.account_id(),
            ChangeRequest.ended_at.is_(None),
        )
        .order_by(ChangeRequest.id)
        .with_for_update()
    )
    await _close_change_requests(work, held, found.all(), "signed_off")


async def _close_change_requests(
    work: Work, held: Held, rows: Sequence[ChangeRequest], cause: ChangeRequestEnd
) -> None:
    ends = {"ended_at": work.now, "ended_by": work.account_id(), "end_cause": cause}
    await work.close(*rows, **ends)
    for row in rows:
        place = {"entry": held.entry.id, "locale": held.edition.locale}
        work.emit(ChangeRequestEnded(subject=row.id, cause=cause, **place))
