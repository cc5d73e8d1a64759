"""Graphs of what is public now, brought from one position to the newest one.

Only entries of which a publication has begun or ended since are read again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

import numpy as np
from sqlalchemy import Select, select, union

from cms.content.builtin import CATEGORY
from cms.links.graph import NONE, Indexes, Layer, LinkGraph, Mask
from cms.links.loading import (
    EdgeParts,
    NodeParts,
    Nodes,
    assemble,
    links_of,
    load_graph,
    position_of,
    shown_entries,
)
from cms.reading.view import View
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Link, Publication, Purge

# With more changes, all is read again: one of so many entries.
_FEW = 50
_AT_ONCE = 500


async def update_graph(session: ReadSession, site: Site, view: View, graph: LinkGraph) -> LinkGraph:
    """Return the link graph of what is public now, with all layers.

    Args:
        session: the snapshot that it is read from.
        site: the site's declaration.
        view: the view: what is public now.
        graph: its graph at an earlier position.
    """
    since = graph.position
    changed = [*await session.scalars(_changed(since))]
    is_purged = await session.scalar(select(Purge.id).where(Purge.position > since).limit(1))
    if is_purged is not None or len(changed) * _FEW > len(graph):
        return await load_graph(session, site, view)
    position = await session.scalar(select(position_of(view))) or 0
    found = await _found(session, site, view, graph, changed)
    left = np.ones(len(graph), dtype=np.bool_)
    left[graph.indexes_of(changed)] = False
    category = [*site.stored_types].index(CATEGORY)
    nodes, moved = _merged(graph, found, left, category)
    edges = EdgeParts(_Sorted(nodes.ids), nodes.is_singleton, graph.kind_names)
    kept = left[graph.sources] & (graph.layers != Layer.TAXONOMY)
    sources, targets = moved[graph.sources[kept]], moved[graph.targets[kept]]
    edges.add(sources, targets, graph.kinds[kept], graph.layers[kept])
    new = [each for each in found.ids if graph.index_of(each) is None]
    connection, read = await session.connection(), set(changed)
    for ids in _parts(changed):
        of_changed = links_of(view, lambda source: source.in_(ids))  # noqa: B023  # called at once
        edges.add_links((await connection.execute(of_changed)).all())
    # Links that have waited for an entry to become public, of pages that are as they were.
    for ids in _parts(new):
        to_new = links_of(view, lambda _: Link.target_id.in_(ids))  # noqa: B023  # the same
        rows = (await connection.execute(to_new)).all()
        edges.add_links([row for row in rows if row[0] not in read])
    return await assemble(session, view, position, nodes, edges)


def _changed(since: int) -> Select[str]:
    """Return the entries of which a publication has begun or ended since a position."""
    begun = select(Publication.entry_id).where(Publication.position > since)
    ended = select(Publication.entry_id).where(Publication.ended_position > since)
    return select(union(begun, ended).subquery("changed").c.entry_id)


async def _found(
    session: ReadSession, site: Site, view: View, graph: LinkGraph, changed: Sequence[str]
) -> Nodes:
    """Return those of the changed entries that the view shows now."""
    shown, rows = shown_entries(view), list[Any]()
    for ids in _parts(changed):
        rows += await session.execute(shown.where(shown.selected_columns.id.in_(ids)))
    found = NodeParts(site, graph.category_ids)
    found.add(sorted(rows))
    return found.together()


def _merged(graph: LinkGraph, found: Nodes, left: Mask, category: int) -> tuple[Nodes, Indexes]:
    """Return the entries that are left with those that were found.

    Args:
        graph: the graph as it was.
        found: entries that are no longer left, as they are now.
        left: for each entry of the graph, whether it is left.
        category: the index of the type of categories.

    Returns:
        The entries, and for each entry of the graph, its new index; ``NONE`` if it is gone.
    """
    ids = [*compress(graph.ids, left)]
    places = np.array([bisect_left(ids, each) for each in found.ids], dtype=np.int32)
    at_found = places + np.arange(len(places), dtype=np.int32)
    are_found = np.zeros(len(ids) + len(places), dtype=np.bool_)
    are_found[at_found] = True
    moved = np.full(len(graph), NONE, dtype=np.int32)
    moved[left] = np.flatnonzero(~are_found)
    for each, at in zip(found.ids, at_found.tolist(), strict=True):
        if (before := graph.index_of(each)) is not None:
            moved[before] = at
    for each, at in zip(found.ids, at_found.tolist(), strict=True):
        ids.insert(at, each)
    types = np.insert(graph.types[left], places, found.types)
    is_category = types == category
    is_page = np.insert(graph.is_page[left], places, ~(found.is_singleton | found.is_category))
    nodes = Nodes(
        ids=tuple(ids),
        types=types,
        type_names=graph.type_names,
        categories=np.insert(graph.categories[left], places, found.categories),
        category_ids=found.category_ids,
        is_singleton=~(is_page | is_category),
        is_category=is_category,
    )
    return nodes, moved


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))


class _Sorted:
    """The indexes of sorted ids."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = ids

    def get(self, key: str, default: int, /) -> int:
        """Return the index of an id, or the default."""
        at = bisect_left(self._ids, key)
        return at if at < len(self._ids) and self._ids[at] == key else default
