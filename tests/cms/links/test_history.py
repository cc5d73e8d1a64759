"""The history of the link graph, compared with a plain recomputation of each of its points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import literal

from cms.links.changes import LinkCause, LinkCauseKind
from cms.links.comparing import ChangedLink, ChangedPage, GraphDifference, link_graph_diff
from cms.links.graph import Layer, LinkGraph
from cms.links.history_loading import HistoryReader
from cms.links.loading import load_graph
from cms.links.metric_moves import link_metric_moves
from cms.links.metrics import pages_of
from cms.links.moments import HistoryMoment
from cms.links.page_values import PageMetric, page_values
from cms.links.periods import LinkEnds, link_periods
from cms.links.series import SeriesMetric, SeriesQuestion, Step, link_series
from cms.reading.view import AsOf, Past, View, view_of
from cms.storage.database import ReadSession, WriteSession
from cms.storage.dialects import Moment
from tests.cms.links.conftest import Blank
from tests.cms.links.forged import (
    A_FEW,
    ELSEWHERE,
    LAST,
    LOCALES,
    SITE,
    TYPES,
    Forged,
    asking,
    day,
    histories,
    id_of,
    number_of,
    publication_id,
)

AXES = st.sampled_from(list(AsOf))
POINTS = st.integers(0, LAST)
IN_LOCALE = st.sampled_from(LOCALES)
LAYERS = (Layer.CONTENT, Layer.NAVIGATION)
# Each example is a history in a database, read several times.
# More than all changes.
MANY = 10_000


def moment(named: AsOf, number: int) -> HistoryMoment:
    """Return a position or a day as a moment."""
    return HistoryMoment(named, number if named is AsOf.POSITION else day(number))


def moment_up_to(named: AsOf, number: int) -> HistoryMoment:
    """Return a position or a day as a moment; the last of all is now."""
    return HistoryMoment() if number == LAST else moment(named, number)


def view_at(view: View, named: AsOf, number: int) -> View:
    """Return a view of the past."""
    value = literal(number) if named is AsOf.POSITION else literal(day(number), Moment)
    return replace(view, past=Past(named, value))


def plain(graph: LinkGraph) -> tuple[object, ...]:
    """Return what a graph says, without the order of its edges."""
    categories = [
        graph.category_ids[each] if each >= 0 else None for each in graph.categories.tolist()
    ]
    edges = zip(graph.sources, graph.targets, graph.kinds, graph.layers, strict=True)
    counted = Counter(
        (graph.ids[source], graph.ids[target], graph.kind_names[kind], int(layer))
        for source, target, kind, layer in edges
    )
    types = [graph.type_names[each] for each in graph.types.tolist()]
    roots = [graph.ids[each] for each in graph.roots.tolist()]
    return list(graph.ids), types, categories, graph.is_page.tolist(), roots, counted


@given(history=histories(), locale=IN_LOCALE, named=AXES, points=st.sets(POINTS, max_size=4))
@A_FEW
def test_a_point_of_the_history_is_the_graph_of_its_view(
    blank: Blank, history: Forged, locale: str, named: AsOf, points: set[int]
) -> None:
    async def attempt(session: WriteSession) -> None:
        await history.write(session)
        found = await HistoryReader(asking(session, locale), named).whole()
        for point in sorted(points):
            view = view_at(view_of(SITE, locale), named, point)
            seen = (await load_graph(session, SITE, view)).only(LAYERS)
            assert plain(found.at(moment(named, point).point)) == plain(seen)
            shown = history.shown(locale, named, point)
            assert {number_of(each) for each in seen.ids} == set(shown)
            assert len(seen.sources) == sum(
                count
                for (_, target, _), count in history.edges(locale, named, point).items()
                if target >= 0
            )

    blank.attempt(attempt)


@given(history=histories(), locale=IN_LOCALE, named=AXES, points=st.tuples(POINTS, POINTS))
@A_FEW
def test_a_difference_is_that_of_two_graphs_with_the_last_change_of_each(
    blank: Blank, history: Forged, locale: str, named: AsOf, points: tuple[int, int]
) -> None:
    first, last = sorted(points)

    async def attempt(session: WriteSession) -> None:
        await history.write(session)
        found = await difference(session, locale, named, (first, last))
        before, after = (history.edges(locale, named, each) for each in (first, last))
        check_links(found, before, after)
        shown = [history.shown(locale, named, each) for each in (first, last)]
        is_page = [{each for each in seen if TYPES[each] == "Page"} for seen in shown]
        pages = Counter((each.is_added, number_of(each.page.id)) for each in found.pages)
        assert pages == Counter(
            (is_added, each)
            for is_added in (True, False)
            for each in is_page[is_added] - is_page[not is_added]
        )
        for page in found.pages:
            check_cause_of_page(history, locale, named, page, (first, last))
        for link in found.links:
            check_cause_of_link(history, locale, named, link, (first, last))
        newest_first = [point_in(named, each.cause) for each in found.links]
        assert newest_first == sorted(newest_first, reverse=True)

    blank.attempt(attempt)


async def difference(
    session: ReadSession, locale: str, named: AsOf, points: tuple[int, int]
) -> GraphDifference:
    """Return a difference, read page by page."""
    reading = asking(session, locale)
    between = moment(named, points[0]), moment_up_to(named, points[1])
    size = 5
    pages: list[ChangedPage] = []
    links: list[ChangedLink] = []
    for skip in range(0, MANY, size):
        found = await link_graph_diff(reading, between, LAYERS, None, first=size, skip=skip)
        pages += found.pages
        links += found.links
        if len(found.pages) < size and len(found.links) < size:
            break
    assert found.pages_added + found.pages_removed == len(pages)
    assert found.links_added + found.links_removed == sum(each.count for each in links)
    return replace(found, pages=pages, links=links)


def key_of(link: ChangedLink) -> tuple[int, int, str]:
    """Return the source, the target and the kind of links."""
    target = -1 if link.target is None else number_of(link.target.id)
    assert link.url == (ELSEWHERE if link.target is None else None)
    return number_of(link.source.id), target, link.kind


def check_links(
    found: GraphDifference,
    before: Counter[tuple[int, int, str]],
    after: Counter[tuple[int, int, str]],
) -> None:
    """Compare the links of a difference with those of two graphs."""
    added = Counter({key_of(each): each.count for each in found.links if each.is_added})
    removed = Counter({key_of(each): each.count for each in found.links if not each.is_added})
    assert (added, removed) == (after - before, before - after)
    for each in found.links:
        is_menu = TYPES[number_of(each.source.id)] == "Menu"
        assert each.layer is (Layer.NAVIGATION if is_menu else Layer.CONTENT)


def point_in(named: AsOf, cause: LinkCause) -> int:
    """Return the position or the day of a change."""
    return cause.position if named is AsOf.POSITION else (cause.at - day(0)) // timedelta(days=1)


def check_cause_of_page(
    history: Forged, locale: str, named: AsOf, page: ChangedPage, points: tuple[int, int]
) -> None:
    """Compare the cause of a change with what happened to a page."""
    number, (first, last) = number_of(page.page.id), points
    seen = [number in history.shown(locale, named, each) for each in range(first, last + 1)]
    changes = [at for at, pair in enumerate(pairwise(seen), first + 1) if pair[0] != pair[1]]
    assert point_in(named, page.cause) == changes[-1]
    kind = LinkCauseKind.SOURCE_PUBLISHED if page.is_added else LinkCauseKind.SOURCE_UNPUBLISHED
    assert page.cause.kind is kind


def check_cause_of_link(
    history: Forged, locale: str, named: AsOf, link: ChangedLink, points: tuple[int, int]
) -> None:
    """Compare the cause of a change with what happened to both ends of a link."""
    key, (first, last) = key_of(link), points
    counts = [history.edges(locale, named, each)[key] for each in range(first, last + 1)]
    sign = 1 if link.is_added else -1
    changes = [
        at
        for at, (before, after) in enumerate(pairwise(counts), first + 1)
        if sign * (after - before) > 0
    ]
    at = point_in(named, link.cause)
    assert at == changes[-1]
    before, after = (history.shown(locale, named, each).get(key[0]) for each in (at - 1, at))
    begins = [
        publication_id(each)
        for each in history.publications
        if each.entry == key[0] and each.span(named)[0] == at
    ]
    found = link.cause
    if before is after:
        kind = LinkCauseKind.TARGET_PUBLISHED if link.is_added else LinkCauseKind.TARGET_UNPUBLISHED
        assert found.kind is kind
    elif found.kind is LinkCauseKind.SOURCE_PUBLISHED:
        assert found.publication_id in begins
    else:
        assert found.kind is LinkCauseKind.SOURCE_UNPUBLISHED


@given(
    history=histories(),
    locale=IN_LOCALE,
    named=AXES,
    now=POINTS,
    ends=st.tuples(st.integers(0, len(TYPES) - 1), st.integers(-1, len(TYPES) - 1)),
)
@A_FEW
def test_a_link_is_there_in_its_periods_alone(
    blank: Blank, history: Forged, locale: str, named: AsOf, now: int, ends: tuple[int, int]
) -> None:
    source, target = ends

    async def attempt(session: WriteSession) -> None:
        await history.write(session)
        reading = asking(session, locale)
        reading = replace(reading, view=view_at(reading.view, named, now))
        is_url = target == -1
        asked = LinkEnds(
            id_of(source), None if is_url else id_of(target), ELSEWHERE if is_url else None
        )
        found = await link_periods(reading, asked, first=MANY, skip=0)
        spans = [
            (
                point_in(named, each.begun),
                LAST + 2 if each.ended is None else point_in(named, each.ended),
            )
            for each in found.periods
        ]
        assert found.total == len(spans)
        # None touches another, and the newest is first.
        assert all(later[0] > earlier[1] for later, earlier in pairwise(spans))
        for point in range(now + 1):
            edges = history.edges(locale, named, point)
            is_there = any(edge[:2] == ends for edge in edges)
            assert is_there == any(begun <= point < ended for begun, ended in spans)
        assert all(begun <= now and (ended <= now or ended > LAST + 1) for begun, ended in spans)

    blank.attempt(attempt)


def plain_value(graph: LinkGraph, metric: SeriesMetric, of: str | None) -> float | None:
    """Return the metric of a page, of the pages of a category or of all in one graph."""
    pages = pages_of(graph)
    in_category = {
        entry_id
        for entry_id, at in zip(graph.ids, graph.categories.tolist(), strict=True)
        if at >= 0 and graph.category_ids[at] == of
    }
    chosen = [
        at
        for at, each in enumerate(pages.ids)
        if of is None or each == of or (of.startswith("cat_") and each in in_category)
    ]
    if not chosen and of is not None and not of.startswith("cat_"):
        return None
    if metric is SeriesMetric.PAGES:
        return len(chosen)
    names = {"orphans": "orphan", "dead_ends": "dead_end", "components": "component"}
    values = page_values(pages, PageMetric(names.get(metric.value, metric.value)))[chosen]
    values = values[~np.isnan(values)]
    if metric is SeriesMetric.COMPONENTS:
        return len(set(values.tolist()))
    if metric is SeriesMetric.CLICK_DEPTH:
        return float(values.mean()) if len(values) else None
    return float(values.sum())


@given(
    history=histories(),
    locale=IN_LOCALE,
    metric=st.sampled_from(SeriesMetric),
    of=st.sampled_from([None, id_of(0), id_of(1), id_of(4), id_of(3)]),
    layers=st.sampled_from([(Layer.CONTENT,), LAYERS]),
    points=st.tuples(POINTS, POINTS),
)
@A_FEW
def test_a_series_is_a_row_of_graphs(
    blank: Blank,
    history: Forged,
    locale: str,
    metric: SeriesMetric,
    of: str | None,
    layers: tuple[Layer, ...],
    points: tuple[int, int],
) -> None:
    first, last = sorted(points)

    async def attempt(session: WriteSession) -> None:
        await history.write(session)
        reading = asking(session, locale)
        asked = SeriesQuestion(of, metric, day(first), day(last), Step.DAY, layers)
        found = await link_series(reading, asked)
        assert [each.begins for each in found.points] == [
            day(each) for each in range(first, last + 1)
        ]
        for number, each in enumerate(found.points, first):
            graph = await load_graph(session, SITE, view_at(reading.view, AsOf.TIME, number))
            assert each.value == pytest.approx(plain_value(graph.only(layers), metric, of))

    blank.attempt(attempt)


@given(
    history=histories(),
    locale=IN_LOCALE,
    named=AXES,
    metric=st.sampled_from(PageMetric),
    points=st.tuples(POINTS, POINTS),
)
@A_FEW
def test_moves_are_those_between_two_graphs(
    blank: Blank,
    history: Forged,
    locale: str,
    named: AsOf,
    metric: PageMetric,
    points: tuple[int, int],
) -> None:
    first, last = sorted(points)

    async def attempt(session: WriteSession) -> None:
        await history.write(session)
        reading = asking(session, locale)
        between = moment(named, first), moment(named, last)
        found = await link_metric_moves(reading, metric, between, LAYERS, None, MANY)
        before, after = [
            dict(values_in((await load_graph(session, SITE, view)).only(LAYERS), metric))
            for view in (view_at(reading.view, named, each) for each in (first, last))
        ]
        moves = {each.entry_id: (each.before, each.after) for each in found.moves}
        assert moves == {
            each: pytest.approx((before[each], after[each]))
            for each in before.keys() & after.keys()
            if abs(before[each] - after[each]) > 0
        }
        sizes = [abs(each.after - each.before) for each in found.moves]
        assert sizes == sorted(sizes, reverse=True)

    blank.attempt(attempt)


def values_in(graph: LinkGraph, metric: PageMetric) -> Iterator[tuple[str, float]]:
    """Yield the pages that have a value of a metric, with it."""
    pages = pages_of(graph)
    for entry_id, value in zip(pages.ids, page_values(pages, metric).tolist(), strict=True):
        if not np.isnan(value):
            yield entry_id, value
