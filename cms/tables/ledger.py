"""What is remembered: the audit chain, and the counters that order everything."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import Key
from cms.tables.base import Base, Document, Id, Name, Time


class Counter(Base):
    """A number without gaps: whoever raises it holds its row until the transaction ends."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(Key, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class AuditRecord(Base):
    """Who did what, when, to what. Each record holds the hash of the one before."""

    __tablename__ = "audit_record"

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recorded_at: Mapped[Time]
    # An account's id, or "operator" for someone at the server's own shell.
    actor: Mapped[Name]
    action: Mapped[Name]
    subject: Mapped[str | None] = mapped_column(Key)
    outcome: Mapped[Name]
    detail: Mapped[Document]
    previous_hash: Mapped[Name]
    hash: Mapped[Name]


class Attestation(Base):
    """A signed statement of a sign-off, a publication or a key, which anyone can verify offline."""

    __tablename__ = "attestation"

    # The sign-off or the publication that it is about, or an id of its own for a key.
    id: Mapped[Id]
    # The number of the statement; each names the hash of the one before.
    sequence: Mapped[int] = mapped_column(BigInteger, unique=True)
    hash: Mapped[Name]
    # A DSSE envelope: https://github.com/secure-systems-lab/dsse
    envelope: Mapped[Document]


class ClientMutation(Base):
    """A write that its client may repeat, and the answer that it got."""

    __tablename__ = "client_mutation"

    actor: Mapped[str] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    # The digest of what was asked: the same key with another input is a mistake.
    input_digest: Mapped[Name]
    answer: Mapped[Document]
    answered_at: Mapped[Time]


class Presence(Base):
    """Who has an edition open, and since when they have not been heard of."""

    __tablename__ = "presence"

    account_id: Mapped[str] = mapped_column(Key, primary_key=True)
    edition_id: Mapped[str] = mapped_column(Key, primary_key=True)
    field_path: Mapped[str | None] = mapped_column(Key)
    seen_at: Mapped[Time]
