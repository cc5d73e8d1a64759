"""The titles of entries of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cms.links.asking import GraphReading
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.storage.dialects import is_among


async def titles_of(reading: GraphReading, entry_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the titles of those entries that the view shows, by id."""
    entries = narrowed(relations.entries(reading.view), ("id", "title"))
    wanted = entries.where(is_among(entries.selected_columns.id, entry_ids))
    rows = await reading.reading.session.execute(wanted)
    return {row.id: row.title for row in rows}
