"""The difference of the link graph between two moments: pages and links, each with its cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cms.links.asking import GraphReading
from cms.links.changes import (
    EdgeChanges,
    LinkCause,
    NodeChanges,
    added_edges,
    added_nodes,
    beginning_of_edge,
    beginning_of_node,
    end_of_edge,
    end_of_node,
    removed_edges,
    removed_nodes,
)
from cms.links.graph import Layer
from cms.links.history import EdgeSpans, LinkHistory
from cms.links.history_loading import HistoryReader
from cms.links.moments import HistoryMoment, axis_of, position_at
from cms.links.shown_periods import Points
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.view import AsOf
from cms.storage.dialects import is_among


@dataclass(frozen=True)
class PageThen:
    """A page as readers saw it.

    Attributes:
        id: the entry.
        title: its title.
        path: where it stood; ``None`` for an entry without a page.
    """

    id: str
    title: str
    path: str | None


@dataclass(frozen=True)
class ChangedPage:
    """A page that readers see at one of two moments alone.

    Attributes:
        is_added: whether it is the later one.
        page: the page at that moment.
        cause: its last change between the moments.
    """

    is_added: bool
    page: PageThen
    cause: LinkCause


@dataclass(frozen=True)
class ChangedLink:
    """Links with the same source, target and kind, of which readers see more at one moment.

    Attributes:
        is_added: whether it is the later one.
        source: the source at that moment.
        target: the target at that moment; ``None`` for a URL.
        url: the URL.
        kind: the kind.
        layer: the layer.
        count: how many more there are.
        cause: the last change between the moments.
    """

    is_added: bool
    source: PageThen
    target: PageThen | None
    url: str | None
    kind: str
    layer: Layer
    count: int
    cause: LinkCause


@dataclass(frozen=True)
class GraphDifference:
    """The difference of the link graph between two moments; the last change is first.

    Attributes:
        position: the position of the later moment.
        pages_added: the number of pages at the later moment alone.
        pages_removed: the number of pages at the earlier moment alone.
        links_added: the number of links at the later moment alone.
        links_removed: the number of links at the earlier moment alone.
        pages: some of the pages.
        links: some of the links.
    """

    position: int
    pages_added: int
    pages_removed: int
    links_added: int
    links_removed: int
    pages: Sequence[ChangedPage]
    links: Sequence[ChangedLink]


@dataclass(frozen=True)
class _Changes:
    """All changes between two moments.

    Attributes:
        edges: the periods of links in which these are found.
        pages: the pages added, and those removed.
        links: the links added, and those removed.
    """

    edges: EdgeSpans
    pages: tuple[NodeChanges, NodeChanges]
    links: tuple[EdgeChanges, EdgeChanges]


async def link_graph_diff(
    reading: GraphReading,
    moments: tuple[HistoryMoment, HistoryMoment],
    layers: Collection[Layer],
    kinds: Collection[str] | None,
    *,
    first: int,
    skip: int,
) -> GraphDifference:
    """Return the difference of the link graph between two moments.

    Args:
        reading: the snapshot and the view, whose locales count.
        moments: the earlier moment and the later one.
        layers: the layers; the taxonomy has no history.
        kinds: the kinds of links; ``None`` for all.
        first: the number of pages, and of links, to return.
        skip: the number of these that come before them.

    Raises:
        Refused: if the moments cannot be compared, or too much has changed between them.
    """
    named = axis_of(*moments)
    points = moments[0].point, moments[1].point
    history = await HistoryReader(reading, named, kinds).between(*points)
    changes = await reading.graphs.run(_changes_in, history, layers, points)
    difference = _Difference(history, changes, named)
    chosen = difference.chosen(first, skip)
    then = tuple(
        [
            await _pages_then(reading, moment, difference.ids_in(chosen, is_added=is_added))
            for is_added, moment in ((True, moments[1]), (False, moments[0]))
        ]
    )
    return replace(
        difference.counted(await position_at(reading, moments[1])),
        pages=[difference.page(each, then) for each in chosen[0]],
        links=[difference.link(each, then) for each in chosen[1]],
    )


def _changes_in(
    history: LinkHistory, layers: Collection[Layer], points: tuple[int, int]
) -> _Changes:
    edges = history.edges_of(layers)
    return _Changes(
        edges,
        (added_nodes(history, *points), removed_nodes(history, *points)),
        (added_edges(edges, *points), removed_edges(edges, *points)),
    )


# A change: whether it is added, and its index among those added or removed.
_Place = tuple[bool, int]
_Chosen = tuple[Sequence[_Place], Sequence[_Place]]
_Then = tuple[Mapping[str, PageThen], ...]


class _Difference:
    """The changes between two moments, of which some are described."""

    def __init__(self, history: LinkHistory, changes: _Changes, named: AsOf) -> None:
        self._history, self._changes, self._named = history, changes, named

    def counted(self, position: int) -> GraphDifference:
        """Return the numbers of all changes."""
        (added, removed), (more, fewer) = self._changes.pages, self._changes.links
        return GraphDifference(
            position=position,
            pages_added=len(added.nodes),
            pages_removed=len(removed.nodes),
            links_added=int(more.counts.sum()),
            links_removed=int(fewer.counts.sum()),
            pages=(),
            links=(),
        )

    def chosen(self, first: int, skip: int) -> _Chosen:
        """Return the places of some pages and some links, the last change first."""
        visible, edges = self._history.visible, self._changes.edges
        (added, removed), (more, fewer) = self._changes.pages, self._changes.links
        pages = visible.begun[added.visible], visible.ended[removed.visible]
        links = edges.begun[more.edges], edges.ended[fewer.edges]
        some = slice(skip, skip + first)
        return _newest(*pages)[some], _newest(*links)[some]

    def ids_in(self, chosen: _Chosen, *, is_added: bool) -> set[str]:
        """Return the ids of the entries in changes of one direction."""
        pages, links = ([at for added, at in each if added is is_added] for each in chosen)
        nodes = self._changes.pages[not is_added].nodes[pages].tolist()
        changed = self._changes.links[not is_added]
        ends = [*changed.sources[links].tolist(), *changed.targets[links].tolist()]
        ids = self._history.nodes.ids
        return {ids[each] for each in (*nodes, *ends) if each < len(ids)}

    def page(self, place: _Place, then: _Then) -> ChangedPage:
        """Return a change of a page."""
        is_added, at = place
        changes = self._changes.pages[not is_added]
        visible = int(changes.visible[at])
        of_node = beginning_of_node if is_added else end_of_node
        entry_id = self._history.nodes.ids[int(changes.nodes[at])]
        return ChangedPage(is_added, then[not is_added][entry_id], of_node(self._history, visible))

    def link(self, place: _Place, then: _Then) -> ChangedLink:
        """Return a change of links."""
        is_added, at = place
        history, changes = self._history, self._changes.links[not is_added]
        ids, seen = history.nodes.ids, then[not is_added]
        target, edge = int(changes.targets[at]), int(changes.edges[at])
        is_url = target >= len(ids)
        of_edge = beginning_of_edge if is_added else end_of_edge
        return ChangedLink(
            is_added=is_added,
            source=seen[ids[int(changes.sources[at])]],
            target=None if is_url else seen[ids[target]],
            url=history.urls[target - len(ids)] if is_url else None,
            kind=history.kind_names[int(changes.kinds[at])],
            layer=Layer(int(self._changes.edges.layers[edge])),
            count=int(changes.counts[at]),
            cause=of_edge(history, self._changes.edges, edge, self._named),
        )


def _newest(added: Points, removed: Points) -> list[_Place]:
    """Return the places of changes, the last first; each direction is in this order already."""
    points = np.concatenate((added, removed))
    is_added = np.arange(len(points)) < len(added)
    order = np.argsort(-points, kind="stable").tolist()
    return [(bool(is_added[at]), at if is_added[at] else at - len(added)) for at in order]


async def _pages_then(
    reading: GraphReading, moment: HistoryMoment, ids: Iterable[str]
) -> Mapping[str, PageThen]:
    """Return pages as they were at a moment."""
    entries = narrowed(relations.entries(moment.view(reading.view)), ("id", "title", "path"))
    found = entries.where(is_among(entries.selected_columns.id, ids))
    rows = await reading.reading.session.execute(found)
    return {row.id: PageThen(row.id, row.title, row.path) for row in rows}
