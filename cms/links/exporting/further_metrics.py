"""Columns with the metrics that only exports have, since they take long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cms.links.centrality import (
    articulation_points,
    betweenness_of,
    closeness_of,
    core_numbers,
    hits_of,
    simplified,
)
from cms.links.exporting.rows import NodeColumn, numbers
from cms.links.exporting.table import AttributeKind
from cms.links.metrics import PageGraph

# The number of times that the progress is told.
STEPS = 5


def further_columns(pages: PageGraph, seen: Callable[[int], None]) -> list[NodeColumn]:
    """Return the columns.

    Args:
        pages: the graph.
        seen: called with 1 after each of :data:`STEPS` steps.

    Raises:
        ExtraMissing: if the graph is large, and a library is not installed.
    """
    columns: list[NodeColumn] = []
    for step in _steps(simplified(pages)):
        columns += step
        seen(1)
    return columns


def _steps(graph: PageGraph) -> Iterator[list[NodeColumn]]:
    number = AttributeKind.NUMBER
    yield [numbers("betweenness", betweenness_of(graph), number)]
    hubs, authorities = hits_of(graph)
    yield [numbers("hub", hubs, number), numbers("authority", authorities, number)]
    yield [numbers("closeness", closeness_of(graph), number)]
    yield [numbers("core_number", core_numbers(graph), AttributeKind.INTEGER)]
    yield [numbers("articulation_point", articulation_points(graph), AttributeKind.BOOLEAN)]
