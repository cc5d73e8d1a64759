"""Graphs of views, read from the database in one snapshot."""

from __future__ import annotations

import asyncio
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.sql.functions import aggregate_strings

from cms.content.builtin import CATEGORY, PERSON
from cms.content.links import Origin
from cms.links.graph import NONE, Codes, Indexes, Layer, Layers, LinkGraph, Mask, roots_of
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.positions import newest_position
from cms.reading.view import AsOf, View
from cms.site import Site
from cms.storage.database import ReadSession
from cms.storage.dialects import Key
from cms.tables import Link, Position

# A condition on links, given the column with the ids of their sources.
Limit: TypeAlias = Callable[[ColumnElement[str]], ColumnElement[bool]]

# The path of the home page.
HOME = "/"
# Rows that are read at once: other tasks run in between.
_ENTRIES_AT_ONCE, _SOURCES_AT_ONCE = 5_000, 1_000
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
    at = dict(zip(nodes.ids, range(len(nodes.ids)), strict=True))
    edges = EdgeParts(at, nodes.is_singleton)
    first, last = bindparam("first", type_=Key), bindparam("last", type_=Key)
    links = links_of(view, lambda source: and_(source >= first, source <= last))
    connection = await session.connection()
    # In parts, so that not all rows are in memory at once either.
    for begin in range(0, len(nodes.ids), _SOURCES_AT_ONCE):
        ids = nodes.ids[begin : begin + _SOURCES_AT_ONCE]
        edges.add_links((await connection.execute(links, {"first": ids[0], "last": ids[-1]})).all())
    return await assemble(session, view, position or 0, nodes, edges)


def position_of(view: View) -> ColumnElement[int]:
    """Return the number of the position that a view shows, as an expression; 0 for none."""
    if view.past is None:
        return newest_position()
    if view.past.named is AsOf.POSITION:
        return view.past.at
    last = select(func.max(Position.number)).where(Position.taken_at <= view.past.at)
    return func.coalesce(last.scalar_subquery(), 0)


@dataclass(frozen=True, eq=False)
class Nodes:
    """The entries of a view, in the order of their ids; see :class:`LinkGraph`.

    Attributes:
        is_singleton: for each entry, whether its links are navigation.
        is_category: for each entry, whether it is a category.
    """

    ids: Sequence[str]
    types: Codes
    type_names: Sequence[str]
    categories: Indexes
    category_ids: Sequence[str]
    is_singleton: Mask
    is_category: Mask


class NodeParts:
    """The entries of a graph, while they are read in the order of their ids.

    Args:
        site: the site's declaration.
        categories: the ids of categories that have indexes already.
    """

    def __init__(self, site: Site, categories: Iterable[str] = ()) -> None:
        self._types = site.stored_types
        self._codes = {stored: at for at, stored in enumerate(site.stored_types)}
        self._category_at: defaultdict[str | None, int] = defaultdict(
            lambda: len(self._category_at) - 1
        )
        self._category_at[None] = NONE
        self._category_at.update((each, at) for at, each in enumerate(categories))
        self._ids: list[str] = []
        self._kinds, self._within = array("h"), array("i")

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add entries: id, stored content type, and category. People are left out."""
        for entry_id, stored_type, category_id in rows:
            code = self._codes.get(stored_type)
            if code is not None and stored_type != PERSON:
                self._ids.append(entry_id)
                self._kinds.append(code)
                self._within.append(self._category_at[category_id])

    def together(self) -> Nodes:
        """Return all entries."""
        types = np.array(self._kinds, dtype=np.int16)
        singletons = [self._codes[stored] for stored, each in self._types.items() if each.singleton]
        return Nodes(
            ids=tuple(self._ids),
            types=types,
            type_names=tuple(each.name for each in self._types.values()),
            categories=np.array(self._within, dtype=np.int32),
            category_ids=tuple(each for each in self._category_at if each is not None),
            is_singleton=np.isin(types, singletons),
            is_category=types == self._codes[CATEGORY],
        )


class _Indexed(Protocol):
    """The indexes of entries by their ids: a dictionary, or what is quicker to make."""

    def get(self, key: str, default: int, /) -> int:
        """Return the index of an entry, or the default."""


class EdgeParts:
    """The edges of a graph, while they are read.

    Args:
        at: the indexes of the entries, by their ids.
        is_singleton: for each entry, whether its links are navigation.
        kinds: the kinds that are known.
    """

    def __init__(
        self, at: _Indexed, is_singleton: Mask, kinds: Iterable[str] = (_NO_KIND,)
    ) -> None:
        self._at = at
        self._is_singleton = is_singleton
        self._codes: defaultdict[str, int] = defaultdict(lambda: len(self._codes))
        self._codes.update((name, code) for code, name in enumerate(kinds))
        self._parts: list[tuple[Indexes, Indexes, Codes, Layers]] = []

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of links, by their codes."""
        return tuple(self._codes)

    def add_links(self, rows: Sequence[Sequence[str]]) -> None:
        """Add links: the id of a source, the kind, and the ids of the targets in one text."""
        if not rows:
            return
        source_ids, kinds, texts = zip(*rows, strict=True)
        targets = [each.split(_BETWEEN) for each in texts]
        counts = np.fromiter(map(len, targets), np.int32, len(targets))
        codes = np.fromiter(map(self._codes.__getitem__, kinds), np.int16, len(kinds))
        sources = np.repeat(self.indexes(source_ids), counts)
        layers = np.where(self._is_singleton[sources], Layer.NAVIGATION, Layer.CONTENT)
        led_to = self.indexes([*chain.from_iterable(targets)])
        self.add(sources, led_to, np.repeat(codes, counts), layers)

    def add_taxonomy(self, sources: Indexes, targets: Indexes) -> None:
        """Add edges to categories: from entries and categories, to what is above each."""
        self.add(sources, targets, np.zeros_like(sources), np.full_like(sources, Layer.TAXONOMY))

    def add(
        self, sources: Indexes, targets: Indexes, kinds: NDArray[Any], layers: NDArray[Any]
    ) -> None:
        """Add edges, without those that have an end that the view does not show."""
        are_shown = (sources != NONE) & (targets != NONE)
        self._parts.append(
            (
                sources[are_shown].astype(np.int32),
                targets[are_shown].astype(np.int32),
                kinds[are_shown].astype(np.int16),
                layers[are_shown].astype(np.int8),
            )
        )

    def indexes(self, ids: Sequence[str]) -> Indexes:
        """Return the index of each entry, ``NONE`` for those that the view does not show."""
        return np.fromiter(map(self._at.get, ids, repeat(NONE)), np.int32, len(ids))

    def together(self) -> tuple[Indexes, Indexes, Codes, Layers]:
        """Return sources, targets, kinds and layers, in the order of the sources."""
        sources, targets, kinds, layers = map(np.concatenate, zip(*self._parts, strict=True))
        self._parts.clear()
        order = np.argsort(sources, kind="stable")
        return sources[order], targets[order], kinds[order], layers[order]


async def assemble(
    session: ReadSession, view: View, position: int, nodes: Nodes, edges: EdgeParts
) -> LinkGraph:
    """Return the graph of entries and their links, with the taxonomy and the roots."""
    are_within = np.flatnonzero(nodes.categories != NONE).astype(np.int32)
    at_category = edges.indexes(nodes.category_ids)
    if len(are_within):
        edges.add_taxonomy(are_within, at_category[nodes.categories[are_within]])
    places = narrowed(relations.category_places(view), ("category_id", "parent_id"))
    rows = (await (await session.connection()).execute(places)).all()
    below = [row for row in rows if row.parent_id is not None]
    edges.add_taxonomy(*(edges.indexes([row[end] for row in below]) for end in (0, 1)))
    home = edges.indexes(await pages_at_home(session, view))
    kinds = edges.kinds
    sources, targets, codes, layers = await asyncio.to_thread(edges.together)
    is_page = ~(nodes.is_singleton | nodes.is_category)
    return LinkGraph(
        position=position,
        ids=nodes.ids,
        types=nodes.types,
        type_names=nodes.type_names,
        categories=nodes.categories,
        category_ids=nodes.category_ids,
        is_page=is_page,
        roots=roots_of(home[home != NONE], targets, layers, is_page),
        sources=sources,
        targets=targets,
        kinds=codes,
        kind_names=kinds,
        layers=layers,
    )


def shown_entries(view: View) -> Select[*tuple[Any, ...]]:
    """Return the entries that a view shows: id, stored content type, and category."""
    return narrowed(relations.entries(view), ("id", "content_type", "category_id"))


def links_of(view: View, limit: Limit) -> Select[*tuple[Any, ...]]:
    """Return links of what a view shows to entries, those of a page and kind together.

    Args:
        view: the view.
        limit: the condition on them, given the ids of their sources.
    """
    source = narrowed(relations.entries(view), ("id", "revision_id")).subquery("source")
    return (
        select(source.c.id, Link.kind, aggregate_strings(Link.target_id, _BETWEEN))
        .select_from(source)
        .join(Link, Link.revision_id == source.c.revision_id)
        .where(limit(source.c.id), Link.target_id.is_not(None), Link.origin != Origin.REFERENCE)
        .group_by(source.c.id, Link.kind)
    )


async def _load_nodes(session: ReadSession, site: Site, view: View) -> Nodes:
    entries, last = shown_entries(view), bindparam("last", type_=Key)
    own = entries.selected_columns.id
    following = entries.where(own > last).order_by(own).limit(_ENTRIES_AT_ONCE)
    connection = await session.connection()
    nodes, after = NodeParts(site), ""
    while True:
        part = (await connection.execute(following, {"last": after})).all()
        nodes.add(part)
        if len(part) < _ENTRIES_AT_ONCE:
            return nodes.together()
        after = part[-1].id


async def pages_at_home(session: ReadSession, view: View) -> Sequence[str]:
    """Return the ids of the entries that stand at ``/`` in a view."""
    paths = relations.paths(view)
    found = paths.where(paths.selected_columns.path == HOME)
    return list(await session.scalars(narrowed(found, ("id",))))
