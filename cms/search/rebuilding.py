"""Derive the values of stored revisions again, in batches, while the site is read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, true

from cms.content.renderer import RENDERER
from cms.ledger.chain import ignore_progress
from cms.reading.visibility import is_public_now
from cms.search.deriving import DerivedValues, derived_of, insert_derived_values
from cms.search.word_counts import recount_words
from cms.site import Site
from cms.storage.database import Database, ReadSession, WriteSession
from cms.tables import Edition, Entry, Publication, Rendition, Revision, SearchDocument

Progress: TypeAlias = Callable[[int], object]

# Conditions for revisions: all of them, and those without values of this version.
EVERY_REVISION: ColumnElement[bool] = true()
OUTDATED_REVISIONS: ColumnElement[bool] = or_(
    Rendition.version.is_(None), Rendition.version != RENDERER, SearchDocument.id.is_(None)
)
OUTDATED = "Pages have values that another version of the renderer has derived"
# Number of revisions that are in memory, and written, at once.
_BATCH = 100


async def has_outdated_revisions(session: ReadSession) -> bool:
    """Return whether there are values that were derived by another version of the renderer."""
    # The ends of the index over versions.
    ends = await session.execute(
        select(
            select(func.min(Rendition.version)).scalar_subquery(),
            select(func.max(Rendition.version)).scalar_subquery(),
        )
    )
    return not {*ends.one()} <= {None, RENDERER}


async def count_revisions(session: ReadSession, which: ColumnElement[bool]) -> int:
    """Return the number of revisions that meet a condition."""
    return await session.scalar(_revisions(which).with_only_columns(func.count())) or 0


async def rebuild_revisions(
    database: Database,
    site: Site,
    which: ColumnElement[bool],
    progress: Progress = ignore_progress,
) -> int:
    """Derive the values of revisions again, and return the number of revisions.

    Each batch is a transaction, so readers see the old or the new values of a revision.

    Args:
        database: the database.
        site: its declaration.
        which: condition for the revisions: :data:`EVERY_REVISION` or :data:`OUTDATED_REVISIONS`.
        progress: called with the number of revisions after each batch.
    """
    batches = _revisions(which).order_by(Revision.id).limit(_BATCH)
    last, count = "", 0
    while True:
        # Outside the transaction that writes, so that other writers do not wait for the renderer.
        async with database.reading() as session:
            rows = (await session.execute(batches.where(Revision.id > last))).all()
        if not rows:
            return count
        derived = {
            row.id: derived_of(site.content_type(row.content_type), row.content) for row in rows
        }
        async with database.transaction() as session:
            await _replace(session, derived)
        progress(len(rows))
        last, count = rows[-1].id, count + len(rows)


async def count_public_editions(session: ReadSession) -> int:
    """Return the number of public editions, whose words :func:`rebuild_words` counts."""
    public = select(func.count()).select_from(Publication).where(is_public_now(Publication))
    return await session.scalar(public) or 0


async def rebuild_words(database: Database, progress: Progress = ignore_progress) -> None:
    """Count the suggested words again, in one transaction for which publishing waits.

    Args:
        database: the database.
        progress: called with the number of public editions after each batch.
    """
    async with database.transaction() as session:
        await recount_words(session, progress)
    await database.refresh_statistics()


def _revisions(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Revision.id, Revision.content, Entry.content_type)
        .select_from(Revision)
        .join(Edition, Edition.id == Revision.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Rendition, Rendition.revision_id == Revision.id, isouter=True)
        .join(SearchDocument, SearchDocument.revision_id == Revision.id, isouter=True)
        .where(which)
    )


async def _replace(session: WriteSession, derived: Mapping[str, DerivedValues]) -> None:
    """Replace the values of those revisions that still exist: an autosave may have been deleted."""
    kept = await session.scalars(
        select(Revision.id)
        .where(Revision.id.in_(derived))
        .order_by(Revision.id)
        .with_for_update(key_share=True)  # against a deletion, and another rebuild
    )
    rows = {revision_id: derived[revision_id] for revision_id in kept}
    for table in (Rendition, SearchDocument):
        await session.execute(delete(table).where(table.revision_id.in_(rows)))
    if rows:
        await insert_derived_values(session, rows)
