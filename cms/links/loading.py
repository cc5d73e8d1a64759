"""Graphs of views, read from the database in one snapshot."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import ColumnElement, Select, func, select

from cms.content.builtin import CATEGORY, PERSON
from cms.content.links import Origin
from cms.links.graph import NONE, Indexes, Layer, LinkGraph
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.positions import newest_position
from cms.reading.view import AsOf, View
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Link, Position

# The path of the home page.
_HOME = "/"
_ROWS_AT_ONCE = 10_000
_NO_KIND = ""

_Rows: TypeAlias = Select[*tuple[Any, ...]]


async def load_graph(session: ReadSession, site: Site, view: View) -> LinkGraph:
    """Return the link graph of a view, with all layers.

    Args:
        session: the snapshot that it is read from.
        site: the site's declaration.
        view: the view.
    """
    position = await session.scalar(select(position_of(view)))
    nodes = await _load_nodes(session, site, view)
    edges = await _load_edges(session, view, nodes)
    home = await _home(session, view)
    return edges.graph(position or 0, nodes, home)


def position_of(view: View) -> ColumnElement[int]:
    """Return the number of the position that a view shows, as an expression; 0 for none."""
    if view.past is None:
        return newest_position()
    if view.past.named is AsOf.POSITION:
        return view.past.at
    last = select(func.max(Position.number)).where(Position.taken_at <= view.past.at)
    return func.coalesce(last.scalar_subquery(), 0)


class _Nodes:
    """The entries of a view, in the order of their ids."""

    def __init__(self, site: Site, rows: Sequence[tuple[str, str, str | None]]) -> None:
        rows = sorted(rows)
        self.ids = tuple(row[0] for row in rows)
        self.at: Mapping[str, int] = {each: at for at, each in enumerate(self.ids)}
        names = {stored: each.name for stored, each in site.stored_types.items()}
        codes = {stored: at for at, stored in enumerate(names)}
        self.type_names = tuple(names.values())
        self.types = np.array([codes[row[1]] for row in rows], dtype=np.int16)
        self.category_ids = tuple(sorted({row[2] for row in rows if row[2] is not None}))
        category_at = {each: at for at, each in enumerate(self.category_ids)}
        self.categories = np.array(
            [NONE if row[2] is None else category_at[row[2]] for row in rows], dtype=np.int32
        )
        singletons = [codes[stored] for stored, each in site.stored_types.items() if each.singleton]
        self.is_singleton = np.isin(self.types, singletons)
        self.is_category = self.types == codes[CATEGORY]


class _Edges:
    """The edges of a graph, while they are read."""

    def __init__(self, nodes: _Nodes) -> None:
        self._at = nodes.at
        self._sources, self._targets = array("i"), array("i")
        self._kinds, self._layers = array("h"), array("b")
        self._codes: dict[str, int] = {_NO_KIND: 0}
        self._layer_of = np.where(nodes.is_singleton, Layer.NAVIGATION, Layer.CONTENT).tolist()

    def add_links(self, rows: Sequence[Any]) -> None:
        """Add links: the ids of the source and the target, and the kind."""
        at, codes, layer_of = self._at, self._codes, self._layer_of
        for source_id, target_id, kind in rows:
            source, target = at.get(source_id), at.get(target_id)
            if source is not None and target is not None:
                self._sources.append(source)
                self._targets.append(target)
                self._kinds.append(codes.setdefault(kind, len(codes)))
                self._layers.append(layer_of[source])

    def add_taxonomy(self, rows: Sequence[tuple[str, str | None]]) -> None:
        """Add edges to categories: the ids of an entry or a category, and of the one above it."""
        for below, above in rows:
            source, target = self._at.get(below), self._at.get(above or "")
            if source is not None and target is not None:
                self._sources.append(source)
                self._targets.append(target)
                self._kinds.append(0)
                self._layers.append(Layer.TAXONOMY)

    def graph(self, position: int, nodes: _Nodes, home: Sequence[str]) -> LinkGraph:
        """Return the graph, with the edges in the order of their sources."""
        sources = np.frombuffer(self._sources, dtype=np.int32)
        order = np.argsort(sources, kind="stable")
        targets = np.frombuffer(self._targets, dtype=np.int32)[order]
        layers = np.frombuffer(self._layers, dtype=np.int8)[order]
        entered: Indexes = np.array([nodes.at[each] for each in home], dtype=np.int32)
        led_to = targets[layers == Layer.NAVIGATION]
        is_page = ~(nodes.is_singleton | nodes.is_category)
        roots = np.unique(np.concatenate((entered, led_to)))
        return LinkGraph(
            position=position,
            ids=nodes.ids,
            types=nodes.types,
            type_names=nodes.type_names,
            categories=nodes.categories,
            category_ids=nodes.category_ids,
            is_page=is_page,
            roots=roots[is_page[roots]].astype(np.int32),
            sources=sources[order],
            targets=targets,
            kinds=np.frombuffer(self._kinds, dtype=np.int16)[order],
            kind_names=tuple(self._codes),
            layers=layers,
        )


async def _load_nodes(session: ReadSession, site: Site, view: View) -> _Nodes:
    entries = narrowed(relations.entries(view), ("id", "content_type", "category_id"))
    found = entries.where(entries.selected_columns.content_type != PERSON)
    rows = [tuple(row) async for part in _parts(session, found) for row in part]
    return _Nodes(site, [row for row in rows if row[1] in site.stored_types])


async def _load_edges(session: ReadSession, view: View, nodes: _Nodes) -> _Edges:
    edges = _Edges(nodes)
    async for part in _parts(session, _links(view)):
        edges.add_links(part)
    ids = zip(nodes.ids, nodes.categories.tolist(), strict=True)
    edges.add_taxonomy([(own, nodes.category_ids[at]) for own, at in ids if at != NONE])
    places = narrowed(relations.category_places(view), ("category_id", "parent_id"))
    async for part in _parts(session, places):
        edges.add_taxonomy([tuple(row) for row in part])
    return edges


def _links(view: View) -> _Rows:
    """Return the links of what a view shows to entries: source, target and kind."""
    source = narrowed(relations.entries(view), ("id", "revision_id")).subquery("source")
    return (
        select(source.c.id, Link.target_id, Link.kind)
        .select_from(source)
        .join(Link, Link.revision_id == source.c.revision_id)
        .where(Link.target_id.is_not(None), Link.origin != Origin.REFERENCE)
    )


async def _home(session: ReadSession, view: View) -> Sequence[str]:
    paths = relations.paths(view)
    found = paths.where(paths.selected_columns.path == _HOME)
    return list(await session.scalars(narrowed(found, ("id",))))


async def _parts(session: ReadSession, rows: _Rows) -> AsyncIterator[Sequence[Any]]:
    """Yield rows in parts, so that a large graph is never in memory as rows."""
    streamed = await session.stream(rows)
    async for part in streamed.partitions(_ROWS_AT_ONCE):
        yield part
