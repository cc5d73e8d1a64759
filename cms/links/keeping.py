"""Results that take seconds, kept for as long as the graph that they are made of."""

from __future__ import annotations

from collections.abc import Hashable, MutableMapping
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from cms.links.graph import Indexes, LinkGraph

# The most arrays of a graph; each has 4 bytes for an entry.
_MOST = 8


class KeptIndexes:
    """Arrays made of graphs, such as the communities of their entries."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[LinkGraph, LRUCache[Hashable, Indexes]] = WeakKeyDictionary()

    def of(self, graph: LinkGraph) -> MutableMapping[Hashable, Indexes]:
        """Return the arrays that are kept of a graph, by name; new ones can be added."""
        return self._kept.setdefault(graph, LRUCache(_MOST))
