"""Sign-offs: the approvals of digests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cms.authorization.actions import Action
from cms.content.policy import Stage
from cms.drafts.loading import (
    EditionKey,
    Held,
    authorise_in,
    held_in,
    hold_all,
    refuse_archived,
)
from cms.errors import NoByline, Refused
from cms.events import SignedOff
from cms.identifiers import new_id
from cms.review.change_requests import close_own_change_requests
from cms.review.judging import (
    Judged,
    above_judged,
    authorise_judgement,
    judged_among,
    not_in_review,
    refuse_unknown_digest,
)
from cms.review.publication_reviews import (
    hidden_reviewer,
    join_publications,
    locales_with_person,
    wait_if_public,
)
from cms.review.rights import as_judge
from cms.tables import SignOff
from cms.work.arguments import check_texts
from cms.work.bulk import Batch, Mode, Outcome, alone, check_items
from cms.work.work import Work, command


@dataclass(frozen=True, kw_only=True)
class SignOffItem:
    """A sign-off of one edition.

    Attributes:
        entry_id: the entry.
        digest: the digest of the revision that the reviewer has read.
        stage: the stage to sign at; by default the first that is not complete.
        locale: the edition; by default the site's default locale.
    """

    entry_id: str
    digest: str
    stage: str | None = None
    locale: str | None = None


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
    item = SignOffItem(entry_id=entry_id, digest=digest, stage=stage, locale=locale)
    return await alone(_sign_off(work, [item], "all", note))


@command(Action.REVIEW_SIGN_OFF)
async def sign_off_entries(
    work: Work, items: Sequence[SignOffItem], *, mode: Mode = "all", note: str = ""
) -> Sequence[Outcome[SignOff]]:
    """Sign off each of many digests by itself; return an outcome for each, in their order.

    Args:
        work: the transaction and the actor.
        items: the digests that the reviewer has read, at most 1,000.
        mode: whether all are refused when one is, or each by itself.
        note: for the other editors.

    Raises:
        Refused: if there are too many items, or an edition twice; with
            :class:`~cms.work.bulk.NoneDone` if one is refused, and all are to be then.
    """
    check_items(items, work.site.default_locale)
    return await _sign_off(work, items, mode, note)


async def _sign_off(
    work: Work, items: Sequence[SignOffItem], mode: Mode, note: str
) -> list[Outcome[SignOff]]:
    batch = Batch(items, mode, work.site.default_locale)
    batch.decide(
        batch.open(),
        lambda _, item: check_texts({"digest": item.digest, "stage": item.stage or ""}),
    )
    open_items = batch.open()
    digests = [(*batch.keys[index], item.digest) for index, item in open_items.items()]
    work = await wait_if_public(work, digests)
    found = await hold_all(work, [batch.keys[index] for index in open_items])
    held = batch.decide(open_items, lambda index, _: _held(work, found, batch.keys[index]))
    loaded = await judged_among(
        work, {index: (each, items[index].digest) for index, each in held.items()}
    )
    judged = batch.decide(loaded, lambda _, each: _to_sign(each))
    stages = batch.decide(judged, lambda index, each: each.stage_to_sign(items[index].stage))
    await _authorise_judgements(work, batch, held, judged, stages)
    batch.decide(batch.still(stages), lambda *_: _byline(work))
    await _check_reviewer_is_public(work, batch, judged)
    batch.settle()
    given = {
        index: _sign_off_row(work, held[index], judged[index], stage, note)
        for index, stage in batch.still(stages).items()
    }
    await work.insert(*given.values())
    joined = {index: live for index in given if (live := judged[index].live) is not None}
    position = await join_publications(
        work, [(live, given[index]) for index, live in joined.items()]
    )
    for index, each in given.items():
        entry_id, locale = batch.keys[index]
        work.emit(
            SignedOff(
                subject=each.id,
                entry=entry_id,
                locale=locale,
                stage=each.stage,
                digest=each.digest,
                position=position if index in joined else None,
            )
        )
    asked = [
        (held[index], each)
        for index, each in given.items()
        if judged[index].reviews.has_change_requests
    ]
    await close_own_change_requests(work, asked)
    return batch.outcomes(given)


def _held(work: Work, found: Mapping[EditionKey, Held], key: EditionKey) -> Held:
    held = held_in(found, key)
    # Whoever may not review here at all learns nothing about reviews and digests.
    authorise_in(work, {}, Action.REVIEW_SIGN_OFF, held)
    refuse_archived(held)
    return held


def _to_sign(judged: Judged | None) -> Judged:
    known = refuse_unknown_digest(judged)
    if known.reviews.open is None and known.live is None:
        raise not_in_review()
    return known


async def _authorise_judgements(
    work: Work,
    batch: Batch[SignOffItem],
    held: Mapping[int, Held],
    judged: Mapping[int, Judged],
    stages: Mapping[int, Stage],
) -> None:
    """Check that the actor may sign off revisions, also by the rights of this moment."""
    if not stages:
        return

    async def check(by: Work) -> None:
        left = batch.still(stages)
        above = await above_judged(by, [(held[index], judged[index]) for index in left])
        batch.decide(
            left,
            lambda index, stage: authorise_judgement(
                by, above, Action.REVIEW_SIGN_OFF, (held[index], judged[index]), stage
            ),
        )

    await check(work)
    if batch.still(stages):
        await check(await as_judge(work))


async def _check_reviewer_is_public(
    work: Work, batch: Batch[SignOffItem], judged: Mapping[int, Judged]
) -> None:
    """Check that readers of public pages see the actor, whose name they would show."""
    live = {
        index: each.live for index, each in batch.still(judged).items() if each.live is not None
    }
    person_id = work.actor.person_id
    if not live or person_id is None:
        return
    locales = await locales_with_person(work, person_id)
    for index, publication in live.items():
        if publication.locale not in locales:
            batch.refuse(index, *hidden_reviewer(person_id).errors)


def _sign_off_row(work: Work, held: Held, judged: Judged, stage: Stage, note: str) -> SignOff:
    review = judged.reviews.open
    return SignOff(
        id=new_id("signoff"),
        edition_id=held.edition.id,
        revision_id=judged.revision.id,
        review_id=review.id if review is not None else None,
        digest=judged.revision.digest,
        stage=stage.name,
        account_id=work.account_id(),
        person_id=_byline(work),
        note=note,
        signed_at=work.now,
        expires_at=work.now + held.content_type.policy.valid_for,
    )


def _byline(work: Work) -> str:
    """Return the person who signs."""
    if work.actor.person_id is None:
        message = "readers see who reviewed a page; link your account to a person first"
        raise Refused(NoByline(message=message))
    return work.actor.person_id
