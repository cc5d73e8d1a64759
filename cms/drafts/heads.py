"""Values of the newest revisions that editions repeat.

Lists of drafts are filtered and sorted by them, which indexes over editions serve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, case, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from cms.content.collation import sort_key
from cms.storage.database import ReadSession
from cms.tables import Edition, Entry, Rendition, Revision
from cms.work.work import Work

_BATCH = 1_000


def values_of_head(revision: Revision) -> Mapping[str, object]:
    """Return the columns of an edition that its newest revision determines, but for the path."""
    return {
        "head_id": revision.id,
        "category_id": revision.category_id,
        "byline_id": revision.byline_id,
        "title_key": sort_key(revision.title),
        "slug": revision.slug,
        "changed_at": revision.created_at,
    }


async def repeat_heads(work: Work) -> None:
    """Store in editions what their newest revisions say, where they say something else."""
    outdated = await _outdated_editions(work.session)
    for start in range(0, len(outdated), _BATCH):
        await work.session.execute(update(Edition), outdated[start : start + _BATCH])


async def faults_of_heads(session: ReadSession) -> list[str]:
    """Return a line for each edition that does not repeat its newest revision."""
    return [
        f"edition {each['id']} is not valid: its type, category, byline, title, slug or time of "
        "change is not that of its newest revision; run: copydesk migrate"
        for each in await _outdated_editions(session)
    ]


async def _outdated_editions(session: ReadSession) -> Sequence[dict[str, Any]]:
    """Return the values that editions should have, with their ids, where these differ."""
    is_there = Revision.purged_at.is_(None)
    right: Mapping[InstrumentedAttribute[Any], SQLColumnExpression[Any]] = {
        Edition.content_type: Entry.content_type,
        Edition.category_id: Revision.category_id,
        Edition.byline_id: Revision.byline_id,
        Edition.title_key: case((is_there, Rendition.title_key)),
        Edition.slug: case((is_there, Revision.slug)),
        Edition.changed_at: case((is_there, Revision.created_at)),
    }
    chosen: Select[*tuple[Any, ...]] = (
        select(Edition.id, *(value.label(column.key) for column, value in right.items()))
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .outerjoin(Rendition, Rendition.revision_id == Revision.id)
        .where(or_(*(column.is_distinct_from(value) for column, value in right.items())))
        .order_by(Edition.id)
    )
    rows = await session.execute(chosen)
    return [dict(row) for row in rows.mappings()]
