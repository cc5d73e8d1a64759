"""Requests for review, and the reviewers' answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.dialects import Key, Moment, partial_index
from cms.tables.base import Base, Id, Items, Name, Prose, Time


class Review(Base):
    """A request to review an edition, from its opening to its end."""

    __tablename__ = "review"
    __table_args__ = (
        partial_index(
            "uq_review_open_edition_id", "edition_id", where="ended_at is null", unique=True
        ),
        ForeignKeyConstraint(["edition_id", "revision_id"], ["revision.edition_id", "revision.id"]),
        CheckConstraint("(ended_at is null) = (outcome is null)", name="ended"),
    )

    id: Mapped[Id]
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    revision_id: Mapped[Name]
    # The stages as they stood when the review was requested.
    stages: Mapped[Items]
    note: Mapped[Prose]
    requested_by: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    requested_at: Mapped[Time]
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(Key)


class SignOff(Base):
    """A reviewer's yes to a digest, at a stage."""

    __tablename__ = "sign_off"
    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "revision_id"], ["revision.edition_id", "revision.id"]),
        Index("ix_sign_off_digest", "edition_id", "digest"),
        Index("ix_sign_off_person_id", "person_id"),
    )

    id: Mapped[Id]
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    revision_id: Mapped[Name]
    review_id: Mapped[str] = mapped_column(Key, ForeignKey("review.id"))
    digest: Mapped[Name]
    stage: Mapped[Name]
    account_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    person_id: Mapped[str] = mapped_column(Key, ForeignKey("person.id"))
    note: Mapped[Prose]
    signed_at: Mapped[Time]
    expires_at: Mapped[Time]
