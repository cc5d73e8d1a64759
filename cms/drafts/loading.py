"""Rows that commands load before they decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import defer

from cms.authorization.actions import Action, Subject
from cms.content.builtin import category_in_rights
from cms.content.content_type import ContentType
from cms.errors import Archived, NotFound, Refused, StaleRevision
from cms.identifiers import is_entry_id, kind_of
from cms.reading.visibility import is_in_force, is_public_now
from cms.tables import (
    Base,
    CategoryPlace,
    ChangeRequest,
    Comment,
    Edition,
    Entry,
    Link,
    Publication,
    Revision,
)
from cms.work.work import Reading, Work

Row = TypeVar("Row", bound=Base)
Part = TypeVar("Part", ChangeRequest, Comment)


async def get(reading: Reading, table: type[Row], identifier: str) -> Row:
    """Return the row with this id.

    Raises:
        Refused: with :class:`~cms.errors.NotFound`.
    """
    # What is no id at all may be nothing that a database takes.
    row = await reading.session.get(table, identifier) if kind_of(identifier) else None
    if row is None:
        raise _missing(table, identifier)
    return row


def _missing(table: type[Base], identifier: str) -> Refused:
    name = table.__tablename__.replace("_", " ")
    return Refused(NotFound(message=f"there is no {name} {identifier!r}"))


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
    # Whoever archives or deletes the whole entry waits, and is waited for.
    await _lock_entry(work, entry_id, select(Entry).with_for_update(read=True))
    wanted = _edition(entry_id, locale or work.site.default_locale).with_for_update()
    return await _load(work, wanted, entry_id, locale)


async def hold_with_part(work: Work, table: type[Part], identifier: str) -> tuple[Held, Part]:
    """Return a part of an edition with this id, and the edition, held as by :func:`hold`.

    What the actor may not see is refused like what does not exist.

    Raises:
        Refused: with :class:`~cms.errors.NotFound`.
    """
    part = await get(work, table, identifier)
    edition = await work.session.get_one(Edition, part.edition_id)
    try:
        held = await hold(work, edition.entry_id, edition.locale)
        await authorise_on(work, Action.ENTRY_READ, held)
    except Refused:
        raise _missing(table, identifier) from None
    return held, part


async def hold_entry(work: Work, entry_id: str, locale: str | None) -> Held:
    """Return an edition as :func:`hold` does, and hold all other editions of the entry too.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see.
    """
    await _lock_entry(work, entry_id, select(Entry).with_for_update(key_share=True))
    wanted = _edition(entry_id, locale or work.site.default_locale).with_for_update()
    return await _load(work, wanted, entry_id, locale)


async def _lock_entry(work: Work, entry_id: str, entries: Select[Entry]) -> None:
    if is_entry_id(entry_id):
        await work.session.scalar(
            entries.where(Entry.id == entry_id).execution_options(populate_existing=True)
        )


async def look_at(reading: Reading, entry_id: str, locale: str | None) -> Held:
    """Return an edition as it is now, without keeping others from changing it.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see.
    """
    wanted = _edition(entry_id, locale or reading.site.default_locale)
    return await _load(reading, wanted, entry_id, locale)


def _edition(entry_id: str, locale: str) -> Select[Edition]:
    return (
        select(Edition)
        .where(Edition.entry_id == entry_id, Edition.locale == locale)
        .execution_options(populate_existing=True)
    )


async def _load(
    reading: Reading, wanted: Select[Edition], entry_id: str, locale: str | None
) -> Held:
    is_known = is_entry_id(entry_id) and locale in (None, *reading.site.locales)
    edition = await reading.session.scalar(wanted) if is_known else None
    if edition is not None:
        entry = await reading.session.get_one(Entry, entry_id)
        head = await get_revision(reading, edition, edition.head_id)
        if await _is_visible(reading, entry, edition, head):
            return Held(entry, edition, head, reading.site.content_type(entry.content_type))
    name = locale or reading.site.default_locale
    raise Refused(NotFound(message=f"there is no entry {entry_id!r} with an edition in {name!r}"))


async def _is_visible(reading: Reading, entry: Entry, edition: Edition, head: Revision) -> bool:
    """Return whether the actor may know of it; public content is known to all."""
    subject = await subject_of(reading, entry, head.category_id, edition.locale)
    if reading.may(Action.ENTRY_READ, subject):
        return True
    is_public = select(Publication.id).where(
        Publication.edition_id == edition.id, is_public_now(Publication)
    )
    return await reading.session.scalar(is_public) is not None


def refuse_archived(held: Held) -> None:
    """Check that the entry is not archived.

    Raises:
        Refused: with :class:`~cms.errors.Archived`.
    """
    if held.entry.archived_at is not None:
        message = f"{held.entry.id} is archived; unarchive it first"
        raise Refused(Archived(message=message))


async def get_built_in(reading: Reading, content_type: type[ContentType], identifier: str) -> Entry:
    """Return the category or person with this id.

    Raises:
        Refused: with :class:`~cms.errors.NotFound`.
    """
    is_id = kind_of(identifier) == content_type.id_kind
    entry = await reading.session.get(Entry, identifier) if is_id else None
    if entry is None or entry.content_type != content_type.name:
        message = f"there is no {content_type.name.lower()} {identifier!r}"
        raise Refused(NotFound(message=message))
    return entry


async def get_revision(reading: Reading, edition: Edition, revision_id: str | None) -> Revision:
    """Return a revision of this edition; ``None`` stands for none at all.

    Raises:
        Refused: with :class:`~cms.errors.NotFound`.
    """
    is_id = revision_id is not None and kind_of(revision_id) == "rev"
    revision = await reading.session.get(Revision, revision_id) if is_id else None
    if revision is None or revision.edition_id != edition.id:
        message = f"the entry {edition.entry_id!r} has no revision {revision_id!r}"
        raise Refused(NotFound(message=message))
    return revision


def refuse_stale(head: Revision, base_revision: str) -> None:
    """Check that the write started from the newest revision.

    Raises:
        Refused: with :class:`~cms.errors.StaleRevision`.
    """
    if head.id != base_revision:
        raise Refused(
            StaleRevision(
                message=f"{head.id} is newer than {base_revision}; review the changes first",
                path=("baseRevision",),
                base_revision=base_revision,
                head_revision=head.id,
            )
        )


async def subject_of(
    reading: Reading, entry: Entry, category_id: str | None, locale: str, *, is_own: bool = False
) -> Subject:
    """Return what roles are checked against for an edition in this category and locale."""
    category = category_in_rights(entry.content_type, entry.id, category_id)
    return Subject(
        content_type=entry.content_type,
        categories=await ancestry(reading, category),
        locale=locale,
        is_own=is_own,
    )


async def authorise_on(
    reading: Reading, action: Action, held: Held, *others: str | None, is_own: bool = False
) -> None:
    """Check that the actor may do this to an edition, in its category and in the others.

    Raises:
        Refused: with :class:`~cms.errors.NotAllowed`.
    """
    for category_id in {held.head.category_id, *others}:
        subject = await subject_of(
            reading, held.entry, category_id, held.edition.locale, is_own=is_own
        )
        reading.authorise(action, subject)


async def authorise_on_entry(
    reading: Reading, action: Action, held: Held, *, is_own: bool = False
) -> None:
    """Check that the actor may do this to all editions of an entry.

    Raises:
        Refused: with :class:`~cms.errors.NotAllowed`.
    """
    editions = await reading.session.execute(
        select(Revision.category_id, Edition.locale)
        .join(Edition, Edition.head_id == Revision.id)
        .where(Edition.entry_id == held.entry.id)
        .order_by(Edition.locale)
    )
    for category_id, locale in editions:
        subject = await subject_of(reading, held.entry, category_id, locale, is_own=is_own)
        reading.authorise(action, subject)


async def ancestry(reading: Reading, category_id: str | None) -> frozenset[str]:
    """Return the ids of a category and of all above it."""
    if category_id is None or not kind_of(category_id):
        return frozenset()
    place = select(CategoryPlace.category_id, CategoryPlace.parent_id).where(
        is_in_force(CategoryPlace)
    )
    tree = place.where(CategoryPlace.category_id == category_id).cte("ancestry", recursive=True)
    parents = place.join(tree, CategoryPlace.category_id == tree.c.parent_id)
    found = await reading.session.scalars(select(tree.union(parents).c.category_id))
    return frozenset(found)


async def visible_types(
    reading: Reading, entry_ids: Sequence[str], source_id: str
) -> Mapping[str, str]:
    """Return the content types of those entries that the actor may know of, by their ids.

    The current targets of an entry are among them, so that an editor can keep the links.

    Args:
        reading: the snapshot and the actor.
        entry_ids: the entries.
        source_id: the entry that leads to them, or will.
    """
    linked = set(
        await reading.session.scalars(
            select(Link.target_id)
            .join(Revision, Revision.id == Link.revision_id)
            .join(Edition, Edition.id == Revision.edition_id)
            .where(Edition.entry_id == source_id, Link.target_id.in_(entry_ids))
        )
    )
    rows = (
        await reading.session.execute(
            select(Entry, Edition, Revision)
            .join(Edition, Edition.entry_id == Entry.id)
            .join(Revision, Revision.id == Edition.head_id)
            .where(Entry.id.in_(entry_ids))
            .options(defer(Revision.content))
        )
    ).all()
    return {
        entry.id: entry.content_type
        for entry, edition, head in rows
        if entry.id in linked or await _is_visible(reading, entry, edition, head)
    }
