"""Ask for review, sign off, or ask for changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from cms.authorization.actions import Action, Subject
from cms.content.policy import Stage
from cms.drafts.contributors import contributors_of
from cms.drafts.loading import (
    Held,
    ancestry,
    authorise_on,
    get,
    hold,
    refuse_archived,
    refuse_stale,
)
from cms.errors import InvalidValue, NoByline, NotInReview, Refused, WrongDigest, WrongStage
from cms.events import ChangesRequested, ReviewRequested, ReviewWithdrawn, SignedOff
from cms.identifiers import new_id
from cms.review.standing import (
    missing_sign_offs,
    signatures_on,
    stages_that_apply,
    stages_to_json,
)
from cms.tables import (
    Account,
    ChangeRequest,
    Edition,
    Person,
    Review,
    ReviewAssignee,
    Revision,
    SignOff,
)
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
    await _assign(work, review, assignees)
    work.emit(ReviewRequested(subject=review.id, entry=entry_id, locale=held.edition.locale))
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
    held = await hold(work, entry_id, locale)
    # Whoever may not review here at all learns nothing about reviews and digests.
    await authorise_on(work, Action.REVIEW_SIGN_OFF, held)
    refuse_archived(held)
    review = await _open_review(work, held.edition)
    revision = await _revision_with(work, held.edition, digest)
    signed = await _stage_to_sign(work, held, review, revision, stage)
    await _authorise_judge(work, Action.REVIEW_SIGN_OFF, held, revision, signed)
    reviewer = await _byline(work)
    given = SignOff(
        id=new_id("signoff"),
        edition_id=held.edition.id,
        revision_id=revision.id,
        review_id=review.id,
        digest=digest,
        stage=signed.name,
        account_id=work.account_id(),
        person_id=reviewer.id,
        note=note,
        signed_at=work.now,
        expires_at=work.now + held.content_type.policy.valid_for,
    )
    await work.insert(given)
    work.emit(
        SignedOff(
            subject=given.id,
            entry=entry_id,
            locale=held.edition.locale,
            stage=signed.name,
            digest=digest,
        )
    )
    return given


@command(Action.REVIEW_REQUEST_CHANGES)
async def request_changes(
    work: Work, entry_id: str, *, digest: str, reason: str, locale: str | None = None
) -> ChangeRequest:
    """Request changes to exactly these bytes, with a reason; return the change request.

    The digest cannot be published while it stands; any edit gives another digest, and a later
    sign-off on the same digest by the same reviewer takes it back.

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
    held = await hold(work, entry_id, locale)
    await authorise_on(work, Action.REVIEW_REQUEST_CHANGES, held)
    refuse_archived(held)
    review = await _open_review(work, held.edition)
    revision = await _revision_with(work, held.edition, digest)
    signed = await _stage_to_sign(work, held, review, revision, None)
    await _authorise_judge(work, Action.REVIEW_REQUEST_CHANGES, held, revision, signed)
    asked = ChangeRequest(
        id=new_id("changes"),
        review_id=review.id,
        edition_id=held.edition.id,
        revision_id=revision.id,
        digest=digest,
        account_id=work.account_id(),
        reason=check_reason(reason),
        requested_at=work.now,
    )
    await work.insert(asked)
    work.emit(
        ChangesRequested(
            subject=asked.id, entry=entry_id, locale=held.edition.locale, digest=digest
        )
    )
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


async def _assign(work: Work, review: Review, assignees: Sequence[str]) -> None:
    known = select(ReviewAssignee.account_id).where(ReviewAssignee.review_id == review.id)
    assigned = set(await work.session.scalars(known))
    for account_id in dict.fromkeys(assignees):
        await get(work, Account, account_id)
        if account_id not in assigned:
            await work.insert(ReviewAssignee(review_id=review.id, account_id=account_id))


async def _open_review(work: Work, edition: Edition) -> Review:
    review = await open_review_of(work, edition)
    if review is None:
        raise Refused(NotInReview(message="there is no open review; request one first"))
    return review


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


async def _stage_to_sign(
    work: Work, held: Held, review: Review, revision: Revision, wanted: str | None
) -> Stage:
    stages = stages_that_apply(review.stages, held.content_type)
    lacking = missing_sign_offs(stages, await signatures_on(work, revision))
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


async def _authorise_judge(
    work: Work, action: Action, held: Held, revision: Revision, stage: Stage
) -> None:
    """Check that the actor may judge at this stage, and that it is not their own work."""
    work.authorise(
        action,
        Subject(
            content_type=held.entry.content_type,
            categories=await ancestry(work, revision.category_id),
            stage=stage.name,
            role=stage.role,
            is_own=work.account_id() in await contributors_of(work, revision),
        ),
    )


async def _byline(work: Work) -> Person:
    """Return the person who signs."""
    if work.actor.person_id is None:
        message = "readers see who reviewed a page; link your account to a person first"
        raise Refused(NoByline(message=message))
    return await work.session.get_one(Person, work.actor.person_id)
