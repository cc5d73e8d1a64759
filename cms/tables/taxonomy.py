"""The tree of categories."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import CLUSTERED, Key, Moment, partial_index
from cms.tables.base import Base, Id, Name, Time

_OPEN, _ENDED = "ended_position is null", "ended_position is not null"


class CategoryPlace(Base):
    """The period in which a category stood below a parent, at a place among its siblings."""

    __tablename__ = "category_place"
    __table_args__ = (
        CheckConstraint("parent_id <> category_id", name="no_loop"),
        CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        partial_index("uq_category_place_open", "category_id", where=_OPEN, unique=True),
        Index("ix_category_place_category_id", "category_id", "position"),
        Index("ix_category_place_parent_id", "parent_id"),
        # For changes between two positions.
        partial_index("ix_category_place_ended_position", "ended_position", where=_ENDED),
    )

    id: Mapped[Id]
    # The position after which it stands there; a new category is placed after the newest one.
    position: Mapped[int] = mapped_column(BigInteger)
    category_id: Mapped[str] = mapped_column(Key, ForeignKey("entry.id"))
    # Null for a root.
    parent_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    ordinal: Mapped[int]
    began_at: Mapped[Time]
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_position: Mapped[int | None] = mapped_column(BigInteger)


class CategoryPath(Base):
    """The slugs from the root down to a category, joined by "/", as the site shows a locale.

    It derives from the places and slugs: those that are public, and for what is not public those of
    the newest revisions.
    """

    __tablename__ = "category_path"
    __table_args__ = (UniqueConstraint("locale", "path"), CLUSTERED)

    category_id: Mapped[str] = mapped_column(Key, ForeignKey("entry.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(Key, primary_key=True)
    path: Mapped[Name]
