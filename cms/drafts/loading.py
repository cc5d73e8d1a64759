"""Rows that commands load before they decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm.util import identity_key

from cms.authorization.actions import Action, Subject
from cms.content.content_type import ContentType
from cms.drafts.subjects import Ancestries, ancestries_in_rights, place_of, visible_among
from cms.errors import Archived, NotFound, Purged, Refused, StaleRevision
from cms.identifiers import is_entry_id, kind_of
from cms.storage.dialects import as_text, hold_rows, is_among, is_among_given, texts
from cms.storage.rows import columns_of, loaded
from cms.tables import Base, ChangeRequest, Comment, Edition, Entry, Revision
from cms.work.work import Reading, Work

Row = TypeVar("Row", bound=Base)
Part = TypeVar("Part", ChangeRequest, Comment)
# The id of an entry, and a locale.
EditionKey: TypeAlias = tuple[str, str]


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
        categories: the ids of the category of the newest revision and of all above it, if a right
            of the actor depends on them.
    """

    entry: Entry
    edition: Edition
    head: Revision
    content_type: type[ContentType]
    categories: frozenset[str]

    @property
    def key(self) -> EditionKey:
        """The entry's id and the edition's locale."""
        return self.entry.id, self.edition.locale


async def hold(work: Work, entry_id: str, locale: str | None) -> Held:
    """Return an edition, held until the transaction ends: writers come one by one.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see, or
            :class:`~cms.errors.Purged`.
    """
    key = entry_id, locale or work.site.default_locale
    return held_in(await hold_all(work, [key]), key)


async def hold_all(work: Work, keys: Iterable[EditionKey]) -> Mapping[EditionKey, Held]:
    """Return those editions that the actor may see, held as by :func:`hold`."""
    wanted = _known(work, keys)
    found = await _load(work, _held_heads(), wanted)
    # An edition is left out if it got another head while its lock was awaited.
    missing = wanted - found.keys()
    return {**found, **await _load(work, _held_heads(), missing)}


@cache
def _held_heads() -> Select[*tuple[Any, ...]]:
    # A command that archives, deletes or purges the entry or its head waits, and is waited for.
    return hold_rows(_heads(), shared=(Entry, Revision), alone=Edition)


def held_in(found: Mapping[EditionKey, Held], key: EditionKey) -> Held:
    """Return one of the editions that were found.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if it was not, or
            :class:`~cms.errors.Purged`.
    """
    if key not in found:
        message = f"there is no entry {key[0]!r} with an edition in {key[1]!r}"
        raise Refused(NotFound(message=message))
    refuse_purged(found[key].head, key[0])
    return found[key]


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
    except Refused as refused:
        if any(isinstance(each, Purged) for each in refused.errors):
            raise
        raise _missing(table, identifier) from None
    return held, part


async def hold_entry(work: Work, entry_id: str, locale: str | None) -> Held:
    """Return an edition as :func:`hold` does, and hold all other editions of the entry too.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see, or
            :class:`~cms.errors.Purged`.
    """
    key = entry_id, locale or work.site.default_locale
    wanted = _known(work, [key])
    if wanted:
        await work.session.execute(
            select(Entry.id).where(Entry.id == entry_id).with_for_update(key_share=True)
        )
    return held_in(await _load(work, _heads_alone(), wanted), key)


async def look_at(reading: Reading, entry_id: str, locale: str | None) -> Held:
    """Return an edition as it is now, without keeping others from changing it.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see, or
            :class:`~cms.errors.Purged`.
    """
    key = entry_id, locale or reading.site.default_locale
    return held_in(await look_at_all(reading, [key]), key)


async def look_at_all(reading: Reading, keys: Iterable[EditionKey]) -> Mapping[EditionKey, Held]:
    """Return those editions that the actor may see, as :func:`look_at` does."""
    wanted = _known(reading, keys)
    return await _load(reading, _heads(), wanted)


def _known(reading: Reading, keys: Iterable[EditionKey]) -> frozenset[EditionKey]:
    """Return the keys that can be those of editions."""
    locales = reading.site.locales
    return frozenset(key for key in keys if is_entry_id(key[0]) and key[1] in locales)


@cache
def _heads() -> Select[*tuple[Any, ...]]:
    """Return a query for editions with their entries and newest revisions, see :func:`_load`."""
    return (
        select(*columns_of(Entry, Edition, Revision))
        .select_from(Entry)
        .join(Edition, Edition.entry_id == Entry.id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(
            is_among_given(Entry.id, "entries"),
            is_among_given(Edition.locale, "locales"),
        )
        .order_by(Entry.id, Edition.id)  # so that two commands do not wait for each other
    )


@cache
def _heads_alone() -> Select[*tuple[Any, ...]]:
    return _heads().with_for_update(of=Edition)


async def _load(
    reading: Reading, chosen: Select[*tuple[Any, ...]], keys: Collection[EditionKey]
) -> Mapping[EditionKey, Held]:
    """Return those editions of entries that the actor may see."""
    if not keys:
        return {}
    given = {
        "entries": texts(entry_id for entry_id, _ in keys),
        "locales": texts(locale for _, locale in keys),
    }
    rows = [
        (entry, edition, head)
        for row in await reading.session.fetch(chosen, **given)
        for entry, edition, head in [loaded(reading.session, row, Entry, Edition, Revision)]
        if (edition.entry_id, edition.locale) in keys
    ]
    places = [place_of(entry, edition, head.category_id) for entry, edition, head in rows]
    above = await ancestries_in_rights(reading, [each.category_in_rights for each in places])
    seen = await visible_among(reading, places, above)
    return {
        (entry.id, edition.locale): Held(
            entry, edition, head, content_type, place.subject(above).categories
        )
        for (entry, edition, head), place in zip(rows, places, strict=True)
        # Entries of content types that the site no longer declares are seen by none.
        if edition.id in seen
        and (content_type := reading.site.find_stored_type(entry.content_type))
    }


async def rows_by_id(
    reading: Reading, table: type[Row], identifiers: Iterable[str]
) -> Mapping[str, Row]:
    """Return the rows of a table with these ids, by id; those that are loaded are not read."""
    wanted = set(identifiers)
    known = {
        each: row
        for each in wanted
        if (row := reading.session.identity_map.get(identity_key(table, each))) is not None
    }
    if missing := wanted - known.keys():
        column = table.__table__.c.id
        rows = await reading.session.scalars(select(table).where(is_among(column, missing)))
        known |= {each.id: each for each in rows}  # type: ignore[attr-defined]  # it has an id
    return known


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
    return revision_in(await revisions_by_id(reading, [revision_id]), edition, revision_id)


async def revisions_by_id(
    reading: Reading, revision_ids: Iterable[str | None]
) -> Mapping[str, Revision]:
    """Return the revisions with these ids, by id; other ids are left out."""
    wanted = [each for each in revision_ids if each is not None and kind_of(each) == "rev"]
    return await rows_by_id(reading, Revision, wanted)


def revision_in(
    revisions: Mapping[str, Revision], edition: Edition, revision_id: str | None
) -> Revision:
    """Return one of the revisions if it is of this edition.

    Raises:
        Refused: with :class:`~cms.errors.NotFound`.
    """
    revision = revisions.get(revision_id or "")
    if revision is None or revision.edition_id != edition.id:
        message = f"the entry {edition.entry_id!r} has no revision {revision_id!r}"
        raise Refused(NotFound(message=message))
    refuse_purged(revision, revision.id)
    return revision


def refuse_purged(revision: Revision, named: str) -> None:
    """Check that the words of a revision were not purged.

    Args:
        revision: the revision.
        named: id of what was asked for.

    Raises:
        Refused: with :class:`~cms.errors.Purged`.
    """
    if revision.purged_at is not None:
        message = f"{named} was purged at {as_text(revision.purged_at)}; its words are gone"
        raise Refused(Purged(message=message))


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


async def authorise_on(
    reading: Reading, action: Action, held: Held, *others: str | None, is_own: bool = False
) -> None:
    """Check that the actor may do this to an edition, in its category and in the others.

    Raises:
        Refused: with :class:`~cms.errors.NotAllowed`.
    """
    above = await ancestries_beside([(held, others)], reading)
    authorise_in(reading, above, action, held, *others, is_own=is_own)


async def ancestries_beside(
    places: Iterable[tuple[Held, Iterable[str | None]]], reading: Reading
) -> Ancestries:
    """Return the categories above those that are not the categories of newest revisions.

    Args:
        places: editions, each with other categories that rights are checked in.
        reading: the snapshot.
    """
    return await ancestries_in_rights(
        reading,
        {
            place_of(held.entry, held.edition, each).category_in_rights
            for held, others in places
            for each in others
            if each != held.head.category_id
        },
    )


def authorise_in(
    reading: Reading,
    above: Ancestries,
    action: Action,
    held: Held,
    *others: str | None,
    is_own: bool = False,
) -> None:
    """Check what :func:`authorise_on` does, where the categories above are loaded.

    Raises:
        Refused: with :class:`~cms.errors.NotAllowed`.
    """
    for category_id in {held.head.category_id, *others}:
        reading.authorise(action, subject_on(above, held, category_id, is_own=is_own))


def subject_on(
    above: Ancestries, held: Held, category_id: str | None, *, is_own: bool = False
) -> Subject:
    """Return what roles are checked against for an edition in a category.

    Args:
        above: the categories above, unless it is the category of the newest revision.
        held: the edition.
        category_id: the category.
        is_own: whether the object is the actor's own work.
    """
    subject = place_of(held.entry, held.edition, category_id).subject(above, is_own=is_own)
    if category_id == held.head.category_id:
        return replace(subject, categories=held.categories)
    return subject


async def authorise_on_entry(
    reading: Reading, action: Action, held: Held, *, is_own: bool = False
) -> None:
    """Check that the actor may do this to all editions of an entry.

    Raises:
        Refused: with :class:`~cms.errors.NotAllowed`.
    """
    rows = await reading.session.execute(
        select(Edition, Revision.category_id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(Edition.entry_id == held.entry.id)
        .order_by(Edition.locale)
    )
    places = [place_of(held.entry, edition, category_id) for edition, category_id in rows]
    above = await ancestries_in_rights(reading, [each.category_in_rights for each in places])
    for each in places:
        reading.authorise(action, each.subject(above, is_own=is_own))
