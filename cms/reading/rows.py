"""The columns of relations, by name: what a declaration of the API can refer to.

Each relation has a class of its rows beside it, which the type checker knows; a test compares it
with what the relation selects. Rows are never made of these classes: at run time a row is whatever
offers the columns as attributes.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, cast, overload

from sqlalchemy import ColumnElement


class Column:
    """A column of a relation.

    ``LinkRow.kind`` is the function that returns the column of a row; ``link.kind`` is the column.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._column_of: Callable[[object], ColumnElement[Any]] = attrgetter(name)

    @overload
    def __get__(self, row: None, owner: type) -> Callable[[object], ColumnElement[Any]]: ...

    @overload
    def __get__(self, row: object, owner: type) -> ColumnElement[Any]: ...

    def __get__(
        self, row: object | None, owner: type
    ) -> Callable[[object], ColumnElement[Any]] | ColumnElement[Any]:
        return self._column_of if row is None else self._column_of(row)


class Row:
    """A row of a relation; its columns are those that its class declares."""

    @classmethod
    def columns(cls) -> frozenset[str]:
        """Return the names of the columns."""
        declared = (each for kind in cls.__mro__ for each in vars(kind).items())
        return frozenset(name for name, value in declared if isinstance(value, Column))


class LinkMetricsRow(Row):
    """A row of :func:`cms.links.relations.link_metrics`. An entry without metrics has nulls."""

    edition_id = Column()
    metrics_run = Column()
    in_degree = Column()
    in_pages = Column()
    out_degree = Column()
    out_pages = Column()
    page_rank = Column()
    click_depth = Column()
    component = Column()
    community = Column()
    is_orphan = Column()
    is_dead_end = Column()


class EntryRow(LinkMetricsRow):
    """A row of :func:`.relations.entries`, ``translations``, ``revisions``, ``categories`` and
    ``people``.
    """

    id = Column()
    revision_id = Column()
    content_type = Column()
    locale = Column()
    path = Column()
    category_id = Column()
    first_published_at = Column()
    published_at = Column()
    basis = Column()
    break_glass_reason = Column()
    source = Column()
    claimed_review = Column()
    reviewers = Column()
    publication_id = Column()
    live_first_published_at = Column()
    live_published_at = Column()
    live_revision_id = Column()
    archived_at = Column()
    is_autosave = Column()
    is_head = Column()
    is_outdated = Column()
    number = Column()
    title = Column()
    title_key = Column()
    slug = Column()
    summary = Column()
    content = Column()
    rendered = Column()
    field_values = Column()
    digest = Column()
    author_id = Column()
    byline_id = Column()
    note = Column()
    created_at = Column()
    purged_at = Column()


class TagCountRow(Row):
    """A row of :func:`.relations.tag_counts`."""

    content_type = Column()
    slug = Column()
    editions = Column()


class ReferencedRow(EntryRow):
    """A row of :func:`.relations.referenced_entries`."""

    from_revision_id = Column()
    from_path = Column()
    from_ordinal = Column()


class DraftPlaceRow(Row):
    """A row of :func:`~cms.reading.relations.draft_places`."""

    edition_id = Column()
    path = Column()


class ReferenceRow(Row):
    """A row of :func:`.relations.references`."""

    revision_id = Column()
    kind = Column()
    target_id = Column()


class LinkTargetRow(ReferenceRow):
    """A row of :func:`.relations.link_targets`."""

    origin = Column()


class BylineRow(Row):
    """A row of :func:`.relations.bylines`."""

    revision_id = Column()
    byline_id = Column()


class RenditionRow(Row):
    """A row of :func:`.relations.renditions`."""

    revision_id = Column()
    rendered = Column()


class LinkRow(Row):
    """A row of :func:`.relations.links`, ``site_links`` and ``incoming_links``; without its target.

    ``label`` and ``url`` are those that readers get; ``words``, ``written_url`` and
    ``written_path`` are as written.
    """

    revision_id = Column()
    field_path = Column()
    ordinal = Column()
    origin = Column()
    kind = Column()
    note = Column()
    target_id = Column()
    fragment = Column()
    section = Column()
    section_anchor = Column()
    page_position = Column()
    in_block = Column()
    host = Column()
    url = Column()
    label = Column()
    words = Column()
    written_path = Column()
    written_url = Column()
    source_id = Column()
    source_content_type = Column()
    source_category_id = Column()
    source_locale = Column()
    target_content_type = Column()
    target_category_id = Column()


class LinkPeriodRow(Row):
    """A row of :func:`.relations.link_periods`."""

    shown_revision_id = Column()
    shown_position = Column()
    edition_id = Column()
    revision_id = Column()
    position = Column()
    published_at = Column()
    ended_at = Column()
    ended_position = Column()


# What the columns of a link's target begin with, in a relation of links that has them.
OF_TARGET = "target_"


def target_of(link: LinkRow) -> EntryRow:
    """Return the target of a link as a row, of a relation whose links have it with them."""
    return cast("EntryRow", _Target(link))


class _Target:
    def __init__(self, link: LinkRow) -> None:
        self._link = link

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        column: ColumnElement[Any] = getattr(self._link, f"{OF_TARGET}{name}")
        return column

    __getitem__ = __getattr__


class CategoryRow(EntryRow):
    """A row of :func:`.relations.categories`."""

    parent_id = Column()
    ordinal = Column()
    tree_path = Column()


class LineageRow(CategoryRow):
    """A row of :func:`.relations.lineage`."""

    distance = Column()


class PlaceRow(Row):
    """A row of :func:`.relations.category_places`."""

    category_id = Column()
    parent_id = Column()
    ordinal = Column()


class TagRow(Row):
    """A row of :func:`.relations.tags`."""

    slug = Column()
    name = Column()


class RevisionTagRow(TagRow):
    """A row of :func:`.relations.revision_tags`."""

    revision_id = Column()


class AccountRow(Row):
    """A row of :func:`.management.accounts`."""

    id = Column()
    email = Column()
    person_id = Column()
    created_at = Column()
    disabled_at = Column()
    purged_at = Column()


class GrantRow(Row):
    """A row of :func:`.management.grants`."""

    id = Column()
    account_id = Column()
    role = Column()
    stage = Column()
    content_type = Column()
    category_id = Column()
    locale = Column()
    created_at = Column()


class TokenRow(Row):
    """A row of :func:`.management.service_tokens`."""

    id = Column()
    account_id = Column()
    name = Column()
    scopes = Column()
    created_at = Column()
    expires_at = Column()
    last_used_at = Column()


class PublicationRow(Row):
    """A row of :func:`.management.publications`."""

    id = Column()
    position = Column()
    entry_id = Column()
    edition_id = Column()
    revision_id = Column()
    locale = Column()
    path = Column()
    published_at = Column()
    published_by = Column()
    basis = Column()
    break_glass_reason = Column()
    source = Column()
    claimed_review = Column()
    review_due_at = Column()
    ended_at = Column()
    ended_position = Column()


class MadeRedirectRow(Row):
    """A row of :func:`.management.made_redirects`."""

    id = Column()
    path = Column()
    locale = Column()
    entry_id = Column()
    url = Column()
    began_at = Column()
    ended_at = Column()


class PresenceRow(Row):
    """A row of :func:`.management.presences`."""

    account_id = Column()
    edition_id = Column()
    field_path = Column()
    seen_at = Column()


class AuditRow(Row):
    """A row of :func:`.management.audit_records`."""

    sequence = Column()
    recorded_at = Column()
    actor = Column()
    action = Column()
    subject = Column()
    detail = Column()
    rows_root = Column()
    previous_hash = Column()
    hash = Column()


class AttestationRow(Row):
    """A row of :func:`.management.attestations`."""

    id = Column()
    sequence = Column()
    hash = Column()
    envelope = Column()
