"""Bring an entry into being, and put it away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.content.snapshot import Draft, draft_of
from cms.drafts.addresses import PagesAhead
from cms.drafts.link_targets import NO_PAGES
from cms.drafts.loading import (
    EditionKey,
    Held,
    ancestries_beside,
    authorise_in,
    authorise_on,
    authorise_on_entry,
    held_in,
    hold,
    hold_all,
    hold_entry,
    refuse_archived,
    subject_on,
)
from cms.drafts.new_editions import (
    NewEdition,
    first_additions,
    inherit,
    insert_editions,
    without_refused,
)
from cms.drafts.new_entries import (
    authorised_type,
    entries_for,
    existing_singletons,
    refuse_second_singletons,
    second_singleton,
    unknown_locale,
)
from cms.drafts.revisions import About
from cms.drafts.saving import Saved
from cms.drafts.subjects import Ancestries, ancestries_in_rights
from cms.errors import DuplicateName, InvalidValue, Refused, StillPublic
from cms.events import EntryArchived, EntryUnarchived
from cms.identifiers import is_entry_id
from cms.reading.periods import is_public_now
from cms.storage.dialects import is_among
from cms.tables import (
    Edition,
    Entry,
    Publication,
)
from cms.work.bulk import (
    Decisions,
    Mode,
    Outcome,
    alone,
    check_items,
    check_notes,
    check_number,
)
from cms.work.work import Work, command


@dataclass(frozen=True, kw_only=True)
class CreateItem:
    """An entry to be created.

    Attributes:
        content_type: the name of a content type that the site declares.
        draft: what to write; a title is enough to begin with.
        locale: the edition to write; by default the site's default locale.
        note: what the author has to say about the revision; by default the note of all.
        entry_id: an entry of :func:`begin_entries`; by default a new one.
        slug: the slug to begin with where the draft has none; by default that of the title. A
            number is added if it is taken.
    """

    content_type: str
    draft: Draft
    locale: str | None = None
    note: str = ""
    entry_id: str | None = None
    slug: str = ""


@dataclass(frozen=True, kw_only=True)
class EditionItem:
    """An edition to be added to an entry.

    Attributes:
        entry_id: the entry.
        locale: the language of the new edition.
        source_locale: the edition that it translates; by default the site's default locale.
        draft: what to write; by default what the source says.
        note: what the author has to say about the revision; by default where it began.
    """

    entry_id: str
    locale: str
    source_locale: str | None = None
    draft: Draft | None = None
    note: str = ""


@command(Action.ENTRY_CREATE)
async def create_entry(
    work: Work, content_type: str, draft: Draft, *, locale: str | None = None, note: str = ""
) -> Saved:
    """Create an entry with a first revision and return that.

    Args:
        work: the transaction and the actor.
        content_type: the name of a content type that the site declares.
        draft: what to write; a title is enough to begin with.
        locale: the edition to write; by default the site's default locale.
        note: what the author has to say about the revision.

    Raises:
        Refused: if the actor may not, the type or locale is unknown, the type is a singleton
            that exists, or a value does not fit.
    """
    item = CreateItem(content_type=content_type, draft=draft, locale=locale)
    return await alone(_create(work, [item], "all", note))


@command(Action.ENTRY_CREATE)
async def create_entries(
    work: Work,
    items: Sequence[CreateItem],
    *,
    mode: Mode = "all",
    note: str = "",
    expected: PagesAhead = NO_PAGES,
) -> Sequence[Outcome[Saved]]:
    """Create many entries, each with a first revision; return an outcome for each, in their order.

    They can link to each other by the addresses at which they will stand. The outcome of an entry
    that was refused has no id, and addresses of its page lead to nothing.

    Args:
        work: the transaction and the actor.
        items: what to create, at most 1,000.
        mode: whether all are refused when one is, or each by itself.
        note: what the author has to say about the revisions.
        expected: the pages that an import brings to paths, whatever stands there now.

    Raises:
        Refused: if there are too many items; with :class:`~cms.work.bulk.NoneDone` if one is
            refused, and all are to be then.
    """
    check_number(items)
    return await _create(work, items, mode, note, expected)


@command(Action.ENTRY_CREATE)
async def duplicate_entry(
    work: Work, entry_id: str, *, slug: str = "", locale: str | None = None
) -> Saved:
    """Create an entry that holds what the newest revision of another one does; return its first.

    Args:
        work: the transaction and the actor.
        entry_id: the entry to copy.
        slug: the copy's word in addresses; by default the original's with ``-copy``, and with a
            number if that is taken.
        locale: the edition to copy; by default the site's default locale.

    Raises:
        Refused: if the actor may not create such an entry, or there can be only one.
    """
    held = await hold(work, entry_id, locale)
    await authorise_on(work, Action.ENTRY_CREATE, held)
    if held.content_type.is_built_in():
        message = f"a {held.content_type.name} cannot be copied; create another one"
        raise Refused(InvalidValue(message=message))
    copied = draft_of(held.content_type, held.head.content)
    draft = Draft(
        title=copied.title,
        slug=slug,
        summary=copied.summary,
        category=copied.category,
        tags=copied.tags,
        fields=copied.fields,
    )
    item = CreateItem(
        content_type=held.content_type.name,
        draft=draft,
        locale=held.edition.locale,
        slug=f"{copied.slug}-copy" if copied.slug else "",
    )
    saved = await alone(_create(work, [item], "all", f"A copy of {entry_id}."))
    await inherit(work, [(held.head, saved.revision)])
    return saved


@command(Action.ENTRY_CREATE)
async def add_edition(
    work: Work, entry_id: str, locale: str, *, source_locale: str | None = None
) -> Saved:
    """Add an edition in another locale, filled with the source's text; return its first revision.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        locale: the language of the new edition.
        source_locale: the edition to start from; by default the site's default locale.

    Raises:
        Refused: if the actor may not, the locale is unknown, or there is such an edition.
    """
    item = EditionItem(entry_id=entry_id, locale=locale, source_locale=source_locale)
    return await alone(_add(work, [item], "all"))


@command(Action.ENTRY_CREATE)
async def add_editions(
    work: Work,
    items: Sequence[EditionItem],
    *,
    mode: Mode = "all",
    expected: PagesAhead = NO_PAGES,
) -> Sequence[Outcome[Saved]]:
    """Add editions to many entries; return an outcome for each, in their order.

    Args:
        work: the transaction and the actor.
        items: the editions, at most 1,000.
        mode: whether all are refused when one is, or each by itself.
        expected: the pages that an import brings to paths, whatever stands there now.

    Raises:
        Refused: if there are too many items, or an edition twice; with
            :class:`~cms.work.bulk.NoneDone` if one is refused, and all are to be then.
    """
    check_items(items, work.site.default_locale)
    return await _add(work, items, mode, expected)


@command(Action.ENTRY_ARCHIVE)
async def archive_entry(work: Work, entry_id: str, *, locale: str | None = None) -> Entry:
    """Put an entry away, with all its editions, and return it.

    Raises:
        Refused: if the actor may not, or an edition is public.
    """
    held = await hold_entry(work, entry_id, locale)
    await authorise_on_entry(work, Action.ENTRY_ARCHIVE, held)
    live = await work.session.scalars(
        select(Publication.locale).where(
            Publication.entry_id == entry_id, is_public_now(Publication)
        )
    )
    if locales := sorted(live):
        message = f"{entry_id} is public in {', '.join(locales)}; unpublish it first"
        raise Refused(StillPublic(message=message))
    if held.entry.archived_at is None:
        await work.update(held.entry, archived_at=work.now)
        work.emit(EntryArchived(subject=entry_id, entry=entry_id))
    return held.entry


@command(Action.ENTRY_ARCHIVE)
async def unarchive_entry(work: Work, entry_id: str, *, locale: str | None = None) -> Entry:
    """Unarchive an entry and return it.

    Raises:
        Refused: if the actor may not, or its type has become a singleton that has another entry.
    """
    held = await hold_entry(work, entry_id, locale)
    await authorise_on_entry(work, Action.ENTRY_ARCHIVE, held)
    if held.entry.archived_at is not None:
        singleton = held.content_type.stored_name if held.content_type.singleton else None
        is_another = singleton is not None and held.entry.singleton is None
        if is_another and await existing_singletons(work, [held.content_type]):
            raise Refused(second_singleton(held.content_type))
        await work.update(held.entry, archived_at=None, singleton=singleton)
        work.emit(EntryUnarchived(subject=entry_id, entry=entry_id))
    return held.entry


async def _create(
    work: Work,
    items: Sequence[CreateItem],
    mode: Mode,
    note: str,
    expected: PagesAhead = NO_PAGES,
) -> list[Outcome[Saved]]:
    places = [(None, each.locale or work.site.default_locale) for each in items]
    batch = Decisions(items, mode, places)
    check_notes(batch)
    above = await ancestries_in_rights(work, [each.draft.category for each in items])
    types = batch.decide(
        batch.open(),
        lambda index, each: authorised_type(
            work, above, each.content_type, places[index][1], each.draft.category
        ),
    )
    begun = {index: each for index in types if (each := items[index].entry_id) is not None}
    entries = await entries_for(work, batch, types, begun)
    new = {
        index: NewEdition(
            entry,
            places[index][1],
            items[index].draft,
            About(note=items[index].note or note),
            items[index].slug,
        )
        for index, entry in entries.items()
    }
    additions, tree = await first_additions(work, batch, new, expected)
    types = {index: each for index, each in types.items() if items[index].entry_id is None}
    await refuse_second_singletons(work, batch, types)
    batch.settle()
    additions = await without_refused(work, new, batch.still(additions), expected)
    await work.insert(*(new[index].entry for index in additions if index in types))
    revisions = await insert_editions(work, list(additions.values()), tree)
    created = {
        index: Saved(new[index].entry.id, revision, additions[index].edition)
        for index, revision in zip(additions, revisions, strict=True)
    }
    return [
        replace(each, entry_id=each.result.entry_id) if each.result is not None else each
        for each in batch.outcomes(created)
    ]


async def _add(
    work: Work, items: Sequence[EditionItem], mode: Mode, expected: PagesAhead = NO_PAGES
) -> list[Outcome[Saved]]:
    batch = Decisions(items, mode, [(each.entry_id, each.locale) for each in items])
    check_notes(batch)
    keys = [(each.entry_id, each.source_locale or work.site.default_locale) for each in items]
    found = await hold_all(work, keys)
    held = batch.decide(batch.open(), lambda index, _: held_in(found, keys[index]))
    above = await ancestries_beside(
        [(each, [_category(items[index], each)]) for index, each in held.items()], work
    )
    existing = await _existing_editions(work, items)
    batch.decide(
        held, lambda index, each: _check_edition(work, above, existing, items[index], each)
    )
    held = batch.still(held)
    new = {index: _new_edition(items[index], each) for index, each in held.items()}
    additions, tree = await first_additions(work, batch, new, expected)
    batch.settle()
    additions = await without_refused(work, new, additions, expected)
    revisions = await insert_editions(work, list(additions.values()), tree)
    added = dict(zip(additions, revisions, strict=True))
    await inherit(work, [(held[index].head, revision) for index, revision in added.items()])
    return batch.outcomes(
        {index: Saved(items[index].entry_id, revision) for index, revision in added.items()}
    )


def _category(item: EditionItem, source: Held) -> str | None:
    return item.draft.category if item.draft is not None else source.head.category_id


def _check_edition(
    work: Work,
    above: Ancestries,
    existing: Collection[EditionKey],
    item: EditionItem,
    source: Held,
) -> None:
    """Check that the actor may add an edition, and that the site has its locale."""
    for category_id in {source.head.category_id, _category(item, source)}:
        subject = subject_on(above, source, category_id)
        work.authorise(Action.ENTRY_CREATE, replace(subject, locale=item.locale))
    authorise_in(work, above, Action.ENTRY_READ, source)
    refuse_archived(source)
    if unknown := list(unknown_locale(work, item.locale)):
        raise Refused(*unknown)
    if (item.entry_id, item.locale) in existing:
        message = f"{item.entry_id} already has an edition in {item.locale!r}"
        raise Refused(DuplicateName(message=message, path=("locale",)))


async def _existing_editions(work: Work, items: Sequence[EditionItem]) -> frozenset[EditionKey]:
    """Return those editions among entries of items that exist."""
    entry_ids = [each.entry_id for each in items if is_entry_id(each.entry_id)]
    rows = await work.session.execute(
        select(Edition.entry_id, Edition.locale).where(is_among(Edition.entry_id, entry_ids))
    )
    return frozenset((entry_id, locale) for entry_id, locale in rows)


def _new_edition(item: EditionItem, source: Held) -> NewEdition:
    copied = draft_of(source.content_type, source.head.content)
    draft = item.draft or replace(copied, slug="")
    note = item.note or f"Begun from {source.edition.locale} revision {source.head.number}."
    about = About(note=note, translated_from=source.head.id)
    slug = copied.slug if item.draft is None else ""
    return NewEdition(source.entry, item.locale, draft, about, slug)
