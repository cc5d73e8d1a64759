"""The review queue: questions about all reviews at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import defer

from cms.authorization.actions import Action, Subject
from cms.authorization.actor import Actor
from cms.content.builtin import category_in_rights
from cms.content.policy import Lacking
from cms.drafts.category_tree import lineage_in, load_parents
from cms.drafts.contributors import Authored, contributors, was_reviewed
from cms.review.standing import (
    Signature,
    missing_sign_offs,
    signatures_that_count,
    stages_that_apply,
)
from cms.tables import (
    Edition,
    EditionContributor,
    Entry,
    Publication,
    Review,
    ReviewAssignee,
    Revision,
    SignOff,
)
from cms.work.work import Reading

T = TypeVar("T")


_TEXTS = (Revision.content,)


@dataclass(frozen=True)
class Waiting:
    """An open review, and what it waits for.

    Attributes:
        review: the review.
        entry: what is reviewed.
        locale: the locale of the edition.
        head: the newest revision, which is what a reviewer would sign off.
        lacking: the stages that are not complete, in order; none if it can be published.
        contributors: the accounts and persons whose work it is.
        signers: the accounts that have signed off, by stage.
        assignees: the accounts that it is addressed to.
        categories: the ids of its category and of all above it.
    """

    review: Review
    entry: Entry
    locale: str
    head: Revision
    lacking: Sequence[Lacking]
    contributors: frozenset[str]
    signers: frozenset[tuple[str, str]]
    assignees: frozenset[str]
    categories: frozenset[str]

    def is_by(self, actor: Actor) -> bool:
        """Return whether an actor has contributed."""
        return not self.contributors.isdisjoint((actor.account_id, actor.person_id))

    def subject(self, actor: Actor) -> Subject:
        """Return what roles are checked against for the next stage."""
        stage = self.lacking[0].stage if self.lacking else None
        return Subject(
            content_type=self.entry.content_type,
            categories=self.categories,
            locale=self.locale,
            stage=stage.name if stage else None,
            role=stage.role if stage else None,
            is_own=self.is_by(actor),
        )


async def waiting_for_me(reading: Reading) -> list[Waiting]:
    """Return the open reviews at which the actor may sign off next, the most urgent first."""
    account_id = reading.actor.account_id
    return [
        each
        for each in await open_reviews(reading)
        if each.lacking
        and (each.lacking[0].stage.name, account_id) not in each.signers
        and reading.may(Action.REVIEW_SIGN_OFF, each.subject(reading.actor))
    ]


async def waiting_for_others(reading: Reading) -> list[Waiting]:
    """Return the open reviews of the actor's own work, or that the actor has asked for."""
    account_id = reading.actor.account_id
    return [
        each
        for each in await open_reviews(reading)
        if each.is_by(reading.actor) or each.review.requested_by == account_id
    ]


async def open_reviews(reading: Reading) -> list[Waiting]:
    """Return all open reviews that the actor may see: by when they are due, then by their age."""
    rows = (
        await reading.session.execute(
            select(Review, Entry, Edition.locale, Revision)
            .join(Edition, Edition.id == Review.edition_id)
            .join(Entry, Entry.id == Edition.entry_id)
            .join(Revision, Revision.id == Edition.head_id)
            .where(Review.ended_at.is_(None), Entry.archived_at.is_(None))
            .order_by(Review.due_at.is_(None), Review.due_at, Review.requested_at, Review.id)
            # There may be thousands of reviews, and nobody reads their texts here.
            .options(*(defer(column) for column in _TEXTS))
        )
    ).all()
    facts = await _Facts.load(reading, [review.edition_id for review, *_ in rows])
    # Of content types that the site no longer declares, nothing can be reviewed.
    declared = [row for row in rows if reading.site.find_stored_type(row[1].content_type)]
    found = [facts.waiting(reading, *row) for row in declared]
    return [
        each
        for each in found
        if reading.may(
            Action.ENTRY_READ,
            Subject(
                content_type=each.entry.content_type,
                categories=each.categories,
                locale=each.locale,
            ),
        )
    ]


@dataclass(frozen=True)
class _Facts:
    """Facts about several editions, loaded at once."""

    authored: Mapping[str, Sequence[Authored]]
    published: Mapping[str, Sequence[int]]
    inherited: Mapping[str, Sequence[str]]
    signatures: Mapping[str, Sequence[Signature]]
    assignees: Mapping[str, Sequence[str]]
    parents: Mapping[str, str | None]

    @classmethod
    async def load(cls, reading: Reading, edition_ids: Sequence[str]) -> _Facts:
        """Load the facts about these editions."""
        saved = await reading.session.execute(
            select(
                *(Revision.edition_id, Revision.number, Revision.author_id, Revision.byline_id),
                Revision.digest,
            ).where(Revision.edition_id.in_(edition_ids))
        )
        published = await reading.session.execute(
            select(Revision.edition_id, Revision.number)
            .join(Publication, Publication.revision_id == Revision.id)
            .where(Revision.edition_id.in_(edition_ids), was_reviewed(Publication))
        )
        inherited = await reading.session.execute(
            select(EditionContributor.edition_id, EditionContributor.contributor_id).where(
                EditionContributor.edition_id.in_(edition_ids)
            )
        )
        signed = await reading.session.scalars(
            select(SignOff).where(SignOff.edition_id.in_(edition_ids), SignOff.ended_at.is_(None))
        )
        assigned = await reading.session.execute(
            select(ReviewAssignee.review_id, ReviewAssignee.account_id)
            .join(Review, Review.id == ReviewAssignee.review_id)
            .where(Review.ended_at.is_(None))
        )
        return cls(
            authored=_group(
                (edition, Authored(number, author, byline, digest))
                for edition, number, author, byline, digest in saved
            ),
            published=_group((edition, number) for edition, number in published),
            inherited=_group((edition, contributor) for edition, contributor in inherited),
            signatures=_group((each.edition_id, _signature(each)) for each in signed),
            assignees=_group((review, account) for review, account in assigned),
            parents=await load_parents(reading.session),
        )

    def waiting(
        self, reading: Reading, review: Review, entry: Entry, locale: str, head: Revision
    ) -> Waiting:
        """Return what an open review waits for."""
        edition_id = review.edition_id
        authors = contributors(
            head.number,
            self.authored.get(edition_id, ()),
            self.published.get(edition_id, ()),
            self.inherited.get(edition_id, ()),
        )
        counting = signatures_that_count(
            self.signatures.get(edition_id, ()), head.digest, authors, reading.now
        )
        return Waiting(
            review=review,
            entry=entry,
            locale=locale,
            head=head,
            lacking=missing_sign_offs(
                stages_that_apply(review.stages, reading.site.stored_type(entry.content_type)),
                counting,
            ),
            contributors=authors,
            signers=frozenset((each.stage, each.account_id) for each in counting),
            assignees=frozenset(self.assignees.get(review.id, ())),
            categories=frozenset(
                lineage_in(
                    self.parents, category_in_rights(entry.content_type, entry.id, head.category_id)
                )
            ),
        )


def _signature(row: SignOff) -> Signature:
    return Signature(
        id=row.id,
        digest=row.digest,
        stage=row.stage,
        account_id=row.account_id,
        person_id=row.person_id,
        expires_at=row.expires_at,
        is_open=row.ended_at is None,
    )


def _group(pairs: Iterable[tuple[str, T]]) -> Mapping[str, Sequence[T]]:
    groups: dict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
