"""Pages whose metrics moved most between two moments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cms.links.asking import GraphReading
from cms.links.graph import Layer, LinkGraph
from cms.links.metrics import pages_of
from cms.links.moments import HistoryMoment, axis_of, position_at
from cms.links.page_values import PageMetric, page_values


@dataclass(frozen=True)
class MetricMove:
    """A page whose metric has moved between two moments, at which it was public.

    Attributes:
        entry_id: the page.
        before: the metric at the earlier moment.
        after: the metric at the later one.
    """

    entry_id: str
    before: float
    after: float


@dataclass(frozen=True)
class MetricMoves:
    """The pages whose metric moved most.

    Attributes:
        position: the position of the later moment.
        moves: the pages, the largest move first.
    """

    position: int
    moves: Sequence[MetricMove]


async def link_metric_moves(
    reading: GraphReading,
    metric: PageMetric,
    moments: tuple[HistoryMoment, HistoryMoment],
    layers: Collection[Layer],
    kinds: Collection[str] | None,
    first: int,
) -> MetricMoves:
    """Return the pages whose metric has moved most between two moments.

    Pages that are public at one of them alone, or have no value at one, are left out.

    Args:
        reading: the snapshot and the view, whose locales count.
        metric: the metric.
        moments: the earlier moment and the later one.
        layers: the layers whose links count.
        kinds: the kinds of links that count; ``None`` for all.
        first: the number of pages to return.

    Raises:
        Refused: if the moments cannot be compared.
    """
    axis_of(*moments)
    before, after = [
        await replace(reading, view=each.view(reading.view)).graph(layers, kinds)
        for each in moments
    ]
    moves = await reading.graphs.run(_moves, before, after, metric, first)
    return MetricMoves(await position_at(reading, moments[1]), moves)


def _moves(before: LinkGraph, after: LinkGraph, metric: PageMetric, first: int) -> list[MetricMove]:
    earlier, later = pages_of(before), pages_of(after)
    first_ids, last_ids = (np.array(each.ids, dtype=np.str_) for each in (earlier, later))
    ids, at, then = np.intersect1d(first_ids, last_ids, assume_unique=True, return_indices=True)
    values = page_values(earlier, metric)[at], page_values(later, metric)[then]
    moved = np.abs(values[1] - values[0])
    moved[np.isnan(moved)] = 0.0
    order = np.argsort(-moved, kind="stable")[:first]
    return [
        MetricMove(str(ids[each]), float(values[0][each]), float(values[1][each]))
        for each in order[moved[order] > 0].tolist()
    ]
