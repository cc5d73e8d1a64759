"""Runs of metrics: whole or not there, of what is public, and of the newest position."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from cms import clock
from cms.copydesk import desk_of
from cms.errors import VersionMismatch
from cms.links import refreshing
from cms.links.graph import LinkGraph
from cms.links.loading import load_graph
from cms.links.metric_basis import metric_basis
from cms.links.metrics import metrics_of, pages_of
from cms.links.refreshing import RunWriter, follow_metrics, refresh_metrics
from cms.links.relations import link_metrics
from cms.links.summary import GraphSummary, measure
from cms.reading.link_metrics import is_run_of
from cms.reading.positions import newest_position
from cms.reading.view import Perspective, View, view_of
from cms.site import Site
from cms.storage.database import Database, WriteSession
from cms.tables import LinkMetric, LinkMetricRun, Publication, TypeVersion
from tests import sites
from tests.builders import Newsroom
from tests.conftest import begins_with
from tests.sites import URLS

Metrics = Mapping[str, Mapping[str, object]]
# The site of other tests, with the links of all kinds alone.
SITE = Site(
    "Test site",
    content_types=(sites.Article, sites.Note, sites.Snippet, sites.Settings),
    locales=("en", "de"),
    url=URLS,
)
ENGLISH = view_of(SITE, "en")
# The same site, which declares a set of links.
WITH_SET = sites.SITE
LISTED = replace(ENGLISH, link_set="listed")


class KilledError(Exception):
    """The process has ended here."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write two rows in a transaction, so that a run has several."""
    monkeypatch.setattr(refreshing, "_BATCH", 2)


def to(*publications: Publication) -> list[dict[str, str]]:
    return [{"href": each.entry_id} for each in publications]


async def chain(newsroom: Newsroom, count: int = 5) -> list[Publication]:
    """Publish pages of which each links the one before."""
    pages: list[Publication] = []
    for number in range(count):
        pages.append(
            await newsroom.published(title=f"P{number}", slug=f"p{number}", related=to(*pages[-1:]))
        )
    return pages


@pytest.fixture
def pages(content: list[Publication]) -> list[Publication]:
    """Pages of which each links the one before."""
    return content


CHAIN = begins_with(chain)


async def stored(database: Database, view: View = ENGLISH) -> Metrics:
    """Return the metrics that readers of a view see, by the editions."""
    async with database.reading() as session:
        rows = (await session.execute(link_metrics(view))).mappings().all()
    return {row["edition_id"]: {str(name): row[name] for name in row} for row in rows}


async def public_graph(database: Database) -> LinkGraph:
    async with database.reading() as session:
        return (await load_graph(session, SITE, ENGLISH)).only()


async def count(database: Database, table: type[LinkMetric | LinkMetricRun]) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def position(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(newest_position())) or 0


async def run_of(database: Database, view: View = ENGLISH) -> LinkMetricRun:
    async with database.reading() as session:
        chosen = select(LinkMetricRun).where(is_run_of(view), LinkMetricRun.is_current)
        return (await session.scalars(chosen)).one()


def killed_after(batches: int) -> type[RunWriter]:
    """Return the writer of a process that ends after a number of batches of a run."""

    class Killed(RunWriter):
        left = batches

        async def add(self, rows: Sequence[Mapping[str, object]]) -> bool:
            if not self.left:
                raise KilledError
            self.left -= 1
            return await super().add(rows)

        async def finish(self) -> bool:
            if not self.left:
                raise KilledError
            return await super().finish()

    return Killed


@CHAIN
async def test_a_run_has_the_metrics_of_the_public_graph(
    newsroom: Newsroom, pages: list[Publication]
) -> None:
    await newsroom.draft(title="Draft", slug="draft", related=to(*pages))
    runs = await refresh_metrics(newsroom.database, SITE)
    assert [(each.locales, each.pages) for each in runs] == [(("en",), 5), (("de",), 0)]
    graph = pages_of(await public_graph(newsroom.database))
    expected, found = metrics_of(graph), await stored(newsroom.database)
    editions = {each.entry_id: each.edition_id for each in pages}
    assert found.keys() == {*editions.values()}
    for at, entry_id in enumerate(graph.ids):
        row = found[editions[entry_id]]
        for name in (
            "in_degree",
            "in_pages",
            "out_degree",
            "out_pages",
            "is_orphan",
            "is_dead_end",
        ):
            assert row[name] == getattr(expected, name)[at], name
        assert row["page_rank"] == pytest.approx(expected.page_rank[at], rel=1e-12)
        assert row["component"] == graph.ids[expected.component[at]]
        assert row["community"] == graph.ids[expected.community[at]]
        assert row["click_depth"] is None  # the site has no home page and no menu
    run = await run_of(newsroom.database)
    assert run.position == await position(newsroom.database)
    assert (run.summary["nodes"], run.summary["edges"]) == (5, 4)


async def test_the_same_position_is_computed_once(newsroom: Newsroom) -> None:
    await chain(newsroom, 2)
    await refresh_metrics(newsroom.database, SITE)
    first = await run_of(newsroom.database)
    assert await refresh_metrics(newsroom.database, SITE) == []
    assert (await run_of(newsroom.database)).id == first.id
    await newsroom.published(title="Another", slug="another")
    assert [each.pages for each in await refresh_metrics(newsroom.database, SITE)] == [3, 0]


@CHAIN
async def test_a_run_replaces_the_one_before_with_all_its_rows(
    newsroom: Newsroom, pages: list[Publication]
) -> None:
    await refresh_metrics(newsroom.database, SITE)
    await newsroom.unpublish(pages[-1])
    await refresh_metrics(newsroom.database, SITE)
    assert (await stored(newsroom.database)).keys() == {each.edition_id for each in pages[:-1]}
    assert await count(newsroom.database, LinkMetric) == 4
    assert await count(newsroom.database, LinkMetricRun) == len(SITE.locales)


@CHAIN
@pytest.mark.parametrize("batches", range(4))  # after the last, before it is current
async def test_a_killed_run_is_seen_by_no_reader_and_cleaned_by_a_later_one(
    newsroom: Newsroom, batches: int, monkeypatch: pytest.MonkeyPatch, pages: list[Publication]
) -> None:
    await refresh_metrics(newsroom.database, SITE)
    before = await stored(newsroom.database)
    await newsroom.published(title="Another", slug="another", related=to(*pages))
    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "RunWriter", killed_after(batches))
        with pytest.raises(KilledError):
            await refresh_metrics(newsroom.database, SITE)
    assert await stored(newsroom.database) == before
    # A run that another process writes is left alone.
    runs = await count(newsroom.database, LinkMetricRun)
    await refresh_metrics(newsroom.database, SITE)
    assert await count(newsroom.database, LinkMetricRun) == runs
    later = clock.now() + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: later)
    await refresh_metrics(newsroom.database, SITE)
    assert await count(newsroom.database, LinkMetricRun) == len(SITE.locales)
    assert await count(newsroom.database, LinkMetric) == len(pages) + 1


@CHAIN
async def test_readers_see_a_whole_run_at_every_moment(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, pages: list[Publication]
) -> None:
    await refresh_metrics(newsroom.database, SITE)
    before = await stored(newsroom.database)
    await newsroom.published(title="Another", slug="another", related=to(*pages))
    seen: list[Metrics] = []

    class Watched(RunWriter):
        async def add(self, rows: Sequence[Mapping[str, object]]) -> bool:
            is_held = await super().add(rows)
            seen.append(await stored(newsroom.database))
            return is_held

    monkeypatch.setattr(refreshing, "RunWriter", Watched)
    await refresh_metrics(newsroom.database, SITE)
    assert seen == [before] * 3
    assert len(await stored(newsroom.database)) == 6


@CHAIN
async def test_pages_are_published_while_a_run_is_written(newsroom: Newsroom) -> None:

    async def publish() -> None:
        await newsroom.published(title="Meanwhile", slug="meanwhile")

    await asyncio.gather(refresh_metrics(newsroom.database, SITE), publish())
    assert len(await stored(newsroom.database)) in {5, 6}
    await refresh_metrics(newsroom.database, SITE)
    assert len(await stored(newsroom.database)) == 6
    assert (await run_of(newsroom.database)).position == await position(newsroom.database)


@CHAIN
async def test_two_processes_at_once_leave_one_run(newsroom: Newsroom) -> None:
    both = (refresh_metrics(newsroom.database, SITE) for _ in range(2))
    runs = await asyncio.gather(*both)
    assert sorted(len(each) for each in runs) in ([0, 2], [1, 1])
    assert len(await stored(newsroom.database)) == 5
    await refresh_metrics(newsroom.database, SITE)
    assert await count(newsroom.database, LinkMetric) == 5
    assert await count(newsroom.database, LinkMetricRun) == len(SITE.locales)


@CHAIN
async def test_a_run_that_was_taken_for_killed_ends(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = update(LinkMetricRun).where(~LinkMetricRun.is_current).values(written_at=None)

    class Ended(RunWriter):
        async def add(self, rows: Sequence[Mapping[str, object]]) -> bool:
            async with newsroom.database.transaction() as session:
                await session.execute(ended)
            return await super().add(rows)

    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "RunWriter", Ended)
        runs = await refresh_metrics(newsroom.database, SITE)
    assert [each.locales for each in runs] == [("de",)]  # which has no pages
    assert await count(newsroom.database, LinkMetric) == 0
    assert await count(newsroom.database, LinkMetricRun) == 1


async def test_a_run_that_is_written_again_is_not_deleted(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process had rested for long, and writes between the look at all runs and the deletion."""
    database, (page,) = newsroom.database, await chain(newsroom, 1)
    await refresh_metrics(database, SITE)
    first = await run_of(database)
    (row,) = (await stored(database)).values()
    await newsroom.unpublish(page)
    writer = RunWriter(database, ENGLISH, first.position + 1, first.basis)
    await writer.begin(measure(await public_graph(database)).summary)
    later, transaction = clock.now() + timedelta(minutes=10), database.transaction
    monkeypatch.setattr(clock, "now", lambda: later)

    @asynccontextmanager
    async def after_a_rest() -> AsyncIterator[WriteSession]:
        monkeypatch.setattr(database, "transaction", transaction)
        values = {**row, "locale": "en", "content_type": "Article", "edition_id": page.edition_id}
        del values["metrics_run"]
        assert await writer.add([values])
        async with transaction() as session:
            yield session

    monkeypatch.setattr(database, "transaction", after_a_rest)
    await refreshing._delete_old_runs(database)
    assert await writer.finish()
    assert len(await stored(database)) == 1


@CHAIN
async def test_an_older_position_does_not_replace_a_newer_one(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, pages: list[Publication]
) -> None:

    class Slow(RunWriter):
        async def begin(self, summary: GraphSummary) -> None:
            await super().begin(summary)
            with monkeypatch.context() as patch:
                patch.setattr(refreshing, "RunWriter", RunWriter)
                await newsroom.unpublish(pages[-1])
                await refresh_metrics(newsroom.database, SITE)

    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "RunWriter", Slow)
        await refresh_metrics(newsroom.database, SITE)
    assert len(await stored(newsroom.database)) == 4
    assert (await run_of(newsroom.database)).position == await position(newsroom.database)
    assert await count(newsroom.database, LinkMetric) == 4


@CHAIN
async def test_a_new_declaration_replaces_what_the_old_one_computed_meanwhile(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, pages: list[Publication]
) -> None:
    await refresh_metrics(newsroom.database, SITE)

    class Slow(RunWriter):
        async def begin(self, summary: GraphSummary) -> None:
            monkeypatch.undo()  # for the other runs
            await super().begin(summary)
            await newsroom.unpublish(pages[-1])
            await refresh_metrics(newsroom.database, SITE, replaces_others=False)

    monkeypatch.setattr(refreshing, "RunWriter", Slow)
    await refresh_metrics(newsroom.database, WITH_SET)
    assert (await run_of(newsroom.database)).basis == metric_basis(WITH_SET)
    with pytest.raises(VersionMismatch, match="start it again"):
        await refresh_metrics(newsroom.database, SITE, replaces_others=False)


async def test_an_old_declaration_does_not_replace_what_a_new_one_computed_meanwhile(
    newsroom: Newsroom,
) -> None:
    database = newsroom.database
    await chain(newsroom, 1)
    await refresh_metrics(database, SITE)
    first = await run_of(database)
    old = RunWriter(database, ENGLISH, first.position + 1, first.basis, first.basis)
    await old.begin(measure(await public_graph(database)).summary)
    await refresh_metrics(database, WITH_SET)
    assert not await old.finish()
    assert (await run_of(database)).basis == metric_basis(WITH_SET)


@CHAIN
async def test_other_views_have_no_metrics(newsroom: Newsroom) -> None:
    await refresh_metrics(newsroom.database, SITE)
    draft = View(("en",), perspective=Perspective.DRAFT)
    assert await stored(newsroom.database, draft) == {}
    assert await stored(newsroom.database, View(("en", "de"), scopes=())) == {}


async def test_runs_of_locales_that_the_site_no_longer_has_are_deleted(newsroom: Newsroom) -> None:
    await chain(newsroom, 1)
    async with newsroom.database.transaction() as session:
        session.add(
            LinkMetricRun(
                locales="fr",
                link_set="all",
                basis="",
                position=1,
                computed_at=clock.now(),
                is_current=True,
                summary={},
            )
        )
    await refresh_metrics(newsroom.database, SITE)
    assert await count(newsroom.database, LinkMetricRun) == len(SITE.locales)


async def test_a_set_of_links_has_metrics_of_its_own(newsroom: Newsroom) -> None:
    one, two = await chain(newsroom, 2)
    await newsroom.published(title="Text", slug="text", body="[one](/articles/p0)")
    runs = await refresh_metrics(newsroom.database, WITH_SET)
    assert [(each.locales, each.link_set, each.pages) for each in runs] == [
        (("en",), "all", 3),
        (("en",), "listed", 3),
        (("de",), "all", 0),
        (("de",), "listed", 0),
    ]
    found = await stored(newsroom.database), await stored(newsroom.database, LISTED)
    assert [each[one.edition_id]["in_degree"] for each in found] == [2, 1]
    assert [each[two.edition_id]["out_degree"] for each in found] == [1, 1]
    summary = (await run_of(newsroom.database, LISTED)).summary
    assert (summary["nodes"], summary["edges"]) == (3, 1)


async def test_metrics_are_computed_again_when_the_declaration_has_changed(
    newsroom: Newsroom,
) -> None:
    await chain(newsroom, 2)
    await refresh_metrics(newsroom.database, SITE)
    runs = await refresh_metrics(newsroom.database, WITH_SET)
    assert len(runs) == 2 * len(SITE.locales)
    assert await refresh_metrics(newsroom.database, WITH_SET) == []
    assert len(await refresh_metrics(newsroom.database, SITE)) == len(SITE.locales)
    assert await stored(newsroom.database, LISTED) == {}
    assert len(await stored(newsroom.database)) == 2
    assert await count(newsroom.database, LinkMetricRun) == len(SITE.locales)


@pytest.mark.parametrize(
    "other",
    [
        {"locales": ("en", "de", "fr"), "url": {**URLS, "fr": "https://example.fr"}},
        {"fallbacks": {"de": ("en",)}},
        {"content_types": (sites.Article, sites.Note, sites.Settings)},
        {"link_sets": {"texts": ("inline",)}},
    ],
)
def test_the_basis_of_metrics_is_what_the_site_declares(other: Mapping[str, Any]) -> None:
    own: dict[str, Any] = {
        "content_types": tuple(SITE.content_types.values()),
        "locales": SITE.locales,
        "url": URLS,
    }
    assert metric_basis(Site("Another name", **own)) == metric_basis(SITE)
    assert metric_basis(Site("Test site", **{**own, **other})) != metric_basis(SITE)


async def test_following_ends_once_another_process_has_another_declaration(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "_PAUSE", 0)
    await chain(newsroom, 1)
    await refresh_metrics(newsroom.database, WITH_SET)
    # What was computed before it began is replaced.
    following = asyncio.create_task(follow_metrics(desk_of(newsroom.database, SITE)))
    while await stored(newsroom.database, LISTED):
        assert not following.done()
        await asyncio.sleep(0)
    await refresh_metrics(newsroom.database, WITH_SET)
    with pytest.raises(VersionMismatch, match="start it again"):
        await following


async def test_following_ends_once_the_database_has_other_content_types(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "_PAUSE", 0)
    desk = desk_of(newsroom.database, SITE)
    desk.types = 1
    async with newsroom.database.transaction() as session:
        session.add(TypeVersion(number=2, declaration={}, schemas={}, created_at=clock.now()))
    with pytest.raises(VersionMismatch, match="start it again"):
        await follow_metrics(desk)


async def test_following_refreshes_after_each_publication(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "_PAUSE", 0)
    await chain(newsroom, 1)
    following = asyncio.create_task(follow_metrics(desk_of(newsroom.database, SITE)))
    for number in range(2, 4):
        while len(await stored(newsroom.database)) < number - 1:
            assert not following.done()
            await asyncio.sleep(0)
        await newsroom.published(title=f"N{number}", slug=f"n{number}")
    while len(await stored(newsroom.database)) < 3:
        assert not following.done()
        await asyncio.sleep(0)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
