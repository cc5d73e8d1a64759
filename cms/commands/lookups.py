"""What commands look up before they decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from sqlalchemy import or_, select

from cms.commands.work import Work
from cms.editorial.authorization import Subject
from cms.errors import NotFound, Refused, StaleRevision
from cms.tables import Base, Category, Edition, Entry, Publication, Revision

Row = TypeVar("Row", bound=Base)


async def get(work: Work, table: type[Row], identifier: str) -> Row:
    """Return the row with this id.

    Raises:
        Refused: with :class:`~cms.errors.NotFound`.
    """
    row = await work.session.get(table, identifier)
    if row is None:
        raise Refused(NotFound(message=f"there is no {table.__tablename__} {identifier!r}"))
    return row


async def get_edition(work: Work, entry_id: str, locale: str | None) -> Edition:
    """Return an entry's edition, held until the transaction ends: writers come one by one.

    Raises:
        Refused: with :class:`~cms.errors.NotFound`.
    """
    wanted = locale or work.site.default_locale
    edition = await work.session.scalar(
        select(Edition)
        .where(Edition.entry_id == entry_id, Edition.locale == wanted)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if edition is None:
        raise Refused(NotFound(message=f"there is no entry {entry_id!r} in {wanted!r}"))
    return edition


async def get_revision(work: Work, edition: Edition, revision_id: str | None) -> Revision:
    """Return a revision of this edition; ``None`` stands for none at all.

    Raises:
        Refused: with :class:`~cms.errors.NotFound`.
    """
    revision = await work.session.get(Revision, revision_id) if revision_id else None
    if revision is None or revision.edition_id != edition.id:
        message = f"the entry {edition.entry_id!r} has no revision {revision_id!r}"
        raise Refused(NotFound(message=message))
    return revision


def refuse_stale(head: Revision, base_revision: str) -> None:
    """Go on only if the write started from the newest revision.

    Raises:
        Refused: with :class:`~cms.errors.StaleRevision`.
    """
    if head.id != base_revision:
        raise Refused(
            StaleRevision(
                message=f"{head.id} is newer than {base_revision}; look at what has changed first",
                path=("baseRevision",),
                base_revision=base_revision,
                head_revision=head.id,
            )
        )


async def subject_of(work: Work, entry: Entry, category_id: str | None) -> Subject:
    """Return what roles are checked against for an entry in this category."""
    return Subject(content_type=entry.content_type, categories=await ancestry(work, category_id))


async def ancestry(work: Work, category_id: str | None) -> frozenset[str]:
    """Return the ids of a category and of all above it."""
    if category_id is None:
        return frozenset()
    above = select(Category.id, Category.parent_id).where(Category.id == category_id)
    tree = above.cte("ancestry", recursive=True)
    parents = select(Category.id, Category.parent_id).join(tree, Category.id == tree.c.parent_id)
    found = await work.session.scalars(select(tree.union(parents).c.id))
    return frozenset(found)


async def entries_at(work: Work, paths: Iterable[str], locale: str) -> Mapping[str, str]:
    """Return the ids of the entries that stand, or will stand, at these site paths.

    What is public comes first; then the newest revision of each edition counts.
    """
    wanted = list(paths)
    return {**await _drafted_at(work, wanted, locale), **await _public_at(work, wanted, locale)}


async def _public_at(work: Work, paths: list[str], locale: str) -> Mapping[str, str]:
    rows = await work.session.execute(
        select(Publication.path, Publication.entry_id).where(
            Publication.ended_position.is_(None),
            Publication.locale == locale,
            Publication.path.in_(paths),
        )
    )
    return {str(path): entry_id for path, entry_id in rows}


async def _drafted_at(work: Work, paths: list[str], locale: str) -> Mapping[str, str]:
    wanted = {
        (content_type.name, slug): path
        for path in paths
        for content_type, slug in work.site.candidates_at(path)
    }
    if not wanted:
        return {}
    rows = await work.session.execute(
        select(Entry.content_type, Revision.slug, Entry.id)
        .join(Edition, Edition.entry_id == Entry.id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(
            Edition.locale == locale,
            or_(*((Entry.content_type == name) & (Revision.slug == slug) for name, slug in wanted)),
        )
        .order_by(Entry.id.desc())  # of several, the oldest is kept
    )
    return {wanted[name, slug]: entry_id for name, slug, entry_id in rows if (name, slug) in wanted}
