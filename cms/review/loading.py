"""What commands load about reviews before they decide."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.policy import Stage
from cms.drafts.contributors import Authored, contributors
from cms.review.sign_offs import Lacking, Signature, missing_sign_offs, signatures_that_count
from cms.tables import (
    ChangeRequest,
    Edition,
    EditionContributor,
    Publication,
    Review,
    Revision,
    SignOff,
)
from cms.work.work import Reading


async def open_review_of(reading: Reading, edition: Edition) -> Review | None:
    """Return the edition's open review."""
    return await reading.session.scalar(
        select(Review).where(Review.edition_id == edition.id, Review.ended_at.is_(None))
    )


async def contributors_of(reading: Reading, revision: Revision) -> frozenset[str]:
    """Return the accounts whose work is in the revision."""
    saved = await reading.session.execute(
        select(Revision.number, Revision.author_id, Revision.digest).where(
            Revision.edition_id == revision.edition_id
        )
    )
    published = await reading.session.scalars(
        select(Revision.number)
        .join(Publication, Publication.revision_id == Revision.id)
        .where(
            Revision.edition_id == revision.edition_id,
            Publication.break_glass_reason.is_(None),
        )
    )
    inherited = await reading.session.scalars(
        select(EditionContributor.account_id).where(
            EditionContributor.edition_id == revision.edition_id
        )
    )
    authored = [Authored(*row) for row in saved]
    return contributors(revision.number, authored, published, inherited)


async def signatures_on(reading: Reading, revision: Revision) -> list[Signature]:
    """Return the signatures on the revision's digest that count now."""
    rows = await reading.session.execute(
        select(SignOff.id, SignOff.digest, SignOff.stage, SignOff.account_id, SignOff.expires_at)
        .where(SignOff.edition_id == revision.edition_id, SignOff.digest == revision.digest)
        .order_by(SignOff.id)
    )
    signatures = [Signature(*row) for row in rows]
    authors = await contributors_of(reading, revision)
    return signatures_that_count(signatures, revision.digest, authors, reading.now)


async def lacking_for(
    reading: Reading, content_type: type[ContentType], revision: Revision
) -> list[Lacking]:
    """Return the stages that the revision still has to pass.

    They are those of the policy as it is, and of the newest review as it was requested: a
    policy that is loosened meanwhile does not loosen what has been asked for.
    """
    counting = await signatures_on(reading, revision)
    asked_for = await reading.session.scalar(
        select(Review.stages)
        .where(Review.edition_id == revision.edition_id)
        .order_by(Review.requested_at.desc(), Review.id.desc())
        .limit(1)
    )
    return missing_sign_offs(stages_that_apply(asked_for or [], content_type), counting)


def stages_that_apply(asked_for: Sequence[Json], content_type: type[ContentType]) -> list[Stage]:
    """Return the stages of a review as it was requested, and those of the policy as it is.

    Of one that is in both, the larger number of approvals counts.
    """
    stages = {stage.name: stage for stage in stages_from_json(asked_for)}
    for stage in content_type.policy.stages:
        known = stages.get(stage.name)
        if known is None or known.approvals < stage.approvals:
            stages[stage.name] = stage
    return list(stages.values())


async def objectors_to(reading: Reading, revision: Revision) -> list[str]:
    """Return the accounts that asked for changes to the revision's digest and still do.

    Somebody who has signed off the same digest since does not any more.
    """
    asked = (
        select(ChangeRequest.account_id, func.max(ChangeRequest.requested_at).label("at"))
        .where(
            ChangeRequest.edition_id == revision.edition_id,
            ChangeRequest.digest == revision.digest,
        )
        .group_by(ChangeRequest.account_id)
        .subquery()
    )
    signed_since = (
        select(SignOff.id)
        .where(
            SignOff.edition_id == revision.edition_id,
            SignOff.digest == revision.digest,
            SignOff.account_id == asked.c.account_id,
            SignOff.signed_at >= asked.c["at"],
        )
        .exists()
    )
    standing = select(asked.c.account_id).where(~signed_since).order_by(asked.c.account_id)
    return list(await reading.session.scalars(standing))


def stages_to_json(stages: Sequence[Stage]) -> list[Json]:
    """Return stages as a review keeps them."""
    return [
        {"name": stage.name, "role": stage.role, "approvals": stage.approvals} for stage in stages
    ]


def stages_from_json(stages: Sequence[Json]) -> list[Stage]:
    """Return the stages that a review has kept."""
    return [Stage(**stage) for stage in stages if isinstance(stage, dict)]
