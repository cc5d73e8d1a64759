"""What is remembered: the audit chain, and the counters that order everything."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from cms.dialects import Key
from cms.tables.base import Base, Document, Name, Time


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
