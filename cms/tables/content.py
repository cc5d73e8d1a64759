"""Entries, their editions, revisions and links."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import CLUSTERED, Key, Moment, Words, partial_index
from cms.tables.base import Base, Document, Id, Items, Name, Prose, Time


class Entry(Base):
    """The identity of a piece of content; links point to entries only.

    Categories and people are entries of the built-in types.
    """

    __tablename__ = "entry"
    __table_args__ = (
        partial_index("ix_entry_archived_at", "id", "archived_at", where="archived_at is not null"),
    )

    id: Mapped[Id]
    content_type: Mapped[Name]
    # The content type's name for a singleton, so that there can be no second one.
    singleton: Mapped[str | None] = mapped_column(Key, unique=True)
    created_at: Mapped[Time]
    archived_at: Mapped[datetime | None] = mapped_column(Moment)


class Edition(Base):
    """An entry in one locale."""

    __tablename__ = "edition"
    __table_args__ = (
        UniqueConstraint("entry_id", "locale"),
        Index("ix_edition_head_id", "head_id"),
        partial_index("ix_edition_path", "path", where="path is not null"),
        # For lists of drafts: of all content types, of one, of a category and of a byline.
        # With the ids by which the states of drafts are found.
        Index(
            "ix_edition_newest",
            *("locale", "changed_at", "entry_id", "content_type", "head_id", "id"),
        ),
        Index("ix_edition_content_type", "locale", "content_type", "changed_at", "entry_id"),
        Index("ix_edition_category_id", "locale", "category_id", "changed_at", "entry_id"),
        Index("ix_edition_byline_id", "locale", "byline_id", "changed_at", "entry_id"),
        # By title and by slug: of one content type, and of all together.
        *(
            Index(f"ix_edition_{name}", *before, column, "entry_id")
            for name, before, column in (
                ("title_key", ("locale", "content_type"), "title_key"),
                ("any_title_key", ("locale",), "title_key"),
                ("slug", ("locale", "content_type"), "slug"),
                ("any_slug", ("locale",), "slug"),
            )
        ),
    )

    id: Mapped[Id]
    entry_id: Mapped[str] = mapped_column(Key, ForeignKey("entry.id"))
    locale: Mapped[Name]
    # The newest revision, which a save has to name as its base.
    head_id: Mapped[str | None] = mapped_column(
        Key, ForeignKey("revision.id", name="fk_edition_head_id", use_alter=True)
    )
    # Where the newest revision would stand; derives from its slug, its category and its type.
    path: Mapped[str | None] = mapped_column(Key)
    # Repeated from the entry and the newest revision; see cms.drafts.heads. Title key and slug are
    # null before the first revision, and once it was purged.
    content_type: Mapped[Name]
    category_id: Mapped[str | None] = mapped_column(Key)
    byline_id: Mapped[str | None] = mapped_column(Key)
    title_key: Mapped[str | None] = mapped_column(Key)
    slug: Mapped[str | None] = mapped_column(Key)
    # When the newest revision was saved; null before the first, and once it was purged.
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[Time]


class Revision(Base):
    """An immutable full snapshot of what was written, and where its links lead."""

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("edition_id", "number"),
        # The target of foreign keys that require a revision of a certain edition.
        UniqueConstraint("edition_id", "id"),
        CheckConstraint("number >= 1", name="number_from_one"),
        Index("ix_revision_slug", "slug"),
        Index("ix_revision_category_id", "category_id"),
        Index("ix_revision_created_at", "created_at"),
        # With the id, by which lists find the entries of a person without reading the revisions.
        Index("ix_revision_byline_id", "byline_id", "id"),
    )

    id: Mapped[Id]
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    number: Mapped[int]
    title: Mapped[Prose]
    slug: Mapped[Name]
    summary: Mapped[Prose]
    category_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    digest: Mapped[Name]
    # Null is the operator.
    author_id: Mapped[str | None] = mapped_column(Key, ForeignKey("account.id"))
    byline_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    note: Mapped[Prose]
    # Saved automatically while an editor was typing; may be pruned.
    is_autosave: Mapped[bool] = mapped_column(server_default=false())
    # The revision of another edition that it translates; not a foreign key, since an autosave may
    # be pruned.
    translated_from: Mapped[str | None] = mapped_column(Key)
    # Where it would have stood when it was saved; that of the newest moves with the edition's.
    path: Mapped[str | None] = mapped_column(Key)
    created_at: Mapped[Time]
    # When its words were purged; the digest stays.
    purged_at: Mapped[datetime | None] = mapped_column(Moment)
    # Last, so that the others are read without it.
    content: Mapped[Document]


class Rendition(Base):
    """The values that derive from a revision's content, and the version of the renderer."""

    __tablename__ = "rendition"
    __table_args__ = (Index("ix_rendition_version", "version"),)

    revision_id: Mapped[str] = mapped_column(
        Key, ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[Name]
    title_key: Mapped[Name]
    anchors: Mapped[Items]
    rendered: Mapped[Document]


class TypeVersion(Base):
    """A version of the site's content types; see :mod:`cms.type_versions`."""

    __tablename__ = "type_version"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # The declared types with their stored names.
    declaration: Mapped[Document]
    # The GraphQL schemas that were served for them, as text by name.
    schemas: Mapped[Document]
    created_at: Mapped[Time]


class EditionContributor(Base):
    """A contributor to the text that an edition was created from, as a copy or a translation."""

    __tablename__ = "edition_contributor"
    __table_args__ = (CLUSTERED,)

    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"), primary_key=True)
    # Id of an account, or of the person whose byline the text has.
    contributor_id: Mapped[str] = mapped_column(Key, primary_key=True)


class Look(Base):
    """The revision of an edition that an account viewed last."""

    __tablename__ = "look"
    __table_args__ = (CLUSTERED,)

    account_id: Mapped[str] = mapped_column(Key, ForeignKey("account.id"), primary_key=True)
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"), primary_key=True)
    # Not a foreign key, since an autosave that was viewed may be pruned.
    revision_id: Mapped[Name]
    looked_at: Mapped[Time]


class RevisionTag(Base):
    """A tag of a revision: a word, and the URL slug that is made from it."""

    __tablename__ = "revision_tag"
    __table_args__ = (
        Index("ix_revision_tag_slug", "slug", "revision_id"),
        CLUSTERED,
    )

    revision_id: Mapped[str] = mapped_column(Key, ForeignKey("revision.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(Key, primary_key=True)
    word: Mapped[Name]


class TagCount(Base):
    """The number of public editions with a tag, for each content type."""

    __tablename__ = "tag_count"
    __table_args__ = (CLUSTERED,)

    locale: Mapped[str] = mapped_column(Key, primary_key=True)
    content_type: Mapped[str] = mapped_column(Key, primary_key=True)
    slug: Mapped[str] = mapped_column(Key, primary_key=True)
    editions: Mapped[int]


class Link(Base):
    """A link from a revision to an entry or a URL; see :class:`cms.content.links.Edge`."""

    __tablename__ = "link"
    __table_args__ = (
        CheckConstraint("(target_id is null) <> (url is null)", name="one_target"),
        CheckConstraint("origin in ('field', 'inline', 'reference')", name="origin"),
        # Without those to other sites, for which SQLite would use it instead of their own index.
        partial_index(
            "ix_link_target_id", "target_id", "revision_id", "origin", where="target_id is not null"
        ),
        # For lists of links to other sites.
        partial_index("ix_link_host", "host", "revision_id", where="host is not null"),
        partial_index(
            *("ix_link_url", "revision_id", "host", "path", "origin"), where="target_id is null"
        ),
        # For lists of links that are broken or redirected; see cms.reading.link_faults.
        partial_index("ix_link_fragment", "revision_id", where="fragment <> ''"),
        partial_index(
            *("ix_link_path", "path", "revision_id"), where="path is not null and url is null"
        ),
        CLUSTERED,
    )

    revision_id: Mapped[str] = mapped_column(Key, ForeignKey("revision.id"), primary_key=True)
    field_path: Mapped[str] = mapped_column(Key, primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[Name]
    kind: Mapped[Name]
    label: Mapped[Prose]
    note: Mapped[Prose]
    target_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    query: Mapped[Name]
    fragment: Mapped[Name]
    url: Mapped[str | None] = mapped_column(Key)
    # The rest derives from the revision; see cms.content.link_places.LinkPlace.
    section: Mapped[str | None] = mapped_column(Words)
    section_anchor: Mapped[str | None] = mapped_column(Key)
    page_position: Mapped[int]
    in_block: Mapped[bool]
    host: Mapped[str | None] = mapped_column(Key)
    path: Mapped[str | None] = mapped_column(Key)
