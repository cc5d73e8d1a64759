"""Publications: the revisions that are or were public, when, and on what basis."""

from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    FromClause,
    Index,
    case,
    column,
    select,
    table,
)
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import CLUSTERED, JsonDocument, Key, Moment, Words, partial_index
from cms.tables.base import Base, Document, Id, Items, Name, Prose, Time

_OPEN = "ended_position is null"
# Without the open rows, which are many: SQLite expects as few of them as of any other position.
_ENDED = "ended_position is not null"
_IS_AGAIN = "ended_position is null and published_at > first_published_at"
# True of every row. SQLite would prefer an index of all rows to one of open rows, and walk through
# the history; only a view of the past says this, so only it can use such an index.
_OF_PAST = "position > 0"
_IS_CATEGORY = "content_type = 'Category'"
_IS_PAGE = "ended_position is null and edition_id is not null"

# Why a revision may be public: signed off under its policy; published by an administrator without
# sign-offs; imported from another system; or the first content of a new site.
Basis: TypeAlias = Literal["signed_off", "break_glass", "imported", "setup"]


def latest_time_of(position: FromClause) -> ColumnElement[datetime]:
    """Return the latest time of all positions up to one."""
    own, before = position.c.taken_at, position.c.before_at
    return case((before > own, before), else_=own)


_LAST = table(
    "position", column("number"), *(column(name, Moment) for name in ("taken_at", "before_at"))
).alias("last_position")


class Position(Base):
    """The number of a command that changed what readers get, without gaps.

    The nonce tells a position from one with the same number in another history of the site, as
    after a restored backup.
    """

    __tablename__ = "position"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    nonce: Mapped[Name]
    taken_at: Mapped[Time]
    # The latest time of any position before, which is later than this one's if an import takes
    # positions at times of the past; null for the first position.
    before_at: Mapped[datetime | None] = mapped_column(
        Moment,
        default=select(latest_time_of(_LAST)).order_by(_LAST.c.number.desc()).limit(1),
    )


class Publication(Base):
    """The period in which a revision of an edition was public, from one position to another.

    Rows without an end are public now. A row is only ever changed to end it, and its entry and
    revision are immutable, so the columns copied from them stay correct: they are what lists show.
    """

    __tablename__ = "publication"
    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "revision_id"], ["revision.edition_id", "revision.id"]),
        CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        CheckConstraint(
            "basis in ('signed_off', 'break_glass', 'imported', 'setup')", name="basis"
        ),
        CheckConstraint(
            "(basis = 'break_glass') = (break_glass_reason is not null)", name="break_glass"
        ),
        CheckConstraint("ended_position > position", name="ends_later"),
        partial_index("uq_publication_open_edition_id", "edition_id", where=_OPEN, unique=True),
        # What links show of their targets. SQLite would prefer a unique index to a wider one.
        partial_index(
            "ix_publication_open_entry",
            *("entry_id", "locale", "content_type", "edition_id", "revision_id", "category_id"),
            *("title", "slug"),
            where=_OPEN,
        ),
        partial_index(
            "uq_publication_open_revision",
            "revision_id",
            where=_OPEN,
            unique=True,
            include=("locale", "content_type", "entry_id"),
        ),
        partial_index(
            "ix_publication_open_category",
            *("locale", "content_type", "category_id", "published_at", "entry_id"),
            where=_OPEN,
        ),
        # Each list of open rows has an index in its order, so that a page of it takes as long
        # however many rows there are. What else lists are filtered by follows the order, and all of
        # them have the type, so that counts read no rows, whichever of these indexes they use.
        partial_index(
            "ix_publication_open_type",
            *("locale", "content_type", "published_at", "entry_id", "category_id"),
            where=_OPEN,
        ),
        partial_index(
            "ix_publication_open_title",
            *("locale", "content_type", "title_key", "entry_id"),
            where=_OPEN,
        ),
        # For lists of all content types together.
        partial_index(
            "ix_publication_open_newest",
            *("locale", "published_at", "entry_id", "content_type", "category_id"),
            where=_OPEN,
        ),
        partial_index(
            "ix_publication_open_first",
            *("locale", "first_published_at", "entry_id", "content_type"),
            where=_OPEN,
        ),
        partial_index(
            "ix_publication_open_any_title",
            *("locale", "title_key", "entry_id", "content_type"),
            where=_OPEN,
        ),
        # By slug, time of saving and first publication: of one content type, and of all together.
        *(
            partial_index(
                f"ix_publication_open_{name}",
                *(*before, column, "entry_id", *after),
                where=_OPEN,
            )
            for name, before, column, after in (
                ("slug", ("locale", "content_type"), "slug", ()),
                ("any_slug", ("locale",), "slug", ("content_type",)),
                ("saved", ("locale", "content_type"), "saved_at", ()),
                ("any_saved", ("locale",), "saved_at", ("content_type",)),
                ("type_first", ("locale", "content_type"), "first_published_at", ()),
            )
        ),
        # For the sitemap, which has all locales.
        partial_index(
            "ix_publication_open_everywhere",
            *("published_at", "content_type"),
            where=_OPEN,
        ),
        partial_index(
            "ix_publication_open_any_category",
            *("locale", "category_id", "published_at", "entry_id", "content_type", "revision_id"),
            where=_OPEN,
        ),
        partial_index(
            "ix_publication_open_category_title",
            *("locale", "category_id", "title_key", "entry_id", "content_type"),
            where=_OPEN,
        ),
        partial_index(
            "ix_publication_open_byline",
            *("locale", "byline_id", "published_at", "entry_id", "content_type"),
            where=_OPEN,
        ),
        partial_index("ix_publication_open_due_at", "due_at", "id", where=_OPEN),
        # Pages that have replaced others of their editions, which pages that lead to them notice.
        partial_index("ix_publication_open_again", "position", where=_IS_AGAIN),
        Index("ix_publication_edition_id", "edition_id", "position"),
        # With all that facets by fields ask of a revision.
        Index(
            "ix_publication_revision_id", "revision_id", "locale", "content_type", "ended_position"
        ),
        # For changes between two positions.
        Index("ix_publication_position", "position"),
        partial_index("ix_publication_ended_position", "ended_position", where=_ENDED),
        # For the differences between two times.
        partial_index("ix_publication_ended_at", "ended_at", where=_ENDED),
        # Categories, which few of the publications are.
        partial_index("ix_publication_category_position", "position", where=_IS_CATEGORY),
        partial_index("ix_publication_category_ended", "ended_position", where=_IS_CATEGORY),
        # For the pages that a change of a category affects.
        Index(
            "ix_publication_category_id", "category_id", "entry_id", "position", "ended_position"
        ),
        # For views of the past.
        # Not by locale first, since SQLite would prefer it to the index of open rows.
        Index("ix_publication_entry_id", "entry_id", "position", "ended_position", "locale"),
        partial_index(
            "ix_publication_newest",
            *("locale", "published_at", "entry_id", "position", "ended_position"),
            where=_OF_PAST,
        ),
        partial_index(
            "ix_publication_type",
            *("locale", "content_type", "published_at", "entry_id"),
            *("position", "ended_position"),
            where=_OF_PAST,
        ),
        partial_index(
            "ix_publication_any_category",
            *("locale", "category_id", "published_at", "entry_id"),
            *("position", "ended_position"),
            where=_OF_PAST,
        ),
        partial_index(
            "ix_publication_category",
            *("locale", "content_type", "category_id", "published_at", "entry_id"),
            *("position", "ended_position"),
            where=_OF_PAST,
        ),
    )

    id: Mapped[Id]
    position: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[str] = mapped_column(Key, ForeignKey("entry.id"))
    edition_id: Mapped[str] = mapped_column(Key, ForeignKey("edition.id"))
    revision_id: Mapped[Name]
    content_type: Mapped[Name]
    locale: Mapped[Name]
    title: Mapped[Prose]
    # Sort key of the title.
    title_key: Mapped[Name]
    slug: Mapped[Name]
    summary: Mapped[Prose]
    category_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    byline_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    # When the revision was saved.
    saved_at: Mapped[Time]
    first_published_at: Mapped[Time]
    published_at: Mapped[Time]
    # Null is the operator.
    published_by: Mapped[str | None] = mapped_column(Key, ForeignKey("account.id"))
    basis: Mapped[Basis] = mapped_column(Key)
    # Why an administrator published it without the sign-off gate, if one did.
    break_glass_reason: Mapped[str | None] = mapped_column(Words)
    # Of an imported page: the system it comes from; the review that system claims, which counts
    # for no gate; and when the page is due for review here.
    source: Mapped[str | None] = mapped_column(Words)
    claimed_review: Mapped[Document | None] = mapped_column(JsonDocument)
    review_due_at: Mapped[datetime | None] = mapped_column(Moment)
    # When its reviewers have read it, when they have to read it again, and the ids of these people
    # in order, null for none, while it is public; they derive from its sign-offs, see
    # cms.review.review_times. The migrations add an index over the reviewers on SQLite.
    reviewed_at: Mapped[datetime | None] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    reviewers: Mapped[Items | None] = mapped_column(JsonDocument)
    # The values of its indexed fields, null for none, while it is public; they derive from its
    # revision, see cms.reading.public_fields. Values of fields that were indexed can be among them.
    # Indexes over them are made for what a site declares.
    field_values: Mapped[Document | None] = mapped_column(JsonDocument)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_position: Mapped[int | None] = mapped_column(BigInteger)
    # When the words of its revision were purged; no view of the past shows it any more.
    purged_at: Mapped[datetime | None] = mapped_column(Moment)


class Address(Base):
    """The period in which an edition, or a redirect, stood at a path in a locale.

    The path is in Unicode, as readers see it. Addresses of editions follow from their slugs, their
    categories and their types; those that have ended lead to where the edition stands now.
    """

    __tablename__ = "address"
    __table_args__ = (
        CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        CheckConstraint("ended_position > position", name="ends_later"),
        CheckConstraint("(entry_id is null) <> (url is null)", name="one_target"),
        CheckConstraint("edition_id is null or entry_id is not null", name="entry_of_edition"),
        CheckConstraint(
            "(edition_id is null) = (content_type is null)", name="content_type_of_edition"
        ),
        CheckConstraint("path is not null or ended_at is not null", name="open_path"),
        partial_index("uq_address_open_path", "path", "locale", where=_OPEN, unique=True),
        partial_index("uq_address_open_edition_id", "edition_id", where=_IS_PAGE, unique=True),
        # For lists by path: of one content type, and of all together.
        partial_index(
            "ix_address_open_type",
            *("locale", "content_type", "path", "edition_id"),
            where=_IS_PAGE,
        ),
        partial_index(
            "ix_address_open_locale",
            *("locale", "path", "edition_id", "content_type"),
            where=_IS_PAGE,
        ),
        Index("ix_address_path", "path", "locale"),
        Index("ix_address_edition_id", "edition_id", "position"),
        Index("ix_address_entry_id", "entry_id"),
        # For changes between two positions.
        Index("ix_address_position", "position"),
        partial_index("ix_address_ended_position", "ended_position", where=_ENDED),
    )

    id: Mapped[Id]
    position: Mapped[int] = mapped_column(BigInteger)
    locale: Mapped[Name]
    # Null once it was purged.
    path: Mapped[str | None] = mapped_column(Key)
    # The edition that stands there; null for a redirect.
    edition_id: Mapped[str | None] = mapped_column(Key, ForeignKey("edition.id"))
    # The content type of its entry.
    content_type: Mapped[str | None] = mapped_column(Key)
    # The entry of the edition, or the target of the redirect.
    entry_id: Mapped[str | None] = mapped_column(Key, ForeignKey("entry.id"))
    # The target of a redirect that leads to no entry: another site, or a route of the frontend.
    url: Mapped[str | None] = mapped_column(Key)
    began_at: Mapped[Time]
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_position: Mapped[int | None] = mapped_column(BigInteger)


class PublicationStage(Base):
    """A stage of the policy under which a revision was published."""

    __tablename__ = "publication_stage"
    __table_args__ = (CLUSTERED,)

    publication_id: Mapped[str] = mapped_column(Key, ForeignKey("publication.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Name]
    role: Mapped[Name]
    approvals: Mapped[int]


class PublicationSignOff(Base):
    """A sign-off that counts for a publication, from one position to another.

    It counts from the publication on, or from its own position if it was given later. Only a change
    request of its signer or an invalidation ends that.
    """

    __tablename__ = "publication_sign_off"
    __table_args__ = (
        CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        Index("ix_publication_sign_off_sign_off_id", "sign_off_id"),
        # For changes between two positions.
        Index("ix_publication_sign_off_position", "position"),
        partial_index("ix_publication_sign_off_ended_position", "ended_position", where=_ENDED),
        CLUSTERED,
    )

    publication_id: Mapped[str] = mapped_column(Key, ForeignKey("publication.id"), primary_key=True)
    sign_off_id: Mapped[str] = mapped_column(Key, ForeignKey("sign_off.id"), primary_key=True)
    # Its signer, repeated so that pages are counted by reviewers without it.
    person_id: Mapped[str] = mapped_column(Key, ForeignKey("entry.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    counted_at: Mapped[Time]
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_position: Mapped[int | None] = mapped_column(BigInteger)
