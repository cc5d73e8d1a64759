"""The summary of the link graph of any view."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from cms.links.asking import GraphReading
from cms.links.graph import Layer
from cms.links.summary import measure_pages
from cms.reading.link_metrics import current_run
from cms.tables import LinkMetricRun


@dataclass(frozen=True)
class Overview:
    """The summary of a graph.

    Attributes:
        position: the position that it is true for.
        summary: the attributes of :class:`~cms.links.summary.GraphSummary`, by name.
    """

    position: int
    summary: Mapping[str, Any]


async def overview(
    reading: GraphReading,
    layers: Collection[Layer] = (Layer.CONTENT,),
    kinds: Collection[str] | None = None,
) -> Overview:
    """Return the summary of the graph of a view.

    For the public view and its set of links, it is that of the last run of metrics, if there was
    one.

    Args:
        reading: the snapshot and the view.
        layers: the layers of the links that count.
        kinds: the kinds of the links that count, as they are stored; ``None`` for all.
    """
    own = reading.reading.site.link_sets.get(reading.view.link_set)
    is_own = kinds is own if own is None or kinds is None else {*kinds} == {*own}
    if is_own and {*layers} == {Layer.CONTENT}:
        run = select(LinkMetricRun.position, LinkMetricRun.summary).where(
            LinkMetricRun.id == current_run(reading.view)
        )
        stored = (await reading.reading.session.execute(run)).first()
        if stored is not None:
            return Overview(stored.position, stored.summary)
    graph, pages, community = await reading.communities(layers, kinds)
    measured = await reading.graphs.run(measure_pages, pages, community)
    return Overview(graph.position, asdict(measured.summary))
