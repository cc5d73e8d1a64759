"""What commands look up before they decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Select, select

from cms.commands.work import Work
from cms.content.content_type import ContentType
from cms.editorial.authorization import Action, Subject
from cms.errors import Archived, NotFound, Refused, StaleRevision
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


@dataclass(frozen=True)
class Held:
    """An entry's edition that a command is about.

    Attributes:
        entry: the entry.
        edition: the edition.
        head: its newest revision.
        content_type: the entry's type.
    """

    entry: Entry
    edition: Edition
    head: Revision
    content_type: type[ContentType]


async def hold(work: Work, entry_id: str, locale: str | None) -> Held:
    """Return an edition, held until the transaction ends: writers come one by one.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see.
    """
    wanted = _edition(entry_id, locale or work.site.default_locale).with_for_update()
    return await _found(work, wanted, entry_id, locale)


async def look_at(work: Work, entry_id: str, locale: str | None) -> Held:
    """Return an edition as it is now, without keeping others from changing it.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see.
    """
    wanted = _edition(entry_id, locale or work.site.default_locale)
    return await _found(work, wanted, entry_id, locale)


def _edition(entry_id: str, locale: str) -> Select[Edition]:
    return (
        select(Edition)
        .where(Edition.entry_id == entry_id, Edition.locale == locale)
        .execution_options(populate_existing=True)
    )


async def _found(work: Work, wanted: Select[Edition], entry_id: str, locale: str | None) -> Held:
    edition = await work.session.scalar(wanted)
    if edition is not None:
        work.about.update(entry=entry_id, locale=edition.locale)
        entry = await work.session.get_one(Entry, entry_id)
        head = await get_revision(work, edition, edition.head_id)
        if await _is_visible(work, entry, edition, head):
            return Held(entry, edition, head, work.site.content_type(entry.content_type))
    name = locale or work.site.default_locale
    raise Refused(NotFound(message=f"there is no entry {entry_id!r} in {name!r}"))


async def _is_visible(work: Work, entry: Entry, edition: Edition, head: Revision) -> bool:
    """Say whether the actor may know of it: what is public everybody may."""
    subject = await subject_of(work, entry, head.category_id)
    if work.may(Action.ENTRY_READ, subject):
        return True
    is_public = select(Publication.id).where(
        Publication.edition_id == edition.id, Publication.ended_position.is_(None)
    )
    return await work.session.scalar(is_public) is not None


def refuse_archived(held: Held) -> None:
    """Go on only if the entry is not archived.

    Raises:
        Refused: with :class:`~cms.errors.Archived`.
    """
    if held.entry.archived_at is not None:
        message = f"{held.entry.id} is archived; bring it back first"
        raise Refused(Archived(message=message))


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


async def subject_of(
    work: Work, entry: Entry, category_id: str | None, *, is_own: bool = False
) -> Subject:
    """Return what roles are checked against for an entry in this category."""
    categories = await ancestry(work, category_id)
    return Subject(content_type=entry.content_type, categories=categories, is_own=is_own)


async def authorise_on(
    work: Work, action: Action, held: Held, *others: str | None, is_own: bool = False
) -> None:
    """Go on only if the actor may do this to an entry, in its category and in the others.

    Raises:
        Refused: with :class:`~cms.errors.NotAllowed`.
    """
    for category_id in {held.head.category_id, *others}:
        work.authorise(action, await subject_of(work, held.entry, category_id, is_own=is_own))


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

    What is public comes first; then the newest revision of each edition counts; then what
    was public, since its path leads on to where it stands now.
    """
    wanted = list(paths)
    return {
        **await _formerly_at(work, wanted, locale),
        **await _drafted_at(work, wanted, locale),
        **await _public_at(work, wanted, locale),
    }


async def _formerly_at(work: Work, paths: list[str], locale: str) -> Mapping[str, str]:
    rows = await work.session.execute(
        select(Publication.path, Publication.entry_id)
        .where(Publication.locale == locale, Publication.path.in_(paths))
        .order_by(Publication.position)  # of several, the last is kept
    )
    return {str(path): entry_id for path, entry_id in rows}


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
    rows = await work.session.execute(
        select(Revision.path, Edition.entry_id)
        .join(Edition, Edition.head_id == Revision.id)
        .where(Edition.locale == locale, Revision.path.in_(paths))
        .order_by(Edition.entry_id.desc())  # of several, the oldest is kept
    )
    return {str(path): entry_id for path, entry_id in rows}
