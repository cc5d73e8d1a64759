"""Questions about an edition's past: what changed, and who wrote what."""

from __future__ import annotations

from asyncio import to_thread  # comparing long texts takes long
from collections.abc import Sequence

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.comparison.blame import ParagraphOrigin, blame
from cms.comparison.difference import Difference, difference
from cms.drafts.loading import Held, authorise_on, get, look_at, refuse_purged
from cms.errors import NotFound, Purged, Refused
from cms.tables import Edition, Look, Revision
from cms.work.work import Reading


async def compare_revisions(reading: Reading, from_id: str, to_id: str) -> Difference:
    """Return what is different between two revisions of one edition.

    Raises:
        Refused: if the actor may not see them, they are not of one edition, or one was purged.
    """
    held, new = await find_revision(reading, to_id)
    _, old = await find_revision(reading, from_id)
    if old.edition_id != new.edition_id:
        raise Refused(NotFound(message=f"{from_id} and {to_id} are not of the same edition"))
    return await to_thread(difference, held.content_type, old.content, new.content)


async def changes_since_look(
    reading: Reading, entry_id: str, locale: str | None
) -> Difference | None:
    """Return what has changed since the actor last marked the edition as seen.

    It is ``None`` if they never did. If the revision that they saw was an autosave that is
    gone, the newest one of before counts.

    Raises:
        Refused: if the actor may not see the entry.
    """
    held = await look_at(reading, entry_id, locale)
    await authorise_on(reading, Action.ENTRY_READ, held)
    look = await reading.session.get(Look, (reading.account_id(), held.edition.id))
    if look is None:
        return None
    seen = await reading.session.get(Revision, look.revision_id) or await reading.session.scalar(
        select(Revision)
        .where(Revision.edition_id == held.edition.id, Revision.created_at <= look.looked_at)
        .order_by(Revision.number.desc())
        .limit(1)
    )
    if seen is None:
        return None
    refuse_purged(seen, seen.id)
    return await to_thread(difference, held.content_type, seen.content, held.head.content)


async def blame_entry(
    reading: Reading, entry_id: str, locale: str | None
) -> Sequence[ParagraphOrigin]:
    """Return which revision each paragraph of the newest revision comes from.

    Purged revisions are left out, so that what they introduced comes from the next one.

    Raises:
        Refused: if the actor may not see the entry.
    """
    held = await look_at(reading, entry_id, locale)
    await authorise_on(reading, Action.ENTRY_READ, held)
    revisions = await reading.session.execute(
        select(Revision.id, Revision.content)
        .where(Revision.edition_id == held.edition.id, Revision.purged_at.is_(None))
        .order_by(Revision.number)
    )
    contents = [(identifier, content) for identifier, content in revisions]
    return await to_thread(blame, held.content_type, contents)


async def find_revision(reading: Reading, revision_id: str) -> tuple[Held, Revision]:
    """Return a revision, with its edition as it is now.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see, or
            :class:`~cms.errors.Purged`.
    """
    revision = await get(reading, Revision, revision_id)
    edition = await reading.session.get_one(Edition, revision.edition_id)
    try:
        held = await look_at(reading, edition.entry_id, edition.locale)
        await authorise_on(reading, Action.ENTRY_READ, held, revision.category_id)
    except Refused as refused:
        if any(isinstance(each, Purged) for each in refused.errors):
            raise
        message = f"there is no revision {revision_id!r}"
        raise Refused(NotFound(message=message)) from None
    refuse_purged(revision, revision_id)
    return held, revision
