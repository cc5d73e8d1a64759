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
    Text,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from cms.reading.view import View
from cms.tables import (
    Account,
    Category,
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
            Revision.number,
            Revision.title,
            Revision.title_key,
            Revision.slug,
            Revision.summary,
            Revision.rendered,
            Revision.digest,
            Revision.author_id,
            Revision.note,
            Revision.created_at,
        )
        .join(Revision, Revision.id == Publication.revision_id)
        .where(_is_shown(Publication.__table__, view))
    )


def links(view: View) -> Relation:
    """Return the edges of revisions, as far as the view shows where they lead.

    Whoever asks brings the id of a revision that it found in :func:`entries`.
    """
    target = Publication.__table__.alias("target")
    shown = and_(target.c.entry_id == Link.target_id, _is_shown(target, view))
    return (
        select(*_link_columns(target))
        .join_from(Link, target, shown, isouter=True)
        .where(or_(Link.url.is_not(None), target.c.id.is_not(None)))
    )


def incoming_links(view: View) -> Relation:
    """Return the edges to entries, as far as the view shows where they come from.

    Whoever asks brings the id of an entry that it found in :func:`entries`.
    """
    target = Publication.__table__.alias("target")
    source = Publication.__table__.alias("source")
    shown = and_(target.c.entry_id == Link.target_id, _is_shown(target, view))
    return (
        select(*_link_columns(target), source.c.entry_id.label("source_id"))
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
    return select(*above.union_all(further).c)


def tags() -> Relation:
    """Return all tags."""
    return select(Tag.id, Tag.slug, Tag.name)


def revision_tags() -> Relation:
    """Return the tags of revisions."""
    return tags().add_columns(RevisionTag.revision_id).join(RevisionTag)


def _is_shown(publication: FromClause, view: View) -> ColumnElement[bool]:
    locale = literal(view.locale, literal_execute=True)
    return and_(publication.c.ended_position.is_(None), publication.c.locale == locale)


def _link_columns(target: FromClause) -> list[ColumnElement[Any]]:
    fragment = case((Link.fragment != _EMPTY, _HASH + Link.fragment), else_=_EMPTY)
    title = select(Revision.title).where(Revision.id == target.c.revision_id).scalar_subquery()
    label = func.coalesce(func.nullif(Link.label, _EMPTY), title, Link.url, _EMPTY)
    return [
        *(getattr(Link, name) for name in _PLAIN_LINK_COLUMNS),
        func.coalesce(Link.url, target.c.path + fragment).label("url"),
        label.label("label"),
    ]
