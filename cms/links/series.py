"""A metric of a page, a category or the whole site by day, week or month."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

import numpy as np

from cms.errors import InvalidValue, Refused
from cms.identifiers import kind_of
from cms.links.asking import GraphReading
from cms.links.graph import Layer, LinkGraph, Mask
from cms.links.history import LinkHistory, Walk
from cms.links.history_loading import HistoryReader
from cms.links.metrics import Floats, pages_of
from cms.links.moments import HistoryMoment, axis_of, position_at
from cms.links.page_values import PageMetric, page_values
from cms.links.shown_periods import point_of
from cms.reading.view import AsOf
from cms.tables import Publication

# The most points of a series.
MOST_POINTS = 400
# The most nodes and edges that are gone through for a series, each weighed by the metric.
_MOST_WORK = 200_000_000
_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)


class Step(Enum):
    """The time from one point of a series to the next, in UTC; weeks begin on Mondays."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class SeriesMetric(Enum):
    """A metric of a set of pages: a single one, those of a category, or all."""

    PAGES = "pages"
    IN_DEGREE = "in_degree"
    IN_PAGES = "in_pages"
    OUT_DEGREE = "out_degree"
    OUT_PAGES = "out_pages"
    PAGE_RANK = "page_rank"
    CLICK_DEPTH = "click_depth"
    ORPHANS = "orphans"
    DEAD_ENDS = "dead_ends"
    COMPONENTS = "components"


@dataclass(frozen=True)
class _Reduced:
    """Rule by which the metric of a set follows from its pages.

    Attributes:
        of_pages: the metric of pages; ``None`` for their number.
        reduce: makes one value of theirs; they have no ``NaN``.
        weight: the work for a node or an edge.
        is_near: whether it depends only on the links from the pages and to them.
    """

    of_pages: PageMetric | None
    reduce: Callable[[Floats], float | None]
    weight: int = 1
    is_near: bool = True


def _sum(values: Floats) -> float:
    return float(values.sum())


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _count(values: Floats) -> float:
    return float(len(values))


def _distinct(values: Floats) -> float:
    return float(len(np.unique(values)))


_REDUCED: Mapping[SeriesMetric, _Reduced] = {
    SeriesMetric.PAGES: _Reduced(None, _count),
    SeriesMetric.IN_DEGREE: _Reduced(PageMetric.IN_DEGREE, _sum),
    SeriesMetric.IN_PAGES: _Reduced(PageMetric.IN_PAGES, _sum, 2),
    SeriesMetric.OUT_DEGREE: _Reduced(PageMetric.OUT_DEGREE, _sum),
    SeriesMetric.OUT_PAGES: _Reduced(PageMetric.OUT_PAGES, _sum, 2),
    SeriesMetric.PAGE_RANK: _Reduced(PageMetric.PAGE_RANK, _sum, 15, is_near=False),
    SeriesMetric.CLICK_DEPTH: _Reduced(PageMetric.CLICK_DEPTH, _mean, 3, is_near=False),
    SeriesMetric.ORPHANS: _Reduced(PageMetric.ORPHAN, _sum, 2),
    SeriesMetric.DEAD_ENDS: _Reduced(PageMetric.DEAD_END, _sum, 2),
    SeriesMetric.COMPONENTS: _Reduced(PageMetric.COMPONENT, _distinct, 3, is_near=False),
}


@dataclass(frozen=True)
class SeriesPoint:
    """A point of a series.

    Attributes:
        begins: the begin of the day, week or month.
        value: the metric at its end, or at the end of the series; ``None`` where it has none.
    """

    begins: datetime
    value: float | None


@dataclass(frozen=True)
class Series:
    """A metric over time.

    Attributes:
        position: the position of the last point.
        points: the points, in the order of time.
    """

    position: int
    points: Sequence[SeriesPoint]


@dataclass(frozen=True)
class SeriesQuestion:
    """A question for a series.

    Attributes:
        of: the id of a page, or of a category, for the pages in it and not below it; ``None`` for
            all pages.
        metric: the metric.
        first: the time in the first day, week or month.
        last: the time of the last point.
        step: the time between points.
        layers: the layers whose links count.
        kinds: the kinds of links that count; ``None`` for all.
    """

    of: str | None
    metric: SeriesMetric
    first: datetime
    last: datetime
    step: Step
    layers: Collection[Layer] = (Layer.CONTENT,)
    kinds: Collection[str] | None = None


async def link_series(reading: GraphReading, asked: SeriesQuestion) -> Series:
    """Return a metric at the end of each day, week or month between two times.

    Raises:
        Refused: if there would be too many points, or too much work.
    """
    last = HistoryMoment(AsOf.TIME, asked.last)
    axis_of(HistoryMoment(AsOf.TIME, asked.first), last)
    begins = _begins(asked)
    reader = HistoryReader(reading, AsOf.TIME)
    # A page counts what is none only if a link of the navigation is beside it, wherever that is.
    is_near = _REDUCED[asked.metric].is_near and set(asked.layers) <= {Layer.CONTENT}
    if asked.of is None or not is_near:
        history = await reader.whole()
    elif _is_category(asked.of):
        history = await reader.around(Publication.category_id == asked.of)
    else:
        history = await reader.around(Publication.entry_id == asked.of)
    points = await reading.graphs.run(_points, history, asked, begins)
    return Series(await position_at(reading, last), points)


def _begins(asked: SeriesQuestion) -> list[datetime]:
    begins: list[datetime] = []
    for each in _steps_from(asked.first, asked.step):
        if each > asked.last:
            return begins
        begins.append(each)
        if len(begins) > MOST_POINTS:
            message = (
                f"the series would have more than {MOST_POINTS} points; ask for a later begin, or "
                "for longer steps"
            )
            raise Refused(InvalidValue(message=message, path=("from",)))
    return begins


def _steps_from(time: datetime, step: Step) -> Iterator[datetime]:
    """Yield the begins of days, weeks or months, from that in which a time is."""
    begin = time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if step is Step.WEEK:
        begin -= begin.weekday() * _DAY
    if step is Step.MONTH:
        begin = begin.replace(day=1)
    while True:
        yield begin
        if step is Step.MONTH:
            begin = (begin.replace(day=28) + 4 * _DAY).replace(day=1)
        else:
            begin += 7 * _DAY if step is Step.WEEK else _DAY


def _points(
    history: LinkHistory, asked: SeriesQuestion, begins: Sequence[datetime]
) -> list[SeriesPoint]:
    walk, left = Walk(history), _MOST_WORK
    points: list[SeriesPoint] = []
    value: float | None = None
    ends = [*(each - _MILLISECOND for each in begins[1:]), asked.last]
    for begin, end in zip(begins, ends, strict=True):
        if walk.move_to(point_of(end)) or not points:
            graph = walk.graph().only(asked.layers, asked.kinds)
            left -= (len(graph) + len(graph.sources)) * _REDUCED[asked.metric].weight
            if left < 0:
                message = "the series takes too much work; ask for fewer points"
                raise Refused(InvalidValue(message=message, path=("by",)))
            value = _value(graph, asked)
        points.append(SeriesPoint(begin, value))
    return points


def _value(graph: LinkGraph, asked: SeriesQuestion) -> float | None:
    pages, reduced = pages_of(graph), _REDUCED[asked.metric]
    chosen = _chosen(graph, asked.of)
    if not chosen.any() and asked.of is not None and not _is_category(asked.of):
        return None
    if reduced.of_pages is None:
        values = np.ones(len(pages))
    else:
        values = page_values(pages, reduced.of_pages)
    values = values[chosen]
    return reduced.reduce(values[~np.isnan(values)]) if len(values) else reduced.reduce(values)


def _chosen(graph: LinkGraph, of: str | None) -> Mask:
    """Return which of a graph's pages are those of the question."""
    chosen = np.ones(len(graph), dtype=np.bool_)
    if of is not None and _is_category(of):
        codes = [at for at, each in enumerate(graph.category_ids) if each == of]
        chosen = np.isin(graph.categories, codes)
    elif of is not None:
        at = graph.index_of(of)
        chosen = np.arange(len(graph)) == (-1 if at is None else at)
    own: Mask = chosen[graph.subjects]
    return own


def _is_category(identifier: str) -> bool:
    return kind_of(identifier) == "cat"
