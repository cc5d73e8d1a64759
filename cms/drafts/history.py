"""Questions about an edition's past: what changed, who wrote what, where comments stand."""

from __future__ import annotations

from asyncio import to_thread  # comparing long texts takes long
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.comparison.anchors import Anchor, Found, find_anchor
from cms.comparison.blame import Blamed, blame
from cms.comparison.difference import Difference, difference
from cms.drafts.loading import Held, authorise_on, get, look_at
from cms.errors import NotFound, Refused
from cms.tables import Comment, Edition, Look, Revision
from cms.work.work import Work


@dataclass(frozen=True)
class Located:
    """A thread of comments, and where its words stand now.

    Attributes:
        comment: the first comment of the thread.
        found: the range of text; ``None`` if it is about the whole, or its words are gone.
    """

    comment: Comment
    found: Found | None


async def compare_revisions(work: Work, from_id: str, to_id: str) -> Difference:
    """Return what is different between two revisions of one edition.

    Raises:
        Refused: if the actor may not see them, or they are not of one edition.
    """
    held, new = await find_revision(work, to_id)
    _, old = await find_revision(work, from_id)
    if old.edition_id != new.edition_id:
        raise Refused(NotFound(message=f"{from_id} and {to_id} are not of the same edition"))
    return await to_thread(difference, held.content_type, old.content, new.content)


async def changes_since_look(work: Work, entry_id: str, locale: str | None) -> Difference | None:
    """Return what has changed since the actor last marked the edition as seen.

    It is ``None`` if they never did. If the revision that they saw was an autosave that is
    gone, the newest one of before counts.

    Raises:
        Refused: if the actor may not see the entry.
    """
    held = await look_at(work, entry_id, locale)
    await authorise_on(work, Action.ENTRY_READ, held)
    look = await work.session.get(Look, (work.account_id(), held.edition.id))
    if look is None:
        return None
    seen = await work.session.get(Revision, look.revision_id) or await work.session.scalar(
        select(Revision)
        .where(Revision.edition_id == held.edition.id, Revision.created_at <= look.looked_at)
        .order_by(Revision.number.desc())
        .limit(1)
    )
    if seen is None:
        return None
    return await to_thread(difference, held.content_type, seen.content, held.head.content)


async def blame_entry(work: Work, entry_id: str, locale: str | None) -> Sequence[Blamed]:
    """Return which revision each paragraph of the newest revision comes from.

    Raises:
        Refused: if the actor may not see the entry.
    """
    held = await look_at(work, entry_id, locale)
    await authorise_on(work, Action.ENTRY_READ, held)
    revisions = await work.session.execute(
        select(Revision.id, Revision.content)
        .where(Revision.edition_id == held.edition.id)
        .order_by(Revision.number)
    )
    contents = [(identifier, content) for identifier, content in revisions]
    return await to_thread(blame, held.content_type, contents)


async def locate_comments(work: Work, entry_id: str, locale: str | None) -> Sequence[Located]:
    """Return an edition's threads, each with where its words stand in the newest revision.

    Raises:
        Refused: if the actor may not see the entry.
    """
    held = await look_at(work, entry_id, locale)
    await authorise_on(work, Action.ENTRY_READ, held)
    threads = await work.session.scalars(
        select(Comment)
        .where(Comment.edition_id == held.edition.id, Comment.thread_id.is_(None))
        .order_by(Comment.id)
    )
    return [Located(each, _place_of(each, held)) for each in threads]


async def find_revision(work: Work, revision_id: str) -> tuple[Held, Revision]:
    """Return a revision, with its edition as it is now.

    Raises:
        Refused: with :class:`~cms.errors.NotFound` if there is none that the actor may see.
    """
    revision = await get(work, Revision, revision_id)
    edition = await work.session.get_one(Edition, revision.edition_id)
    try:
        held = await look_at(work, edition.entry_id, edition.locale)
        await authorise_on(work, Action.ENTRY_READ, held, revision.category_id)
    except Refused:
        message = f"there is no revision {revision_id!r}"
        raise Refused(NotFound(message=message)) from None
    return held, revision


def _place_of(comment: Comment, held: Held) -> Found | None:
    if comment.field_path is None or comment.start is None:
        return None
    anchor = Anchor(
        field_path=comment.field_path,
        start=comment.start,
        quote=comment.quote or "",
        before=comment.before or "",
        after=comment.after or "",
    )
    return find_anchor(held.head.content, anchor)
