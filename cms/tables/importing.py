"""Imports: the files of other sites, and the entries that they are here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import Key, Moment, partial_index
from cms.tables.base import Base, Id, Name, Time

_OPEN = "ended_at is null"


class ImportedFile(Base):
    """The period in which a file of another site was the source of an entry in one locale.

    The entry has no edition in the locale until the import has saved it. A file that is moved there
    ends, and the one at its new path begins.
    """

    __tablename__ = "imported_file"
    __table_args__ = (
        CheckConstraint("path is not null or ended_at is not null", name="open_path"),
        partial_index("uq_imported_file_open_path", "source", "path", where=_OPEN, unique=True),
        partial_index(
            "uq_imported_file_open_entry_id", "entry_id", "locale", where=_OPEN, unique=True
        ),
        Index("ix_imported_file_source", "source", "path"),
        Index("ix_imported_file_entry_id", "entry_id"),
    )

    id: Mapped[Id]
    # The system that the file comes from, as the operator names it.
    source: Mapped[Name]
    # In the imported folder; null once it was purged.
    path: Mapped[str | None] = mapped_column(Key)
    locale: Mapped[Name]
    entry_id: Mapped[str] = mapped_column(Key, ForeignKey("entry.id"))
    began_at: Mapped[Time]
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
