"""The history of the link graph of an imported site, compared with a plain recomputation.

A history is imported at times of the past. The Cloud Native Glossary is read only where somebody
has it, and `make deep` looks at each of its moments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeAlias

import pytest
from sqlalchemy import literal, select

from cms.authorization.actor import OPERATOR
from cms.content.builtin import CATEGORY, PERSON
from cms.links.asking import GraphReading, LinkGraphs
from cms.links.comparing import link_graph_diff
from cms.links.graph import Layer, LinkGraph
from cms.links.history_loading import HistoryReader
from cms.links.loading import load_graph
from cms.links.moments import HistoryMoment
from cms.links.series import SeriesMetric, SeriesQuestion, Step, link_series
from cms.links.shown_periods import point_of
from cms.reading.view import AsOf, Past, View, view_of
from cms.storage.database import ReadSession
from cms.storage.dialects import Moment
from cms.tables import Link, Publication
from tests.cms.importing.conftest import CORPORA, Importer
from tests.cms.importing.sites import SITE
from tests.depth import IS_DEEP

Edges: TypeAlias = Counter[tuple[str, str, str]]
LAYERS = (Layer.CONTENT, Layer.NAVIGATION)
# Moments that are looked at where not all are.
FEW = 12
# Before it, other pages of the newsroom are public already.
SINCE = datetime(2015, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Facts:
    """All publications, and the links of their revisions.

    Attributes:
        publications: the publications.
        links: the links of each revision.
    """

    publications: Sequence[Publication]
    links: Mapping[str, Sequence[Any]]

    def moments(self, named: AsOf) -> list[Any]:
        """Return all positions, or all times, at which something changed."""
        begun, ended = COLUMNS[named]
        found = {getattr(each, name) for each in self.publications for name in (begun, ended)}
        return sorted(each for each in found if each is not None)

    def shown(self, view: View, named: AsOf, at: Any) -> dict[str, Publication]:
        """Return the publications that the readers of a view saw at a moment."""
        begun, ended = COLUMNS[named]
        seen: dict[str, Publication] = {}
        for locale in dict.fromkeys((*view.locales, *view.built_in_locales)):
            for each in self.publications:
                end = getattr(each, ended)
                is_there = getattr(each, begun) <= at and (end is None or end > at)
                is_own = locale in view.locales or each.content_type == CATEGORY
                if each.locale == locale and is_there and is_own and each.content_type != PERSON:
                    seen.setdefault(each.entry_id, each)
        return seen

    def edges(self, view: View, named: AsOf, at: Any) -> Edges:
        """Return the links that the readers of a view saw at a moment."""
        seen = self.shown(view, named, at)
        return Counter(
            (source, target or url, kind)
            for source, page in seen.items()
            for _, target, url, kind in self.links.get(page.revision_id, ())
            if target is None or target in seen
        )


COLUMNS = {
    AsOf.POSITION: ("position", "ended_position"),
    AsOf.TIME: ("published_at", "ended_at"),
}


async def read_facts(session: ReadSession) -> Facts:
    """Read all facts."""
    publications = list(await session.scalars(select(Publication)))
    links: dict[str, list[Any]] = {}
    columns = (Link.revision_id, Link.target_id, Link.url, Link.kind)
    for row in await session.execute(select(*columns).where(Link.origin != "reference")):
        links.setdefault(row.revision_id, []).append(row)
    return Facts(publications, links)


def edges_in(graph: LinkGraph) -> Edges:
    """Return the links of a graph."""
    ids, names = graph.ids, graph.kind_names
    columns = (graph.sources, graph.targets, graph.kinds)
    rows = zip(*(each.tolist() for each in columns), strict=True)
    return Counter((ids[source], ids[target], names[kind]) for source, target, kind in rows)


def few(moments: Sequence[Any]) -> Sequence[Any]:
    """Return some of many moments, the first and the last among them."""
    if IS_DEEP or len(moments) <= FEW:
        return moments
    return [moments[at * (len(moments) - 1) // (FEW - 1)] for at in range(FEW)]


async def check_history(importer: Importer, locale: str, named: AsOf) -> int:
    """Compare graphs and differences with a recomputation; return the number of moments."""
    async with importer.database.reading() as session:
        facts, graphs = await read_facts(session), LinkGraphs()
        async with importer.desk.reading(OPERATOR) as reading:
            asked = GraphReading(reading, view_of(SITE, locale), graphs)
            history = await HistoryReader(asked, named).whole()
            moments = few(facts.moments(named))
            for at in moments:
                value = literal(at, Moment) if named is AsOf.TIME else literal(at)
                view = replace(asked.view, past=Past(named, value))
                edges = edges_to_entries(facts.edges(view, named, at))
                assert edges_in(history.at(point_of(at))) == edges
                seen = await load_graph(reading.session, SITE, view)
                assert edges_in(seen.only(LAYERS)) == edges
            for first, last in pairwise(moments):
                await check_difference(asked, facts, named, (first, last))
    return len(moments)


def edges_to_entries(edges: Edges) -> Edges:
    """Return links without those to URLs."""
    is_id = ("entry_", "cat_")
    return Counter({each: count for each, count in edges.items() if each[1].startswith(is_id)})


async def check_difference(
    asked: GraphReading, facts: Facts, named: AsOf, moments: tuple[Any, Any]
) -> None:
    """Compare a difference with that of two recomputed graphs."""
    first, last = (HistoryMoment(named, each) for each in moments)
    found = await link_graph_diff(asked, (first, last), LAYERS, None, first=100, skip=0)
    before, after = (facts.edges(asked.view, named, each) for each in moments)
    assert found.links_added == (after - before).total()
    assert found.links_removed == (before - after).total()
    for each in found.links:
        target = each.url if each.target is None else each.target.id
        key = (each.source.id, str(target), each.kind)
        sign = 1 if each.is_added else -1
        assert each.count == sign * (after[key] - before[key])


async def check_series(importer: Importer, locale: str) -> None:
    """Compare the number of links by month with a recomputation."""
    async with importer.desk.reading(OPERATOR) as reading:
        facts = await read_facts(reading.session)
        view, moments = view_of(SITE, locale), facts.moments(AsOf.TIME)
        step, metric = Step.MONTH, SeriesMetric.IN_DEGREE
        asked = SeriesQuestion(None, metric, max(moments[0], SINCE), reading.now, step)
        points = (await link_series(GraphReading(reading, view), asked)).points
        ends = [*(each.begins - MILLISECOND for each in points[1:]), reading.now]
        for point, end in zip(points, ends, strict=True):
            pages = {
                each
                for each, page in facts.shown(view, AsOf.TIME, end).items()
                if page.content_type != CATEGORY
            }
            edges = facts.edges(view, AsOf.TIME, end)
            between = [each for each in edges.elements() if pages.issuperset(each[:2])]
            assert point.value == len(between)


@pytest.mark.parametrize("named", list(AsOf), ids=lambda each: each.value)
@pytest.mark.parametrize("locale", ["en", "de"])
async def test_the_history_of_a_harbour_is_its_facts(
    harbour: Importer, locale: str, named: AsOf
) -> None:
    await harbour.run()
    assert await check_history(harbour, locale, named) > 1
    await check_series(harbour, locale)


@pytest.mark.skipif(not CORPORA, reason="COPYDESK_CORPORA names no folder")
async def test_the_history_of_a_glossary_is_its_facts(cloud: Importer) -> None:
    await cloud.run()
    for locale in ("en", "de"):
        for named in AsOf:
            assert await check_history(cloud, locale, named) >= FEW
        await check_series(cloud, locale)
