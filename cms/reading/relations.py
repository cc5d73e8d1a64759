"""Named relations: the only way by which the API reaches rows.

Every relation of content takes a :class:`~cms.reading.view.View` and yields what that view
shows. A draft cannot leak, since there is no name by which to ask for it.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    SQLColumnExpression,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from cms.reading.view import ContentScope, Perspective, View
from cms.tables import (
    Account,
    Category,
    Edition,
    Entry,
    Link,
    Person,
    Publication,
    Revision,
    RevisionTag,
    SignOff,
    Tag,
)

Relation: TypeAlias = Select[*tuple[Any, ...]]

_PLAIN_LINK_COLUMNS = (
    "revision_id",
    "field_path",
    "ordinal",
    "origin",
    "kind",
    "note",
    "target_id",
)
_EMPTY = literal_column("''", Text())
_HASH = literal_column("'#'", Text())
# What an entry shows of its revision, beside what a publication knows as well.
_REVISION = (
    Revision.number,
    Revision.title,
    Revision.title_key,
    Revision.slug,
    Revision.summary,
    Revision.content,
    Revision.rendered,
    Revision.digest,
    Revision.author_id,
    Revision.note,
    Revision.created_at,
)
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
        return _drafts(view).where(newest, Edition.locale == _locale(view))
    return (
        select(
            Publication.entry_id.label("id"),
            Publication.edition_id,
            Publication.revision_id,
            Publication.content_type,
            Publication.locale,
            Publication.path,
            Publication.category_id,
            Publication.first_published_at,
            Publication.published_at,
            Publication.break_glass_reason,
            Publication.id.label("publication_id"),
            *_REVISION,
        )
        .join(Revision, Revision.id == Publication.revision_id)
        .where(_is_shown(Publication.__table__, view))
    )


def revisions(view: View) -> Relation:
    """Return entries as of each revision that may be read through the view, in any locale.

    Through the published view those are only the entries as they are public.
    """
    return _drafts(view) if view.perspective is Perspective.DRAFT else entries(view)


def links(view: View) -> Relation:
    """Return the edges of revisions, as far as the view shows where they lead.

    Whoever asks brings the id of a revision that it found in :func:`entries`.
    """
    if view.perspective is Perspective.DRAFT:
        return _draft_links(view)
    target = Publication.__table__.alias("target")
    shown = and_(target.c.entry_id == Link.target_id, _is_shown(target, view))
    return (
        select(*_link_columns(target, _title_of(target)))
        .join_from(Link, target, shown, isouter=True)
        .where(or_(Link.url.is_not(None), target.c.id.is_not(None)))
    )


def incoming_links(view: View) -> Relation:
    """Return the edges to entries, as far as the view shows where they come from.

    Whoever asks brings the id of an entry that it found in :func:`entries`.
    """
    if view.perspective is Perspective.DRAFT:
        return _incoming_draft_links(view)
    target = Publication.__table__.alias("target")
    source = Publication.__table__.alias("source")
    shown = and_(target.c.entry_id == Link.target_id, _is_shown(target, view))
    return (
        select(*_link_columns(target, _title_of(target)), source.c.entry_id.label("source_id"))
        .join_from(Link, source, source.c.revision_id == Link.revision_id)
        .join(target, shown, isouter=True)
        .where(_is_shown(source, view))
    )


def sign_offs() -> Relation:
    """Return sign-offs with their digests, which tell to which revisions they apply."""
    return select(
        SignOff.id,
        SignOff.edition_id,
        SignOff.digest,
        SignOff.stage,
        SignOff.person_id,
        SignOff.signed_at,
        SignOff.expires_at,
    )


def review(edition_id: ColumnElement[Any], digest: ColumnElement[Any]) -> Relation:
    """Return one row about the sign-offs on a digest, or none if there are none.

    A stage holds as long as its newest sign-off does, and a review as long as every stage.
    """
    stages = (
        select(
            func.max(SignOff.signed_at).label("signed_at"),
            func.max(SignOff.expires_at).label("expires_at"),
            literal_column("1").label("review"),
        )
        .where(SignOff.edition_id == edition_id, SignOff.digest == digest)
        .group_by(SignOff.stage)
        .subquery()
    )
    return (
        select(
            func.max(stages.c.signed_at).label("signed_at"),
            func.min(stages.c.expires_at).label("expires_at"),
            edition_id.label("edition_id"),
            digest.label("digest"),
        )
        .select_from(stages)
        .group_by(stages.c.review)
    )


def reviewers(edition_id: ColumnElement[Any], digest: ColumnElement[Any]) -> Relation:
    """Return the people who signed off a digest.

    Whoever asks brings columns of the statement around this one.
    """
    return (
        people()
        .join(SignOff, SignOff.person_id == Person.id)
        .where(SignOff.edition_id == edition_id, SignOff.digest == digest)
        .distinct()
    )


def people() -> Relation:
    """Return all public bylines."""
    return select(Person.id, Person.slug, Person.name, Person.bio, Person.links)


def bylines() -> Relation:
    """Return the public bylines, each with an account that writes under it."""
    return (
        people()
        .add_columns(Account.id.label("account_id"))
        .join(Account, Account.person_id == Person.id)
    )


def categories() -> Relation:
    """Return the tree of topics."""
    return select(*_CATEGORY)


def ancestors(parent_id: ColumnElement[Any]) -> Relation:
    """Return a category's ancestors, each with its distance, from the id of its parent.

    Whoever asks brings a column of the statement around this one.
    """
    parent = select(*_CATEGORY, literal_column("1", Integer()).label("distance")).where(
        Category.id == parent_id
    )
    above = parent.cte("above", recursive=True, nesting=True)
    further = select(*_CATEGORY, above.c.distance + 1).join(above, Category.id == above.c.parent_id)
    # Not "all": should the tree ever have a cycle, a reader's query must end.
    return select(*above.union_all(further.where(above.c.distance < _DEEPEST)).c)


def tags() -> Relation:
    """Return all tags."""
    return select(Tag.id, Tag.slug, Tag.name)


def revision_tags() -> Relation:
    """Return the tags of revisions."""
    return tags().add_columns(RevisionTag.revision_id).join(RevisionTag)


def _drafts(view: View) -> Relation:
    """Return entries as of each of their revisions, as far as the view reaches."""
    live = Publication.__table__.alias("live")
    head = Revision.__table__.alias("head")
    is_open = and_(live.c.edition_id == Edition.id, live.c.ended_position.is_(None))
    return (
        select(
            Edition.entry_id.label("id"),
            Revision.edition_id,
            Revision.id.label("revision_id"),
            Entry.content_type,
            Edition.locale,
            Revision.path,
            Revision.category_id,
            live.c.first_published_at,
            live.c.published_at,
            live.c.break_glass_reason,
            live.c.id.label("publication_id"),
            live.c.revision_id.label("live_revision_id"),
            Entry.archived_at,
            Revision.is_autosave,
            (Edition.head_id == Revision.id).label("is_head"),
            *_REVISION,
        )
        .select_from(Revision)
        .join(Edition, Edition.id == Revision.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(live, is_open, isouter=True)
        .join(head, head.c.id == Edition.head_id)
        # An old revision may be of a category that one sees, and the entry no more; or so again.
        .where(
            is_within(view, Entry.content_type, Revision.category_id),
            is_within(view, Entry.content_type, head.c.category_id),
        )
    )


def _draft_links(view: View) -> Relation:
    source = Edition.__table__.alias("source")
    target = _drafts(view).subquery("target")
    return (
        select(*_link_columns(target, target.c.title))
        .join_from(Link, Revision, Revision.id == Link.revision_id)
        .join(source, source.c.id == Revision.edition_id)
        .join(target, _is_newest_target(target, source.c.locale), isouter=True)
        .where(or_(Link.url.is_not(None), target.c.id.is_not(None)))
    )


def _incoming_draft_links(view: View) -> Relation:
    source = _drafts(view).subquery("source")
    target = _drafts(view).subquery("target")
    return (
        select(*_link_columns(target, target.c.title), source.c.id.label("source_id"))
        .join_from(Link, source, source.c.revision_id == Link.revision_id)
        .join(target, _is_newest_target(target, source.c.locale))
        .where(source.c.is_head, source.c.locale == _locale(view))
    )


def _is_newest_target(target: FromClause, locale: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(target.c.id == Link.target_id, target.c.is_head, target.c.locale == locale)


def is_within(
    view: View, content_type: SQLColumnExpression[Any], category_id: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """Return whether the view reaches content of this type in this category.

    It is what :func:`cms.editorial.authorization.decide` says of reading, for whole lists.
    """
    if any(scope == ContentScope() for scope in view.scopes):
        return true()
    return or_(false(), *(_is_in(scope, content_type, category_id) for scope in view.scopes))


def _is_in(
    scope: ContentScope,
    content_type: SQLColumnExpression[Any],
    category_id: SQLColumnExpression[Any],
) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if scope.content_type is not None:
        conditions.append(content_type == scope.content_type)
    if scope.category_id is not None:
        root = select(Category.path).where(Category.id == scope.category_id).scalar_subquery()
        # "0" is the character that follows "/": the paths that begin with this one and a slash.
        below = and_(Category.path >= root + "/", Category.path < root + "0")
        inside = select(Category.id).where(or_(Category.path == root, below))
        conditions.append(category_id.in_(inside))
    return and_(*conditions)


def _locale(view: View) -> ColumnElement[str]:
    return literal(view.locale, literal_execute=True)


def _is_shown(publication: FromClause, view: View) -> ColumnElement[bool]:
    return and_(publication.c.ended_position.is_(None), publication.c.locale == _locale(view))


def _title_of(publication: FromClause) -> ColumnElement[Any]:
    shown = Revision.id == publication.c.revision_id
    return select(Revision.title).where(shown).scalar_subquery()


def _link_columns(target: FromClause, title: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    fragment = case((Link.fragment != _EMPTY, _HASH + Link.fragment), else_=_EMPTY)
    label = func.coalesce(func.nullif(Link.label, _EMPTY), title, Link.url, _EMPTY)
    return [
        *(getattr(Link, name) for name in _PLAIN_LINK_COLUMNS),
        func.coalesce(Link.url, target.c.path + fragment).label("url"),
        label.label("label"),
    ]
