"""Categories and tags."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import Key, partial_index
from cms.tables.base import Base, Id, Name, Prose, Time


class Category(Base):
    """A place in the tree of topics."""

    __tablename__ = "category"
    __table_args__ = (
        UniqueConstraint("parent_id", "slug"),
        UniqueConstraint("path"),
        CheckConstraint("parent_id <> id", name="no_loop"),
        # Nulls are different from each other, so the roots need an index of their own.
        partial_index("uq_category_root_slug", "slug", where="parent_id is null", unique=True),
        Index("ix_category_ordinal", "parent_id", "ordinal"),
    )

    id: Mapped[Id]
    parent_id: Mapped[str | None] = mapped_column(Key, ForeignKey("category.id"))
    slug: Mapped[Name]
    # The slugs from the root down, joined by "/"; kept by the category commands.
    path: Mapped[Name]
    name: Mapped[Prose]
    description: Mapped[Prose]
    ordinal: Mapped[int]
    created_at: Mapped[Time]


class Tag(Base):
    """A word that cuts across the tree."""

    __tablename__ = "tag"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Key, unique=True)
    name: Mapped[Prose]
    created_at: Mapped[Time]
