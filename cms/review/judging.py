"""The objects of sign-offs and change requests, and the rights to judge them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select

from cms.authorization.actions import Action, Subject
from cms.content.policy import Stage
from cms.drafts.contributors import contributors_among
from cms.drafts.loading import Held, refuse_purged, rows_by_id
from cms.drafts.subjects import Ancestries, ancestries_in_rights, place_of
from cms.errors import NotInReview, Refused, WrongDigest, WrongStage
from cms.review.edition_reviews import EditionReviews, reviews_of
from cms.review.publication_reviews import stages_of_publications
from cms.review.standing import (
    Signature,
    missing_sign_offs,
    required_stages,
    signatures_among,
    stricter_stages,
)
from cms.storage.dialects import is_among
from cms.tables import Publication, Revision
from cms.work.work import Work


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The object of a sign-off or change request.

    Attributes:
        revision: the public revision with the digest, or else the newest one.
        reviews: the reviews of the edition.
        live: the open publication of the digest.
        contributors: the accounts and persons whose work is in the revision.
        signatures: the sign-offs on the digest that count.
        stages: the stages that it has to pass.
    """

    revision: Revision
    reviews: EditionReviews
    live: Publication | None
    contributors: frozenset[str]
    signatures: list[Signature]
    stages: list[Stage]

    def stage_to_sign(self, wanted: str | None) -> Stage:
        """Return the stage for the next sign-off: this one, or the first that is not complete.

        Raises:
            Refused: if there is no such stage, or one before it is not complete.
        """
        lacking = missing_sign_offs(self.stages, self.signatures)
        following = lacking[0].stage if lacking else self.stages[-1]
        if wanted is None or wanted == following.name:
            return following
        stage = next((each for each in self.stages if each.name == wanted), None)
        if stage is None:
            known = ", ".join(each.name for each in self.stages)
            message = f"there is no stage {wanted!r}; use one of {known}"
            raise Refused(WrongStage(message=message, path=("stage",)))
        if self.stages.index(stage) > self.stages.index(following):
            message = f"the stage {wanted!r} opens when the stage {following.name!r} is complete"
            raise Refused(WrongStage(message=message, path=("stage",)))
        return stage


# An edition and a digest in it.
HeldDigest = tuple[Held, str]


async def judged_among(
    work: Work, digests: Mapping[int, HeldDigest]
) -> Mapping[int, Judged | None]:
    """Return the objects of judgements, by index; ``None`` if a digest is of no revision."""
    edition_ids = {held.edition.id for held, _ in digests.values()}
    reviews = await reviews_of(work, edition_ids)
    live = {
        index: publication
        for index, (held, digest) in digests.items()
        if (publication := reviews[held.edition.id].live_with(digest)) is not None
    }
    public = await rows_by_id(work, Revision, [each.revision_id for each in live.values()])
    others = {index: each for index, each in digests.items() if index not in live}
    revisions = {
        **{index: public[each.revision_id] for index, each in live.items()},
        **await _newest_with(work, others),
    }
    authors = await contributors_among(work, revisions.values())
    signatures = await signatures_among(work, revisions.values(), authors)
    stages = await stages_of_publications(work, [each.id for each in live.values()])
    found: dict[int, Judged | None] = dict.fromkeys(digests)
    for index, revision in revisions.items():
        held, _ = digests[index]
        of_edition = reviews[held.edition.id]
        required = required_stages(held.content_type, of_edition)
        publication = live.get(index)
        if publication is not None:
            required = stricter_stages(stages[publication.id], required)
        found[index] = Judged(
            revision=revision,
            reviews=of_edition,
            live=publication,
            contributors=authors[revision.id],
            signatures=signatures[revision.id],
            stages=required,
        )
    return found


def refuse_unknown_digest(judged: Judged | None) -> Judged:
    """Return the object of a judgement.

    Raises:
        Refused: with :class:`~cms.errors.WrongDigest` if there is none, or
            :class:`~cms.errors.Purged`.
    """
    if judged is None:
        message = "no revision has this digest; use that of the revision you have read"
        raise Refused(WrongDigest(message=message, path=("digest",)))
    refuse_purged(judged.revision, judged.revision.id)
    return judged


def not_in_review() -> Refused:
    """Return the refusal of a judgement that needs an open review."""
    return Refused(NotInReview(message="there is no open review; request one first"))


async def above_judged(work: Work, judged: Collection[tuple[Held, Judged]]) -> Ancestries:
    """Return the categories above those of revisions that are judged."""
    return await ancestries_in_rights(
        work,
        [
            place_of(held.entry, held.edition, each.revision.category_id).category_in_rights
            for held, each in judged
        ],
    )


def authorise_judgement(
    work: Work,
    above: Ancestries,
    action: Action,
    subject: tuple[Held, Judged],
    stage: Stage | None = None,
) -> None:
    """Check that the actor may judge a revision at this stage, and has not contributed to it.

    Raises:
        Refused: with :class:`~cms.errors.NotAllowed`, or :class:`~cms.errors.OwnWork`.
    """
    work.authorise(action, _subject(work, above, *subject, stage))


def _subject(
    work: Work, above: Ancestries, held: Held, judged: Judged, stage: Stage | None
) -> Subject:
    own = {work.account_id(), work.actor.person_id} & judged.contributors
    place = place_of(held.entry, held.edition, judged.revision.category_id)
    subject = place.subject(above, is_own=bool(own))
    return replace(subject, stage=stage.name, role=stage.role) if stage is not None else subject


async def _newest_with(work: Work, digests: Mapping[int, HeldDigest]) -> Mapping[int, Revision]:
    """Return the newest revisions of editions with digests, by index."""
    found = {
        index: held.head for index, (held, digest) in digests.items() if held.head.digest == digest
    }
    earlier = {index: each for index, each in digests.items() if index not in found}
    if not earlier:
        return found
    rows = await work.session.scalars(
        select(Revision)
        .where(
            is_among(Revision.edition_id, [held.edition.id for held, _ in earlier.values()]),
            is_among(Revision.digest, [digest for _, digest in earlier.values()]),
        )
        .order_by(Revision.number)
    )
    newest = {(each.edition_id, each.digest): each for each in rows}
    return found | {
        index: newest[held.edition.id, digest]
        for index, (held, digest) in earlier.items()
        if (held.edition.id, digest) in newest
    }
