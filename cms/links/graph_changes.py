"""Differences between two link graphs that matter to editors: metrics of pages, and faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cms.links.graph import NONE, Indexes, Mask
from cms.links.summary import MeasuredGraph


@dataclass(frozen=True)
class PageState:
    """A page in a link graph.

    Attributes:
        in_degree: number of links to it.
        click_depth: fewest links from a root; ``None`` if none lead to it.
        is_orphan: whether it is an orphan.
    """

    in_degree: int
    click_depth: int | None
    is_orphan: bool


@dataclass(frozen=True)
class PageChange:
    """A page whose place in the link graph changes.

    Attributes:
        entry_id: id of the page.
        before: its state before; ``None`` if it was not there.
        after: its state after; ``None`` if it is not there.
    """

    entry_id: str
    before: PageState | None
    after: PageState | None


@dataclass(frozen=True)
class GraphChanges:
    """Differences between two link graphs; pages by their ids.

    Attributes:
        pages: pages whose state changes, those with the largest change of incoming links first.
        orphans_made: orphans that were none before, or were not there.
        orphans_cured: pages that were orphans before, and are none after.
        cut_off: pages that links from a root led to before, and none do after.
    """

    pages: Sequence[PageChange]
    orphans_made: Sequence[str]
    orphans_cured: Sequence[str]
    cut_off: Sequence[str]


def changes_between(before: MeasuredGraph, after: MeasuredGraph) -> GraphChanges:
    """Return the differences between two graphs."""
    ids = sorted({*before.pages.ids, *after.pages.ids})
    old, new = (_Aligned.of(ids, each) for each in (before, after))
    change = np.abs(new.in_degree - old.in_degree)
    is_changed = (
        (old.is_there != new.is_there)
        | (change != 0)
        | (old.click_depth != new.click_depth)
        | (old.is_orphan != new.is_orphan)
    )
    at = np.flatnonzero(is_changed)
    pages = at[np.argsort(-change[at], kind="stable")]

    def named(chosen: Mask) -> list[str]:
        return [ids[each] for each in np.flatnonzero(chosen).tolist()]

    return GraphChanges(
        pages=[PageChange(ids[each], old.state(each), new.state(each)) for each in pages.tolist()],
        orphans_made=named(new.is_orphan & ~old.is_orphan),
        orphans_cured=named(old.is_orphan & ~new.is_orphan & new.is_there),
        cut_off=named((old.click_depth != NONE) & (new.click_depth == NONE) & new.is_there),
    )


@dataclass(frozen=True, eq=False)
class _Aligned:
    """Metrics of pages in the order of other ids; some of these are not in the graph."""

    is_there: Mask
    in_degree: Indexes
    click_depth: Indexes
    is_orphan: Mask

    @classmethod
    def of(cls, ids: Sequence[str], graph: MeasuredGraph) -> _Aligned:
        """Return the metrics of a graph in the order of some ids, which have all of its pages."""
        pages, metrics = graph.pages, graph.metrics
        own = {each: at for at, each in enumerate(ids)}
        at = np.fromiter((own[each] for each in pages.ids), np.int32, len(pages))
        is_there, is_orphan = (np.zeros(len(ids), dtype=np.bool_) for _ in range(2))
        in_degree = np.zeros(len(ids), dtype=np.int32)
        click_depth = np.full(len(ids), NONE, dtype=np.int32)
        is_there[at], is_orphan[at] = True, metrics.is_orphan
        in_degree[at], click_depth[at] = metrics.in_degree, metrics.click_depth
        return cls(is_there, in_degree, click_depth, is_orphan)

    def state(self, at: int) -> PageState | None:
        """Return the state of a page, if it is in the graph."""
        if not self.is_there[at]:
            return None
        depth = int(self.click_depth[at])
        return PageState(
            in_degree=int(self.in_degree[at]),
            click_depth=None if depth == NONE else depth,
            is_orphan=bool(self.is_orphan[at]),
        )
