"""Drop autosaves that nothing needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import Column, and_, exists, or_, select
from sqlalchemy.orm import aliased

from cms.authorization.actions import Action
from cms.drafts.loading import authorise_on, hold
from cms.events import RevisionPruned
from cms.ledger.rows import PART_OF
from cms.tables import Base, Edition, Publication, Revision
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
    """Delete an autosave unless it has to stay known; return whether it is gone."""
    if await _is_referred_to(work, revision) or await _comes_back(work, revision):
        return False
    edition = await work.session.get_one(Edition, revision.edition_id)
    await work.delete(revision)
    work.emit(RevisionPruned(subject=revision.id, entry=edition.entry_id, locale=edition.locale))
    return True


async def _is_referred_to(work: Work, revision: Revision) -> bool:
    """Return whether a row refers to a revision and would not be deleted with it."""
    referring = (exists().where(column == revision.id) for column in _referring_columns())
    return bool(await work.session.scalar(select(or_(*referring))))


@cache
def _referring_columns() -> Sequence[Column[Any]]:
    """Return the columns of other tables that hold ids of revisions, by their foreign keys.

    So a table of a room above is heeded too.
    """
    constraints = (
        each for table in Base.metadata.tables.values() for each in table.foreign_key_constraints
    )
    return [
        element.parent
        for constraint in constraints
        if constraint.ondelete != "CASCADE" and constraint.table.name not in PART_OF
        for element in constraint.elements
        if element.column is Revision.__table__.c.id
    ]


async def _comes_back(work: Work, revision: Revision) -> bool:
    """Return whether there is the same content on the other side of a publication."""
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
