"""Communities: groups of pages with more links among themselves than to others.

The method is Leiden's, of networkit, where the extra ``[graph]`` is installed. Otherwise it is
Louvain's: pages move to the community where modularity grows most, then each community becomes one
node, until nothing moves. Here many pages move at once, with arrays, so that a million links take
seconds. The result is the same for the same graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cms.links.graph import Indexes

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int64]

# Nodes move in so many parts, each of which sees the moves of those before: with one part, two
# nodes that move towards each other would change places for ever.
_PARTS = 16
# So many times all nodes can move, and so many times communities become nodes.
_MOST_SWEEPS, _MOST_LEVELS = 25, 25
# Modularity grows by more than this, or the moves are over.
_LEAST_GAIN = 5e-4
# Gains that differ by less are equal, whatever the order in which they were added up.
_EQUAL = 1e-10
# Where networkit is not installed, it is not looked for again.
HAS_NETWORKIT = find_spec("networkit") is not None
_SEED = 1
# A prime by which nodes are spread over the parts.
_SPREAD = 2_654_435_761


def communities_of(sources: Indexes, targets: Indexes, count: int) -> Indexes:
    """Return for each node the first node of its community.

    Args:
        sources: for each link, the node that has it.
        targets: for each link, the node that it leads to.
        count: the number of nodes.
    """
    graph = _both_ways(sources, targets, count)
    return _first_of_each(_leiden(graph) if HAS_NETWORKIT and count else louvain(graph))


def louvain(graph: WeightedGraph) -> Numbers:
    """Return for each node the number of its community, by Louvain's method."""
    member = np.arange(graph.count)
    for _ in range(_MOST_LEVELS):
        names, moved = np.unique(_moved(graph), return_inverse=True)
        if len(names) == graph.count:
            break
        member = moved[member]
        graph = _merged(graph, moved, len(names))
    return member


def _leiden(graph: WeightedGraph) -> Numbers:
    import networkit  # noqa: PLC0415  # an extra

    is_once = graph.sources <= graph.targets  # each link is there in both directions
    sources, targets = (each[is_once].astype(np.uint64) for each in (graph.sources, graph.targets))
    # What is within a node counts twice in both directions together.
    weights = np.where(sources == targets, 0.5, 1.0) * graph.weights[is_once]
    loaded = networkit.GraphFromCoo((weights, (sources, targets)), n=graph.count, weighted=True)
    threads = networkit.getMaxNumberOfThreads()
    networkit.setSeed(_SEED, useThreadId=False)
    networkit.setNumberOfThreads(1)  # several would find other communities each time
    try:
        found = networkit.community.ParallelLeiden(loaded, randomize=False).run().getPartition()
    finally:
        networkit.setNumberOfThreads(threads)
    return np.array(found.getVector(), dtype=np.int64)


def _first_of_each(labels: Numbers) -> Indexes:
    _, firsts, own = np.unique(labels, return_index=True, return_inverse=True)
    found: Indexes = firsts[own].astype(np.int32)
    return found


def modularity_of(sources: Indexes, targets: Indexes, community: Indexes) -> float:
    """Return how much more the links are within communities than they would be by chance.

    It is Newman's, of the graph without directions: at most 1; 0 without links.
    """
    count = len(community)
    graph = _both_ways(sources, targets, count)
    return _modularity(graph, community.astype(np.int64))


@dataclass(frozen=True, eq=False)
class WeightedGraph:
    """A graph without directions: each link is there in both.

    Attributes:
        count: the number of nodes.
        sources: the nodes; the edges are in this order.
        targets: the nodes that they are linked with; its own for what is within a node.
        weights: the number of links.
        degrees: for each node, the number of links, of which those within it count twice.
    """

    count: int
    sources: Numbers
    targets: Numbers
    weights: Floats
    degrees: Floats


def _both_ways(sources: Indexes, targets: Indexes, count: int) -> WeightedGraph:
    ends = np.concatenate((sources, targets)), np.concatenate((targets, sources))
    return _weighted(csr_array((np.ones(len(ends[0])), ends), shape=(count, count)))


def _weighted(matrix: csr_array) -> WeightedGraph:
    matrix.sum_duplicates()
    count = matrix.shape[0]
    sources = np.repeat(np.arange(count), np.diff(matrix.indptr))
    weights: Floats = matrix.data.astype(np.float64)
    degrees = np.bincount(sources, weights=weights, minlength=count).astype(np.float64)
    return WeightedGraph(count, sources, matrix.indices.astype(np.int64), weights, degrees)


def _merged(graph: WeightedGraph, member: Numbers, count: int) -> WeightedGraph:
    """Return the graph with each community as one node."""
    ends = member[graph.sources], member[graph.targets]
    return _weighted(csr_array((graph.weights, ends), shape=(count, count)))


def _modularity(graph: WeightedGraph, community: Numbers) -> float:
    total = float(graph.weights.sum())
    if not total:
        return 0.0
    is_within = community[graph.sources] == community[graph.targets]
    within = float(graph.weights[is_within].sum()) / total
    shares = np.bincount(community, weights=graph.degrees) / total
    return within - float(shares @ shares)


def _moved(graph: WeightedGraph) -> Numbers:
    """Return for each node the community to which it has moved; nodes are communities at first."""
    community = np.arange(graph.count)
    parts = _parts(graph)
    best, reached = community, _modularity(graph, community)
    for _ in range(_MOST_SWEEPS):
        community = best.copy()
        totals: Floats = np.bincount(
            community, weights=graph.degrees, minlength=graph.count
        ).astype(np.float64)
        for part in parts:
            part.move(graph, community, totals)
        modularity = _modularity(graph, community)
        if modularity <= reached + _LEAST_GAIN:
            break
        best, reached = community, modularity
    return best


def _parts(graph: WeightedGraph) -> list[_Part]:
    part_of = (np.arange(graph.count) * _SPREAD >> 8) % _PARTS
    if graph.count <= _PARTS * _PARTS:  # one by one
        part_of = np.arange(graph.count)
    is_other = graph.sources != graph.targets
    edges = np.flatnonzero(is_other)
    edges = edges[np.argsort(part_of[graph.sources[edges]], kind="stable")]
    bounds = np.searchsorted(
        part_of[graph.sources[edges]], np.arange(int(part_of.max(initial=0)) + 2)
    )
    chosen = (edges[begin:end] for begin, end in pairwise(bounds))
    return [
        _Part(graph.sources[each], graph.targets[each], graph.weights[each])
        for each in chosen
        if len(each)
    ]


@dataclass(frozen=True, eq=False)
class _Part:
    """Nodes that move at once, with their edges to others."""

    sources: Numbers
    targets: Numbers
    weights: Floats

    def move(self, graph: WeightedGraph, community: Numbers, totals: Floats) -> None:
        """Move the nodes to the communities where modularity grows most.

        Args:
            graph: the graph.
            community: the community of each node; changed.
            totals: the sum of the degrees of each community; changed.
        """
        keys = self.sources * graph.count + community[self.targets]
        pairs, own = np.unique(keys, return_inverse=True)
        links = np.bincount(own, weights=self.weights)
        nodes, others = pairs // graph.count, pairs % graph.count
        degrees, total = graph.degrees[nodes], float(graph.weights.sum())
        current = community[nodes]
        is_current = others == current
        gains = links - degrees * (totals[others] - np.where(is_current, degrees, 0)) / total
        begins = np.flatnonzero(np.diff(nodes, prepend=-1))
        lengths = np.diff(begins, append=len(nodes))
        movers = nodes[begins]
        stays = -graph.degrees[movers] * (totals[community[movers]] - graph.degrees[movers]) / total
        stays += np.add.reduceat(np.where(is_current, links, 0), begins)
        highest = np.maximum.reduceat(gains, begins)
        # The first of equal ones, so that the result does not depend on rounding.
        is_best = gains >= np.repeat(highest, lengths) - _EQUAL
        places = np.where(is_best, np.arange(len(nodes)), len(nodes))
        chosen = others[np.minimum.reduceat(places, begins)]
        moves = highest > stays + _EQUAL
        movers, chosen = movers[moves], chosen[moves]
        changed = graph.degrees[movers]
        totals -= np.bincount(community[movers], weights=changed, minlength=graph.count)
        totals += np.bincount(chosen, weights=changed, minlength=graph.count)
        community[movers] = chosen
