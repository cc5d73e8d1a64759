"""Categories."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import Key, partial_index
from cms.tables.base import Base, Id, Name, Prose, Time


class Category(Base):
    """A node of the category tree."""

    __tablename__ = "category"
    __table_args__ = (
        UniqueConstraint("parent_id", "slug"),
        UniqueConstraint("path"),
        CheckConstraint("parent_id <> id", name="no_loop"),
        # Nulls are distinct in a unique constraint, so the roots need a separate index.
        partial_index("uq_category_root_slug", "slug", where="parent_id is null", unique=True),
        Index("ix_category_ordinal", "parent_id", "ordinal"),
    )

    id: Mapped[Id]
    parent_id: Mapped[str | None] = mapped_column(Key, ForeignKey("category.id"))
    slug: Mapped[Name]
    # Slugs from the root to the category, joined by "/"; updated by the category commands.
    path: Mapped[Name]
    name: Mapped[Prose]
    description: Mapped[Prose]
    ordinal: Mapped[int]
    created_at: Mapped[Time]
