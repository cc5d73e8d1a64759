"""Limits of questions about the history: each refusal tells what to ask instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from cms import clock
from cms.authorization.actor import OPERATOR
from cms.errors import Refused
from cms.links import history, history_loading, series
from cms.links.asking import GraphReading
from cms.links.comparing import link_graph_diff
from cms.links.graph import Layer
from cms.links.moments import HistoryMoment
from cms.links.periods import LinkEnds, link_periods
from cms.links.series import SeriesMetric, SeriesQuestion, Step, link_series
from cms.reading.view import AsOf, view_of
from cms.signing import KeyFile
from cms.tables import Publication
from cms.work.work import Reading
from tests.builders import Newsroom
from tests.sites import SITE

FIRST = HistoryMoment(AsOf.POSITION, 0)
# More publications, of people and categories too, and more links than there are.
ENOUGH = 20


@asynccontextmanager
async def asking(newsroom: Newsroom) -> AsyncIterator[GraphReading]:
    """Read what is public."""
    async with newsroom.database.reading() as session:
        yield GraphReading(
            Reading(session, SITE, OPERATOR, clock.now(), KeyFile(Path("no.key"))), view_of(SITE)
        )


async def linked(newsroom: Newsroom) -> list[Publication]:
    """Publish a page, and two pages that link to it."""
    target = await newsroom.published(title="Target", slug="target")
    to_it = [{"href": target.entry_id}]
    return [
        target,
        await newsroom.published(title="One", slug="one", related=to_it),
        await newsroom.published(title="Two", slug="two", related=to_it),
    ]


def refused(words: str) -> pytest.RaisesExc[Refused]:
    """Expect a refusal that says something."""
    return pytest.raises(Refused, match=words)


def days(of: str | None, metric: SeriesMetric) -> SeriesQuestion:
    now = clock.now()
    return SeriesQuestion(of, metric, now - timedelta(days=2), now, Step.DAY)


async def diff(newsroom: Newsroom) -> int:
    """Return how many links there are more than at the first position."""
    async with asking(newsroom) as reading:
        moments = FIRST, HistoryMoment()
        found = await link_graph_diff(reading, moments, [Layer.CONTENT], None, first=5, skip=0)
        return found.links_added


async def points(newsroom: Newsroom, asked: SeriesQuestion) -> list[float | None]:
    """Return the values of a series."""
    async with asking(newsroom) as reading:
        return [each.value for each in (await link_series(reading, asked)).points]


@pytest.mark.parametrize("limit", ["MOST_OF_PART", "MOST_LINKS_OF_PART"])
async def test_a_difference_of_many_publications_or_links_needs_nearer_moments(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    await linked(newsroom)
    monkeypatch.setattr(history_loading, limit, ENOUGH)
    assert await diff(newsroom) == 2
    monkeypatch.setattr(history_loading, limit, 1)
    with refused("too many publications or links; ask for moments nearer to each other"):
        await diff(newsroom)


@pytest.mark.parametrize("limit", ["MOST_PUBLICATIONS", "MOST_LINKS"])
async def test_a_series_of_all_pages_of_a_long_history_needs_a_page_or_category(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    await linked(newsroom)
    asked = days(None, SeriesMetric.IN_DEGREE)
    monkeypatch.setattr(history_loading, limit, ENOUGH)
    assert (await points(newsroom, asked))[-1] == 2
    monkeypatch.setattr(history_loading, limit, 1)
    with refused("too many publications or links; ask for a page or a category"):
        await points(newsroom, asked)


async def test_a_series_of_a_hub_needs_a_page_with_fewer_links(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, *_ = await linked(newsroom)
    asked = days(target.entry_id, SeriesMetric.IN_DEGREE)
    monkeypatch.setattr(history_loading, "MOST_LINKS_OF_PART", 2)
    assert (await points(newsroom, asked))[-1] == 2
    monkeypatch.setattr(history_loading, "MOST_LINKS_OF_PART", 1)
    with refused("too many publications or links; ask for a page, or for a smaller category"):
        await points(newsroom, asked)


async def test_links_that_began_and_ended_too_often_are_refused_as_well(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked(newsroom)
    monkeypatch.setattr(history, "MOST_PERIODS", 1)
    with refused("ask for moments nearer to each other"):
        await diff(newsroom)
    with refused("ask for a page or a category"):
        await points(newsroom, days(None, SeriesMetric.PAGES))


async def test_a_series_that_takes_too_much_work_needs_fewer_points(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked(newsroom)
    monkeypatch.setattr(series, "_MOST_WORK", 4)
    with refused("too much work; ask for fewer points"):
        await points(newsroom, days(None, SeriesMetric.PAGE_RANK))


async def test_a_series_with_too_many_points_needs_a_later_begin_or_longer_steps(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = days(None, SeriesMetric.PAGES)
    monkeypatch.setattr(series, "MOST_POINTS", 3)
    assert len(await points(newsroom, asked)) == 3
    monkeypatch.setattr(series, "MOST_POINTS", 2)
    with refused("more than 2 points; ask for a later begin, or for longer steps"):
        await points(newsroom, asked)


async def test_periods_of_a_link_whose_ends_were_published_often_are_refused(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, source, _ = await linked(newsroom)
    monkeypatch.setattr(history_loading, "MOST_OF_PART", 1)
    async with asking(newsroom) as reading:
        with refused("too many publications or links"):
            await link_periods(
                reading, LinkEnds(source.entry_id, target.entry_id, None), first=5, skip=0
            )
