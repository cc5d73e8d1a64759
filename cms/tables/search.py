"""What is searched, and the words that can be suggested. All of it derives from the rest."""

from __future__ import annotations

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import CLUSTERED, Key
from cms.tables.base import Base, Document, Name, Prose


class SearchDocument(Base):
    """What is searched of a revision; see :class:`cms.search.document.SearchableText`.

    The migrations add an index of the words, which follows every insertion and deletion. A row
    is never updated.
    """

    __tablename__ = "search_document"

    # A number, as the index on SQLite knows its rows by numbers alone.
    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[str] = mapped_column(
        Key, ForeignKey("revision.id", ondelete="CASCADE"), unique=True
    )
    # Before what is long, so that it is quick to read.
    title_words: Mapped[int]
    title: Mapped[Prose]
    summary: Mapped[Prose]
    body: Mapped[Prose]
    shown: Mapped[Document]


class SearchWord(Base):
    """A word that is in something public, as it is written but for capitals."""

    __tablename__ = "search_word"
    __table_args__ = (CLUSTERED,)

    locale: Mapped[str] = mapped_column(Key, primary_key=True)
    word: Mapped[str] = mapped_column(Key, primary_key=True)
    folded: Mapped[Name]
    grams: Mapped[int]
    # In how many public editions it is.
    editions: Mapped[int]


class SearchGram(Base):
    """What a word and those that are like it have in common; see cms.search.spelling."""

    __tablename__ = "search_gram"
    __table_args__ = (
        ForeignKeyConstraint(
            ["locale", "word"], ["search_word.locale", "search_word.word"], ondelete="CASCADE"
        ),
        Index("ix_search_gram_word", "locale", "word"),
        CLUSTERED,
    )

    locale: Mapped[str] = mapped_column(Key, primary_key=True)
    gram: Mapped[str] = mapped_column(Key, primary_key=True)
    word: Mapped[str] = mapped_column(Key, primary_key=True)
