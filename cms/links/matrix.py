"""Counts of edges between groups of entries: those of a content type, or of a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cms.links.graph import Codes, Indexes, LinkGraph


@dataclass(frozen=True)
class MatrixCell:
    """The edges from one group of entries to another.

    Attributes:
        source: code of the group of the entries that have the links.
        target: code of the group of those that they lead to.
        edges: number of the edges, at least 1.
        pairs: number of distinct pairs of entries among them.
    """

    source: int
    target: int
    edges: int
    pairs: int


def matrix_of(
    graph: LinkGraph, groups: Codes | Indexes, most: int
) -> tuple[Sequence[MatrixCell], int]:
    """Return the largest counts, the largest first, and how many are not 0.

    Args:
        graph: the graph.
        groups: for each entry, the code of its group; codes begin at -1.
        most: the most counts.
    """
    codes = groups.astype(np.int64) + 1
    width = int(codes.max(initial=0)) + 1
    cells, edges = np.unique(
        codes[graph.sources] * width + codes[graph.targets], return_counts=True
    )
    ends = graph.sources.astype(np.int64) * max(len(graph), 1) + graph.targets
    _, first = np.unique(ends, return_index=True)
    distinct = codes[graph.sources[first]] * width + codes[graph.targets[first]]
    pairs = np.bincount(np.searchsorted(cells, distinct), minlength=len(cells))
    order = np.argsort(-edges, kind="stable")[:most]
    sources, targets = np.divmod(cells[order], width)
    columns = (sources - 1, targets - 1, edges[order], pairs[order])
    found = [MatrixCell(*each) for each in zip(*(one.tolist() for one in columns), strict=True)]
    return found, len(cells)
