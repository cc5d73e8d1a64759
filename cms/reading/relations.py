"""Named relations: the only way by which the API reaches rows.

Every relation of content takes a :class:`~cms.reading.view.View` and yields what that view
shows. A draft cannot leak, since there is no name by which to ask for it.
"""

from __future__ import annotations

from typing import Any, get_args

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    and_,
    case,
    func,
    join,
    literal_column,
    or_,
    outerjoin,
    select,
)

from cms.reading.aliases import aliased_table, word
from cms.reading.narrowing import narrowed
from cms.reading.view import Perspective, View
from cms.reading.visibility import (
    Relation,
    drafts,
    is_best_draft,
    is_open,
    is_shown,
    locales_of,
    published_entries,
    translations_with_preview,
    with_address,
    with_preview,
)
from cms.tables import (
    Address,
    Category,
    Edition,
    Link,
    Person,
    Publication,
    Revision,
    RevisionTag,
)
from cms.tables.publication import Basis

# The stored words for the basis of a publication.
BASES: tuple[str, ...] = get_args(Basis)

_PLAIN_LINK_COLUMNS = (
    "revision_id",
    "field_path",
    "ordinal",
    "origin",
    "kind",
    "note",
    "target_id",
)
# Columns of entries that the columns and conditions of links need.
_OF_SOURCE = ("id", "revision_id")
_OF_TARGET = ("id", "path", "title")
_OF_DRAFT = ("locale", "is_head")
_EMPTY = word("")
_REFERENCE = word("reference")
_QUERY, _HASH = word("?"), word("#")
_DEEPEST = literal_column("50", Integer())
_CATEGORY = (
    Category.id,
    Category.parent_id,
    Category.slug,
    Category.path,
    Category.name,
    Category.description,
    Category.ordinal,
)


def entries(view: View) -> Relation:
    """Return the entries that the view shows, each with the revision that it shows."""
    if view.perspective is Perspective.DRAFT:
        newest = Edition.head_id == Revision.id
        return drafts(view).where(newest, is_best_draft(Edition.entry_id, Edition.locale, view))
    if view.preview is not None:
        return with_preview(view, view.preview)
    return published_entries(view).where(is_shown(Publication.__table__, view))


def translations(view: View) -> Relation:
    """Return entries as :func:`entries` does, but each in every language that there is."""
    if view.perspective is Perspective.DRAFT:
        return drafts(view).where(Edition.head_id == Revision.id)
    if view.preview is not None:
        return translations_with_preview(view, view.preview)
    return published_entries(view).where(is_open(Publication.__table__, view))


def revisions(view: View) -> Relation:
    """Return entries as of each revision that may be read through the view, in any locale.

    Through the published view those are only the editions as they are public.
    """
    return drafts(view) if view.perspective is Perspective.DRAFT else translations(view)


def links(view: View) -> Relation:
    """Return the edges of revisions, as far as the view shows where they lead.

    The caller gives the id of a revision from :func:`entries`.
    """
    if view.perspective is Perspective.DRAFT:
        return _draft_links(view)
    if view.preview is not None:
        return _links_with_preview(view)
    target = aliased_table(Publication, "target")
    stands = aliased_table(Address, "stands")
    shown = and_(target.c.entry_id == Link.target_id, is_shown(target, view))
    targets = outerjoin(Link, target, shown)
    return (
        select(*_link_columns(stands.c.path, target.c.title))
        .select_from(with_address(targets, target.c.edition_id, stands, view))
        .where(or_(Link.url.is_not(None), target.c.id.is_not(None)))
    )


def paths(view: View) -> Relation:
    """Return where the entries that the view shows stand: ``id`` and ``path`` alone."""
    if view.perspective is Perspective.DRAFT or view.preview is not None:
        return entries(view)
    stands = aliased_table(Address, "stands")
    page = Publication.__table__
    return (
        select(Publication.entry_id.label("id"), stands.c.path)
        .select_from(with_address(page, Publication.edition_id, stands, view))
        .where(is_shown(page, view))
    )


def references() -> Relation:
    """Return the references of revisions, which tell what points at an entry.

    The caller gives the id of a revision from :func:`entries`.
    """
    return select(Link.revision_id, Link.kind, Link.target_id).where(Link.origin == _REFERENCE)


def referenced_entries(view: View) -> Relation:
    """Return entries as :func:`entries` does, once for each reference to them.

    The caller gives the id of a revision from :func:`entries`.
    """
    found = entries(view)
    return found.add_columns(
        Link.revision_id.label("from_revision_id"),
        Link.field_path.label("from_path"),
        Link.ordinal.label("from_ordinal"),
    ).where(Link.target_id == found.selected_columns.id, Link.origin == _REFERENCE)


def incoming_links(view: View) -> Relation:
    """Return the edges to entries, as far as the view shows where they come from.

    The caller gives the id of an entry from :func:`entries`.
    """
    if view.perspective is Perspective.DRAFT:
        return _incoming_draft_links(view)
    if view.preview is not None:
        return _incoming_with_preview(view)
    target = aliased_table(Publication, "target")
    source = aliased_table(Publication, "source")
    stands = aliased_table(Address, "stands")
    of_source = join(Link, source, source.c.revision_id == Link.revision_id)
    shown = and_(target.c.entry_id == Link.target_id, is_shown(target, view))
    targets = outerjoin(of_source, target, shown)
    return (
        select(*_link_columns(stands.c.path, target.c.title), source.c.entry_id.label("source_id"))
        .select_from(with_address(targets, target.c.edition_id, stands, view))
        .where(is_shown(source, view))
    )


def people() -> Relation:
    """Return all public bylines."""
    return select(Person.id, Person.slug, Person.name, Person.bio, Person.links)


def categories() -> Relation:
    """Return the tree of topics."""
    return select(*_CATEGORY)


def ancestors(parent_id: ColumnElement[Any]) -> Relation:
    """Return a category's ancestors, each with its distance, from the id of its parent.

    The caller gives a column of the statement around this one.
    """
    parent = select(*_CATEGORY, literal_column("1", Integer()).label("distance")).where(
        Category.id == parent_id
    )
    above = parent.cte("above", recursive=True, nesting=True)
    further = select(*_CATEGORY, above.c.distance + 1).join(above, Category.id == above.c.parent_id)
    # Not "all": should the tree ever have a cycle, a reader's query must end.
    return select(*above.union_all(further.where(above.c.distance < _DEEPEST)).c)


def tags(view: View) -> Relation:
    """Return the tags of what the view shows, each as most of these entries spell it."""
    shown = _shown_revisions(view).subquery("shown")
    spelled = (
        select(RevisionTag.slug, RevisionTag.word, func.count().label("uses"))
        .select_from(join(RevisionTag, shown, shown.c.revision_id == RevisionTag.revision_id))
        .group_by(RevisionTag.slug, RevisionTag.word)
        .subquery("spelled")
    )
    order = (spelled.c.uses.desc(), spelled.c.word)
    rank = func.row_number().over(partition_by=spelled.c.slug, order_by=order)
    ranked = select(spelled.c.slug, spelled.c.word, rank.label("rank")).subquery("ranked")
    first = ranked.c.rank == literal_column("1")
    return select(ranked.c.slug, ranked.c.word.label("name")).where(first)


def revision_tags() -> Relation:
    """Return the tags of revisions.

    The caller gives the id of a revision from :func:`entries`.
    """
    return select(RevisionTag.revision_id, RevisionTag.slug, RevisionTag.word.label("name"))


def _shown_revisions(view: View) -> Relation:
    """Return the ids of the revisions of :func:`entries`."""
    if view.perspective is Perspective.DRAFT or view.preview is not None:
        return narrowed(entries(view), ("revision_id",))
    return select(Publication.revision_id).where(is_shown(Publication.__table__, view))


def _links_with_preview(view: View) -> Relation:
    target = narrowed(entries(view), _OF_TARGET).subquery("target")
    return (
        select(*_link_columns(target.c.path, target.c.title))
        .select_from(outerjoin(Link, target, target.c.id == Link.target_id))
        .where(or_(Link.url.is_not(None), target.c.id.is_not(None)))
    )


def _incoming_with_preview(view: View) -> Relation:
    source = narrowed(entries(view), _OF_SOURCE).subquery("source")
    target = narrowed(entries(view), _OF_TARGET).subquery("target")
    stands_in = join(Link, source, source.c.revision_id == Link.revision_id)
    return select(
        *_link_columns(target.c.path, target.c.title), source.c.id.label("source_id")
    ).select_from(outerjoin(stands_in, target, target.c.id == Link.target_id))


def _draft_links(view: View) -> Relation:
    source = aliased_table(Edition, "source")
    target = narrowed(drafts(view), (*_OF_TARGET, *_OF_DRAFT)).subquery("target")
    of_revision = join(Link, Revision, Revision.id == Link.revision_id)
    stands_in = join(of_revision, source, source.c.id == Revision.edition_id)
    shown = _is_newest_target(target, source.c.locale, view)
    return (
        select(*_link_columns(target.c.path, target.c.title))
        .select_from(outerjoin(stands_in, target, shown))
        .where(or_(Link.url.is_not(None), target.c.id.is_not(None)))
    )


def _incoming_draft_links(view: View) -> Relation:
    source = narrowed(drafts(view), (*_OF_SOURCE, *_OF_DRAFT)).subquery("source")
    target = narrowed(drafts(view), (*_OF_TARGET, *_OF_DRAFT)).subquery("target")
    stands_in = join(Link, source, source.c.revision_id == Link.revision_id)
    shown = _is_newest_target(target, source.c.locale, view)
    return (
        select(*_link_columns(target.c.path, target.c.title), source.c.id.label("source_id"))
        .select_from(join(stands_in, target, shown))
        .where(source.c.is_head, is_best_draft(source.c.id, source.c.locale, view))
    )


def _is_newest_target(
    target: FromClause, source_locale: ColumnElement[str], view: View
) -> ColumnElement[bool]:
    """Return whether a draft is what a link shows as its target.

    A draft in a language that the view does not have leads to others of that language.
    """
    is_foreign = source_locale.not_in(locales_of(view))
    is_best = is_best_draft(target.c.id, target.c.locale, view)
    shown = case((is_foreign, target.c.locale == source_locale), else_=is_best)
    return and_(target.c.id == Link.target_id, target.c.is_head, shown)


def _link_columns(path: ColumnElement[Any], title: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    query = case((Link.query != _EMPTY, _QUERY + Link.query), else_=_EMPTY)
    fragment = case((Link.fragment != _EMPTY, _HASH + Link.fragment), else_=_EMPTY)
    label = func.coalesce(func.nullif(Link.label, _EMPTY), title, Link.url, _EMPTY)
    return [
        *(getattr(Link, name) for name in _PLAIN_LINK_COLUMNS),
        func.coalesce(Link.url, path + query + fragment).label("url"),
        label.label("label"),
    ]
