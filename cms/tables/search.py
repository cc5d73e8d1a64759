"""The search index and the words of public editions; both derive from other tables."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import CLUSTERED, Key
from cms.tables.base import Base, Document, Name, Prose


class SearchDocument(Base):
    """The searchable text of a revision; see :class:`cms.search.document.SearchableText`.

    The migrations add a full-text index, which is updated with every insertion and deletion. A row
    is never updated.
    """

    __tablename__ = "search_document"

    # An integer, since the rows of an FTS5 index have integer ids only.
    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[str] = mapped_column(
        Key, ForeignKey("revision.id", ondelete="CASCADE"), unique=True
    )
    # Before the long columns, so that it is read without them.
    title_words: Mapped[int]
    title: Mapped[Prose]
    summary: Mapped[Prose]
    body: Mapped[Prose]
    shown: Mapped[Document]


class SearchWord(Base):
    """A word or a number of public editions, in lower case; numbers have no grams."""

    __tablename__ = "search_word"
    __table_args__ = (CLUSTERED,)

    locale: Mapped[str] = mapped_column(Key, primary_key=True)
    word: Mapped[str] = mapped_column(Key, primary_key=True)
    folded: Mapped[Name]
    grams: Mapped[int]
    # Number of public editions that contain it, and of those with it in their title or summary.
    editions: Mapped[int]
    titles: Mapped[int]


class SearchGram(Base):
    """A gram of a word, by which similar words are found; see :mod:`cms.search.spelling`."""

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
