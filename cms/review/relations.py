"""Relations of reviews: what readers see of sign-offs, and what editors see of the rest.

Who asks brings the id of an edition or a revision that it found through a view; relations that
are asked for by themselves take the view.
"""

from __future__ import annotations

from typing import Any, get_args

from sqlalchemy import ColumnElement, and_, case, exists, func, literal_column, not_, select
from sqlalchemy.orm import aliased

from cms.reading.aliases import word
from cms.reading.management import accounts
from cms.reading.relations import people
from cms.reading.rows import AccountRow, Column, PersonRow, Row
from cms.reading.view import View
from cms.reading.visibility import Relation, is_public_now, is_within, was_signed
from cms.review.standing import has_incomplete_stage, is_objected_to
from cms.tables import (
    ChangeRequest,
    Comment,
    Edition,
    Entry,
    Person,
    Publication,
    Review,
    ReviewAssignee,
    Revision,
    SignOff,
)
from cms.tables.review import ReviewOutcome

# The stored words for how a review ended.
REVIEW_OUTCOMES: tuple[str, ...] = get_args(ReviewOutcome)

# The words for where an edition's revision stands, derived from the facts and stored nowhere.
STATES = (
    "ARCHIVED",
    "PUBLISHED",
    "CHANGES_REQUESTED",
    "APPROVED",
    "IN_REVIEW",
    "UNPUBLISHED",
    "DRAFT",
)


class SignOffRow(Row):
    """A row of :func:`sign_offs`."""

    id = Column()
    edition_id = Column()
    digest = Column()
    stage = Column()
    person_id = Column()
    signed_at = Column()
    expires_at = Column()


class ReviewRow(Row):
    """A row of :func:`review`."""

    signed_at = Column()
    expires_at = Column()
    edition_id = Column()
    digest = Column()


class SignerRow(PersonRow):
    """A row of :func:`signers`."""

    edition_id = Column()
    digest = Column()


class ReviewRequestRow(Row):
    """A row of :func:`reviews`."""

    id = Column()
    edition_id = Column()
    revision_id = Column()
    note = Column()
    stages = Column()
    requested_by = Column()
    requested_at = Column()
    due_at = Column()
    ended_at = Column()
    outcome = Column()
    head_id = Column()


class AssigneeRow(AccountRow):
    """A row of :func:`assignees`."""

    review_id = Column()


class SignatureRow(Row):
    """A row of :func:`signatures`."""

    id = Column()
    edition_id = Column()
    revision_id = Column()
    review_id = Column()
    digest = Column()
    stage = Column()
    account_id = Column()
    person_id = Column()
    note = Column()
    signed_at = Column()
    expires_at = Column()


class ChangeRequestRow(Row):
    """A row of :func:`change_requests`."""

    id = Column()
    review_id = Column()
    edition_id = Column()
    revision_id = Column()
    digest = Column()
    account_id = Column()
    reason = Column()
    requested_at = Column()


class CommentRow(Row):
    """A row of :func:`comments`."""

    id = Column()
    edition_id = Column()
    thread_id = Column()
    body = Column()
    author_id = Column()
    created_at = Column()
    field_path = Column()
    quote = Column()
    resolved_at = Column()
    resolved_by = Column()


def sign_offs(view: View) -> Relation:
    """Return sign-offs with their digests, which tell to which revisions they apply."""
    return select(
        SignOff.id,
        SignOff.edition_id,
        SignOff.digest,
        SignOff.stage,
        SignOff.person_id,
        SignOff.signed_at,
        SignOff.expires_at,
    ).where(was_signed(SignOff.signed_at, view))


def review(view: View, edition_id: ColumnElement[Any], digest: ColumnElement[Any]) -> Relation:
    """Return one row about the sign-offs on a digest, or none if there are none.

    A stage holds as long as its newest sign-off does, and a review as long as every stage.
    """
    stages = (
        select(
            func.max(SignOff.signed_at).label("signed_at"),
            func.max(SignOff.expires_at).label("expires_at"),
            literal_column("1").label("review"),
        )
        .where(*_is_of(view, edition_id, digest))
        .group_by(SignOff.stage)
        .subquery()
    )
    return (
        select(
            func.max(stages.c.signed_at).label("signed_at"),
            func.min(stages.c.expires_at).label("expires_at"),
            edition_id.label("edition_id"),
            digest.label("digest"),
        )
        .select_from(stages)
        .group_by(stages.c.review)
    )


def reviewers(view: View, edition_id: ColumnElement[Any], digest: ColumnElement[Any]) -> Relation:
    """Return the people who signed off a digest.

    The caller gives columns of the statement around this one.
    """
    return (
        people()
        .join(SignOff, SignOff.person_id == Person.id)
        .where(*_is_of(view, edition_id, digest))
        .distinct()
    )


def signers(view: View) -> Relation:
    """Return the people who signed something off, each with the edition and the digest."""
    return (
        people()
        .add_columns(SignOff.edition_id, SignOff.digest)
        .join(SignOff, SignOff.person_id == Person.id)
        .where(was_signed(SignOff.signed_at, view))
        .distinct()
    )


def reviews(view: View) -> Relation:
    """Return the reviews of what the view reaches."""
    head = aliased(Revision)
    return (
        select(
            Review.id,
            Review.edition_id,
            Review.revision_id,
            Review.note,
            Review.stages,
            Review.requested_by,
            Review.requested_at,
            Review.due_at,
            Review.ended_at,
            Review.outcome,
            Edition.head_id,
        )
        .join(Edition, Edition.id == Review.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(head, head.id == Edition.head_id)
        .where(is_within(view, Entry.content_type, head.category_id))
    )


def assignees() -> Relation:
    """Return the accounts that reviews are addressed to."""
    return accounts().add_columns(ReviewAssignee.review_id).join(ReviewAssignee)


def signatures() -> Relation:
    """Return sign-offs with what editors see of them."""
    return select(
        SignOff.id,
        SignOff.edition_id,
        SignOff.revision_id,
        SignOff.review_id,
        SignOff.digest,
        SignOff.stage,
        SignOff.account_id,
        SignOff.person_id,
        SignOff.note,
        SignOff.signed_at,
        SignOff.expires_at,
    )


def change_requests() -> Relation:
    """Return what reviewers have asked to be changed."""
    return select(
        ChangeRequest.id,
        ChangeRequest.review_id,
        ChangeRequest.edition_id,
        ChangeRequest.revision_id,
        ChangeRequest.digest,
        ChangeRequest.account_id,
        ChangeRequest.reason,
        ChangeRequest.requested_at,
    )


def comments() -> Relation:
    """Return comments; those that begin a thread have no ``thread_id``."""
    return select(
        Comment.id,
        Comment.edition_id,
        Comment.thread_id,
        Comment.body,
        Comment.author_id,
        Comment.created_at,
        Comment.field_path,
        Comment.quote,
        Comment.resolved_at,
        Comment.resolved_by,
    )


def state_of(
    edition_id: ColumnElement[Any],
    revision_id: ColumnElement[Any],
    number: ColumnElement[Any],
    digest: ColumnElement[Any],
    archived_at: ColumnElement[Any],
) -> ColumnElement[str]:
    """Return the word for where a revision of an edition stands: one of :data:`STATES`."""
    publication = select(Publication.id).where(Publication.edition_id == edition_id)
    live = publication.where(is_public_now(Publication))
    shown = live.where(Publication.revision_id == revision_id)
    review = select(Review.id).where(Review.edition_id == edition_id, Review.ended_at.is_(None))
    lacking = review.where(has_incomplete_stage(Review.stages, edition_id, number, digest))
    return case(
        (archived_at.is_not(None), word("ARCHIVED")),
        (exists(shown), word("PUBLISHED")),
        (
            and_(exists(review), is_objected_to(edition_id, digest)),
            word("CHANGES_REQUESTED"),
        ),
        (and_(exists(review), not_(exists(lacking))), word("APPROVED")),
        (exists(review), word("IN_REVIEW")),
        # Beside what is public, a newer revision is a draft like any other.
        (and_(exists(publication), not_(exists(live))), word("UNPUBLISHED")),
        else_=word("DRAFT"),
    )


def _is_of(
    view: View, edition_id: ColumnElement[Any], digest: ColumnElement[Any]
) -> tuple[ColumnElement[bool], ...]:
    """Return whether a sign-off is on a digest, and had been given by then."""
    return (
        SignOff.edition_id == edition_id,
        SignOff.digest == digest,
        was_signed(SignOff.signed_at, view),
    )
