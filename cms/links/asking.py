"""Questions about the link graph: a snapshot, a view, and the graphs that a process keeps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ParamSpec, TypeVar

from cachetools import LRUCache
from sqlalchemy import BindParameter, select

from cms.links.communities import communities_of
from cms.links.graph import Indexes, Layer, LinkGraph
from cms.links.keeping import KeptIndexes
from cms.links.loading import load_graph
from cms.links.metrics import PageGraph, pages_of
from cms.links.updating import update_graph
from cms.reading.positions import newest_position
from cms.reading.view import Perspective, View, view_of
from cms.settings import LINK_GRAPH_MEGABYTES
from cms.site import ALL_LINKS, Site
from cms.storage.dialects import RestingTurns, run_to_end
from cms.work.work import Reading

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger("copydesk")

_MEGABYTE = 1024**2
# The share of the memory for graphs of other views than those of the site's own locales, so that
# clients who ask for many of them leave these alone: one of so many parts.
_OTHERS = 4
# Questions that are computed at once, and how many times as long their client rests.
_AT_ONCE, _REST = 1, 1.0


class LinkGraphs:
    """The graphs that a process keeps, and the turns of those who ask.

    A graph is true for a position, and brought to the next one. Those of what is public now are
    kept for each locale of the site, and a few of other views, up to a limit: the least recently
    used go first. Drafts change without positions, so their graphs are made at each question.

    Args:
        megabytes: the memory limit for all graphs.

    Attributes:
        turns: the turns in which clients ask: few graphs are made at a time.
        kept: what is made of graphs in seconds, such as communities.
    """

    def __init__(self, megabytes: int = LINK_GRAPH_MEGABYTES) -> None:
        self.turns = RestingTurns(_AT_ONCE, _REST)
        self.kept = KeptIndexes()
        self._executor = ThreadPoolExecutor(_AT_ONCE, "copydesk-links")
        others = megabytes * _MEGABYTE // _OTHERS
        self._others: LRUCache[Hashable, LinkGraph] = LRUCache(others, _bytes_of)
        self._own: LRUCache[View, LinkGraph] = LRUCache(megabytes * _MEGABYTE - others, _bytes_of)
        self._is_too_large = False

    async def graph(self, reading: Reading, view: View) -> LinkGraph:
        """Return the graph of a view, with all layers.

        Args:
            reading: the snapshot.
            view: the view, whose expressions are values.
        """
        session, site = reading.session, reading.site
        if view.perspective is Perspective.DRAFT or view.preview is not None:
            return await load_graph(session, site, view)
        # Scopes limit drafts only, and the graph has all links.
        view = replace(view, scopes=(), link_set=ALL_LINKS)
        newest = await session.scalar(select(newest_position())) or 0
        # An import publishes at times of the past, so that they change with a position too.
        key: Hashable = view if view.past is None else (view, _value(view), newest)
        graph = self._own.get(view) if view.past is None else None
        graph = self._others.get(key) if graph is None else graph
        if graph is None:
            graph = await load_graph(session, site, view)
        elif view.past is None and graph.position != newest:
            graph = await update_graph(session, site, view, graph)
        self._keep(site, view, key, graph)
        return graph

    def _keep(self, site: Site, view: View, key: Hashable, graph: LinkGraph) -> None:
        is_own = view.past is None and view == view_of(site, view.locales[0])
        kept: LRUCache[Any, LinkGraph] = self._own if is_own else self._others
        if kept.getsizeof(graph) <= kept.maxsize:
            kept[key] = graph
            return
        kept.pop(key, None)
        if is_own and not self._is_too_large:
            self._is_too_large = True
            _log.warning(
                "the link graph has %d MB, is not kept, and is read again for each question: "
                "set COPYDESK_LINK_GRAPH_MEGABYTES to twice as much, or more",
                graph.bytes // _MEGABYTE,
            )

    async def communities(
        self, whole: LinkGraph, layers: Collection[Layer], kinds: Collection[str] | None
    ) -> tuple[LinkGraph, PageGraph, Indexes]:
        """Return some edges of a graph, its pages, and for each the first one of its community.

        Communities take seconds, and are kept for as long as the graph.

        Args:
            whole: the graph, with all layers.
            layers: the layers of the edges.
            kinds: the kinds of the edges, as they are stored; ``None`` for all.
        """
        graph = whole.only(layers, kinds)
        pages, kept = await self.run(pages_of, graph), self.kept.of(whole)
        known = None if kinds is None else frozenset(kinds) & frozenset(whole.kind_names)
        choice = frozenset(layers), known
        if choice not in kept:
            own = (pages.sources, pages.targets, len(pages))
            kept[choice] = await self.run(communities_of, *own)
        return graph, pages, kept[choice]

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the result of a function, run in a thread; wait for it even if cancelled."""
        return await run_to_end(self._executor, partial(work, *args, **kwargs))


def _bytes_of(graph: LinkGraph) -> int:
    return graph.bytes


def _value(view: View) -> Any:
    """Return the point of the past that a view shows."""
    if view.past is None or not isinstance(view.past.at, BindParameter):
        raise TypeError("the expressions of the view have no values")
    return view.past.at.value


@dataclass(frozen=True)
class GraphReading:
    """The first argument of a question about the link graph.

    Attributes:
        reading: the snapshot, with the actor that asks.
        view: the view, whose expressions are values.
        graphs: the graphs that the process keeps.
    """

    reading: Reading
    view: View
    graphs: LinkGraphs = field(default_factory=LinkGraphs)

    async def graph(
        self, layers: Collection[Layer] = (Layer.CONTENT,), kinds: Collection[str] | None = None
    ) -> LinkGraph:
        """Return the graph of the view, with the edges of some layers and kinds.

        Args:
            layers: the layers.
            kinds: the kinds, as they are stored; ``None`` for all.
        """
        whole = await self.graphs.graph(self.reading, self.view)
        return whole.only(layers, kinds)

    async def communities(
        self, layers: Collection[Layer] = (Layer.CONTENT,), kinds: Collection[str] | None = None
    ) -> tuple[LinkGraph, PageGraph, Indexes]:
        """Return the same graph, its pages, and for each the first page of its community."""
        whole = await self.graphs.graph(self.reading, self.view)
        return await self.graphs.communities(whole, layers, kinds)
