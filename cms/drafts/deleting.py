"""Delete entries that never were anything but drafts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.drafts.loading import Held, authorise_on_entry, hold_entry
from cms.drafts.presence import forget_visits
from cms.errors import HasHistory, Refused, StillLinked
from cms.events import EntryDeleted
from cms.tables import (
    Address,
    Comment,
    Edition,
    EditionContributor,
    Entry,
    ImportedFile,
    Link,
    Publication,
    Review,
    Revision,
)
from cms.work.work import Work, command


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
    files = await work.session.scalars(
        select(ImportedFile).where(ImportedFile.entry_id == held.entry.id)
    )
    await work.delete(*files)
    await work.delete(held.entry)
