"""Accounts, their tokens, grants and rate limits."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import JsonDocument, Key, Moment
from cms.tables.base import Base, Id, Name, Prose, Time


class Account(Base):
    """An identity that signs in; may belong to a person, an entry of the type ``Person``."""

    __tablename__ = "account"
    # Review requires two different people, so a person has at most one account.
    __table_args__ = (Index("uq_account_person_id", "person_id", unique=True),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(Key, unique=True)
    person_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    # Argon2id hash; an account without one cannot sign in.
    password_hash: Mapped[str | None] = mapped_column(Key)
    created_at: Mapped[Time]
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    # When the address was purged; its own id is in place of it.
    purged_at: Mapped[datetime | None] = mapped_column(Moment)


class Token(Base):
    """A secret that authenticates an account; only its hash is stored."""

    __tablename__ = "token"
    __table_args__ = (
        CheckConstraint("kind in ('access', 'preview', 'refresh', 'service')", name="kind"),
        Index("ix_token_account_id", "account_id"),
        Index("ix_token_session_id", "session_id"),
    )

    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    kind: Mapped[Name]
    name: Mapped[Prose]
    hash: Mapped[str] = mapped_column(Key, unique=True)
    # Actions that it is limited to; null for all actions of its account.
    scopes: Mapped[list[str] | None] = mapped_column(JsonDocument)
    # Of a preview token: the only revision that it shows.
    revision_id: Mapped[str | None] = mapped_column(Key)
    # The tokens of one sign-in share a session.
    session_id: Mapped[str | None] = mapped_column(Key)
    created_at: Mapped[Time]
    expires_at: Mapped[Time]
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class Throttle(Base):
    """The number of attempts since a time, for a rate limit."""

    __tablename__ = "throttle"

    name: Mapped[str] = mapped_column(Key, primary_key=True)
    since: Mapped[Time]
    count: Mapped[int]


class RoleGrant(Base):
    """A role of an account, for all content or for a stage, type, category subtree or locale."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_role_grant_account_id", "account_id"),)

    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"))
    role: Mapped[Name]
    stage: Mapped[str | None] = mapped_column(Key)
    content_type: Mapped[str | None] = mapped_column(Key)
    category_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    locale: Mapped[str | None] = mapped_column(Key)
    created_at: Mapped[Time]
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
