"""Commands of reviews: requests, sign-offs, change requests and their withdrawal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.drafts.loading import (
    Held,
    authorise_in,
    authorise_on,
    held_in,
    hold,
    hold_all,
    refuse_archived,
    refuse_stale,
    rows_by_id,
)
from cms.errors import InvalidValue, NotFound, Refused
from cms.events import (
    ReviewRequested,
    ReviewWithdrawn,
)
from cms.identifiers import kind_of, new_id
from cms.review.edition_reviews import reviews_of
from cms.review.judging import (
    not_in_review,
)
from cms.review.standing import stages_to_json
from cms.storage.dialects import is_among
from cms.tables import Account, Review, ReviewAssignee
from cms.work.bulk import Batch, Mode, Outcome, alone, check_items
from cms.work.work import Work, command


@dataclass(frozen=True, kw_only=True)
class ReviewItem:
    """A request to review one edition.

    Attributes:
        entry_id: the entry.
        base_revision: the id of the newest revision, which is what the asker has seen.
        locale: the edition; by default the site's default locale.
    """

    entry_id: str
    base_revision: str
    locale: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Request:
    """The parts of a request that all its reviews share."""

    note: str = ""
    assignees: Sequence[str] = ()
    due_at: datetime | None = None


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
    item = ReviewItem(entry_id=entry_id, base_revision=base_revision, locale=locale)
    request = _Request(note=note, assignees=assignees, due_at=due_at)
    return await alone(_request(work, [item], "all", request))


@command(Action.REVIEW_REQUEST)
async def request_reviews(
    work: Work,
    items: Sequence[ReviewItem],
    *,
    mode: Mode = "all",
    note: str = "",
    assignees: Sequence[str] = (),
    due_at: datetime | None = None,
) -> Sequence[Outcome[Review]]:
    """Ask that each of many editions be reviewed; return an outcome for each, in their order.

    Args:
        work: the transaction and the actor.
        items: the editions, at most 1,000.
        mode: whether all are refused when one is, or each by itself.
        note: what the reviewers should know.
        assignees: the ids of the accounts that the reviews are addressed to.
        due_at: by when.

    Raises:
        Refused: if there are too many items, or an edition twice; with
            :class:`~cms.work.bulk.NoneDone` if one is refused, and all are to be then.
    """
    check_items(items, work.site.default_locale)
    request = _Request(note=note, assignees=assignees, due_at=due_at)
    return await _request(work, items, mode, request)


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
    review = (await reviews_of(work, [held.edition.id]))[held.edition.id].open
    if review is None:
        raise not_in_review()
    is_own = review.requested_by == work.actor.account_id
    await authorise_on(work, Action.REVIEW_WITHDRAW, held, is_own=is_own)
    await work.close(review, ended_at=work.now, outcome="withdrawn")
    work.emit(ReviewWithdrawn(subject=review.id, entry=entry_id, locale=held.edition.locale))
    return review


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


async def _request(
    work: Work, items: Sequence[ReviewItem], mode: Mode, request: _Request
) -> list[Outcome[Review]]:
    batch = Batch(items, mode, work.site.default_locale)
    found = await hold_all(work, batch.keys)

    def check(index: int, item: ReviewItem) -> Held:
        held = held_in(found, batch.keys[index])
        authorise_in(work, {}, Action.REVIEW_REQUEST, held)
        refuse_archived(held)
        refuse_stale(held.head, item.base_revision)
        return held

    held = batch.decide(batch.open(), check)
    reviews = await reviews_of(work, [each.edition.id for each in held.values()])
    before = {index: reviews[each.edition.id].open for index, each in held.items()}
    batch.decide(before, lambda _, review: _check_due(work, review, request.due_at))
    account_id = work.account_id() if any(each is None for each in before.values()) else ""
    await _check_assignees(work, request.assignees)
    batch.settle()
    new = {
        index: _review(work, held[index], request, account_id)
        for index, review in batch.still(before).items()
        if review is None
    }
    await work.insert(*new.values())
    requested = {
        index: new[index] if review is None else review
        for index, review in batch.still(before).items()
    }
    assigned = await _assign(work, list(requested.values()), request.assignees, new.values())
    for index, review in requested.items():
        if index in new or review.id in assigned:
            entry_id, locale = batch.keys[index]
            work.emit(ReviewRequested(subject=review.id, entry=entry_id, locale=locale))
    return batch.outcomes(requested)


def _review(work: Work, held: Held, request: _Request, account_id: str) -> Review:
    return Review(
        id=new_id("review"),
        edition_id=held.edition.id,
        revision_id=held.head.id,
        stages=stages_to_json(held.content_type.policy.stages),
        note=request.note,
        requested_by=account_id,
        requested_at=work.now,
        due_at=request.due_at,
    )


def _check_due(work: Work, review: Review | None, due_at: datetime | None) -> None:
    if due_at is None:
        return
    if due_at <= work.now:
        message = "the due date of a review cannot be in the past"
        raise Refused(InvalidValue(message=message, path=("dueAt",)))
    if review is not None and review.due_at != due_at:
        message = "the review is already open; withdraw it to request another date"
        raise Refused(InvalidValue(message=message, path=("dueAt",)))


async def _check_assignees(work: Work, assignees: Sequence[str]) -> None:
    """Check that all assignees are accounts."""
    known = await rows_by_id(work, Account, [each for each in assignees if kind_of(each)])
    for each in assignees:
        if each not in known:
            raise Refused(NotFound(message=f"there is no account {each!r}"))


async def _assign(
    work: Work, reviews: Sequence[Review], assignees: Sequence[str], new: Collection[Review]
) -> Collection[str]:
    """Assign reviews to accounts, and return the ids of those to which any was not before."""
    if not assignees:
        return ()
    earlier = {each.id for each in reviews}.difference(each.id for each in new)
    known: set[tuple[str, str]] = set()
    if earlier:
        rows = await work.session.execute(
            select(ReviewAssignee.review_id, ReviewAssignee.account_id).where(
                is_among(ReviewAssignee.review_id, earlier)
            )
        )
        known = {(review_id, account_id) for review_id, account_id in rows}
    added = [
        (review.id, account_id)
        for review in reviews
        for account_id in dict.fromkeys(assignees)
        if (review.id, account_id) not in known
    ]
    await work.insert(
        *(ReviewAssignee(review_id=review_id, account_id=each) for review_id, each in added)
    )
    return {review_id for review_id, _ in added}
