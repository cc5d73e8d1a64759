"""Edges of the link graph, with their sources and targets, as a view shows them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Join,
    SQLColumnExpression,
    and_,
    case,
    func,
    join,
    literal_column,
    or_,
    outerjoin,
    select,
)

from cms.identifiers import LENGTH_OF_CATEGORY_ID
from cms.reading.aliases import aliased_table, word
from cms.reading.draft_targets import with_draft_targets
from cms.reading.narrowing import KeyJoin, narrowed
from cms.reading.newest_drafts import is_best_draft, newest_drafts
from cms.reading.rows import OF_TARGET, LinkRow
from cms.reading.view import Perspective, Preview, View
from cms.reading.visibility import (
    Published,
    Relation,
    is_open,
    is_shown,
    with_address,
    with_preview,
)
from cms.storage.dialects import InOrderOf
from cms.tables import Address, Edition, Link, LinkMetric, Publication, Rendition, Revision

_PLAIN_LINK_COLUMNS = (
    *("field_path", "ordinal", "origin", "kind", "note", "target_id", "fragment"),
    *("section", "section_anchor", "page_position", "in_block", "host"),
)
# Columns of entries that the columns and conditions of links need.
_SOURCE_COLUMNS = ("id", "revision_id", "content_type", "category_id", "locale")
_TARGET_COLUMNS = ("id", "path", "title", "content_type", "category_id")
_EMPTY = word("")
_QUERY, _HASH, _SPACE = word("?"), word("#"), word(" ")


def revision_links(view: View) -> Relation:
    """Return the edges of revisions; see :func:`cms.reading.relations.links`."""
    if view.perspective is Perspective.DRAFT:
        return _draft_links(view)
    if view.preview is not None:
        source = _previewed_sources(view, view.preview)
        of_source = source.c.revision_id == Link.revision_id
        return _links_with_preview(
            view, view.preview, source, KeyJoin(Link.__table__, source, of_source, isouter=True)
        )
    public = aliased_table(Publication, "source")
    is_source = and_(public.c.revision_id == Link.revision_id, is_open(public, view))
    return public_links(view, public, KeyJoin(Link.__table__, public, is_source, isouter=True))


def every_link(view: View) -> Relation:
    """Return the edges of all entries; see :func:`cms.reading.relations.site_links`."""
    if view.perspective is Perspective.DRAFT:
        draft = _draft_sources(view)
        rows = join(draft, Link, draft.c.revision_id == Link.revision_id)
        best = is_best_draft(draft.c.id, draft.c.content_type, draft.c.locale, view)
        return _links_of_drafts(view, draft, rows).where(best, InOrderOf(draft.c.id))
    if view.preview is not None:
        source = _previewed_sources(view, view.preview)
        rows = join(source, Link, source.c.revision_id == Link.revision_id)
        return _links_with_preview(view, view.preview, source, rows)
    public = aliased_table(Publication, "source")
    rows = join(public, Link, public.c.revision_id == Link.revision_id)
    revision_id = public.c.revision_id
    found = public_links(view, public, rows, revision_id)
    return found.where(is_shown(public, view), InOrderOf(revision_id))


def links_to_entries(view: View) -> Relation:
    """Return the edges to entries; see :func:`cms.reading.relations.incoming_links`."""
    if view.perspective is Perspective.DRAFT:
        return _incoming_draft_links(view)
    if view.preview is not None:
        return _incoming_with_preview(view, view.preview)
    target = aliased_table(Publication, "target")
    source = aliased_table(Publication, "source")
    stands = aliased_table(Address, "stands")
    of_source = join(Link, source, source.c.revision_id == Link.revision_id)
    shown = and_(target.c.entry_id == Link.target_id, is_shown(target, view))
    targets = outerjoin(of_source, target, shown)
    return (
        select(
            *_link_columns(stands.c.path, target.c.title),
            *_ends(source.c.entry_id, source, target),
        )
        .select_from(with_address(targets, target.c.edition_id, stands, view))
        .where(is_shown(source, view))
    )


def url_links(view: View) -> Relation:
    """Return public edges to URLs, which have no targets."""
    source = aliased_table(Publication, "source")
    rows = join(Link, source, source.c.revision_id == Link.revision_id)
    # Not that they have a URL, which the index over these edges does not have.
    return _edges(view, source, rows, Link.revision_id, KeyJoin).where(
        Link.target_id.is_(None), is_shown(source, view)
    )


def public_links(
    view: View,
    source: FromClause,
    rows: FromClause,
    revision_id: SQLColumnExpression[str] = Link.revision_id,
) -> Relation:
    """Return public edges with their targets.

    Args:
        view: the view.
        source: the publications with the edges.
        rows: the edges with these.
        revision_id: the revision of an edge, as a column of either.
    """
    edges = _edges(view, source, rows, revision_id, Join)
    target = aliased_table(Publication, "target")
    return edges.where(or_(Link.url.is_not(None), target.c.entry_id.is_not(None)))


def _edges(
    view: View,
    source: FromClause,
    rows: FromClause,
    revision_id: SQLColumnExpression[str],
    joined: type[Join],
) -> Relation:
    """Return edges with what the view shows of their targets; ``joined`` is the join to these."""
    target = aliased_table(Publication, "target")
    published = Published(
        target,
        aliased_table(Revision, "target_revision"),
        aliased_table(Rendition, "target_rendition"),
        aliased_table(Address, "stands"),
        aliased_table(LinkMetric, "target_metrics"),
    )
    shown = and_(target.c.entry_id == Link.target_id, is_shown(target, view))
    targets = published.joined_to(joined(rows, target, shown, isouter=True), view, isouter=True)
    ends = _ends(source.c.entry_id, source, target)
    names = {each.key for each in ends}
    of_target = [
        column.label(name)
        for column in published.columns(view)
        if column.key != "id" and (name := f"{OF_TARGET}{column.key}") not in names
    ]
    return select(
        *_link_columns(published.stands.c.path, target.c.title, revision_id), *ends, *of_target
    ).select_from(targets)


def _previewed_sources(view: View, preview: Preview) -> FromClause:
    return narrowed(with_preview(view, preview), _SOURCE_COLUMNS).subquery("source")


def _draft_sources(view: View) -> FromClause:
    return narrowed(newest_drafts(view), _SOURCE_COLUMNS).subquery("source")


def _links_with_preview(
    view: View, preview: Preview, source: FromClause, rows: FromClause
) -> Relation:
    target = narrowed(with_preview(view, preview), _TARGET_COLUMNS).subquery("target")
    return (
        select(*_link_columns(target.c.path, target.c.title), *_ends(source.c.id, source, target))
        .select_from(outerjoin(rows, target, target.c.id == Link.target_id))
        .where(or_(Link.url.is_not(None), target.c.id.is_not(None)))
    )


def _incoming_with_preview(view: View, preview: Preview) -> Relation:
    source = _previewed_sources(view, preview)
    target = narrowed(with_preview(view, preview), _TARGET_COLUMNS).subquery("target")
    stands_in = join(Link, source, source.c.revision_id == Link.revision_id)
    return select(
        *_link_columns(target.c.path, target.c.title), *_ends(source.c.id, source, target)
    ).select_from(outerjoin(stands_in, target, target.c.id == Link.target_id))


def _draft_links(view: View) -> Relation:
    source = aliased_table(Edition, "source")
    of_revision = join(Link, Revision, Revision.id == Link.revision_id)
    stands_in = join(of_revision, source, source.c.id == Revision.edition_id)
    return _links_of_drafts(view, source, stands_in)


def _links_of_drafts(view: View, source: FromClause, rows: FromClause) -> Relation:
    """Return edges of drafts, given their rows and the drafts, or editions, that have them."""
    source_id = source.c.get("entry_id", source.c.id)
    target, path, title, rows = with_draft_targets(rows, source, view, isouter=True)
    return (
        select(*_link_columns(path, title), *_ends(source_id, source, target))
        .select_from(rows)
        .where(or_(Link.url.is_not(None), target.c.id.is_not(None)))
    )


def _incoming_draft_links(view: View) -> Relation:
    source = _draft_sources(view)
    stands_in = join(Link, source, source.c.revision_id == Link.revision_id)
    target, path, title, rows = with_draft_targets(stands_in, source, view, isouter=False)
    return (
        select(*_link_columns(path, title), *_ends(source.c.id, source, target))
        .select_from(rows)
        .where(is_best_draft(source.c.id, source.c.content_type, source.c.locale, view))
    )


def _link_columns(
    path: ColumnElement[Any],
    title: ColumnElement[Any],
    revision_id: SQLColumnExpression[str] = Link.revision_id,
) -> list[SQLColumnExpression[Any]]:
    query = case((Link.query != _EMPTY, _QUERY + Link.query), else_=_EMPTY)
    fragment = case((Link.fragment != _EMPTY, _HASH + Link.fragment), else_=_EMPTY)
    label = func.coalesce(func.nullif(Link.label, _EMPTY), title, Link.url, _EMPTY)
    return [
        revision_id.label("revision_id"),
        *(getattr(Link, name) for name in _PLAIN_LINK_COLUMNS),
        func.coalesce(Link.url, path + query + fragment).label("url"),
        label.label("label"),
        Link.label.label("words"),
        Link.path.label("written_path"),
        Link.url.label("written_url"),
    ]


def _ends(
    source_id: ColumnElement[Any], source: FromClause, target: FromClause
) -> list[ColumnElement[Any]]:
    """Return the columns of links with what their sources and targets are."""
    return [
        source_id.label("source_id"),
        source.c.content_type.label("source_content_type"),
        source.c.category_id.label("source_category_id"),
        source.c.locale.label("source_locale"),
        target.c.content_type.label("target_content_type"),
        target.c.category_id.label("target_category_id"),
    ]


def category_pair(link: LinkRow) -> ColumnElement[str]:
    """Return the ids of the categories of both ends as one text; null unless both have one."""
    return link.source_category_id + _SPACE + link.target_category_id


def ends_of_pair(pair: ColumnElement[str]) -> tuple[ColumnElement[str], ColumnElement[str]]:
    """Return the ids of the two categories in a :func:`category_pair`."""
    length: ColumnElement[int] = literal_column(str(LENGTH_OF_CATEGORY_ID))
    after: ColumnElement[int] = literal_column(str(LENGTH_OF_CATEGORY_ID + 2))
    return func.substr(pair, literal_column("1"), length), func.substr(pair, after)
