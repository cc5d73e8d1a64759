"""Drop autosaves that nothing needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import aliased

from cms.authorization.actions import Action
from cms.drafts.loading import authorise_on, hold
from cms.tables import ChangeRequest, Publication, Review, Revision, SignOff
from cms.tables.base import Base
from cms.work.work import Work, command


@command(Action.REVISION_PRUNE)
async def prune_autosaves(
    work: Work, entry_id: str, *, older_than: timedelta, locale: str | None = None
) -> Sequence[Revision]:
    """Delete an edition's autosaves of before a time, and return them.

    Kept are those that were published, signed off or asked to be reviewed, the newest revision,
    each whose author has not saved the very next one as well, and what was restored after a
    publication: who contributed to a page has to stay known.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        older_than: how long ago they were saved, at least.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not.
    """
    held = await hold(work, entry_id, locale)
    await authorise_on(work, Action.REVISION_PRUNE, held)
    revisions = await work.session.scalars(
        select(Revision).where(Revision.edition_id == held.edition.id).order_by(Revision.number)
    )
    old = [
        revision
        for revision, following in pairwise(revisions)
        if revision.is_autosave
        and revision.author_id == following.author_id
        and revision.created_at <= work.now - older_than
    ]
    return [revision for revision in old if await drop_autosave(work, revision)]


async def drop_autosave(work: Work, revision: Revision) -> bool:
    """Delete an autosave unless it has to stay known; say whether it is gone."""
    if await _is_referred_to(work, revision) or await _comes_back(work, revision):
        return False
    await work.session.flush()  # its edition's head has to be another one first
    await work.session.execute(delete(Revision).where(Revision.id == revision.id))
    work.session.expunge(revision)
    return True


async def _is_referred_to(work: Work, revision: Revision) -> bool:
    tables: tuple[type[Base], ...] = (Publication, SignOff, ChangeRequest, Review)
    for table in tables:
        column = table.__table__.c.revision_id
        found = await work.session.scalar(select(column).where(column == revision.id).limit(1))
        if found is not None:
            return True
    return False


async def _comes_back(work: Work, revision: Revision) -> bool:
    """Say whether there is the same content on the other side of a publication."""
    same, public = aliased(Revision), aliased(Revision)
    number = revision.number
    found = await work.session.scalar(
        select(same.id)
        .join(public, public.edition_id == same.edition_id)
        .join(Publication, Publication.revision_id == public.id)
        .where(
            same.edition_id == revision.edition_id,
            same.digest == revision.digest,
            or_(
                and_(same.number < public.number, public.number < number),
                and_(number < public.number, public.number < same.number),
            ),
        )
        .limit(1)
    )
    return found is not None
