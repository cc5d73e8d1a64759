"""Values of one metric for the pages of a link graph, without the other metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

import numpy as np

from cms.links.graph import NONE
from cms.links.metrics import (
    Floats,
    PageGraph,
    click_depths,
    components_of,
    dead_ends_of,
    orphans_of,
    page_degrees,
    page_rank_of,
)


class PageMetric(Enum):
    """A metric of a page."""

    IN_DEGREE = "in_degree"
    IN_PAGES = "in_pages"
    OUT_DEGREE = "out_degree"
    OUT_PAGES = "out_pages"
    PAGE_RANK = "page_rank"
    CLICK_DEPTH = "click_depth"
    ORPHAN = "orphan"
    DEAD_END = "dead_end"
    COMPONENT = "component"


def page_values(pages: PageGraph, metric: PageMetric) -> Floats:
    """Return the values of a metric, in the order of the pages; NaN where a page has none.

    Orphans and dead ends have the value 1, other pages 0; a component is named by its first page.
    """
    return _VALUES[metric](pages)


def _degrees(nodes_of: Callable[[PageGraph], np.ndarray]) -> Callable[[PageGraph], Floats]:
    def values(pages: PageGraph) -> Floats:
        return np.bincount(nodes_of(pages), minlength=len(pages)).astype(np.float64)

    return values


def _depths(pages: PageGraph) -> Floats:
    depths = click_depths(pages)
    return np.where(depths == NONE, np.nan, depths)


_VALUES: Mapping[PageMetric, Callable[[PageGraph], Floats]] = {
    PageMetric.IN_DEGREE: _degrees(lambda pages: pages.targets),
    PageMetric.OUT_DEGREE: _degrees(lambda pages: pages.sources),
    PageMetric.IN_PAGES: lambda pages: page_degrees(pages)[0].astype(np.float64),
    PageMetric.OUT_PAGES: lambda pages: page_degrees(pages)[1].astype(np.float64),
    PageMetric.PAGE_RANK: page_rank_of,
    PageMetric.CLICK_DEPTH: _depths,
    PageMetric.ORPHAN: lambda pages: orphans_of(pages).astype(np.float64),
    PageMetric.DEAD_END: lambda pages: dead_ends_of(pages).astype(np.float64),
    PageMetric.COMPONENT: lambda pages: components_of(pages).astype(np.float64),
}
