"""Reviews, sign-offs, change requests and comments."""

from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import CLUSTERED, Key, Moment, Words, partial_index
from cms.tables.base import Base, Id, Items, Name, Prose, Time

# How a review ends.
ReviewOutcome: TypeAlias = Literal["published", "withdrawn"]
# How a sign-off ends: its signer requested changes; it was invalidated, since the account had been
# taken over; or the signer lost the role or the account.
SignOffEnd: TypeAlias = Literal[
    "changes_requested", "invalidated", "role_revoked", "account_disabled"
]
# How a change request ends: its author signed off or withdrew it, or lost the right.
ChangeRequestEnd: TypeAlias = Literal["signed_off", "withdrawn", "role_revoked", "account_disabled"]


class Review(Base):
    """A request to review an edition, from its opening to its end."""

    __tablename__ = "review"
    __table_args__ = (
        partial_index(
            "uq_review_open_edition_id", "edition_id", where="ended_at is null", unique=True
        ),
        # For the queue.
        partial_index(
            "ix_review_open_due_at", "due_at", "requested_at", "id", where="ended_at is null"
        ),
        ForeignKeyConstraint(["edition_id", "revision_id"], ["revision.edition_id", "revision.id"]),
        CheckConstraint("(ended_at is null) = (outcome is null)", name="ended"),
        Index("ix_review_edition_id", "edition_id", "requested_at"),
        Index("ix_review_revision_id", "revision_id"),
    )

    id: Mapped[Id]
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    revision_id: Mapped[Name]
    # Stages of the policy at the time of the request.
    stages: Mapped[Items]
    note: Mapped[Prose]
    requested_by: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    requested_at: Mapped[Time]
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[ReviewOutcome | None] = mapped_column(Key)


class SignOff(Base):
    """A reviewer's approval of a digest, at a stage."""

    __tablename__ = "sign_off"
    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "revision_id"], ["revision.edition_id", "revision.id"]),
        CheckConstraint("(ended_at is null) = (end_cause is null)", name="ended"),
        Index("ix_sign_off_digest", "edition_id", "digest"),
        Index("ix_sign_off_account_id", "account_id"),
        Index("ix_sign_off_person_id", "person_id"),
        Index("ix_sign_off_review_id", "review_id"),
        Index("ix_sign_off_revision_id", "revision_id"),
    )

    id: Mapped[Id]
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    revision_id: Mapped[Name]
    # Null for a sign-off on what is public without an open review.
    review_id: Mapped[str | None] = mapped_column(Key, ForeignKey("review.id"))
    digest: Mapped[Name]
    stage: Mapped[Name]
    account_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    person_id: Mapped[str] = mapped_column(Key, ForeignKey("entry.id"))
    note: Mapped[Prose]
    signed_at: Mapped[Time]
    expires_at: Mapped[Time]
    # Why it does not count any more, and who ended it; null is the operator.
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by: Mapped[str | None] = mapped_column(Key, ForeignKey("account.id"))
    end_cause: Mapped[SignOffEnd | None] = mapped_column(Key)


class ReviewAssignee(Base):
    """An account that a review was assigned to."""

    __tablename__ = "review_assignee"
    __table_args__ = (CLUSTERED,)

    review_id: Mapped[str] = mapped_column(Key, ForeignKey("review.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"), primary_key=True)


class ChangeRequest(Base):
    """A reviewer's rejection of a digest, with the reason."""

    __tablename__ = "change_request"
    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "revision_id"], ["revision.edition_id", "revision.id"]),
        CheckConstraint("(ended_at is null) = (end_cause is null)", name="ended"),
        Index("ix_change_request_review_id", "review_id"),
        Index("ix_change_request_account_id", "account_id"),
        Index("ix_change_request_edition_id", "edition_id", "digest"),
        Index("ix_change_request_revision_id", "revision_id"),
    )

    id: Mapped[Id]
    # Null for a request without an open review, on what is public or was signed off by its author.
    review_id: Mapped[str | None] = mapped_column(Key, ForeignKey("review.id"))
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    revision_id: Mapped[Name]
    digest: Mapped[Name]
    account_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    reason: Mapped[Prose]
    requested_at: Mapped[Time]
    # Why it does not count any more, and who ended it; null is the operator.
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by: Mapped[str | None] = mapped_column(Key, ForeignKey("account.id"))
    end_cause: Mapped[ChangeRequestEnd | None] = mapped_column(Key)


class Comment(Base):
    """An editor's comment on an edition, or on a range of a text in it."""

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_edition_id", "edition_id"),
        Index("ix_comment_thread_id", "thread_id"),
        CheckConstraint("(field_path is null) = (quote is null)", name="anchor"),
        CheckConstraint("(resolved_at is null) = (resolved_by is null)", name="resolved"),
    )

    id: Mapped[Id]
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    # The first comment of its thread; null for the first comment itself.
    thread_id: Mapped[str | None] = mapped_column(Key, ForeignKey("comment.id"))
    body: Mapped[Prose]
    author_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    created_at: Mapped[Time]
    # The anchor: a text range in the revision that the author saw, with its context, by which it
    # is found again after edits; see cms.comparison.anchors.
    field_path: Mapped[str | None] = mapped_column(Key)
    start: Mapped[int | None]
    quote: Mapped[str | None] = mapped_column(Words)
    before: Mapped[str | None] = mapped_column(Words)
    after: Mapped[str | None] = mapped_column(Words)
    occurrences: Mapped[int | None]
    sentence_occurrences: Mapped[int | None]
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
    resolved_by: Mapped[str | None] = mapped_column(Key, ForeignKey("account.id"))
