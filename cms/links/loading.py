"""Graphs of views, read from the database in one snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.sql.functions import aggregate_strings

from cms.content.builtin import CATEGORY, PERSON
from cms.content.links import Origin
from cms.links.graph import NONE, Codes, Indexes, Layer, Layers, LinkGraph
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.positions import newest_position
from cms.reading.view import AsOf, View
from cms.site import Site
from cms.storage.database import ReadSession
from cms.storage.dialects import Key
from cms.tables import Link, Position

# The path of the home page.
_HOME = "/"
_SOURCES_AT_ONCE = 4_000
_NO_KIND = ""
_BETWEEN = " "


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
        self.at: Mapping[str | None, int] = {each: at for at, each in enumerate(self.ids)}
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
        self._is_singleton = nodes.is_singleton
        self._codes: defaultdict[str, int] = defaultdict(lambda: len(self._codes))
        self._codes[_NO_KIND] = 0
        self._parts: list[tuple[Indexes, Indexes, Codes, Layers]] = []

    def add_links(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Add links: the id of a source, the kind, and the ids of the targets in one text."""
        if not rows:
            return
        source_ids, kinds, texts = zip(*rows, strict=True)
        targets = [each.split(_BETWEEN) for each in texts]
        counts = np.fromiter(map(len, targets), np.int32, len(targets))
        codes = np.fromiter(map(self._codes.__getitem__, kinds), np.int16, len(kinds))
        sources = np.repeat(self._indexes(source_ids), counts)
        layers = np.where(self._is_singleton[sources], Layer.NAVIGATION, Layer.CONTENT)
        led_to = self._indexes([*chain.from_iterable(targets)])
        self._add(sources, led_to, np.repeat(codes, counts), layers)

    def add_taxonomy(self, below: Sequence[str], above: Sequence[str | None]) -> None:
        """Add edges to categories: from entries and categories, to what is above each."""
        sources, targets = self._indexes(below), self._indexes(above)
        self._add(sources, targets, np.zeros_like(sources), np.full_like(sources, Layer.TAXONOMY))

    def _indexes(self, ids: Sequence[str | None]) -> Indexes:
        return np.fromiter(map(self._at.get, ids, repeat(NONE)), np.int32, len(ids))

    def _add(self, sources: Indexes, targets: Indexes, kinds: Codes, layers: NDArray[Any]) -> None:
        are_shown = (sources != NONE) & (targets != NONE)
        every = (sources, targets, kinds.astype(np.int16), layers.astype(np.int8))
        self._parts.append(tuple(each[are_shown] for each in every))

    def graph(self, position: int, nodes: _Nodes, home: Sequence[str]) -> LinkGraph:
        """Return the graph, with the edges in the order of their sources."""
        sources, targets, kinds, layers = map(np.concatenate, zip(*self._parts, strict=True))
        self._parts.clear()
        order = np.argsort(sources, kind="stable")
        targets, layers = targets[order], layers[order]
        led_to = targets[layers == Layer.NAVIGATION]
        entered = self._indexes(home)
        roots = np.unique(np.concatenate((entered[entered != NONE], led_to)))
        is_page = ~(nodes.is_singleton | nodes.is_category)
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
            kinds=kinds[order],
            kind_names=tuple(self._codes),
            layers=layers,
        )


async def _load_nodes(session: ReadSession, site: Site, view: View) -> _Nodes:
    entries = narrowed(relations.entries(view), ("id", "content_type", "category_id"))
    found = entries.where(entries.selected_columns.content_type != PERSON)
    rows = await (await session.connection()).execute(found)
    return _Nodes(
        site, [(own, kind, above) for own, kind, above in rows if kind in site.stored_types]
    )


async def _load_edges(session: ReadSession, view: View, nodes: _Nodes) -> _Edges:
    edges, links = _Edges(nodes), _links(view)
    connection = await session.connection()
    # In parts, so that not all rows are in memory at once.
    for at in range(0, len(nodes.ids), _SOURCES_AT_ONCE):
        ids = nodes.ids[at : at + _SOURCES_AT_ONCE]
        edges.add_links((await connection.execute(links, {"first": ids[0], "last": ids[-1]})).all())
    are_within = nodes.categories != NONE
    edges.add_taxonomy(
        [nodes.ids[at] for at in np.flatnonzero(are_within)],
        [nodes.category_ids[at] for at in nodes.categories[are_within]],
    )
    places = narrowed(relations.category_places(view), ("category_id", "parent_id"))
    rows = (await connection.execute(places)).all()
    edges.add_taxonomy([below for below, _ in rows], [above for _, above in rows])
    return edges


def _links(view: View) -> Select[str, str, str]:
    """Return the links of some entries that a view shows to entries, those of a kind together."""
    source = narrowed(relations.entries(view), ("id", "revision_id")).subquery("source")
    first, last = bindparam("first", type_=Key), bindparam("last", type_=Key)
    return (
        select(
            source.c.id,
            Link.kind,
            aggregate_strings(Link.target_id, _BETWEEN),
        )
        .select_from(source)
        .join(Link, Link.revision_id == source.c.revision_id)
        .where(
            source.c.id >= first,
            source.c.id <= last,
            Link.target_id.is_not(None),
            Link.origin != Origin.REFERENCE,
        )
        .group_by(source.c.id, Link.kind)
    )


async def _home(session: ReadSession, view: View) -> Sequence[str]:
    paths = relations.paths(view)
    found = paths.where(paths.selected_columns.path == _HOME)
    return list(await session.scalars(narrowed(found, ("id",))))
