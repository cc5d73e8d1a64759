"""The audit chain with the hashes of rows, purges, attestations, counters, repeats, presence."""

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import CLUSTERED, Key, partial_index
from cms.tables.base import Base, Document, Id, Items, Name, Prose, Time


class Counter(Base):
    """A counter without gaps: incrementing it locks its row until the transaction ends."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(Key, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class AuditRecord(Base):
    """A record of an action, with its actor, time and subject, and the hash of the one before."""

    __tablename__ = "audit_record"
    # The migrations add an index over the entry in the detail: an expression cannot be compared.
    __table_args__ = (
        Index("ix_audit_record_actor", "actor", "sequence"),
        Index("ix_audit_record_action", "action", "sequence"),
        Index("ix_audit_record_subject", "subject", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recorded_at: Mapped[Time]
    # An account's id, or "operator" for commands at the server's shell.
    actor: Mapped[Name]
    action: Mapped[Name]
    subject: Mapped[str | None] = mapped_column(Key)
    detail: Mapped[Document]
    # Root of the hashes of the rows that the command wrote; null if this is not its last record.
    rows_root: Mapped[str | None] = mapped_column(Key)
    previous_hash: Mapped[Name]
    hash: Mapped[Name]


class AuditedRow(Base):
    """The hash of a row as a command wrote it; see :mod:`cms.ledger.rows`."""

    __tablename__ = "audit_row"
    __table_args__ = (Index("ix_audit_row_sequence", "sequence"), CLUSTERED)

    table_name: Mapped[str] = mapped_column(Key, primary_key=True)
    # The row's primary key; several columns are joined by a space.
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    # Number of the audit record that closes the command.
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    # Version of the list of the table's covered columns.
    version: Mapped[int]
    salt: Mapped[Name]
    # Null if the command deleted the row.
    hash: Mapped[str | None] = mapped_column(Key)


class Purge(Base):
    """A command that emptied words for good."""

    __tablename__ = "purge"
    __table_args__ = (
        # For changes between two positions.
        partial_index("ix_purge_position", "position", where="position is not null"),
    )

    id: Mapped[Id]
    # Ids of what the operator named.
    keys: Mapped[Items]
    reason: Mapped[Prose]
    # At which clients learn that editions were purged; null if they have known none of them.
    position: Mapped[int | None] = mapped_column(BigInteger)
    purged_at: Mapped[Time]


class Tombstone(Base):
    """A row whose words a purge emptied, and by which the database permits that."""

    __tablename__ = "tombstone"
    __table_args__ = (Index("ix_tombstone_purge_id", "purge_id"), CLUSTERED)

    table_name: Mapped[str] = mapped_column(Key, primary_key=True)
    # The row's primary key, as in ``audit_row``.
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    purge_id: Mapped[str] = mapped_column(Key, ForeignKey("purge.id"))
    # Hash of what is left of a link of a chain, whose own hash cannot be computed any more.
    remainder: Mapped[str | None] = mapped_column(Key)


class Attestation(Base):
    """A signed statement of a sign-off, publication, key or purge, verifiable by anyone."""

    __tablename__ = "attestation"

    # Id of the sign-off, publication or purge that it is about; for a key, a new id.
    id: Mapped[Id]
    # Number of the statement, which contains the hash of the one before.
    sequence: Mapped[int] = mapped_column(BigInteger, unique=True)
    hash: Mapped[Name]
    # A DSSE envelope: https://github.com/secure-systems-lab/dsse
    envelope: Mapped[Document]


class ClientMutation(Base):
    """A mutation with an idempotency key, and its response."""

    __tablename__ = "client_mutation"

    actor: Mapped[str] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    # Digest of the input: the same key with another input is an error.
    input_digest: Mapped[Name]
    answer: Mapped[Document]
    answered_at: Mapped[Time]


class Presence(Base):
    """An account that has an edition open, and the time of its last heartbeat."""

    __tablename__ = "presence"

    account_id: Mapped[str] = mapped_column(Key, primary_key=True)
    edition_id: Mapped[str] = mapped_column(Key, primary_key=True)
    field_path: Mapped[str | None] = mapped_column(Key)
    seen_at: Mapped[Time]
