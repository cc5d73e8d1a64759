"""People whom readers see, accounts that sign in, and what these may do."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.dialects import Key
from cms.tables.base import Base, Id, Items, Name, Prose, Time


class Person(Base):
    """A public byline."""

    __tablename__ = "person"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Key, unique=True)
    name: Mapped[Prose]
    bio: Mapped[Prose]
    links: Mapped[Items]
    created_at: Mapped[Time]


class Account(Base):
    """Someone who signs in; may be tied to a person."""

    __tablename__ = "account"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(Key, unique=True)
    person_id: Mapped[str | None] = mapped_column(Key, ForeignKey("person.id"))
    created_at: Mapped[Time]


class RoleGrant(Base):
    """A role, for all content or only for a stage, a content type, or a category's subtree."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_role_grant_account_id", "account_id"),)

    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    role: Mapped[Name]
    stage: Mapped[str | None] = mapped_column(Key)
    content_type: Mapped[str | None] = mapped_column(Key)
    category_id: Mapped[str | None] = mapped_column(Key, ForeignKey("category.id"))
    created_at: Mapped[Time]
