"""The history of the link graph of a view, as compact arrays: when each link was there.

A link is there while its revision is shown and its target is too. All of it follows from facts:
the periods of publications, and the links of their revisions. The layers are those of links; the
taxonomy is not part of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cms.links.graph import NONE, Codes, Indexes, Layer, LinkGraph, Mask, roots_of
from cms.links.shown_periods import (
    ALWAYS,
    FOREVER,
    Points,
    Publications,
    Shown,
    Spans,
    Visible,
    shown_in,
    visible_in,
)
from cms.reading.view import AsOf

# The most periods of links in a history: some 40 bytes each.
MOST_PERIODS = 5_000_000


class TooManyPeriods(ValueError):
    """The links of a history have begun and ended too often to be held in memory."""


@dataclass(frozen=True, eq=False)
class HistoryNodes:
    """The entries of a history.

    Attributes:
        ids: their ids, sorted.
        types: their content types, as indexes.
        type_names: the declared names of the content types.
        is_singleton: whether each is a singleton.
        is_category: whether each is a category.
    """

    ids: Sequence[str]
    types: Codes
    type_names: Sequence[str]
    is_singleton: Mask
    is_category: Mask

    @property
    def is_page(self) -> Mask:
        """Mask of the pages of the content."""
        return ~(self.is_singleton | self.is_category)


@dataclass(frozen=True, eq=False)
class RevisionLinks:
    """The links of revisions as columns.

    Attributes:
        revisions: the revisions, as indexes, in their order.
        targets: where they lead: the index of an entry, or the number of entries and the index of
            a URL.
        kinds: the indexes of their kinds.
        kind_names: the kinds, as they are stored.
        urls: the URLs.
    """

    revisions: Indexes
    targets: Indexes
    kinds: Codes
    kind_names: Sequence[str]
    urls: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Homes(Spans):
    """Periods in which editions stood at ``/``.

    Attributes:
        nodes: their entries, as indexes.
        ranks: how good their locales are for the view.
    """

    nodes: Indexes
    ranks: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class EdgeSpans(Spans):
    """Periods in which links were there.

    Attributes:
        sources: the entries that have them, as indexes.
        targets: where they lead, as in :class:`RevisionLinks`.
        kinds: the indexes of their kinds.
        layers: their layers.
        shown: the periods of their sources, as indexes in :class:`Shown`.
        visible: the periods of their targets, as indexes in :class:`Visible`; those of URLs are
            beyond the end.
    """

    sources: Indexes
    targets: Indexes
    kinds: Codes
    layers: NDArray[np.int8]
    shown: Indexes
    visible: Indexes

    def where(self, kept: Mask | Indexes) -> EdgeSpans:
        """Return some of them."""
        return EdgeSpans(
            self.begun[kept],
            self.ended[kept],
            self.sources[kept],
            self.targets[kept],
            self.kinds[kept],
            self.layers[kept],
            self.shown[kept],
            self.visible[kept],
        )


@dataclass(frozen=True, eq=False)
class LinkHistory:
    """The history of a view's link graph, in positions or in times.

    Attributes:
        nodes: the entries.
        publications: their publications.
        categories: for each publication, the index of its category, or ``NONE``.
        category_ids: the ids of the categories.
        shown: when each publication is shown.
        visible: when each entry is shown.
        edges: when each link was there.
        kind_names: the kinds of links, as they are stored.
        urls: the URLs.
        homes: when editions stood at ``/``.
    """

    nodes: HistoryNodes
    publications: Publications
    categories: Indexes
    category_ids: Sequence[str]
    shown: Shown
    visible: Visible
    edges: EdgeSpans
    kind_names: Sequence[str]
    urls: Sequence[str]
    homes: Homes

    @classmethod
    def of(
        cls,
        named: AsOf,
        nodes: HistoryNodes,
        publications: Publications,
        categories: tuple[Indexes, Sequence[str]],
        links: RevisionLinks,
        homes: Homes,
    ) -> LinkHistory:
        """Return the history that follows from publications and links.

        Args:
            named: whether it is in positions or in times.
            nodes: the entries.
            publications: their publications.
            categories: for each publication, the index of its category; and their ids.
            links: the links of the publications' revisions.
            homes: when editions stood at ``/``.
        """
        shown = shown_in(publications, named)
        visible = visible_in(shown)
        edges = _edges(nodes, publications, shown, visible, links)
        at, ids = categories
        return cls(
            *(nodes, publications, at, ids, shown, visible, edges),
            *(links.kind_names, links.urls, homes),
        )

    def at(self, point: int) -> LinkGraph:
        """Return the graph at a point, without the taxonomy and with the position 0."""
        walk = Walk(self)
        walk.move_to(point)
        return walk.graph()

    def edges_of(
        self, layers: Collection[Layer], kinds: Collection[str] | None = None
    ) -> EdgeSpans:
        """Return when the links of some layers and kinds were there.

        Args:
            layers: the layers.
            kinds: the kinds, as they are stored; ``None`` for all.
        """
        kept = np.isin(self.edges.layers, [int(each) for each in layers])
        if kinds is not None:
            codes = [at for at, name in enumerate(self.kind_names) if name in kinds]
            kept &= np.isin(self.edges.kinds, codes)
        return self.edges.where(kept)


class Walk:
    """The graph at one point after another, kept up from what begins and ends between them.

    Args:
        history: the history.
    """

    def __init__(self, history: LinkHistory) -> None:
        self._history = history
        self._shown, self._edges = _Present(history.shown), _Present(history.edges)
        self._homes = _Present(history.homes)

    def move_to(self, point: int) -> bool:
        """Move to a point that is not before the last one; return whether anything changed."""
        present = self._shown, self._edges, self._homes
        changed = [each.move_to(point) for each in present]
        return any(changed)

    def graph(self) -> LinkGraph:
        """Return the graph, without the taxonomy and with the position 0."""
        history, nodes = self._history, self._history.nodes
        shown = np.flatnonzero(self._shown.mask)
        at, publications = history.shown.nodes[shown], history.shown.publications[shown]
        places = np.full(len(nodes.ids) + len(history.urls), NONE, dtype=np.int32)
        places[at] = np.arange(len(at), dtype=np.int32)
        there = self._edges.mask & (history.edges.targets < len(nodes.ids))
        edges = history.edges.where(there)
        sources, targets = places[edges.sources], places[edges.targets]
        order = np.argsort(sources, kind="stable")
        is_page = nodes.is_page[at]
        home = self._home(at, publications)
        return LinkGraph(
            position=0,
            ids=[nodes.ids[each] for each in at.tolist()],
            types=nodes.types[at],
            type_names=nodes.type_names,
            categories=history.categories[publications],
            category_ids=history.category_ids,
            is_page=is_page,
            roots=roots_of(home, targets, edges.layers, is_page),
            sources=sources[order],
            targets=targets[order],
            kinds=edges.kinds[order],
            kind_names=history.kind_names,
            layers=edges.layers[order],
        )

    def _home(self, nodes: Indexes, publications: Indexes) -> Indexes:
        """Return the places of the entries that are shown in the edition at ``/``."""
        homes, present = self._history.homes, self._homes.mask
        ranks = self._history.publications.ranks[publications]
        found = [
            np.flatnonzero((nodes == node) & (ranks == rank))
            for node, rank in zip(homes.nodes[present], homes.ranks[present], strict=True)
        ]
        return np.concatenate([np.zeros(0, dtype=np.int32), *found]).astype(np.int32)


class _Present:
    """The periods in which a point is.

    Attributes:
        mask: whether the point is in each of them.
    """

    def __init__(self, spans: Spans) -> None:
        self._by_begin, self._by_end = np.argsort(spans.begun), np.argsort(spans.ended)
        self._begun, self._ended = spans.begun[self._by_begin], spans.ended[self._by_end]
        self._begins = self._ends = 0
        self.mask = np.zeros(len(spans), dtype=np.bool_)

    def move_to(self, point: int) -> bool:
        """Move to a later point; return whether anything begins or ends up to it."""
        begins = int(np.searchsorted(self._begun, point, side="right"))
        ends = int(np.searchsorted(self._ended, point, side="right"))
        self.mask[self._by_begin[self._begins : begins]] = True
        self.mask[self._by_end[self._ends : ends]] = False
        changed = begins > self._begins or ends > self._ends
        self._begins, self._ends = begins, ends
        return changed


def _edges(
    nodes: HistoryNodes,
    publications: Publications,
    shown: Shown,
    visible: Visible,
    links: RevisionLinks,
) -> EdgeSpans:
    """Return when links were there: while their revision was shown, and their target too."""
    of_shown = publications.revisions[shown.publications]
    by_revision = np.argsort(of_shown, kind="stable").astype(np.int32)
    ordered = of_shown[by_revision]
    link, at = _pairs(
        np.searchsorted(ordered, links.revisions, side="left"),
        np.searchsorted(ordered, links.revisions, side="right"),
    )
    source = by_revision[at]
    ends = _with_urls(nodes, shown, visible, len(links.urls))
    begun, ended = ends.keys(links.targets[link], shown.begun[source], shown.ended[source])
    pair, target = _pairs(
        np.searchsorted(ends.ended_keys, begun, side="right"),
        np.searchsorted(ends.begun_keys, ended, side="left"),
    )
    link, source = link[pair], source[pair]
    first = np.maximum(shown.begun[source], ends.spans.begun[target])
    last = np.minimum(shown.ended[source], ends.spans.ended[target])
    sources = shown.nodes[source]
    is_menu = nodes.is_singleton[sources]
    layers = np.where(is_menu, int(Layer.NAVIGATION), int(Layer.CONTENT)).astype(np.int8)
    return EdgeSpans(
        *(first, last, sources, links.targets[link], links.kinds[link], layers),
        *(source.astype(np.int32), target.astype(np.int32)),
    )


class _Ends:
    """Periods of targets, in which those are found that share a point with another period.

    The periods of a target do not touch, so its keys are in the order of their beginnings and of
    their ends alike.
    """

    def __init__(self, nodes: Indexes, spans: Spans, points: Points) -> None:
        self.spans = spans
        self._points = np.unique(points)
        self.begun_keys = self._keys(nodes, spans.begun)
        self.ended_keys = self._keys(nodes, spans.ended)

    def keys(self, nodes: Indexes, begun: Points, ended: Points) -> tuple[Points, Points]:
        """Return the keys between which the periods of some targets are found."""
        return self._keys(nodes, begun), self._keys(nodes, ended)

    def _keys(self, nodes: Indexes, points: Points) -> Points:
        ranks = np.searchsorted(self._points, points)
        return nodes.astype(np.int64) * (len(self._points) + 1) + ranks


def _with_urls(nodes: HistoryNodes, shown: Shown, visible: Visible, urls: int) -> _Ends:
    """Return the periods of entries, and of URLs, which are always there."""
    first = len(nodes.ids)
    of_urls = np.arange(first, first + urls, dtype=np.int32)
    begun = np.concatenate((visible.begun, np.full(urls, ALWAYS, dtype=np.int64)))
    ended = np.concatenate((visible.ended, np.full(urls, FOREVER, dtype=np.int64)))
    points = np.concatenate((begun, ended, shown.begun, shown.ended))
    return _Ends(np.concatenate((visible.nodes, of_urls)), Spans(begun, ended), points)


def _pairs(begun: NDArray[np.int64], ended: NDArray[np.int64]) -> tuple[Indexes, Indexes]:
    """Return for each of some ranges its index beside each number in it.

    Raises:
        TooManyPeriods: if there are too many.
    """
    counts = np.maximum(ended - begun, 0)
    if int(counts.sum()) > MOST_PERIODS:
        raise TooManyPeriods
    owners = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    offsets = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owners, (begun[owners] + offsets).astype(np.int32)
