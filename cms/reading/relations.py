"""Named relations: the only way by which the API reaches rows.

Every relation of content takes a :class:`~cms.reading.view.View` and yields what that view
shows. A draft cannot leak, since there is no name by which to ask for it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, get_args

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    exists,
    func,
    join,
    literal_column,
    select,
    union_all,
)

from cms.content.builtin import CATEGORY, PERSON
from cms.reading.aliases import aliased_table, word
from cms.reading.link_faults import LinkDeclarations, has_index, links_of_status
from cms.reading.link_periods import publications_around
from cms.reading.link_status import LinkStatus
from cms.reading.links import every_link, links_to_entries, revision_links, url_links
from cms.reading.locales import for_built_in, locales_of
from cms.reading.narrowing import KeyJoin, narrowed
from cms.reading.newest_drafts import (
    best_drafts,
    best_drafts_in_order,
    newest_drafts,
)
from cms.reading.periods import is_in_force, stands_in
from cms.reading.view import ContentScope, Perspective, View
from cms.reading.visibility import (
    Leading,
    Relation,
    drafts,
    is_declared,
    is_of_site,
    is_open,
    is_shown,
    previewed_in_order,
    published_entries,
    published_in_order,
    translations_with_preview,
    with_address,
    with_preview,
)
from cms.tables import (
    Address,
    CategoryPath,
    CategoryPlace,
    Edition,
    Link,
    Publication,
    Rendition,
    Revision,
    RevisionTag,
    TagCount,
)
from cms.tables.publication import Basis

# The stored words for the basis of a publication.
BASES: tuple[str, ...] = get_args(Basis)

_EMPTY = word("")
_REFERENCE = word("reference")
_QUERY, _HASH = word("?"), word("#")
_DEEPEST = literal_column("50", Integer())
_CATEGORY, _PERSON = word(CATEGORY), word(PERSON)
_ZERO, _ONE = (literal_column(digit, Integer()) for digit in "01")
_SLASH = word("/")


def entries(view: View) -> Relation:
    """Return the entries that the view shows, each with the revision that it shows."""
    if view.perspective is Perspective.DRAFT:
        return best_drafts(view)
    if view.preview is not None:
        return with_preview(view, view.preview)
    return published_entries(view).where(is_shown(Publication.__table__, view))


def entries_in_order(view: View, leading: Leading | None = None) -> Sequence[Relation]:
    """Return :func:`entries` as relations that indexes have in their orders.

    Each entry is in one of them.

    Args:
        view: the view.
        leading: the column by which the entries are read; only those with a value are found. No
            drafts are read by one.
    """
    if view.perspective is Perspective.DRAFT:
        return [*best_drafts_in_order(view)]
    if view.preview is not None:
        return [*previewed_in_order(view, view.preview, leading)]
    return [*published_in_order(view, leading)]


def site_entries(view: View) -> Relation:
    """Return the entries of the site's own types, without categories and people."""
    found = entries(replace(view, built_in_locales=()))
    return found.where(is_of_site(found.selected_columns.content_type))


def translations(view: View) -> Relation:
    """Return entries as :func:`entries` does, but each in every language that there is."""
    if view.perspective is Perspective.DRAFT:
        return newest_drafts(view)
    if view.preview is not None:
        return translations_with_preview(view, view.preview)
    return published_entries(view).where(is_open(Publication.__table__, view))


def revisions(view: View) -> Relation:
    """Return entries as of each revision that may be read through the view, in any locale.

    Purged revisions are among them, without their words. Through the published view those are only
    the editions as they are public.
    """
    return drafts(view) if view.perspective is Perspective.DRAFT else translations(view)


def links(view: View) -> Relation:
    """Return the edges of revisions, as far as the view shows where they lead.

    The caller gives the id of a revision from :func:`entries`. Of what is public, each edge has
    its target with it; see :func:`cms.reading.rows.target_of`.
    """
    return revision_links(view)


def site_links(view: View) -> Relation:
    """Return the edges of all entries that the view shows, as :func:`links` returns them."""
    return every_link(view)


def links_of(view: View, statuses: Collection[LinkStatus], declared: LinkDeclarations) -> Relation:
    """Return :func:`site_links`, or, where indexes find them, those that can have a status.

    Args:
        view: the view.
        statuses: the statuses that are wanted; none if any is.
        declared: the declarations that the status of links depends on.
    """
    if _has_index(view, statuses):
        return links_of_status(statuses, view, declared)
    return every_link(view)


def links_to_urls(view: View) -> Relation:
    """Return :func:`site_links`, or, where an index finds them, those that lead to URLs."""
    return url_links(view) if _has_index(view, {LinkStatus.EXTERNAL}) else every_link(view)


def _has_index(view: View, statuses: Collection[LinkStatus]) -> bool:
    is_public = view.perspective is Perspective.PUBLISHED and view.preview is None
    return is_public and has_index(statuses)


def link_periods(view: View) -> Relation:
    """Return all publications of the editions that are public in the view, for each of these.

    The caller gives the id of a revision that is public in the view as ``shown_revision_id``.
    """
    return publications_around(view)


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


def draft_places() -> Relation:
    """Return the paths at which newest drafts can stand: ``edition_id`` and ``path`` alone.

    They are those of the newest revisions, and those of the public ones.
    """
    drafted = select(Edition.id.label("edition_id"), Edition.path)
    public = select(Address.edition_id, Address.path)
    is_page = and_(Address.edition_id.is_not(None), is_in_force(Address))
    return select(*union_all(drafted, public.where(is_page)).subquery("place").c)


def references() -> Relation:
    """Return the references of revisions, which tell what points at an entry.

    The caller gives the id of a revision from :func:`entries`.
    """
    return select(Link.revision_id, Link.kind, Link.target_id).where(Link.origin == _REFERENCE)


def link_targets() -> Relation:
    """Return where the links and references of all revisions lead, to find revisions by it."""
    return select(Link.revision_id, Link.target_id, Link.kind, Link.origin)


def bylines() -> Relation:
    """Return the people in the bylines of all revisions, to find revisions by them."""
    return select(Revision.id.label("revision_id"), Revision.byline_id)


def renditions() -> Relation:
    """Return the values of fields of all revisions, to find revisions by those with an index."""
    return select(Rendition.revision_id, Rendition.rendered)


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
    return links_to_entries(view)


def people(view: View) -> Relation:
    """Return the people that the view shows; editors see also what is public beyond their part."""
    return _built_in(view, _PERSON)


def categories(view: View) -> Relation:
    """Return the categories that the view shows, as :func:`people`, with their places."""
    found = _built_in(view, _CATEGORY)
    category_id = found.selected_columns.id
    place = aliased_table(CategoryPlace, "own_place")
    stands = and_(place.c.category_id == category_id, stands_in(place, view))
    (rows,) = found.get_final_froms()
    rows = KeyJoin(rows, place, stands)
    tree_path = tree_path_of(view, place.c.category_id)
    if view.past is None:
        # Joined, so that a category is found by its path.
        path = aliased_table(CategoryPath, "own_path")
        is_own = and_(path.c.category_id == category_id, path.c.locale == locales_of(view)[0])
        rows, tree_path = KeyJoin(rows, path, is_own), path.c.path
    own = (place.c.parent_id, place.c.ordinal, tree_path.label("tree_path"))
    # Anew, since narrowing takes joins apart, and one statement would have both.
    conditions = () if found.whereclause is None else (found.whereclause,)
    return select(*found.inner_columns, *own).select_from(rows).where(*conditions)


def _built_in(view: View, name: ColumnElement[str]) -> Relation:
    whole = for_built_in(view)
    found = entries(whole)
    own = found.where(found.selected_columns.content_type == name)
    if view.perspective is Perspective.PUBLISHED or ContentScope() in view.scopes:
        return own
    # Those of which the view reaches no draft are shown as they are public, so that pages do not
    # lack their names.
    public = entries(replace(whole, perspective=Perspective.PUBLISHED, preview=None))
    drafted = narrowed(own, ("id",)).subquery("drafted")
    others = public.where(
        public.selected_columns.content_type == name,
        public.selected_columns.id.not_in(select(drafted.c.id)),
    )
    names = own.selected_columns.keys()
    both = union_all(
        own,
        others.with_only_columns(
            *(others.selected_columns[each] for each in names), maintain_column_froms=True
        ),
    ).subquery("shown")
    return select(*both.c)


def category_places(view: View) -> Relation:
    """Return the places of all categories in the tree, also of those that are not public."""
    return select(CategoryPlace.category_id, CategoryPlace.parent_id, CategoryPlace.ordinal).where(
        stands_in(CategoryPlace.__table__, view)
    )


def tree_path_of(view: View, category_id: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the tree path of a category, as the site shows it in the view's first locale.

    Of the past, it is found again from the places and slugs of that time; otherwise it is that of
    :class:`~cms.tables.CategoryPath`, also for what is not public.

    Args:
        view: the view.
        category_id: a column of the statement around it.
    """
    if view.past is None:
        stored = aliased_table(CategoryPath, "stored_path")
        is_first = stored.c.locale == locales_of(view)[0]
        return (
            select(stored.c.path)
            .where(stored.c.category_id == category_id, is_first)
            .scalar_subquery()
        )
    then = replace(view, locales=view.built_in_locales or view.locales)
    named = narrowed(_built_in(then, _CATEGORY), ("id", "slug")).subquery("named")
    place, upper = aliased_table(CategoryPlace, "place"), aliased_table(CategoryPlace, "upper")
    own = (
        select(place.c.parent_id, named.c.slug.label("path"), _ZERO.label("distance"))
        .select_from(join(place, named, named.c.id == place.c.category_id))
        .where(place.c.category_id == category_id, stands_in(place, view))
        # In words, since SQLAlchemy does not look around a recursive table.
        .correlate(getattr(category_id, "table", None))
    )
    above = own.cte("path_above", recursive=True, nesting=True)
    with_upper = join(above, upper, upper.c.category_id == above.c.parent_id)
    further = (
        select(upper.c.parent_id, named.c.slug + _SLASH + above.c.path, above.c.distance + _ONE)
        .select_from(join(with_upper, named, named.c.id == upper.c.category_id))
        .where(stands_in(upper, view), above.c.distance < _DEEPEST)
    )
    above = above.union_all(further)
    return select(above.c.path).where(above.c.parent_id.is_(None)).scalar_subquery()


def lineage(view: View, category_id: ColumnElement[Any]) -> Relation:
    """Return a category and all above it that the view shows, each with its distance from it.

    The caller gives a column of the statement around this one.
    """
    own = select(category_id.label("category_id"), _ZERO.label("distance"))
    above = own.cte("above", recursive=True, nesting=True)
    place = aliased_table(CategoryPlace, "upper")
    further = (
        select(place.c.parent_id, above.c.distance + _ONE)
        .select_from(join(above, place, place.c.category_id == above.c.category_id))
        # Should the tree ever have a cycle, a reader's query must end.
        .where(stands_in(place, view), place.c.parent_id.is_not(None), above.c.distance < _DEEPEST)
    )
    above = above.union_all(further)
    found = categories(view)
    return found.add_columns(above.c.distance).where(
        found.selected_columns.id == above.c.category_id
    )


def tags(view: View, slug: ColumnElement[str] | None = None) -> Relation:
    """Return the tags of what the view shows, each as the newest of these revisions spells it.

    An index has the revisions of each tag, so it takes as long however many there are.

    Args:
        view: the view.
        slug: the only tag; ``None`` for all.
    """
    every = _every_tag().subquery("every_tag") if slug is None else _tag(slug).subquery("one_tag")
    used, shown = aliased_table(RevisionTag, "used"), _shown_revisions(view).subquery("shown")
    newest = (
        select(used.c.word)
        .where(
            used.c.slug == every.c.slug,
            exists().where(shown.c.revision_id == used.c.revision_id),
        )
        .order_by(used.c.revision_id.desc())
        .limit(_ONE)
        .scalar_subquery()
    )
    named = select(every.c.slug, newest.label("name")).subquery("named_tag")
    return select(*named.c).where(named.c.name.is_not(None))


def _every_tag() -> Relation:
    """Return the slugs of all revisions' tags, each found from the one before it."""
    found = select(func.min(RevisionTag.slug).label("slug")).cte(
        "tag_before", recursive=True, nesting=True
    )
    later = aliased_table(RevisionTag, "later_tag")
    following = select(func.min(later.c.slug)).where(later.c.slug > found.c.slug).scalar_subquery()
    found = found.union_all(select(following).where(found.c.slug.is_not(None)))
    return select(found.c.slug).where(found.c.slug.is_not(None))


def _tag(slug: ColumnElement[str]) -> Relation:
    return select(RevisionTag.slug).where(RevisionTag.slug == slug).limit(_ONE)


def tag_counts(view: View) -> Relation:
    """Return the number of entries with each tag, by content type.

    The view is a plain one; see :attr:`~cms.reading.view.View.is_plain`.
    """
    return select(TagCount.content_type, TagCount.slug, TagCount.editions).where(
        TagCount.locale == locales_of(view)[0], *is_declared(view, TagCount.content_type)
    )


def revision_tags() -> Relation:
    """Return the tags of revisions.

    The caller gives the id of a revision from :func:`entries`.
    """
    return select(RevisionTag.revision_id, RevisionTag.slug, RevisionTag.word.label("name"))


def _shown_revisions(view: View) -> Relation:
    """Return the ids of the revisions of :func:`site_entries`."""
    if view.perspective is Perspective.DRAFT or view.preview is not None:
        return narrowed(site_entries(view), ("revision_id",))
    return select(Publication.revision_id).where(
        is_shown(Publication.__table__, replace(view, built_in_locales=())),
        is_of_site(Publication.content_type),
    )
