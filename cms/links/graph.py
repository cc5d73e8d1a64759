"""The link graph of a view, as compact arrays: some 20 bytes an edge.

Nodes are entries of the site's own types, and categories in the taxonomy. Edges are links: an
edge is there if the view shows both of its ends. A node is named by its index; the ids are sorted,
so the index of an id is found by bisection.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Indexes: TypeAlias = NDArray[np.int32]
Codes: TypeAlias = NDArray[np.int16]
Layers: TypeAlias = NDArray[np.int8]
Mask: TypeAlias = NDArray[np.bool_]

# The memory of a graph without entries.
_OWN_BYTES = 10_000
Number = TypeVar("Number", bound=np.integer[Any])

# The index of no node, and the code of no category.
NONE = -1


class Layer(IntEnum):
    """A part of the graph. Navigation and taxonomy would drown the links of the content."""

    CONTENT = 0  # links in texts and link fields of pages
    NAVIGATION = 1  # links of singletons, such as menus
    TAXONOMY = 2  # from entries to their categories, and from these to their parents


@dataclass(frozen=True, eq=False)
class LinkGraph:
    """The entries that a view shows, and the links between them.

    Attributes:
        position: the position that it is true for; 0 before the first one.
        ids: the ids of the entries, sorted.
        types: for each entry, the index of its content type.
        type_names: the declared names of the content types.
        categories: for each entry, the index of its category among ``category_ids``, or ``NONE``.
        category_ids: the ids of categories.
        is_page: for each entry, whether it is a page of the content, and no singleton or category.
        roots: the entries at which readers begin: those that the navigation leads to, and that at
            ``/``.
        sources: for each edge, the entry that has the link; the edges are in this order.
        targets: for each edge, the entry that it leads to.
        kinds: for each edge, the index of its kind.
        kind_names: the kinds of links, as they are stored.
        layers: for each edge, its :class:`Layer`.
    """

    position: int
    ids: Sequence[str]
    types: Codes
    type_names: Sequence[str]
    categories: Indexes
    category_ids: Sequence[str]
    is_page: Mask
    roots: Indexes
    sources: Indexes
    targets: Indexes
    kinds: Codes
    kind_names: Sequence[str]
    layers: Layers

    def __len__(self) -> int:
        return len(self.ids)

    def index_of(self, entry_id: str) -> int | None:
        """Return the index of an entry, or ``None`` if the view does not show it."""
        at = bisect_left(self.ids, entry_id)
        return at if at < len(self.ids) and self.ids[at] == entry_id else None

    def indexes_of(self, entry_ids: Iterable[str]) -> Indexes:
        """Return the indexes of those entries that the view shows, in the same order."""
        found = (self.index_of(each) for each in entry_ids)
        return np.array([at for at in found if at is not None], dtype=np.int32)

    @cached_property
    def offsets(self) -> Indexes:
        """For each entry, and one more, where its edges begin among all edges."""
        return _offsets(self.sources, len(self))

    @cached_property
    def incoming(self) -> Indexes:
        """The indexes of the edges, ordered by their targets."""
        edges = np.arange(len(self.targets), dtype=np.int32)
        by_source = csr_array((edges, self.targets, self.offsets), (len(self), len(self)))
        # Columns in order, which takes a fifth of the time of sorting the targets.
        return by_source.tocsc().data

    @cached_property
    def incoming_offsets(self) -> Indexes:
        """For each entry, and one more, where the edges to it begin in :attr:`incoming`."""
        return _offsets(self.targets, len(self))

    @property
    def subjects(self) -> Mask:
        """For each entry, whether questions speak of it.

        They speak of pages; and of what is none, such as a category, if a link of another layer
        than that of the content is in the graph and leads to it or from it.
        """
        found = self.is_page.copy()
        beside = self.layers != Layer.CONTENT
        found[self.sources[beside]] = True
        found[self.targets[beside]] = True
        return found

    @cached_property
    def of_pages(self) -> LinkGraph:
        """The graph with the links between pages alone, of which questions speak by default.

        It is kept with the graph, with what is made of its edges.
        """
        is_content = self.layers == Layer.CONTENT
        return self.with_edges(is_content & self.is_page[self.sources] & self.is_page[self.targets])

    def edges_from(self, node: int) -> slice:
        """Return where the edges of an entry stand."""
        return slice(int(self.offsets[node]), int(self.offsets[node + 1]))

    def edges_to(self, node: int) -> Indexes:
        """Return the indexes of the edges to an entry."""
        begun, ended = self.incoming_offsets[node], self.incoming_offsets[node + 1]
        return self.incoming[begun:ended]

    def only(
        self, layers: Collection[Layer] = (Layer.CONTENT,), kinds: Collection[str] | None = None
    ) -> LinkGraph:
        """Return the graph with the edges of some layers and kinds alone.

        Args:
            layers: the layers.
            kinds: the kinds, as they are stored; ``None`` for all.
        """
        kept = np.isin(self.layers, [int(each) for each in layers])
        if kinds is not None:
            wanted = [at for at, name in enumerate(self.kind_names) if name in kinds]
            kept &= np.isin(self.kinds, wanted)
        return self if bool(kept.all()) else self.with_edges(kept)

    def with_edges(self, kept: Mask) -> LinkGraph:
        """Return the graph with those edges alone that a mask has."""
        return replace(
            self,
            sources=self.sources[kept],
            targets=self.targets[kept],
            kinds=self.kinds[kept],
            layers=self.layers[kept],
        )

    @property
    def bytes(self) -> int:
        """The memory of the arrays and the ids, with :attr:`of_pages`, approximately."""
        edges = (self.sources, self.targets, self.kinds, self.layers)
        own = sum(each.nbytes for each in (self.types, self.categories, self.is_page))
        # Each of the two graphs has the order of its edges by their targets, too.
        own += 2 * (sum(each.nbytes for each in edges) + self.targets.nbytes)
        return _OWN_BYTES + own + 90 * (len(self.ids) + len(self.category_ids))


def distinct(numbers: NDArray[Number]) -> NDArray[Number]:
    """Return distinct numbers that are not negative, sorted.

    ``np.unique`` would hash them, which takes ten times as long for a million.
    """
    ordered = np.sort(numbers)
    found: NDArray[Number] = ordered[np.diff(ordered, prepend=NONE) != 0]
    return found


def roots_of(home: Indexes, targets: Indexes, layers: Layers, is_page: Mask) -> Indexes:
    """Return the entries at which readers begin; see :class:`LinkGraph`.

    Args:
        home: the entries that stand at ``/``.
        targets: for each edge, the entry that it leads to.
        layers: for each edge, its layer.
        is_page: for each entry, whether it is a page of the content.
    """
    found = np.unique(np.concatenate((home, targets[layers == Layer.NAVIGATION])))
    roots: Indexes = found[is_page[found]].astype(np.int32)
    return roots


def _offsets(ordered: Indexes, nodes: int) -> Indexes:
    counts = np.bincount(ordered, minlength=nodes)
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
