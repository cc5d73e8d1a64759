"""Bring an entry into being, and put it away."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cms.authorization.actions import Action, Subject
from cms.content.content_type import ContentType
from cms.content.snapshot import Draft, draft_of
from cms.drafts.contributors import contributors_of
from cms.drafts.loading import (
    Held,
    authorise_on,
    authorise_on_entry,
    hold,
    hold_entry,
    refuse_archived,
)
from cms.drafts.presence import forget_visits
from cms.drafts.saving import Saved, first_revision
from cms.drafts.subjects import ancestry, subject_of
from cms.errors import DuplicateName, HasHistory, InvalidValue, Refused, StillLinked, StillPublic
from cms.events import EntryArchived, EntryDeleted, EntryUnarchived
from cms.identifiers import new_id
from cms.reading.visibility import is_public_now
from cms.tables import (
    Address,
    Comment,
    Edition,
    EditionContributor,
    Entry,
    Link,
    Publication,
    Review,
    Revision,
)
from cms.work.work import Work, command


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
    categories = await ancestry(work, draft.category)
    place = locale or work.site.default_locale
    declared = work.site.content_types.get(content_type)
    stored_name = declared.stored_name if declared is not None else content_type
    subject = Subject(content_type=stored_name, categories=categories, locale=place)
    work.authorise(Action.ENTRY_CREATE, subject)
    if declared is None:
        known = ", ".join(work.site.content_types)
        message = f"there is no content type {content_type!r}; use one of {known}"
        raise Refused(InvalidValue(message=message, path=("contentType",)))
    if declared.is_built_in():
        message = f"a {content_type} has a command of its own: create_{content_type.lower()}"
        raise Refused(InvalidValue(message=message, path=("contentType",)))
    return await _create(work, declared, draft, _known_locale(work, locale), note)


@command(Action.ENTRY_CREATE)
async def duplicate_entry(
    work: Work, entry_id: str, *, slug: str = "", locale: str | None = None
) -> Saved:
    """Create an entry that holds what the newest revision of another one does; return its first.

    Args:
        work: the transaction and the actor.
        entry_id: the entry to copy.
        slug: the copy's word in addresses; by default the original's with ``-copy``.
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
        slug=slug or (f"{copied.slug}-copy" if copied.slug else ""),
        summary=copied.summary,
        category=copied.category,
        tags=copied.tags,
        fields=copied.fields,
    )
    note = f"A copy of {entry_id}."
    saved = await _create(work, held.content_type, draft, held.edition.locale, note)
    await _inherit(work, held, saved.revision)
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
    held = await hold(work, entry_id, source_locale)
    subject = await subject_of(work, held.entry, held.head.category_id, locale)
    work.authorise(Action.ENTRY_CREATE, subject)
    await authorise_on(work, Action.ENTRY_READ, held)
    refuse_archived(held)
    wanted = _known_locale(work, locale)
    exists = select(Edition.id).where(Edition.entry_id == entry_id, Edition.locale == wanted)
    if await work.session.scalar(exists):
        message = f"{entry_id} already has an edition in {wanted!r}"
        raise Refused(DuplicateName(message=message, path=("locale",)))
    note = f"Begun from {held.edition.locale} revision {held.head.number}."
    draft = draft_of(held.content_type, held.head.content)
    revision = await first_edition(work, held.entry, draft, wanted, note, held.head.id)
    await _inherit(work, held, revision)
    return Saved(entry_id, revision)


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
        if singleton is not None and held.entry.singleton is None:
            await _refuse_second_singleton(work, held.content_type)
        await work.update(held.entry, archived_at=None, singleton=singleton)
        work.emit(EntryUnarchived(subject=entry_id, entry=entry_id))
    return held.entry


@command(Action.ENTRY_DELETE)
async def delete_entry(work: Work, entry_id: str, *, locale: str | None = None) -> Entry:
    """Delete an entry that never was anything but a draft, and return what it was.

    Raises:
        Refused: if the actor may not, it was ever public or in review, or others lead to it.
    """
    held = await hold_entry(work, entry_id, locale)
    if held.content_type.is_built_in():
        message = (
            f"a {held.content_type.name} cannot be deleted, because other entries can refer to it; "
            "archive it instead"
        )
        raise Refused(HasHistory(message=message))
    editions = (
        await work.session.scalars(select(Edition).where(Edition.entry_id == entry_id))
    ).all()
    edition_ids = [each.id for each in editions]
    authors = set(
        await work.session.scalars(
            select(Revision.author_id).where(Revision.edition_id.in_(edition_ids))
        )
    )
    is_own = authors == {work.actor.account_id}
    await authorise_on_entry(work, Action.ENTRY_DELETE, held, is_own=is_own)
    await _refuse_history(work, entry_id, edition_ids)
    await _refuse_linked(work, entry_id, edition_ids)
    await _delete(work, held, editions)
    work.emit(EntryDeleted(subject=entry_id, entry=entry_id))
    return held.entry


async def _create(
    work: Work, content_type: type[ContentType], draft: Draft, locale: str, note: str
) -> Saved:
    entry = await new_entry(work, content_type)
    return Saved(entry.id, await first_edition(work, entry, draft, locale, note))


async def new_entry(work: Work, content_type: type[ContentType]) -> Entry:
    """Insert an entry that has no edition yet, and return it.

    Raises:
        Refused: if the type is a singleton that exists.
    """
    entry = Entry(
        id=new_id(content_type.id_kind),
        content_type=content_type.stored_name,
        singleton=content_type.stored_name if content_type.singleton else None,
        created_at=work.now,
    )
    if content_type.singleton:
        await _refuse_second_singleton(work, content_type)
    await work.insert(entry)
    return entry


async def _inherit(work: Work, source: Held, revision: Revision) -> None:
    """Remember whose text a new edition began with: none of them may sign it off."""
    contributors = await contributors_of(work, source.head)
    await work.insert(
        *(
            EditionContributor(edition_id=revision.edition_id, contributor_id=contributor_id)
            for contributor_id in sorted(contributors)
        )
    )


async def first_edition(
    work: Work,
    entry: Entry,
    draft: Draft,
    locale: str,
    note: str,
    translated_from: str | None = None,
) -> Revision:
    """Insert a new edition of an entry with its first revision, and return that.

    Raises:
        Refused: with everything in the draft that does not fit.
    """
    edition = Edition(id=new_id("edition"), entry_id=entry.id, locale=locale, created_at=work.now)
    await work.insert(edition)
    return await first_revision(work, entry, edition, draft, note, translated_from)


def _known_locale(work: Work, locale: str | None) -> str:
    wanted = locale or work.site.default_locale
    if wanted not in work.site.locales:
        message = f"there is no locale {wanted!r}; use one of {', '.join(work.site.locales)}"
        raise Refused(InvalidValue(message=message, path=("locale",)))
    return wanted


async def _refuse_second_singleton(work: Work, content_type: type[ContentType]) -> None:
    same = select(Entry.id).where(Entry.singleton == content_type.stored_name)
    if await work.session.scalar(same):
        message = f"{content_type.name} is a singleton and exists already; edit it"
        raise Refused(DuplicateName(message=message))


async def _refuse_history(work: Work, entry_id: str, edition_ids: Sequence[str]) -> None:
    public = select(Publication.id).where(Publication.entry_id == entry_id).limit(1)
    reviewed = select(Review.id).where(Review.edition_id.in_(edition_ids)).limit(1)
    led_to = select(Address.id).where(Address.entry_id == entry_id).limit(1)
    for query, what in (
        (public, "was public"),
        (reviewed, "has been in review"),
        (led_to, "was the target of a redirect"),
    ):
        if await work.session.scalar(query):
            message = f"{entry_id} {what}, so its history is kept; archive it instead"
            raise Refused(HasHistory(message=message))


async def _refuse_linked(work: Work, entry_id: str, edition_ids: Sequence[str]) -> None:
    source = await work.session.scalar(
        select(Edition.entry_id)
        .join(Revision, Revision.edition_id == Edition.id)
        .join(Link, Link.revision_id == Revision.id)
        .where(Link.target_id == entry_id, Edition.id.not_in(edition_ids))
        .limit(1)
    )
    if source is not None:
        message = f"a revision of another entry links to {entry_id}; archive it instead"
        raise Refused(StillLinked(message=message))


async def _delete(work: Work, held: Held, editions: Sequence[Edition]) -> None:
    edition_ids = [each.id for each in editions]
    for each in editions:
        await work.update(each, head_id=None)  # so that revisions can be deleted
    await forget_visits(work, edition_ids)
    for table in (Comment, EditionContributor, Revision):
        rows = await work.session.scalars(
            select(table).where(table.__table__.c.edition_id.in_(edition_ids))
        )
        await work.delete(*rows)
    await work.delete(*editions)
    await work.delete(held.entry)
