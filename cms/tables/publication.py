"""Publications: the revisions that are or were public, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import Key, Moment, Words, partial_index
from cms.tables.base import Base, Id, Name, Time

_OPEN = "ended_position is null"
_HAS_PATH = "path is not null"


class Publication(Base):
    """The period in which a revision of an edition was public, from one position to another.

    Rows without an end are public now. A row is only ever changed to end it, and its entry and
    revision are immutable, so the columns copied from them stay correct.
    """

    __tablename__ = "publication"
    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "revision_id"], ["revision.edition_id", "revision.id"]),
        CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        CheckConstraint("ended_position > position", name="ends_later"),
        partial_index("uq_publication_open_entry", "entry_id", "locale", where=_OPEN, unique=True),
        partial_index(
            "uq_publication_open_path",
            *("locale", "path"),
            where=f"{_OPEN} and {_HAS_PATH}",
            unique=True,
        ),
        partial_index("uq_publication_open_revision", "revision_id", where=_OPEN, unique=True),
        partial_index(
            "ix_publication_open_category",
            *("locale", "content_type", "category_id", "published_at", "entry_id"),
            where=_OPEN,
        ),
        partial_index(
            "ix_publication_open_type",
            *("locale", "content_type", "published_at", "entry_id"),
            where=_OPEN,
        ),
        # For lists of all content types together.
        partial_index(
            "ix_publication_open_newest", "locale", "published_at", "entry_id", where=_OPEN
        ),
        Index("ix_publication_edition_id", "edition_id", "position"),
        Index("ix_publication_revision_id", "revision_id"),
        # For the history of a path, and for changes between two positions.
        partial_index("ix_publication_path", "path", "locale", where=_HAS_PATH),
        Index("ix_publication_position", "position"),
        Index("ix_publication_ended_position", "ended_position"),
        Index("ix_publication_entry_id", "entry_id"),
    )

    id: Mapped[Id]
    # Number in the order of all publications and their ends, without gaps.
    position: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[str] = mapped_column(Key, ForeignKey("entry.id"))
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    revision_id: Mapped[Name]
    content_type: Mapped[Name]
    locale: Mapped[Name]
    path: Mapped[str | None] = mapped_column(Key)
    category_id: Mapped[str | None] = mapped_column(Key, ForeignKey("category.id"))
    first_published_at: Mapped[Time]
    published_at: Mapped[Time]
    published_by: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    # Why an administrator published it without the sign-off gate, if one did.
    break_glass_reason: Mapped[str | None] = mapped_column(Words)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_position: Mapped[int | None] = mapped_column(BigInteger)
