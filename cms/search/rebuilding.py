"""Derive the values of stored revisions again, in batches, while the site is read and written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from cms.content.canonical_json import JsonObject
from cms.content.renderer import RENDERER
from cms.ledger.chain import ignore_progress
from cms.reading.periods import is_public_now
from cms.search.deriving import (
    DerivedValues,
    delete_derived_values,
    derived_of,
    insert_derived_values,
    update_links,
)
from cms.search.tag_counts import recount_tags
from cms.search.word_counts import recount_words
from cms.site import Site
from cms.storage.database import Database, ReadSession, WriteSession
from cms.storage.dialects import JsonScalar, TextOf, is_among
from cms.tables import Edition, Entry, Publication, Rendition, Revision, SearchDocument

Progress: TypeAlias = Callable[[int], object]


class StoredContent(NamedTuple):
    """A content from which values are derived.

    Attributes:
        revision_id: its revision.
        content_type: the stored name of its content type.
        content: the content.
        path: the path of the revision.
    """

    revision_id: str
    content_type: str
    content: JsonObject
    path: str | None


# Derives the values of some contents, by the ids of their revisions.
Derive: TypeAlias = Callable[[Sequence[StoredContent]], Awaitable[Mapping[str, DerivedValues]]]

# Conditions for revisions: all of them, and those without values of this version.
EVERY_REVISION: ColumnElement[bool] = true()
OUTDATED_REVISIONS: ColumnElement[bool] = or_(
    Rendition.version.is_(None), Rendition.version != RENDERER, SearchDocument.id.is_(None)
)
OUTDATED = "Pages have values that another version of the renderer has derived"
# The version of derived values that have to be derived again.
_OUTDATED = "outdated"
# Number of revisions that are in memory, and written, at once.
_BATCH = 250
# Number of batches that are derived while one is written.
_AHEAD = 4


async def has_outdated_revisions(session: ReadSession, site: Site) -> bool:
    """Return whether there are values that were derived by another version of the renderer."""
    # The ends of the index over versions.
    ends = await session.execute(
        select(
            select(func.min(Rendition.version)).scalar_subquery(),
            select(func.max(Rendition.version)).scalar_subquery(),
        )
    )
    if {*ends.one()} <= {None, RENDERER}:
        return False
    return await count_revisions(session, site, OUTDATED_REVISIONS) > 0


async def count_revisions(session: ReadSession, site: Site, which: ColumnElement[bool]) -> int:
    """Return the number of revisions of declared types that meet a condition."""
    return await session.scalar(_revisions(site, which).with_only_columns(func.count())) or 0


def derive_here(site: Site) -> Derive:
    """Return the function that derives values in this process."""

    async def derive(contents: Sequence[StoredContent]) -> Mapping[str, DerivedValues]:
        return derived_from(site, contents)

    return derive


def derived_from(site: Site, contents: Sequence[StoredContent]) -> Mapping[str, DerivedValues]:
    """Return the values that derive from contents, by the ids of their revisions."""
    return {
        each.revision_id: derived_of(site.stored_types[each.content_type], each.content, each.path)
        for each in contents
    }


async def rebuild_revisions(
    database: Database,
    site: Site,
    which: ColumnElement[bool],
    progress: Progress = ignore_progress,
    derive: Derive | None = None,
) -> int:
    """Derive the values of revisions again, and return the number of revisions.

    Each batch is a transaction, so readers see the old or the new values of a revision.

    Args:
        database: the database.
        site: its declaration.
        which: condition for the revisions: :data:`EVERY_REVISION` or :data:`OUTDATED_REVISIONS`.
        progress: called with the number of revisions after each batch.
        derive: derives the values of a batch; by default, in this process.
    """
    derive = derive or derive_here(site)
    waiting: deque[asyncio.Task[Mapping[str, DerivedValues]]] = deque()
    count = 0
    async for contents in _batches(database, site, which):
        waiting.append(asyncio.create_task(_derived(derive, contents)))
        while len(waiting) > _AHEAD:
            count += await _store(database, await waiting.popleft(), progress)
    for task in waiting:
        count += await _store(database, await task, progress)
    return count


async def _derived(
    derive: Derive, contents: Sequence[StoredContent]
) -> Mapping[str, DerivedValues]:
    return await derive(contents)


async def _store(
    database: Database, derived: Mapping[str, DerivedValues], progress: Progress
) -> int:
    async with database.transaction() as session:
        await _replace(session, derived)
    progress(len(derived))
    return len(derived)


async def _batches(
    database: Database, site: Site, which: ColumnElement[bool]
) -> AsyncIterator[Sequence[StoredContent]]:
    # All ids at once: for a part of them, PostgreSQL would join the tables as a whole.
    chosen = _revisions(site, which)
    async with database.reading() as session:
        ids = (await session.scalars(chosen.with_only_columns(Revision.id))).all()
    for start in range(0, len(ids), _BATCH):
        batch = chosen.where(is_among(Revision.id, ids[start : start + _BATCH]))
        # Outside the transaction that writes, so that other writers do not wait for the renderer.
        async with database.reading() as session:
            rows = (await session.execute(batch)).all()
        yield [StoredContent(*row) for row in rows]


async def mark_outdated(session: WriteSession, stored_type: str, fields: Sequence[str]) -> None:
    """Mark the values that derive from certain fields, to be derived again.

    Args:
        session: the transaction.
        stored_type: stored name of the content type.
        fields: stored names of the fields.
    """
    values = JsonScalar(Revision.content, literal("fields"))
    texts = (TextOf(JsonScalar(values, literal(name))) for name in fields)
    chosen = (
        select(Revision.id)
        .join(Edition, Edition.id == Revision.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .where(Entry.content_type == stored_type)
        .where(or_(*(text.is_not(None) for text in texts)))  # an empty list derives one
    )
    await session.execute(
        update(Rendition)
        .where(Rendition.revision_id.in_(chosen))
        .values(version=_OUTDATED)
        .execution_options(synchronize_session=False)
    )


async def count_public_editions(session: ReadSession) -> int:
    """Return the number of public editions, whose words :func:`rebuild_counts` counts."""
    public = select(func.count()).select_from(Publication).where(is_public_now(Publication))
    return await session.scalar(public) or 0


async def rebuild_counts(database: Database, progress: Progress = ignore_progress) -> None:
    """Count suggested words and tags again, in one transaction for which publishing waits.

    Args:
        database: the database.
        progress: called with the number of public editions after each batch.
    """
    async with database.transaction() as session:
        await recount_words(session, progress)
        await recount_tags(session)
    await database.refresh_statistics()


def _revisions(site: Site, which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    # Nothing derives from a type that the site no longer declares.
    declared = Entry.content_type.in_([*site.stored_types])
    return (
        select(Revision.id, Entry.content_type, Revision.content, Revision.path)
        .select_from(Revision)
        .join(Edition, Edition.id == Revision.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Rendition, Rendition.revision_id == Revision.id, isouter=True)
        .join(SearchDocument, SearchDocument.revision_id == Revision.id, isouter=True)
        .where(which, declared, Revision.purged_at.is_(None))
    )


async def _replace(session: WriteSession, derived: Mapping[str, DerivedValues]) -> None:
    """Replace the values of those revisions that still exist: an autosave may have been deleted."""
    kept = await session.scalars(
        select(Revision.id)
        .where(is_among(Revision.id, derived))
        .order_by(Revision.id)
        .with_for_update(key_share=True)  # against a deletion, and another rebuild
    )
    rows = {revision_id: derived[revision_id] for revision_id in kept}
    if rows:
        await delete_derived_values(session, rows)
        await insert_derived_values(session, rows)
        await update_links(session, rows)
