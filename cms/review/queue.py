"""The review queue: questions about all reviews at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from sqlalchemy import ColumnElement, exists, or_, select, tuple_
from sqlalchemy.orm import aliased, defer

from cms.authorization.actions import Action, Subject
from cms.authorization.actor import Actor
from cms.content.builtin import category_in_rights
from cms.content.policy import Lacking
from cms.drafts.category_tree import lineage_in, load_parents
from cms.drafts.contributors import Authored, contributors, was_reviewed
from cms.reading.scopes import Subjects, may_read
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

# When a review is due, when it was requested, and its id.
Place: TypeAlias = tuple[datetime | None, datetime, str]
_Row: TypeAlias = tuple[Review, Entry, str, Revision]

# The most reviews that are returned at once, and that are looked at.
MOST = 100
_BATCH = 200
_TEXTS = (Revision.content,)
_SUBJECTS = Subjects(
    content_type=Edition.content_type,
    entry_id=Edition.entry_id,
    category_id=Edition.category_id,
    locale=Edition.locale,
)


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

    @property
    def place(self) -> Place:
        """The place among open reviews."""
        return _place_of(self.review)

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


async def waiting_for_me(
    reading: Reading, *, first: int = MOST, after: Place | None = None
) -> list[Waiting]:
    """Return the open reviews at which the actor may sign off next, the most urgent first.

    Args:
        reading: the snapshot and the actor.
        first: the most reviews to return.
        after: the place after which they come; ``None`` for the beginning.
    """
    actor = reading.actor

    def is_next(each: Waiting) -> bool:
        return (
            bool(each.lacking)
            and (each.lacking[0].stage.name, actor.account_id) not in each.signers
            and reading.may(Action.REVIEW_SIGN_OFF, each.subject(actor))
        )

    return await _first_open(reading, is_next, first, after)


async def waiting_for_others(
    reading: Reading, *, first: int = MOST, after: Place | None = None
) -> list[Waiting]:
    """Return the open reviews of the actor's own work, or that the actor has asked for.

    Args:
        reading: the snapshot and the actor.
        first: the most reviews to return.
        after: the place after which they come; ``None`` for the beginning.
    """
    actor = reading.actor

    def is_own(each: Waiting) -> bool:
        return each.is_by(actor) or each.review.requested_by == actor.account_id

    return await _first_open(reading, is_own, first, after, _may_be_by(actor))


async def open_reviews(
    reading: Reading, *, first: int = MOST, after: Place | None = None
) -> list[Waiting]:
    """Return the open reviews that the actor may see: by when they are due, then by their age.

    Args:
        reading: the snapshot and the actor.
        first: the most reviews to return.
        after: the place after which they come; ``None`` for the beginning.
    """
    return await _first_open(reading, lambda _: True, first, after)


async def _first_open(
    reading: Reading,
    is_wanted: Callable[[Waiting], bool],
    first: int,
    after: Place | None,
    *conditions: ColumnElement[bool],
) -> list[Waiting]:
    """Return the first open reviews that the actor may see and that a function accepts."""
    found: list[Waiting] = []
    parents = await load_parents(reading.session)
    size = min(first, _BATCH)
    while len(found) < first:
        rows = await _next_rows(reading, after, size, conditions)
        facts = await _Facts.load(reading, [row[0] for row in rows], parents)
        # Of content types that the site no longer declares, nothing can be reviewed.
        declared = [row for row in rows if reading.site.find_stored_type(row[1].content_type)]
        found += filter(is_wanted, (facts.waiting(reading, *row) for row in declared))
        if len(rows) < size:
            break
        # Few of them may be wanted.
        after, size = _place_of(rows[-1][0]), _BATCH
    return found[:first]


async def _next_rows(
    reading: Reading, after: Place | None, size: int, conditions: Sequence[ColumnElement[bool]]
) -> list[_Row]:
    """Return the next open reviews that the actor may see; those with a deadline come first."""
    due = (Review.due_at, Review.requested_at, Review.id)
    chosen = (
        select(Review, Entry, Edition.locale, Revision)
        .join(Edition, Edition.id == Review.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(Review.ended_at.is_(None), Entry.archived_at.is_(None), *conditions)
        .where(may_read(reading.actor, reading.site.roles, _SUBJECTS))
        # Nobody reads their texts here.
        .options(*(defer(column) for column in _TEXTS))
    )
    rows: list[_Row] = []
    if after is None or after[0] is not None:
        first = chosen.where(
            Review.due_at.is_not(None), *([tuple_(*due) > after] if after is not None else [])
        )
        found = await reading.session.execute(first.order_by(*due).limit(size))
        rows += [(review, entry, locale, head) for review, entry, locale, head in found]
        after = None
    if len(rows) < size:
        last = chosen.where(
            Review.due_at.is_(None), *([tuple_(*due[1:]) > after[1:]] if after is not None else [])
        )
        found = await reading.session.execute(last.order_by(*due[1:]).limit(size - len(rows)))
        rows += [(review, entry, locale, head) for review, entry, locale, head in found]
    return rows


def _may_be_by(actor: Actor) -> ColumnElement[bool]:
    """Return a condition that holds for all reviews of an actor's work or request."""
    own = aliased(Revision)
    saved = exists().where(
        own.edition_id == Review.edition_id,
        or_(own.author_id == actor.account_id, own.byline_id == actor.person_id),
    )
    begun = exists().where(
        EditionContributor.edition_id == Review.edition_id,
        EditionContributor.contributor_id.in_([actor.account_id, actor.person_id]),
    )
    return or_(Review.requested_by == actor.account_id, saved, begun)


def _place_of(review: Review) -> Place:
    return review.due_at, review.requested_at, review.id


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
    async def load(
        cls, reading: Reading, reviews: Sequence[Review], parents: Mapping[str, str | None]
    ) -> _Facts:
        """Load the facts about the editions of reviews, given the parents of categories."""
        edition_ids = [each.edition_id for each in reviews]
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
            select(ReviewAssignee.review_id, ReviewAssignee.account_id).where(
                ReviewAssignee.review_id.in_([each.id for each in reviews])
            )
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
            parents=parents,
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
        signed_at=row.signed_at,
        expires_at=row.expires_at,
        is_open=row.ended_at is None,
    )


def _group(pairs: Iterable[tuple[str, T]]) -> Mapping[str, Sequence[T]]:
    groups: dict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
