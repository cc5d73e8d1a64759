"""The tables in which what is public can be kept; see :mod:`bench.public`.

Columns have the same names in all variants. Those that are keys hold ids or integers, as the
variant has it, so that one statement can be run on several variants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from cms.storage.dialects import CLUSTERED, Key, Moment, partial_index

_SPAN = ("position", "ended_position")
_OPEN = "ended_position is null"
# What SQLite takes for the number of the row itself.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
# Parts of a category list, from the first that it selects by to the last that it is ordered by.
_LIST = ("locale", "content_type", "category", "published_at", "entry")


@dataclass(frozen=True)
class Variant:
    """A way to keep what is public.

    Attributes:
        name: how the results call it.
        has_numbers: whether keys are integers, with the ids beside them, and not ids.
        is_wide: whether publications have title and title key.
        is_narrow: whether there are tables of their own for public editions and edges.
        has_path: whether the path is a column, and not a join with addresses.
        has_summary: whether publications have the summary.
        is_covering: whether an index on open publications holds the columns of a link's target.
        is_covering_paths: whether the index from an edition to its open address holds the path.
        is_ordered: whether links are stored in their order, and not by field.
        has_past: whether an index serves lists in the past.
        has_spans: whether the indexes for the past hold when a publication began and ended.
        has_open_ends: whether the index of ends also holds publications without an end.
    """

    name: str
    has_numbers: bool = True
    is_wide: bool = False
    is_narrow: bool = False
    has_path: bool = False
    has_summary: bool = False
    is_covering: bool = False
    is_covering_paths: bool = False
    is_ordered: bool = False
    has_past: bool = False
    has_spans: bool = False
    has_open_ends: bool = False


_NUMBERS = Variant("numbers", has_past=True)
_WIDE = replace(_NUMBERS, name="wide", is_wide=True)
_TEXT = Variant("text", has_numbers=False)
_NARROW = Variant("narrow", is_narrow=True)

VARIANTS = (
    replace(_TEXT, name="before", has_open_ends=True),
    _TEXT,
    replace(_TEXT, name="wide text", is_wide=True, has_past=True),
    _NUMBERS,
    _WIDE,
    replace(_WIDE, name="wide, path", has_path=True),
    replace(_WIDE, name="wide, spans", has_spans=True),
    replace(_WIDE, name="wide, covering", is_covering=True),
    replace(_WIDE, name="wide, address", is_covering_paths=True),
    replace(_WIDE, name="wide, ordered", is_ordered=True),
    replace(_WIDE, name="wide, summary", has_summary=True),
    replace(_WIDE, name="chosen", is_covering=True, has_spans=True, has_summary=True),
    _NARROW,
    replace(_NARROW, name="narrow, path", has_path=True),
)


class Tables:
    """The tables of a variant.

    Attributes:
        metadata: all of them, with their indexes.
    """

    def __init__(self, variant: Variant) -> None:
        self.metadata = MetaData()
        self._variant = variant
        self._add_content()
        self._add_addresses()
        publication = self._add_publications()
        self._add_links()
        if variant.is_wide:
            _index_open(publication, "open_title", "locale", "content_type", "title_key", "entry")
        if variant.has_past:
            columns = (*_LIST, *_SPAN) if variant.has_spans else _LIST
            Index("ix_publication_category", *(publication.c[name] for name in columns))
        if variant.is_narrow:
            self._add_present()
            self._add_past()

    def _table(self, name: str, *parts: Any, **options: Any) -> Table:
        return Table(name, self.metadata, *parts, **options)

    def _key(self, name: str, noun: str, *, is_primary: bool = False) -> Column[Any]:
        """Return a column that holds the key of something, or the table's own key."""
        parts = () if is_primary else (ForeignKey(f"{noun}.key"),)
        kind = _NUMBER if self._variant.has_numbers else Key
        return Column(name, kind, *parts, primary_key=is_primary, nullable=False, info=_of(noun))

    def _own_key(self, noun: str) -> list[Column[Any]]:
        own = [self._key("key", noun, is_primary=True)]
        if self._variant.has_numbers:
            own.append(Column("id", Key, unique=True, nullable=False, info=_of(noun)))
        return own

    def _paths(self) -> list[Column[Any]]:
        return [_text("path")] if self._variant.has_path else []

    def _add_content(self) -> None:
        self._table(
            "category",
            *self._own_key("category"),
            Column("parent", _NUMBER if self._variant.has_numbers else Key, info=_of("category")),
            Column("path", Key, unique=True, nullable=False),
            _text("name"),
        )
        self._table("entry", *self._own_key("entry"), _text("content_type"))
        edition = self._own_key("edition")
        self._table("edition", *edition, self._key("entry", "entry"), _text("locale"))
        self._table(
            "revision",
            *self._own_key("revision"),
            self._key("edition", "edition"),
            Column("number", Integer, nullable=False),
            *(_text(name) for name in ("title", "slug", "summary", "digest")),
            self._key("category", "category"),
            Column("created_at", Moment, nullable=False),
            _text("content"),
        )
        if not (self._variant.is_wide or self._variant.is_narrow):  # for its title key alone
            self._table(
                "rendition",
                self._key("revision", "revision", is_primary=True),
                *(_text(name) for name in ("version", "title_key")),
            )

    def _add_addresses(self) -> None:
        address = self._table(
            "address",
            Column("key", _NUMBER, primary_key=True),
            self._key("edition", "edition"),
            _text("locale"),
            _text("path"),
            *_span(),
        )
        _index_open(address, "open_path", "locale", "path", unique=True)
        shown = ("path",) if self._variant.is_covering_paths else ()
        _index_open(address, "open_edition", "edition", *shown, unique=True)
        Index("ix_address_path", address.c.path, address.c.locale)
        Index("ix_address_edition", address.c.edition, address.c.position)

    def _listed(self) -> list[Column[Any]]:
        """Return the columns that lists select by, order by, or show."""
        number = self._variant.has_numbers
        return [
            self._key("entry", "entry"),
            *([Column("entry_id", Key, nullable=False, info=_of("entry"))] if number else []),
            self._key("edition", "edition"),
            self._key("revision", "revision"),
            _text("content_type"),
            _text("locale"),
            self._key("category", "category"),
            Column("first_published_at", Moment, nullable=False),
            Column("published_at", Moment, nullable=False),
            *self._paths(),
        ]

    def _add_publications(self) -> Table:
        wide = [_text("title"), _text("title_key")] if self._variant.is_wide else []
        summary = [_text("summary")] if self._variant.has_summary else []
        publication = self._table(
            "publication",
            *self._own_key("publication"),
            *_span(),
            *self._listed(),
            *wide,
            *summary,
            _text("published_by"),
            _text("basis"),
            *(Column(name, Key) for name in ("break_glass_reason", "source", "claimed_review")),
            Column("review_due_at", Moment),
            Column("ended_at", Moment),
        )
        _index_open(publication, "open_revision", "revision", unique=True)
        _index_open(publication, "open_category", *_LIST)
        _index_open(publication, "open_type", "locale", "content_type", "published_at", "entry")
        _index_open(publication, "open_newest", "locale", "published_at", "entry")
        self._index_entries(publication)
        if self._variant.has_path:
            _index_open(publication, "open_path", "locale", "path", unique=True)
            Index("ix_publication_path", publication.c.path, publication.c.locale)
        Index("ix_publication_edition", publication.c.edition, publication.c.position)
        for name in ("revision", "position"):
            Index(f"ix_publication_{name}", publication.c[name])
        if self._variant.has_open_ends:
            Index("ix_publication_ended_position", publication.c.ended_position)
        else:
            ended = partial_index(
                "ix_publication_ended", "ended_position", where="ended_position is not null"
            )
            publication.append_constraint(ended)
        return publication

    def _index_entries(self, publication: Table) -> None:
        """Index what leads from a link to the publication of its target."""
        if self._variant.is_covering:
            # An edition is an entry in a locale, and SQLite prefers a unique index to one that
            # holds all columns.
            _index_open(publication, "open_edition", "edition", unique=True)
            shown = ("edition", "revision", "category", "title")
            _index_open(publication, "open_entry", "entry", "locale", *shown)
        else:
            _index_open(publication, "open_entry", "entry", "locale", unique=True)
        columns = ("entry", "locale", *_SPAN) if self._variant.has_spans else ("entry",)
        Index("ix_publication_entry", *(publication.c[name] for name in columns))

    def _add_links(self) -> None:
        key = ("source",) if self._variant.is_ordered else ("source", "field_path")
        link = self._table(
            "link",
            self._key("source", "revision"),
            _text("field_path"),
            Column("ordinal", Integer, nullable=False),
            *(_text(name) for name in ("origin", "kind", "label", "note")),
            self._key("target", "entry"),
            _text("fragment"),
            Column("url", Key),
            PrimaryKeyConstraint(*key, "ordinal"),
            **CLUSTERED,
        )
        Index("ix_link_target", link.c.target, link.c.source)

    def _add_present(self) -> None:
        """Add the tables of what is public now; neither has a row of anything else."""
        edition = self._table(
            "public_edition",
            *self._listed(),
            _text("title"),
            _text("title_key"),
            PrimaryKeyConstraint("entry", "locale"),
            **CLUSTERED,
        )
        Index("uq_public_edition_edition", edition.c.edition, unique=True)
        Index("ix_public_edition_category", *(edition.c[name] for name in _LIST))
        for name, order in (("type", "published_at"), ("title", "title_key")):
            columns = ("locale", "content_type", order, "entry")
            Index(f"ix_public_edition_{name}", *(edition.c[each] for each in columns))
        Index("ix_public_edition_newest", edition.c.locale, edition.c.published_at, edition.c.entry)
        if self._variant.has_path:
            Index("uq_public_edition_path", edition.c.locale, edition.c.path, unique=True)
        edge = self._table("public_edge", *self._edge("edition"), **CLUSTERED)
        Index("ix_public_edge_target", edge.c.target, edge.c.source)

    def _add_past(self) -> None:
        """Add the tables of what is or was public."""
        edition = self._table(
            "past_edition",
            *_span(),
            *self._listed(),
            _text("title"),
            _text("title_key"),
            PrimaryKeyConstraint("entry", "locale", "position"),
            **CLUSTERED,
        )
        Index("ix_past_edition_edition", edition.c.edition, edition.c.position)
        Index("ix_past_edition_category", *(edition.c[name] for name in _LIST))
        if self._variant.has_path:
            Index("ix_past_edition_path", edition.c.path, edition.c.locale)
        edge = self._table("past_edge", *self._edge("revision"), **CLUSTERED)
        Index("ix_past_edge_target", edge.c.target, edge.c.source)

    def _edge(self, source: str) -> Sequence[Any]:
        return (
            self._key("source", source),
            Column("ordinal", Integer, nullable=False),
            _text("kind"),
            _text("label"),
            self._key("target", "entry"),
            PrimaryKeyConstraint("source", "ordinal"),
        )


def _of(noun: str) -> dict[Any, Any]:
    """Return the mark of a column that identifies something."""
    return {"noun": noun}


def _text(name: str) -> Column[Any]:
    return Column(name, Text if name == "content" else Key, nullable=False)


def _span() -> tuple[Column[Any], Column[Any]]:
    return Column("position", BigInteger, nullable=False), Column("ended_position", BigInteger)


def _index_open(table: Table, name: str, *columns: str, unique: bool = False) -> None:
    prefix = "uq" if unique else "ix"
    index = partial_index(f"{prefix}_{table.name}_{name}", *columns, where=_OPEN, unique=unique)
    table.append_constraint(index)
