"""Paths from one entry to another along links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import yen

from cms.links.graph import NONE, Indexes, LinkGraph
from cms.links.traversal import Direction, distances, with_distinct_pairs

# The largest part of a graph, in edges, that is searched for paths longer than the shortest.
_LARGEST_PART = 20_000

# The indexes of the entries of a path, both ends included.
Path: TypeAlias = Sequence[int]


class PathMode(Enum):
    """The paths that are meant. None passes an entry twice."""

    ALL_SHORTEST = "ALL_SHORTEST"  # those with the fewest links
    K_SHORTEST = "K_SHORTEST"  # those with the fewest links, and then longer ones


@dataclass(frozen=True)
class FoundPaths:
    """Paths from one entry to another, those with the fewest links first.

    Attributes:
        paths: the paths.
        is_cut_off: whether there may be more that are not too long.
    """

    paths: Sequence[Path]
    is_cut_off: bool = False


def find_paths(
    graph: LinkGraph, start: int, end: int, *, mode: PathMode, most: int, longest: int
) -> FoundPaths:
    """Return paths from one entry to another.

    Args:
        graph: the graph.
        start: index of the entry at which the paths begin.
        end: index of the entry at which they end.
        mode: the paths that are meant.
        most: the most paths.
        longest: the most links of a path.
    """
    if start == end:
        return FoundPaths([[start]][:most], is_cut_off=not most)
    lengths = _lengths(graph, start, end, longest)
    shortest = int(lengths.min(initial=longest + 1))
    if shortest > longest:
        return FoundPaths([])
    on_way = with_distinct_pairs(graph.with_edges(lengths == shortest))
    paths = list(islice(_all_paths(on_way, start, end), most + 1))
    if mode is PathMode.K_SHORTEST and len(paths) <= most:
        return _longer_too(graph, lengths, (start, end), paths, most, longest)
    return FoundPaths(paths[:most], is_cut_off=len(paths) > most)


def _lengths(graph: LinkGraph, start: int, end: int, longest: int) -> Indexes:
    """Return for each edge the fewest links of a walk from start to end over it.

    Where these are too many, it is one more than the most.
    """
    before = distances(graph, start, Direction.OUTGOING, longest)[graph.sources]
    after = distances(graph, end, Direction.INCOMING, longest)[graph.targets]
    is_on_none = (before == NONE) | (after == NONE)
    return np.where(is_on_none, longest + 1, np.minimum(before + 1 + after, longest + 1))


def _all_paths(on_way: LinkGraph, start: int, end: int) -> Iterator[Path]:
    """Yield all paths of a graph in which each edge is on a shortest path from start to end."""
    paths: list[list[int]] = [[start]]
    while paths:
        path = paths.pop()
        if path[-1] == end:
            yield path
            continue
        following = on_way.targets[on_way.edges_from(path[-1])].tolist()
        paths += [[*path, each] for each in reversed(following)]


def _longer_too(
    graph: LinkGraph,
    lengths: Indexes,
    ends: tuple[int, int],
    shortest: Sequence[Path],
    most: int,
    longest: int,
) -> FoundPaths:
    """Return the shortest paths and longer ones.

    Paths up to a length are those of the part of the graph whose edges are on walks of that length.
    The part grows until it has enough paths, each time to twice the size at least, so that the
    searches together take not much longer than the last one.
    """
    paths = list(shortest)
    sizes = np.cumsum(np.bincount(lengths, minlength=longest + 1)).tolist()
    searched, is_whole = 0, len(shortest[0]) > longest
    for length in range(len(shortest[0]), longest + 1):
        if sizes[length] > _LARGEST_PART:
            break
        is_last = length == longest or sizes[length + 1] > _LARGEST_PART
        if sizes[length] < 2 * searched and not is_last:
            continue
        searched, is_whole = sizes[length], length == longest
        part = with_distinct_pairs(graph.with_edges(lengths <= length))
        found = _k_shortest(part, *ends, most + 1)
        paths = [each for each in found if len(each) <= length + 1]
        if len(paths) > most:
            break
    return FoundPaths(paths[:most], is_cut_off=len(paths) > most or not is_whole)


def _k_shortest(part: LinkGraph, start: int, end: int, most: int) -> Sequence[Path]:
    """Return the paths of a part with the fewest links, ordered by length and then by entries."""
    nodes = np.unique(np.concatenate((part.sources, part.targets)))
    at = np.full(len(part), NONE, dtype=np.int32)
    at[nodes] = np.arange(len(nodes))
    shape = (len(nodes), len(nodes))
    offsets = np.append(part.offsets[nodes], len(part.targets)).astype(np.int32)
    links = csr_array((np.ones(len(part.targets)), at[part.targets], offsets), shape=shape)
    first, last = int(at[start]), int(at[end])
    _, before = yen(links, first, last, most, unweighted=True, return_predecessors=True)
    found: list[list[int]] = []
    for each in before:
        path = [last]
        while path[-1] != first:
            path.append(int(each[path[-1]]))
        found.append([int(nodes[node]) for node in reversed(path)])
    return sorted(found, key=lambda path: (len(path), path))
