"""Ask for review, and sign off."""

from __future__ import annotations

from sqlalchemy import select

from cms.commands.lookups import ancestry, get, get_edition, get_revision, refuse_stale, subject_of
from cms.commands.review_facts import (
    contributors_of,
    open_review_of,
    signatures_on,
    stages_from_json,
    stages_to_json,
)
from cms.commands.work import Work, command
from cms.content.policy import Stage
from cms.editorial.authorization import Action, Subject
from cms.editorial.sign_offs import missing_sign_offs
from cms.errors import (
    NoByline,
    NotInReview,
    OwnWork,
    Refused,
    WrongDigest,
    WrongStage,
)
from cms.identifiers import new_id
from cms.tables import Edition, Entry, Review, Revision, SignOff


@command(Action.REVIEW_REQUEST)
async def request_review(
    work: Work, entry_id: str, *, base_revision: str, locale: str | None = None, note: str = ""
) -> Review:
    """Ask that an edition be reviewed and return the open review.

    The review stays open through edits, until the edition is published: what counts is which
    digest is signed. Asking again changes nothing.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        base_revision: the id of the newest revision, which is what the asker has seen.
        locale: the edition; by default the site's default locale.
        note: what the reviewers should know.

    Raises:
        Refused: if the actor may not, or somebody has saved since.
    """
    entry = await get(work, Entry, entry_id)
    edition = await get_edition(work, entry_id, locale)
    head = await get_revision(work, edition, edition.head_id)
    work.authorise(Action.REVIEW_REQUEST, await subject_of(work, entry, head.category_id))
    refuse_stale(head, base_revision)
    if (running := await open_review_of(work, edition)) is not None:
        return running
    review = Review(
        id=new_id("review"),
        edition_id=edition.id,
        revision_id=head.id,
        stages=stages_to_json(work.site.content_type(entry.content_type).policy.stages),
        note=note,
        requested_by=work.account_id(),
        requested_at=work.now,
    )
    work.session.add(review)
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
    """Say yes to exactly these bytes and return the sign-off.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        digest: the digest of the revision that the reviewer has read.
        stage: the stage to sign at; by default the first that is not complete.
        locale: the edition; by default the site's default locale.
        note: for the other editors.

    Raises:
        Refused: if the actor may not sign at this stage, has no byline or has contributed, if
            there is no open review, or if the digest is that of no revision.
    """
    entry = await get(work, Entry, entry_id)
    edition = await get_edition(work, entry_id, locale)
    head = await get_revision(work, edition, edition.head_id)
    # Whoever may not review here at all learns nothing about reviews and digests.
    work.authorise(Action.REVIEW_SIGN_OFF, await subject_of(work, entry, head.category_id))
    review = await open_review_of(work, edition)
    if review is None:
        raise Refused(NotInReview(message="nobody has asked for a review; request one first"))
    revision = await _revision_with(work, edition, digest)
    signed = await _stage_to_sign(work, review, revision, stage)
    work.authorise(
        Action.REVIEW_SIGN_OFF,
        Subject(
            content_type=entry.content_type,
            categories=await ancestry(work, revision.category_id),
            stage=signed.name,
            role=signed.role,
        ),
    )
    person_id = await _check_reviewer(work, revision)
    given = SignOff(
        id=new_id("signoff"),
        edition_id=edition.id,
        revision_id=revision.id,
        review_id=review.id,
        digest=digest,
        stage=signed.name,
        account_id=work.account_id(),
        person_id=person_id,
        note=note,
        signed_at=work.now,
        expires_at=work.now + work.site.content_type(entry.content_type).policy.valid_for,
    )
    work.session.add(given)
    return given


async def _revision_with(work: Work, edition: Edition, digest: str) -> Revision:
    revision = await work.session.scalar(
        select(Revision)
        .where(Revision.edition_id == edition.id, Revision.digest == digest)
        .order_by(Revision.number.desc())
        .limit(1)
    )
    if revision is None:
        message = "no revision has this digest; sign what you have read, whole"
        raise Refused(WrongDigest(message=message, path=("digest",)))
    return revision


async def _stage_to_sign(
    work: Work, review: Review, revision: Revision, wanted: str | None
) -> Stage:
    stages = stages_from_json(review.stages)
    lacking = missing_sign_offs(stages, await signatures_on(work, revision))
    following = lacking[0].stage if lacking else stages[-1]
    if wanted is None or wanted == following.name:
        return following
    stage = next((each for each in stages if each.name == wanted), None)
    if stage is None:
        known = ", ".join(each.name for each in stages)
        message = f"there is no stage {wanted!r}; there are {known}"
        raise Refused(WrongStage(message=message, path=("stage",)))
    if stages.index(stage) > stages.index(following):
        message = f"the stage {wanted!r} opens when {following.name!r} is complete"
        raise Refused(WrongStage(message=message, path=("stage",)))
    return stage


async def _check_reviewer(work: Work, revision: Revision) -> str:
    """Return the person who signs."""
    if work.account_id() in await contributors_of(work, revision):
        message = "you have contributed since the last publication; somebody else has to sign off"
        raise Refused(OwnWork(message=message))
    if work.actor.person_id is None:
        message = "readers see who reviewed a page: tie the account to a person first"
        raise Refused(NoByline(message=message))
    return work.actor.person_id
